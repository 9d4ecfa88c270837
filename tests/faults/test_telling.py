"""Workers are killed while they tell thousands of a notice: each subscriber hears once."""

from __future__ import annotations

import asyncio
import email
import os
import random
import secrets
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.outbox import OutboxMessage
from db.subscriptions import NoticeMailing, Subscription
from portal.services.actions import load_samples
from tests.conftest import OPENED
from tests.mail_server import Box, mail_server
from tests.notices.outages import PLANNED, changed, posted
from tests.test_worker import eventually

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parent.parent.parent
SUBSCRIBERS, KILLS = 1500, 8
_MANY = """
    INSERT INTO subscription (id, channel, address, locale, kinds, origin, made_at, confirmed_at, bounces)
    SELECT gen_random_uuid(), 'mail', 'reader' || n || '@example.org', 'en', '["planned"]', 'asked', {}, {}, 0
    FROM generate_series(1, {}) n
"""


def start_worker(box: Box, key: str) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ,
        "PORTAL_SMTP_URL": box.url,
        "PORTAL_DATA_DIR": "/nonexistent",
        "PORTAL_SECRET_KEY": key,
        "TELLING_BATCH": "100",
    }
    return subprocess.Popen([sys.executable, "-m", "tests.faults.telling_stub"], cwd=ROOT, env=environ)


async def told() -> int:
    count: int = await OutboxMessage.count()
    return count


async def test_killed_workers_tell_each_subscriber_once(committed):
    now, key = datetime.now(UTC), secrets.token_urlsafe(48)
    await load_samples(OPENED)
    await Subscription.raw(_MANY, now, now, SUBSCRIBERS)
    start = now + timedelta(days=4)
    await posted(changed(PLANNED, starts_at=start, ends_at=start + timedelta(hours=2)), now=now)
    async with mail_server(Box()) as box:
        seen_in_the_middle = 0
        for n in range(1, KILLS + 1):
            worker = start_worker(box, key)
            try:
                await eventually(reached(n * SUBSCRIBERS // (KILLS + 2)), seconds=60)
                await asyncio.sleep(random.uniform(0, 0.1))
            finally:
                worker.kill()
                worker.wait()
            seen_in_the_middle += await told() < SUBSCRIBERS
        last = start_worker(box, key)
        try:
            await eventually(all_sent, seconds=120)
        finally:
            last.terminate()
            last.wait()
    assert seen_in_the_middle > 2
    await each_once(box)


def reached(n: int):
    async def happened() -> bool:
        return await told() >= n

    return happened


async def all_sent() -> bool:
    sent = await OutboxMessage.count().where(OutboxMessage.state == "sent")
    return sent == SUBSCRIBERS and not await NoticeMailing.exists().where(
        NoticeMailing.kind == "published", NoticeMailing.done_at.is_null()
    )


async def each_once(box: Box) -> None:
    assert await OutboxMessage.count() == SUBSCRIBERS
    (row,) = await NoticeMailing.objects().where(NoticeMailing.kind == "published")
    assert row.told == SUBSCRIBERS
    mails = [email.message_from_bytes(raw) for raw in box.taken]
    copies = Counter((mail["To"], mail["Message-ID"]) for mail in mails)
    assert len(copies) == len({to for to, _ in copies}) == SUBSCRIBERS
    print(f"{KILLS} kills: {len(mails)} mails to {SUBSCRIBERS} subscribers")
    assert len(mails) - SUBSCRIBERS <= 8 * KILLS
