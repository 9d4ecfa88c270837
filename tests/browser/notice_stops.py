"""Pages of notices at the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import Response

from portal import jalali
from tests.browser.going import ADMIN, STAFF, Stop, World, at, sending_nothing
from tests.browser.visitor import Visitor

DESK, NEW = "/desk/notices", "/desk/notices/new"
ZONE = ZoneInfo("Asia/Tehran")


def in_days(visitor: Visitor, days: int) -> str:
    """22:00 so many days from now, as the visitor types it."""
    day = (datetime.now(UTC) + timedelta(days=days)).astimezone(ZONE)
    return f"{jalali.show_numeric_date(day, visitor.language, ZONE)} {visitor.digits('22:00')}"


async def filled(visitor: Visitor, days: int = 5) -> None:
    """The form of a new outage of the first service, every week, with the usual words."""
    await visitor.open(NEW)
    await visitor.page.locator("#services").select_option("unavailable")
    await visitor.fill("starts_at", in_days(visitor, days))
    await visitor.fill("ends_at", in_days(visitor, days + 1))
    await visitor.fill("last_day", visitor.digits("1499/01/01"))
    await visitor.choose("repeat", "four_weeks")
    await press(visitor, "fill")


async def press(visitor: Visitor, do: str) -> Response:
    return await visitor.follow(visitor.page.locator(f'main button[value="{do}"]'))


async def previewed(visitor: Visitor, _: World) -> Response:
    await filled(visitor)
    return await press(visitor, "preview")


async def too_late(visitor: Visitor, _: World) -> Response:
    """An outage announced later than promised, without a word why."""
    await filled(visitor, days=1)
    return await press(visitor, "post")


async def posted(visitor: Visitor, _: World) -> Response:
    await filled(visitor)
    return await press(visitor, "post")


async def unmoved(visitor: Visitor, world: World) -> Response:
    """The form that moves a window, sent empty."""
    await posted(visitor, world)
    await visitor.page.locator("#reschedule > summary").click()
    return await visitor.send("/reschedule")


NOTICE_STOPS = [
    Stop("notice-new", "notices.new", STAFF, at(NEW)),
    Stop("notice-errors", "notices.post", STAFF, sending_nothing(NEW, "notices/new"), 422),
    Stop("notice-late", "notices.post", STAFF, too_late, 422),
    Stop("notice-preview", "notices.post", STAFF, previewed),
    Stop("notice-at-desk", "notices.at_desk", STAFF, posted),
    Stop("notice-move-errors", "notices.move", STAFF, unmoved, 422),
    Stop("notices-desk", "notices.desk", STAFF, at(DESK)),
    Stop("notices-month", "notices.desk_calendar", STAFF, at(f"{DESK}/calendar")),
    Stop("notices-no-month", "notices.desk_calendar", STAFF, at(f"{DESK}/calendar?month=x"), 404),
    Stop("webhooks", "notices.webhooks", ADMIN, at("/admin/webhooks")),
    Stop(
        "webhooks-errors", "notices.add_webhook", ADMIN, sending_nothing("/admin/webhooks", "/webhooks"), 422
    ),
]
