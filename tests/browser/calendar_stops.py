"""Pages of working calendars."""

from __future__ import annotations

from playwright.async_api import Response

from tests.browser.going import ADMIN, Stop, World, at, sending_nothing, told
from tests.browser.promising import figures, working_day
from tests.browser.visitor import Visitor

CALENDARS = "/admin/calendar"
OFFICE = f"{CALENDARS}/iran-office"
DAYS = {"fa": 12, "en": 13}
"""In each language another working day from today on, since both walk at once; open requests wait past both."""


async def drafted(visitor: Visitor, _: World) -> Response:
    """The calendar once a closure is written into its draft."""
    await visitor.open(f"{OFFICE}/day")
    await visitor.fill("day", figures(visitor, working_day(DAYS[visitor.language])))
    await visitor.choose("kind", "closure")
    words = {"name_fa": "آلودگی هوا", "name_en": "Air pollution", "source": "1405/77"}
    for name, value in words.items():
        await visitor.fill(name, value)
    return await visitor.send("/iran-office/day")


async def not_confirmed(visitor: Visitor, _: World) -> Response:
    """The first estimated holiday of next year, with nothing chosen."""
    await visitor.open(f"{OFFICE}?year=1406")
    await visitor.follow(visitor.page.locator("main td a").filter(has=visitor.page.locator("span")).last)
    return await visitor.send(visitor.page.url.rsplit("/", 1)[-1])


CALENDAR_STOPS = [
    Stop("calendars", "calendars.list", ADMIN, at(CALENDARS)),
    Stop("calendar-new", "calendars.new", ADMIN, at(f"{CALENDARS}/new")),
    Stop(
        "calendar-new-errors",
        "calendars.add",
        ADMIN,
        sending_nothing(f"{CALENDARS}/new", "calendar/new"),
        422,
    ),
    Stop("calendar", "calendars.calendar", ADMIN, told("dropped", OFFICE)),
    Stop("calendar-drafted", "calendars.calendar", ADMIN, drafted),
    Stop("calendar-estimates", "calendars.calendar", ADMIN, at(f"{OFFICE}?year=1406")),
    Stop("calendar-day", "calendars.day", ADMIN, at(f"{OFFICE}/day")),
    Stop(
        "calendar-day-errors", "calendars.set_day", ADMIN, sending_nothing(f"{OFFICE}/day", "office/day"), 422
    ),
    Stop("calendar-week", "calendars.week", ADMIN, at(f"{OFFICE}/week")),
    Stop("calendar-week-first", "calendars.week", ADMIN, at(f"{OFFICE}/week?since=beginning")),
    Stop(
        "calendar-week-errors",
        "calendars.set_week",
        ADMIN,
        sending_nothing(f"{OFFICE}/week", "office/week"),
        422,
    ),
    Stop("calendar-holiday", "calendars.holiday", ADMIN, at(f"{OFFICE}/holidays/2027-06-15")),
    Stop("calendar-holiday-errors", "calendars.decide_holiday", ADMIN, not_confirmed, 422),
    Stop("calendar-change", "calendars.change", ADMIN, at(f"{OFFICE}/change")),
    Stop(
        "calendar-change-errors",
        "calendars.publish",
        ADMIN,
        sending_nothing(f"{OFFICE}/change", "office/change"),
        422,
    ),
]
