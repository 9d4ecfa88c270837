"""The database dies, stays away or stands still while people file: they are told to come back, and all heals."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpx
import psutil
import pytest

from tests.faults.filing import (
    ROOM,
    Told,
    address_of,
    check_nothing_lost,
    people_filing,
    process,
    serve_demo,
    until,
    until_filed,
)
from tests.faults.test_supervisor import Portal, eventually, left_over, portal  # noqa: F401

pytestmark = pytest.mark.fault
RESTARTS = 4
BACK_WITHIN = 10.0  # seconds
AWAY = 15.0  # seconds
PUBLIC = ("/", "/track", "/en/services")
READY_WITHIN, ALIVE_WITHIN = 5.0, 1.0  # seconds
GROWTH = 50  # megabytes


def test_restarts_of_the_database_are_seconds_of_503(portal: Portal, measured) -> None:
    serve_demo(portal)
    web = process(portal, "web")
    told, windows = asyncio.run(file_and_restart(portal))
    asyncio.run(check_nothing_lost(portal, told))
    measured(
        "F5",
        f"{RESTARTS} restarts under 20 clients: {told.statuses[303]} filed, {told.statuses[503]} told to come back, "
        f"nothing else; filed again after {max(windows):.1f} s at most, by the same web process",
    )
    assert set(told.statuses) == {303, 503}
    assert max(windows) <= BACK_WITHIN * ROOM
    assert process(portal, "web") == web


async def file_and_restart(portal: Portal) -> tuple[Told, list[float]]:
    """What clients were told, and the seconds from each death of the database to the next case filed."""
    windows = []
    async with people_filing(portal) as told:
        for _ in range(RESTARTS):
            await until_filed(told, 30)
            database = portal.postgres()
            os.kill(database, signal.SIGQUIT)  # as pg_ctl stop -m immediate; the supervisor starts it again
            began = time.monotonic()
            await until(lambda gone=database: not psutil.pid_exists(gone), seconds=10)
            await until_filed(told, 1)
            windows.append(time.monotonic() - began)
    return told, windows


@contextmanager
def stopped(portal: Portal) -> Iterator[None]:
    """There is no database, and nobody who starts one."""
    with paused([psutil.Process(portal.supervisor.pid)]):
        database = psutil.Process(portal.postgres())
        database.send_signal(signal.SIGQUIT)
        assert eventually(lambda: not left_over([database]), seconds=10)
        yield


@contextmanager
def unanswering(portal: Portal) -> Iterator[None]:
    """The database takes connections and questions, and answers none."""
    database = psutil.Process(portal.postgres())
    with paused([database, *database.children()]):
        yield


@contextmanager
def paused(processes: list[psutil.Process]) -> Iterator[None]:
    for one in processes:
        one.suspend()
    try:
        yield
    finally:
        for one in processes:
            one.resume()


@dataclass
class Seen:
    """What probes found while the database was away: (path, status, seconds, whether it was our page)."""

    answers: list[tuple[str, int, float, bool]] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def slowest(self, path: str) -> float:
        return max(seconds for asked, _, seconds, _ in self.answers if asked == path)

    def statuses(self, path: str) -> set[int]:
        return {status for asked, status, _, _ in self.answers if asked == path}


@pytest.mark.parametrize("away", [stopped, unanswering])
def test_without_a_database_pages_say_so_and_memory_stands(portal: Portal, measured, away) -> None:
    serve_demo(portal)
    web = process(portal, "web")
    told, seen, back = asyncio.run(file_without(portal, away, web))
    asyncio.run(check_nothing_lost(portal, told))
    growth = max(seen.megabytes) - seen.megabytes[0]
    public = max(seen.slowest(path) for path in PUBLIC)
    measured(
        "F6",
        f"{away.__name__} for {AWAY:.0f} s: /healthz within {seen.slowest('/healthz'):.2f} s, /readyz 503 within "
        f"{seen.slowest('/readyz'):.1f} s, public pages say so within {public:.1f} s; {growth:.0f} MB more memory; "
        f"filed again {back:.1f} s after its return",
    )
    assert seen.statuses("/healthz") == {200}
    assert seen.statuses("/readyz") == {503}
    assert set.union(*map(seen.statuses, PUBLIC)) <= {200, 503}  # some pages need no database
    assert all(ours for path, status, _, ours in seen.answers if path in PUBLIC and status == 503)
    assert seen.slowest("/readyz") <= READY_WITHIN + 1
    assert seen.slowest("/healthz") <= ALIVE_WITHIN * ROOM
    assert growth < GROWTH
    assert set(told.statuses) == {303, 503}
    assert back <= BACK_WITHIN * ROOM
    assert process(portal, "web") == web


async def file_without(portal: Portal, away, web: psutil.Process) -> tuple[Told, Seen, float]:
    """What clients and probes were told, and the seconds from the database's return to the next case filed."""
    async with people_filing(portal) as told:
        await until_filed(told, 30)
        with away(portal):
            async with probing(portal, web) as seen:
                await asyncio.sleep(AWAY)
        began = time.monotonic()
        await until_filed(told, 1)
        back = time.monotonic() - began
        await until_filed(told, 30)
    return told, seen, back


@asynccontextmanager
async def probing(portal: Portal, web: psutil.Process) -> AsyncIterator[Seen]:
    """Each page is asked for again and again until the block ends."""
    seen, over = Seen(), asyncio.Event()

    async def ask(path: str) -> None:
        async with httpx.AsyncClient(base_url=address_of(portal), timeout=AWAY * 2) as visitor:
            while not over.is_set():
                began = time.monotonic()
                answer = await visitor.get(path)
                took = time.monotonic() - began
                ours = answer.headers.get("retry-after") is not None and "<h1" in answer.text
                seen.answers.append((path, answer.status_code, took, ours))
                seen.megabytes.append(web.memory_info().rss / 2**20)
                await asyncio.sleep(0.2)

    asking = [asyncio.create_task(ask(path)) for path in ("/healthz", "/readyz", *PUBLIC)]
    yield seen
    over.set()
    await asyncio.gather(*asking)
