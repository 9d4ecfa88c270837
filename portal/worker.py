"""The worker process: delivers messages and removes what nobody needs any more, rows and files.

Any number of workers may run against one database. Every job may be repeated or cut short without harm.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.models import Job, Schedule
from piccolo.engine import engine_finder

from db.engine import AWAY, Engine, close_pool, open_pool
from portal import outbox, signing, templating
from portal.availability import probe
from portal.availability.samples import Spool
from portal.cases import recount, rules
from portal.courier import courier_of
from portal.notices import alarms, mailings
from portal.operations import health
from portal.settings import Settings
from portal.ticks import NO_MORE, Tick, Ticks, ticks_of

AT_ONCE = 8
"""Mails under way in one worker. PgQueuer's own concurrency_limit is 60 times slower and outlives a crash."""
HEARTBEAT = timedelta(seconds=10)
"""The jobs of a dead worker come back after this time."""
AFTER_A_BUG = timedelta(minutes=15)
SOON = timedelta(seconds=20)
"""Work that lay while no worker ran is begun by then, so that a first look does not complain of it."""
RECONNECT_SECONDS = (0.5, 1, 2, 5)
BROKEN = (*AWAY, asyncpg.PostgresError, FailingListenerError)

logger = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; a database that goes away is waited for."""
    signing.keep_in(settings.data_dir)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    courier = courier_of(settings, templating.MailTemplates(settings, rules.NAMES).render)
    async with probe.client(settings) as client:
        spool = Spool(settings.data_dir / "looks.jsonl")
        looking = asyncio.create_task(probe.run(probe.Probe(client, spool), stop, alarms.announce))
        await work(courier, stop, ticks_of(settings))
        await looking
    await close_pool()


async def work(courier: outbox.Courier, stop: asyncio.Event, ticks: Ticks = NO_MORE) -> None:
    """Jobs are done until ``stop`` is set; then those under way are finished. Survives a lost database."""
    deliveries = Deliveries(courier)
    failures = 0
    while not stop.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await serve_jobs(deliveries, stop, ticks)
        except BROKEN as error:
            lasted = asyncio.get_running_loop().time() - started
            failures = 0 if lasted > 30 else failures + 1
            delay = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
            logger.warning("database lost (%s: %s); again in %s s", type(error).__name__, error, delay)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), delay)
    await deliveries.finish()


async def serve_jobs(deliveries: Deliveries, stop: asyncio.Event, ticks: Ticks = NO_MORE) -> None:
    """Jobs are done until ``stop`` is set. Raises one of BROKEN when the database goes away."""
    engine = engine_finder()
    assert isinstance(engine, Engine), "piccolo_conf.DB is not set"
    if engine.pool is None:
        await open_pool(AT_ONCE + 2)
    connection = await engine.get_new_connection()
    queue = PgQueuer(AsyncpgDriver(connection))
    queue.entrypoint(outbox.JOB)(deliveries.deliver)
    queue.entrypoint(recount.JOB)(count_anew)
    for name in (mailings.JOB, health.JOB):
        if name in ticks:
            queue.entrypoint(name)(_when_asked(ticks[name][1]))
    for name, (crontab, job) in ticks.items():
        queue.schedule(name, crontab)(_at_the_time(job))
    stopping = asyncio.create_task(_pass_on(stop, queue.shutdown))
    try:
        if health.JOB in ticks:
            await queue.qm.queries.enqueue(
                health.JOB, None, execute_after=SOON, dedupe_key=health.JOB, on_conflict="skip"
            )
        await queue.run(
            batch_size=AT_ONCE // 2,
            max_concurrent_tasks=AT_ONCE,
            dequeue_timeout=HEARTBEAT,
            heartbeat_timeout=HEARTBEAT,
            shutdown_on_listener_failure=True,
            log_aggregation_interval=timedelta(0),
        )
    finally:
        stopping.cancel()
        connection.terminate()


async def _pass_on(stop: asyncio.Event, shutdown: asyncio.Event) -> None:
    await stop.wait()
    shutdown.set()


class Deliveries:
    """Deliveries of this process. They outlive PgQueuer's connection, and none runs twice at a time."""

    def __init__(self, courier: outbox.Courier) -> None:
        self.courier = courier
        self.under_way: dict[UUID, asyncio.Task[outbox.Outcome]] = {}
        self.server_down = False

    async def deliver(self, job: Job) -> None:
        """The job's message was looked at. Raises RetryRequested when PgQueuer should come back with it."""
        assert job.payload is not None, "a delivery names its message"
        message_id = UUID(bytes=job.payload)
        task = self.under_way.get(message_id) or self._begin(message_id)
        try:
            outcome = await asyncio.shield(task)
        except outbox.Retry as retry:
            self.server_down = self.server_down or retry.server_down
            # Spread, so that mails of one bad minute do not knock together for hours.
            raise RetryRequested(retry.delay * random.uniform(0.6, 1)) from retry  # noqa: S311
        except BROKEN as error:
            raise RetryRequested(HEARTBEAT) from error
        except Exception as error:
            logger.exception("message %s was not delivered", message_id)
            raise RetryRequested(AFTER_A_BUG) from error
        if outcome is outbox.Outcome.SENT and self.server_down:
            self.server_down = False
            await outbox.hasten()

    def _begin(self, message_id: UUID) -> asyncio.Task[outbox.Outcome]:
        delivery = outbox.deliver(message_id, now=datetime.now(UTC), courier=self.courier)
        task = self.under_way[message_id] = asyncio.create_task(delivery)
        task.add_done_callback(lambda _: self.under_way.pop(message_id))
        return task

    async def finish(self) -> None:
        """Nothing is under way any more."""
        await asyncio.gather(*self.under_way.values(), return_exceptions=True)


def _at_the_time(job: Tick) -> Callable[[Schedule], Awaitable[None]]:
    async def run(_: Schedule) -> None:
        await job(datetime.now(UTC))

    return run


def _when_asked(job: Tick) -> Callable[[Job], Awaitable[None]]:
    """The same work as at its time; what fails waits for that."""

    async def run(_: Job) -> None:
        try:
            await job(datetime.now(UTC))
        except BROKEN as error:
            raise RetryRequested(HEARTBEAT) from error

    return run


async def count_anew(job: Job) -> None:
    """Open cases were counted as the job says; cut short, the next run goes on where this one stopped."""
    assert job.payload is not None, "a recount says what has changed"
    try:
        await recount.run(job.payload, now=datetime.now(UTC))
    except BROKEN as error:
        raise RetryRequested(HEARTBEAT) from error
    except Exception as error:
        logger.exception("open cases were not counted anew")
        raise RetryRequested(AFTER_A_BUG) from error
