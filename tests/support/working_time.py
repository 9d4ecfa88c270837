"""The clock's two questions in the units that tests speak of: minutes, days, and the time between."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.office_hours import Calendar
from portal.workdays import DAY_MARKS, MINUTE_MARKS, reach, used


def add_working_minutes(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    return reach(calendar, start, minutes * MINUTE_MARKS, "minutes")


def add_working_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    return reach(calendar, start, days * DAY_MARKS, "days")


def working_time_between(calendar: Calendar, a: datetime, b: datetime) -> timedelta:
    return timedelta(microseconds=used(calendar, a, b, "minutes"))
