"""What people of the desk do about promised times: amend them, close days, choose what becomes of open dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import Response

from portal.jalali import show_numeric_date
from portal.office_hours import IRAN_OFFICE, is_working_day
from tests.browser.visitor import Visitor

CALENDARS = "/admin/calendar"


def today() -> date:
    """The day at the desk."""
    return datetime.now(UTC).astimezone(ZoneInfo(IRAN_OFFICE.zone)).date()


def working_day(n: int) -> date:
    """The ``n``-th day after today on which offices work, as long as nobody closes one."""
    day = today()
    while n:
        day += timedelta(days=1)
        n -= is_working_day(IRAN_OFFICE, day)
    return day


def figures(visitor: Visitor, day: date) -> str:
    """The day as the visitor types it."""
    return show_numeric_date(day, visitor.language, UTC)


async def amend(manager: Visitor, slug: str, *, chosen: dict[str, str] | None = None, **typed: str) -> None:
    """The draft of the service's statement says so."""
    await manager.open(f"/admin/services/{slug}/terms")
    for name, value in typed.items():
        await manager.fill(name, manager.digits(value))
    for name, value in (chosen or {}).items():
        await manager.choose(name, value)
    await manager.send("/terms")
    assert manager.page.url.endswith(f"/admin/services/{slug}"), await manager.page.inner_text("main")


async def publish(manager: Visitor, slug: str, at: str = "") -> Response:
    """What the preview shows holds from the moment ``at``, without one from now on."""
    await manager.open(f"/admin/services/{slug}/publish")
    await manager.fill("at", at)
    return await manager.send("/publish")


async def enter_day(
    manager: Visitor, calendar: str, day: date, kind: str, *, why: dict[str, str], hours: str = ""
) -> None:
    """The day stands in the draft of this calendar alone."""
    await manager.open(f"{CALENDARS}/{calendar}/day")
    for box in await manager.page.locator('main [name="calendars"][type=checkbox]').all():
        await box.set_checked(await box.get_attribute("value") == calendar)
    await manager.fill("day", figures(manager, day))
    await manager.choose("kind", kind)
    await manager.fill("hours", manager.digits(hours))
    for language, name in why.items():
        await manager.fill(f"name_{language}", name)
    await manager.send(f"/{calendar}/day")
    assert manager.page.url.endswith(f"{CALENDARS}/{calendar}"), await manager.page.inner_text("main")


async def change_calendar(manager: Visitor, calendar: str, deadlines: str, *, why: str) -> Response:
    """The draft of the calendar holds, and open dates are moved (``move``) or stay (``leave``)."""
    await manager.open(f"{CALENDARS}/{calendar}/change")
    await manager.choose("deadlines", deadlines)
    await manager.fill("note", why)
    return await manager.send("/change")
