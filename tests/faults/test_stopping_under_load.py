"""The portal is stopped while people file: everybody who reached it gets an answer, and what was answered stands."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from tests.faults.filing import (
    CUT_OFF,
    NOBODY_THERE,
    Told,
    check_nothing_lost,
    people_filing,
    serve_demo,
    until_filed,
)
from tests.faults.test_supervisor import Portal, left_over, portal  # noqa: F401

pytestmark = pytest.mark.fault
STOPS = 6
ENDED_WITHIN = 30.0  # seconds


def test_stopping_cuts_off_nobody_who_files(portal: Portal, measured) -> None:
    all_told, times = Told(), []
    for _ in range(STOPS):
        serve_demo(portal)
        family = portal.family()
        told, seconds = asyncio.run(file_and_stop(portal))
        portal.clean()
        all_told.add(told)
        times.append(seconds)
        assert portal.supervisor.returncode == 0
        assert left_over(family) == []
    statuses = all_told.statuses
    measured(
        "F15",
        f"{STOPS} stops under 20 clients: {statuses[303]} filed, {statuses[503]} told to come back, "
        f"{statuses[CUT_OFF]} cut off; ended after {max(times):.1f} s at most, with status 0",
    )
    assert set(statuses) <= {303, 503, NOBODY_THERE}
    assert statuses[303] > 10 * STOPS
    assert max(times) <= ENDED_WITHIN
    asyncio.run(check_nothing_lost(portal, all_told))


async def file_and_stop(portal: Portal) -> tuple[Told, float]:
    """What clients were told, and the seconds from SIGTERM to the end of everything."""
    async with people_filing(portal) as told:
        await until_filed(told, 20)
        began = time.monotonic()
        await asyncio.to_thread(portal.send, signal.SIGTERM)
        seconds = time.monotonic() - began
    return told, seconds
