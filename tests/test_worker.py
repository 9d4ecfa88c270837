"""The worker delivers what was queued, through lost databases and mail servers, and tidies up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest_asyncio
from piccolo.engine import engine_finder

from db.engine import AWAY
from db.outbox import OutboxMessage
from db.throttle import Throttle
from portal import outbox, smtp, ticks, worker
from tests.mail_server import Box, mail_server

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)


class Words(msgspec.Struct, frozen=True):
    subject: str = "Registered"
    text: str = "Registered"
    html: str = "<p>Registered</p>"


def courier(box: Box) -> outbox.Courier:
    async def prepare(message: OutboxMessage):
        return message.data

    async def post(message) -> None:
        await smtp.post(message, box.url)

    return outbox.Courier(
        prepare=prepare,
        render=lambda *_: Words(),
        post=post,
        sender="desk@rahgir.example",
        host="rahgir.example",
    )


async def queue_mails(n: int, recipient: str = "citizen@example.org") -> None:
    async with engine_finder().transaction():
        for _ in range(n):
            await outbox.enqueue(
                "cases/registered",
                recipient=recipient,
                locale="en",
                data={},
                cause=f"worker-test:{uuid4()}",
                case=None,
                now=datetime.now(UTC),
            )


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Box]:
    async with mail_server(Box()) as running:
        yield running


async def eventually(happened, *, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while True:
            with suppress(*AWAY):  # a test cuts its own connections too
                if await happened():
                    return
            await asyncio.sleep(0.02)


async def work_until(happened, courier: outbox.Courier, *, seconds: float = 15) -> None:
    """A worker runs until ``happened()`` is true; then it is stopped like by SIGTERM."""
    stop = asyncio.Event()
    working = asyncio.create_task(worker.work(courier, stop))
    try:
        await eventually(happened, seconds=seconds)
    finally:
        stop.set()
        await working


def all_are(state: str):
    async def happened() -> bool:
        return not await OutboxMessage.exists().where(OutboxMessage.state != state)

    return happened


async def test_queued_mails_are_delivered_once_each(committed, box):
    await queue_mails(40)
    await work_until(all_are("sent"), courier(box))
    assert len(box.taken) == 40


async def test_a_mail_queued_meanwhile_leaves_within_a_second(committed, box):
    async def box_is_full() -> bool:
        return bool(box.taken)

    stop = asyncio.Event()
    working = asyncio.create_task(worker.work(courier(box), stop))
    await asyncio.sleep(0.5)
    await queue_mails(1)
    await eventually(box_is_full, seconds=1)
    stop.set()
    await working


async def test_refused_mails_fail_and_do_not_come_back(committed, box):
    box.answers["RCPT"] = "550 no such user"
    await queue_mails(3)
    await work_until(all_are("failed"), courier(box))
    assert len(box.addressed) == 3


async def test_when_the_mail_server_returns_waiting_mails_leave_at_once(committed, box):
    closed = Box()
    closed.url = "smtp://127.0.0.1:1"
    await queue_mails(5)

    async def tried() -> bool:
        return not await OutboxMessage.exists().where(OutboxMessage.attempts == 0)

    mails = worker.Deliveries(courier(closed))
    stop = asyncio.Event()
    await work_with(mails, stop, tried)
    mails.courier = courier(box)
    await queue_mails(1)
    await work_with(mails, asyncio.Event(), all_are("sent"))
    assert len(box.taken) == 6


async def work_with(mails: worker.Deliveries, stop: asyncio.Event, happened) -> None:
    working = asyncio.create_task(worker.serve_jobs(mails, stop))
    await eventually(happened)
    stop.set()
    await working


CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'
"""


async def test_a_lost_database_connection_loses_and_doubles_no_mail(committed, box):
    usual, to_cut = courier(box), [CUT]

    async def post_and_cut(message) -> None:
        await usual.post(message)
        if len(box.taken) >= 10 and to_cut:
            assert len(await OutboxMessage.raw(to_cut.pop())) > 1

    await queue_mails(30)
    await work_until(all_are("sent"), msgspec.structs.replace(usual, post=post_and_cut), seconds=40)
    assert not to_cut
    assert len(box.taken) == 30


async def test_a_template_that_breaks_is_tried_again_later(committed, box):
    def broken(*_):
        raise ZeroDivisionError

    await queue_mails(1)

    async def put_off() -> bool:
        rows = await OutboxMessage.raw("SELECT 1 FROM pgqueuer WHERE attempts = 1 AND execute_after > now()")
        return bool(rows)

    await work_until(put_off, msgspec.structs.replace(courier(box), render=broken))
    assert await OutboxMessage.exists().where(OutboxMessage.state == "queued")


async def test_old_counters_and_old_job_lines_are_removed(db):
    await Throttle(key="old", window_start=NOON - timedelta(days=40), hits=1).save()
    await Throttle(key="new", window_start=NOON - timedelta(hours=1), hits=1).save()
    for age in (1, 8):
        await OutboxMessage.raw(
            "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint) "
            "VALUES ({}, 1, 'successful', 0, 'deliver')",
            NOON - timedelta(days=age),
        )
    await ticks.tidy(NOON)
    keys = await Throttle.select(Throttle.key).where(Throttle.key.is_in(["old", "new"])).output(as_list=True)
    assert keys == ["new"]
    assert len(await OutboxMessage.raw("SELECT 1 FROM pgqueuer_log")) == 1
