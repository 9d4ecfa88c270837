"""Settings: read from the environment, or refused by name."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from portal.settings import SettingError, load

GIVEN = {"PORTAL_SECRET_KEY": "s" * 48}


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
    file.write_text("x" * 40 + "\n")
    assert load({"PORTAL_SECRET_KEY_FILE": str(file)}).secret_key == b"x" * 40


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
