"""The web process is killed again and again while people file: nothing they were told is lost."""

from __future__ import annotations

import asyncio
import random
import time

import httpx
import pytest

from tests.faults.filing import ROOM, Told, address_of, check_nothing_lost, people_filing, process, serve_demo
from tests.faults.test_supervisor import Portal, portal  # noqa: F401

pytestmark = pytest.mark.fault
CLIENTS = 20
KILLS = 20
READY_WITHIN = 5.0  # seconds


def test_twenty_kills_lose_no_code_no_mail_and_no_receipt(portal: Portal, measured) -> None:
    serve_demo(portal)
    told, times = asyncio.run(file_and_kill(portal))
    n_filed = asyncio.run(check_nothing_lost(portal, told))
    p95 = sorted(times)[round(0.95 * KILLS) - 1]
    measured(
        "F1",
        f"{KILLS} kills, {CLIENTS} clients: {len(told.numbers)} acknowledged of {n_filed} filed; ready again after "
        f"{p95:.1f} s (p95), {max(times):.1f} s at most",
    )
    assert len(told.numbers) > 100
    assert p95 <= READY_WITHIN * ROOM
    assert portal.run("verify-audit").returncode == 0


async def file_and_kill(portal: Portal) -> tuple[Told, list[float]]:
    """What clients were told, and the seconds after each kill until a page came again."""
    times = []
    async with people_filing(portal, CLIENTS) as told:
        for _ in range(KILLS):
            await asyncio.sleep(random.uniform(0.1, 0.7))
            process(portal, "web").kill()
            times.append(await seconds_until_ready(portal))
    return told, times


async def seconds_until_ready(portal: Portal) -> float:
    started = time.monotonic()
    async with httpx.AsyncClient(base_url=address_of(portal), timeout=1) as client:
        while time.monotonic() - started < 30:
            try:
                if (await client.get("/track")).status_code == 200:
                    break
            except httpx.TransportError:
                await asyncio.sleep(0.02)
    return time.monotonic() - started
