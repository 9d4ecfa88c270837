"""Sealing: nothing committed is left out, in whatever order transactions end, and half a job does no harm."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

import asyncpg
import pytest

from db.audit import AuditEntry, AuditSeal
from db.engine import atomic
from db.outbox import OutboxMessage
from portal import audit, ticks
from portal import settings as settings_module
from portal.audit_log import actions
from portal.audit_log.actions import seal, send_head
from portal.audit_log.verify import check_chain
from portal.templating import MailTemplates
from tests.conftest import NOON

KEY = b"k" * 48


@atomic
async def append(n: int = 1) -> None:
    for _ in range(n):
        await audit.append("signed_out", now=NOON)


async def is_whole() -> bool:
    return (await check_chain([KEY])).broken is None


async def test_entries_are_sealed_once_and_without_gaps(committed):
    await append(3)
    assert await seal(KEY) == 3
    await append(2)
    assert [await seal(KEY), await seal(KEY)] == [2, 0]
    seals = await AuditSeal.select(AuditSeal.seq, AuditSeal.entry).order_by(AuditSeal.seq)
    ids = await AuditEntry.select(AuditEntry.id).order_by(AuditEntry.id).output(as_list=True)
    assert [(row["seq"], row["entry"]) for row in seals] == list(enumerate(ids, start=1))
    assert await is_whole()


async def test_an_entry_of_a_transaction_that_ends_late_is_not_skipped(committed):
    slow = await asyncpg.connect(os.environ["PORTAL_DATABASE_URL"])
    try:
        async with slow.transaction():
            early = await slow.fetchval(
                "INSERT INTO audit_entry (role, action, object, address, data, at)"
                " VALUES ('system', 'denied', '', '', '{}', now()) RETURNING id"
            )
            await append()
            assert await seal(KEY) == 1
    finally:
        await slow.close()
    assert await AuditSeal.exists().where(AuditSeal.entry > early)
    assert await seal(KEY) == 1
    assert await AuditSeal.exists().where(AuditSeal.entry == early)
    assert await is_whole()


async def test_a_transaction_that_ends_very_late_is_found_by_the_hourly_look(committed, monkeypatch):
    monkeypatch.setattr(actions, "LATELY", 0)
    slow = await asyncpg.connect(os.environ["PORTAL_DATABASE_URL"])
    try:
        async with slow.transaction():
            await slow.execute(
                "INSERT INTO audit_entry (role, action, object, address, data, at)"
                " VALUES ('system', 'denied', '', '', '{}', now())"
            )
            await append()
            await seal(KEY)
    finally:
        await slow.close()
    assert [await seal(KEY), await seal(KEY, everything=True)] == [0, 1]
    assert await is_whole()


async def test_what_was_rolled_back_leaves_no_gap_in_the_chain(committed):
    async def fail() -> None:
        await append()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await atomic(fail)()
    await append()
    assert await seal(KEY) == 1
    assert await is_whole()


async def test_many_sealers_at_once_seal_everything_once(committed, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 7)
    await append(60)
    done = await asyncio.gather(*[seal(KEY) for _ in range(6)])
    assert sum(done) == 60
    assert await is_whole()


async def test_a_sealer_that_dies_halfway_leaves_a_whole_chain(committed):
    await append(10)

    async def cut_short() -> None:
        await actions._seal_batch(KEY, everything=False)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await atomic(cut_short)()
    assert await AuditSeal.count() == 0
    assert await seal(KEY) == 10
    assert await is_whole()


async def test_s50_the_head_is_mailed_once_a_day(db):
    await append(4)
    await send_head("audit@example.org", "en", now=NOON)
    assert await OutboxMessage.count() == 0
    await seal(KEY)
    for hours in (0, 1, 2, 24):
        await send_head("audit@example.org", "en", now=NOON + timedelta(hours=hours))
    mails = await OutboxMessage.objects().order_by(OutboxMessage.created_at).output(load_json=True)
    assert [mail.recipient for mail in mails] == ["audit@example.org"] * 2
    head = (await check_chain([KEY])).head
    assert (mails[0].data["seq"], mails[0].data["mac"], mails[0].data["count"]) == (4, head.mac, 4)


async def test_the_worker_seals_by_the_clock_and_mails_only_where_an_address_is_set(db, settings):
    await append(2)
    at_times = ticks.ticks_of(settings)
    await at_times["seal"][1](NOON)
    assert await AuditSeal.count() == 2
    await at_times["anchor"][1](NOON)
    assert await OutboxMessage.count() == 0


@pytest.mark.parametrize("value", ["audit", "@example.org", "a@b@c", "a b@example.org", "audit@"])
def test_an_anchor_that_is_no_address_refuses_to_start(tmp_path, value):
    given = {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_AUDIT_ANCHOR": value}
    with pytest.raises(settings_module.SettingError, match="PORTAL_AUDIT_ANCHOR"):
        settings_module.load(given)


@pytest.mark.parametrize(("language", "words"), [("fa", "شمارهٔ ۱٬۲۳۴"), ("en", "number 1,234")])
def test_the_mailed_head_says_how_to_check_it(settings, language, words):
    data = {"seq": 1234, "mac": "ab" * 32, "count": 1300}
    mail = MailTemplates(settings, {}).render(actions.MAIL, language, data)
    assert words in mail.subject
    for text in (mail.text, mail.html):
        assert f"verify-audit --anchor 1234:{'ab' * 32}" in text
