"""What one neighbourhood or account may leave in a day, counted by all processes together."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from db.accounts import Account
from portal.i18n import using
from portal.security import sessions, upload_quota
from tests.conftest import NOON
from tests.support.sample_files import an_upload, kept_in

KIB = 1024


@pytest.fixture(autouse=True)
def small_quota(monkeypatch):
    monkeypatch.setattr(upload_quota, "MOST_A_DAY", 10 * KIB)
    with using("en"):
        yield


def guest(address: str = "192.0.2.1"):
    return SimpleNamespace(scope={"client": (address, 1), "user": None})


async def somebody():
    """Somebody with an account, at the same address as the guest."""
    name = uuid4().hex
    account = Account(username=name, display_name=name, role="citizen", password_hash="!", created_at=NOON)
    await account.save()
    token = await sessions.open_session(account.id, device="test", now=NOON)
    return SimpleNamespace(scope={"client": ("192.0.2.1", 1), "user": await sessions.account_of(token, NOON)})


async def sent(folder, sender, n_kib: int, *, name: str = "a.txt", now=NOON) -> dict[str, str]:
    """The errors of sending one text of so many KiB."""
    chosen = [("attachments", "", an_upload(name, b"a" * n_kib * KIB))]
    return (await upload_quota.receive_all(chosen, folder, sender=sender, now=now)).errors


async def test_beyond_the_quota_nothing_is_stored_and_the_field_says_so(db, tmp_path):
    assert await sent(tmp_path, guest(), 6) == {}
    errors = await sent(tmp_path, guest("192.0.2.200"), 6)
    assert "without files" in errors["attachments"]
    assert len(kept_in(tmp_path)) == 1
    assert await sent(tmp_path, guest(), 4) == {}  # what was refused used nothing up


async def test_a_file_we_cannot_take_uses_nothing_up(db, tmp_path):
    assert await sent(tmp_path, guest(), 6, name="a.svg")
    assert await sent(tmp_path, guest(), 6) == {}


async def test_the_next_day_brings_new_room(db, tmp_path):
    await sent(tmp_path, guest(), 10)
    assert await sent(tmp_path, guest(), 10, now=NOON + timedelta(days=1)) == {}


async def test_other_neighbourhoods_and_accounts_have_their_own(db, tmp_path):
    kian = await somebody()
    for sender in (guest(), guest("198.51.100.1"), kian, await somebody()):
        assert await sent(tmp_path, sender, 10) == {}
    assert await sent(tmp_path, kian, 1)


async def test_of_many_at_once_none_slips_through(committed, tmp_path):
    await asyncio.gather(*(sent(tmp_path, guest(), 6) for _ in range(8)))
    assert len(kept_in(tmp_path)) <= 1
