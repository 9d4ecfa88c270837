"""What tests of notices share: the sample services, a clerk of every unit, a visitor at whatever instant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest_asyncio

from portal.notices import measured, queries
from tests.conftest import NOON
from tests.notices.walk import walk  # noqa: F401
from tests.support.browser import Browser, TimedApplication, client_of, works_everywhere


class Timed(Browser):
    """A guest whose portal has its own clock."""

    now = NOON

    def at(self, now: datetime) -> Timed:
        """It is ``now``, and nothing is remembered from another time."""
        self.now = now
        queries.forget()
        measured.forget()
        return self


@pytest_asyncio.fixture
async def timed(samples: None, timed_application: TimedApplication) -> AsyncIterator[Timed]:
    """A guest at NOON, until told otherwise."""
    visitors: list[Timed] = []
    async with client_of(timed_application.by(lambda: visitors[0].now)) as client:
        visitors.append(Timed(client))
        yield visitors[0]


@pytest_asyncio.fixture
async def desk(samples, clerk):
    """A clerk of every unit."""
    await works_everywhere()
    return clerk
