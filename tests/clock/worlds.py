"""Offices and cases that the tests of the clock share."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from portal.marks import Mark, Target
from portal.office_hours import IRAN_OFFICE, Calendar, Span
from portal.sla import History, Reading, read

EVERY_DAY = range(7)
LUNCH = Calendar("lunch", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((480, 720), (780, 960))))
ALWAYS_TEHRAN = Calendar("always_tehran", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((0, 1440),)))
ALWAYS_BERLIN = Calendar("always_berlin", "Europe/Berlin", dict.fromkeys(EVERY_DAY, ((0, 1440),)))
NIGHT_BERLIN = Calendar("night_berlin", "Europe/Berlin", dict.fromkeys(EVERY_DAY, ((1320, 1800),)))
CALENDARS = {
    calendar.name: calendar for calendar in (IRAN_OFFICE, LUNCH, ALWAYS_TEHRAN, ALWAYS_BERLIN, NIGHT_BERLIN)
}


def tehran(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Asia/Tehran")).astimezone(UTC)


def berlin(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold).astimezone(UTC)


def aban(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of the week of Saturday 2026-11-21 (30 Aban 1405), in which the office has no holiday."""
    return tehran(2026, 11, day, hour, minute, second)


def hours(amount: int, key: str = "result", calendar: str = "iran_office") -> Target:
    return Target(key, amount, "working_hours", calendar)


def days(amount: int, key: str = "result", calendar: str = "iran_office") -> Target:
    return Target(key, amount, "working_days", calendar)


def paused(since: datetime, until: datetime) -> list[Mark]:
    """A pause that would have lasted a month, ended by the applicant."""
    return [Mark("paused", since, tehran(2026, 12, 31)), Mark("resumed", until)]


def history(filed_at: datetime, *marks: Mark, credits: tuple[Span, ...] = ()) -> History:
    return History((Mark("started", filed_at), *marks), credits)


def first(
    target: Target, case: History, now: datetime, calendars: dict[str, Calendar] = CALENDARS
) -> Reading:
    """What the first round of the only target reads at ``now``."""
    return read([target], calendars, seen(case, now), now=now)[0]


def seen(case: History, now: datetime) -> History:
    """What of the case had happened by ``now``."""
    return History(tuple(mark for mark in case.marks if mark.at <= now), case.credits)
