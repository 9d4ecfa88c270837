"""The stops of those who run the place: what each day added up to, and how the installation is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Response

from tests.browser.going import ADMIN, Stop, World, at, too_old
from tests.browser.visitor import Visitor

DAYS = "/admin/reconciliation"
TODAY = f"{DAYS}/{datetime.now(ZoneInfo('Asia/Tehran')).date().isoformat()}"


async def reckoned(visitor: Visitor, _: World) -> Response:
    await visitor.open(TODAY)
    return await visitor.send(TODAY)


OPERATION_STOPS = [
    Stop("reconciliation-day-empty", "operations.day", ADMIN, at(f"{DAYS}/2020-03-20")),
    Stop("reconciliation-stale", "operations.reckon", ADMIN, too_old(TODAY), 403),
    Stop("reconciliation-day", "operations.day", ADMIN, reckoned),
    Stop("reconciliation", "operations.days", ADMIN, at(DAYS)),
    Stop("reconciliation-older", "operations.days", ADMIN, at(f"{DAYS}?before=2020-01-01")),
    Stop("health", "operations.health", ADMIN, at("/admin/health")),
]
