"""Settings: read from the environment, or refused by name."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from portal.settings import SettingError, load

STRONG = "q7Tz-pL2wXv9_Rk4mB8cNd1fGh6jKs3aYe5u"
GIVEN = {"PORTAL_SECRET_KEY": STRONG}


def test_nothing_given_is_a_portal_on_this_machine(tmp_path):
    settings = load({"PORTAL_DATA_DIR": str(tmp_path)})
    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 8000, "http://localhost:8000")
    assert not settings.secure


def test_of_many_first_starts_at_once_all_have_the_same_key(tmp_path):
    together = Barrier(8)

    def key(folder) -> bytes:
        together.wait()
        return load({"PORTAL_DATA_DIR": str(folder)}).secret_key

    with ThreadPoolExecutor(8) as starts:
        for n in range(100):
            keys = set(starts.map(key, [tmp_path / str(n)] * 8))
            assert len(keys) == 1
            assert len(keys.pop()) > 32
    assert {path.name for path in tmp_path.glob("*/*")} == {"secret_key"}


def test_the_secret_key_is_made_once_and_is_private(tmp_path):
    first = load({"PORTAL_DATA_DIR": str(tmp_path / "new")}).secret_key
    assert len(first) >= 32
    assert load({"PORTAL_DATA_DIR": str(tmp_path / "new")}).secret_key == first
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("given", "grace"),
    [("", timedelta(days=7)), ("0", timedelta(0)), ("30", timedelta(days=30)), ("never", None)],
)
def test_the_grace_for_a_second_factor_is_a_week_unless_said(given, grace):
    assert load({**GIVEN, "PORTAL_SECOND_FACTOR_GRACE_DAYS": given}).second_factor_grace == grace


def test_a_secret_may_stand_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{STRONG}\n")
    file.chmod(0o600)
    assert load({"PORTAL_SECRET_KEY_FILE": str(file)}).secret_key == STRONG.encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_PORT", "eighty"),
        ("PORTAL_PORT", "70000"),
        ("PORTAL_WORKERS", "0"),
        ("PORTAL_BASE_URL", "http://desk.example.org"),
        ("PORTAL_BASE_URL", "desk.example.org"),
        ("PORTAL_SMTP_URL", "mail.example.org"),
        ("PORTAL_TIME_ZONE", "Asia/Nowhere"),
        ("PORTAL_LANGUAGES", "fa,xx"),
        ("PORTAL_SECRET_KEY", "short"),
        ("PORTAL_SECOND_FACTOR_GRACE_DAYS", "91"),
        ("PORTAL_SECOND_FACTOR_GRACE_DAYS", "soon"),
    ],
)
def test_a_value_that_can_not_be_used_is_named(name, value):
    with pytest.raises(SettingError, match=name):
        load({**GIVEN, name: value})


def test_a_missing_secret_file_is_named():
    with pytest.raises(SettingError, match="PORTAL_SECRET_KEY_FILE"):
        load({"PORTAL_SECRET_KEY_FILE": "/nowhere/key"})


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o666])
def test_s52_a_secret_file_that_others_can_read_or_write_is_refused(tmp_path, mode):
    file = tmp_path / "key"
    file.write_text(STRONG)
    file.chmod(mode)
    with pytest.raises(SettingError, match="PORTAL_SECRET_KEY_FILE"):
        load({"PORTAL_SECRET_KEY_FILE": str(file)})


def test_s52_the_key_of_the_data_folder_must_stay_private(tmp_path):
    load({"PORTAL_DATA_DIR": str(tmp_path)})
    (tmp_path / "secret_key").chmod(0o644)
    with pytest.raises(SettingError, match="secret_key"):
        load({"PORTAL_DATA_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    "key", ["short", "x" * 48, "abcabcabc" * 8, "please-change-me-please-1234567890-xyz"]
)
def test_s52_short_and_example_keys_are_refused(key):
    for name in ("PORTAL_SECRET_KEY", "PORTAL_SECRET_KEY_OLD"):
        with pytest.raises(SettingError, match=name):
            load({**GIVEN, name: key})


def test_s52_two_keys_count_while_one_takes_over(tmp_path):
    old = STRONG[::-1]
    settings = load({**GIVEN, "PORTAL_SECRET_KEY_OLD": old, "PORTAL_DATA_DIR": str(tmp_path)})
    assert settings.keys == (STRONG.encode(), old.encode())
    assert load({**GIVEN, "PORTAL_DATA_DIR": str(tmp_path)}).keys == (STRONG.encode(),)
