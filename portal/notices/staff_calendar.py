"""A month of windows: Jalali in Persian, Gregorian in English, weeks from Saturday. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from portal import jalali
from portal.notices.rules import Notice

_DAY = timedelta(days=1)
SATURDAY = 5


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day with what touches it; ``number`` is that of its month."""

    day: date
    number: int
    notices: tuple[Notice, ...]


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """From ``first`` to the day before ``after``; ``since`` and ``until`` are its ends as instants."""

    first: date
    before: date
    after: date
    since: datetime
    until: datetime


def month(day: date, language: str, zone: ZoneInfo) -> Month:
    """The month in which ``day`` lies."""
    first, after = jalali.month_around(day, language)
    before = jalali.month_around(first - _DAY, language)[0]
    return Month(
        first=first, before=before, after=after, since=_begin(first, zone), until=_begin(after, zone)
    )


def weeks(of: Month, notices: Sequence[Notice], zone: ZoneInfo, now: datetime) -> list[list[Day | None]]:
    """The weeks of the month with the notices on each day; one whose end is open goes on until ``now``."""
    days = [of.first + _DAY * n for n in range((of.after - of.first).days)]
    cells: list[Day | None] = [None] * ((of.first.weekday() - SATURDAY) % 7)
    for number, day in enumerate(days, 1):
        ends = (_begin(day, zone), _begin(day + _DAY, zone))
        touching = tuple(one for one in notices if _touches(one, *ends, now))
        cells.append(Day(day=day, number=number, notices=touching))
    cells += [None] * (-len(cells) % 7)
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]


def weekdays(language: str) -> list[str]:
    """The names of the days from Saturday on."""
    names = jalali.WEEKDAYS[language]
    return names[SATURDAY:] + names[:SATURDAY]


def _touches(notice: Notice, since: datetime, until: datetime, now: datetime) -> bool:
    ends = notice.ends or max(now, notice.begins)
    return notice.begins < until and (ends > since or notice.begins >= since)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
