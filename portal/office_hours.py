"""When an office works: the weekly pattern, the days that differ from it, and why a day is closed.

Windows are minutes of the local day, half open (the closing instant is outside). A local time that the clock skips
means the moment of the skip; one that comes twice means the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import msgspec

Window = tuple[int, int]
"""Start and end in minutes of the local day; 1440 is the midnight that ends it, up to 2880 lie in the next day."""
Week = Mapping[int, tuple[Window, ...]]
"""Weekday (0 = Monday, as in Python) to its windows; a missing weekday is closed."""
Span = tuple[datetime, datetime]
"""From one instant up to another."""

MINUTE = timedelta(minutes=1)
LANGUAGES = ("fa_IR", "en_US")
"""The holidays package's names of our two languages; a country that lacks one answers in its own."""
_DAY_MINUTES = 1440


class Day(msgspec.Struct, frozen=True):
    """One date that differs from its weekday: closed (no windows), shortened, or worked though it would be free.

    The names, in both languages, say why.
    """

    windows: tuple[Window, ...] = ()
    fa: str = ""
    en: str = ""


class Pattern(msgspec.Struct, frozen=True):
    """The weekly windows from the local day ``since`` on."""

    since: date
    week: Week


class Calendar(msgspec.Struct, frozen=True, dict=True):
    """When an office works. Raises ValueError for windows, zones and countries that can't be meant.

    ``zone`` is a ZoneInfo key. ``week`` holds until the first of ``later``, each of those until the next.
    ``holidays`` is a country code of the holidays package, or "" for none; its lunar dates are estimates where no
    official list exists yet. What ``days`` says of a date goes before pattern and holiday.
    """

    name: str
    zone: str
    week: Week
    holidays: str = ""
    days: Mapping[date, Day] = {}
    later: tuple[Pattern, ...] = ()

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"calendar {self.name!r}: unknown zone {self.zone!r}") from error
        if self.holidays and self.holidays not in _countries():
            raise ValueError(f"calendar {self.name!r}: no holidays known for {self.holidays!r}")
        if [pattern.since for pattern in self.later] != sorted({pattern.since for pattern in self.later}):
            raise ValueError(f"calendar {self.name!r}: each pattern must begin after the one before it")
        for week in (self.week, *(pattern.week for pattern in self.later)):
            if not set(week) <= set(range(7)):
                raise ValueError(f"calendar {self.name!r}: weekdays are 0 (Monday) to 6")
            for windows_of_day in week.values():
                _check_windows(self.name, windows_of_day)
        for day in self.days.values():
            _check_windows(self.name, day.windows)
        # Copies, because the year tables are cached by value and the caller's dict may change later.
        msgspec.structs.force_setattr(self, "week", dict(self.week))
        msgspec.structs.force_setattr(self, "days", dict(self.days))

    def __hash__(self) -> int:
        return self._digest

    @cached_property
    def _digest(self) -> int:
        # Asked at every look into a year table, and a calendar has hundreds of dates.
        parts = (self.name, self.zone, self.holidays, tuple(sorted(self.week.items())))
        return hash((parts, frozenset(self.days.items()), tuple(p.since for p in self.later)))


class Reason(NamedTuple):
    """Why a day is as it is. ``closed``: ``weekend``, ``holiday`` or ``closure``, empty for a working day.

    ``fa`` and ``en`` name a holiday, or whatever made the day differ from its weekday.
    """

    closed: str
    fa: str = ""
    en: str = ""


def windows(calendar: Calendar, day: date) -> list[Span]:
    """The working windows that begin on the local ``day`` as UTC instants, in order; empty when it is closed."""
    return _spans(calendar, day, _windows_of(calendar, day))


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether any minute of the local ``day`` counts."""
    return bool(windows(calendar, day))


def reason(calendar: Calendar, day: date) -> Reason:
    """Why the local ``day`` is as it is."""
    if day in calendar.days:
        own = calendar.days[day]
        return Reason("" if own.windows else "closure", own.fa, own.en)
    if calendar.holidays and day in _holidays(calendar.holidays, day.year, LANGUAGES[0]):
        names = (_holidays(calendar.holidays, day.year, language).get(day, "") for language in LANGUAGES)
        return Reason("holiday", *names)
    return Reason("" if week_of(calendar, day).get(day.weekday()) else "weekend")


def usual_windows(calendar: Calendar, day: date) -> list[Span]:
    """The windows that the weekday of ``day`` has by the weekly pattern, holiday or not."""
    return _spans(calendar, day, week_of(calendar, day).get(day.weekday(), ()))


def _spans(calendar: Calendar, day: date, of: tuple[Window, ...]) -> list[Span]:
    zone = ZoneInfo(calendar.zone)
    spans = [(instant(zone, day, start * MINUTE), instant(zone, day, end * MINUTE)) for start, end in of]
    # A window that lies wholly in an hour the clock skips has no length.
    return [(opens, closes) for opens, closes in spans if opens < closes]


def week_of(calendar: Calendar, day: date) -> Week:
    """The weekly windows that hold on the local ``day``."""
    return next((p.week for p in reversed(calendar.later) if p.since <= day), calendar.week)


def _windows_of(calendar: Calendar, day: date) -> tuple[Window, ...]:
    if day in calendar.days:
        return calendar.days[day].windows
    if calendar.holidays and day in _holidays(calendar.holidays, day.year, LANGUAGES[0]):
        return ()
    return week_of(calendar, day).get(day.weekday(), ())


@lru_cache(maxsize=256)
def _holidays(country: str, year: int, language: str) -> Mapping[date, str]:
    found = holidays.country_holidays(country, years=year, expand=False, language=language)
    return {day: _spelt(name) for day, name in found.items()} if language == LANGUAGES[0] else dict(found)


def _spelt(name: str) -> str:
    """A Persian name as Persian is written: holidays 0.108 joins names with a Latin semicolon, or without a space."""
    return re.sub(r"\s*[;؛]\s*", "؛ ", name).replace("عیدنوروز", "عید نوروز")


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries())


def _check_windows(name: str, windows_of_day: tuple[Window, ...]) -> None:
    before = 0
    for start, end in windows_of_day:
        if not (before <= start < end <= 2 * _DAY_MINUTES and start < _DAY_MINUTES):
            raise ValueError(
                f"calendar {name!r}: window {start}-{end} must start on its day, before it ends, after the window "
                f"before it, and end by {2 * _DAY_MINUTES}"
            )
        before = end


def instant(zone: ZoneInfo, day: date, clock: timedelta) -> datetime:
    """The UTC instant of a local clock time (24 hours: the midnight that ends the day); monotone in it."""
    wall = datetime.combine(day, time(), zone) + clock
    before, after = _offsets(wall)
    if before < after:
        return _turn(zone, wall.replace(fold=1).astimezone(UTC), wall.astimezone(UTC))
    return wall.astimezone(UTC)


def _offsets(wall: datetime) -> tuple[timedelta, timedelta]:
    """The UTC offsets before and after the clock change ``wall`` falls into; equal where there is none."""
    before, after = wall.replace(fold=0).utcoffset(), wall.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    return before, after


def _turn(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second in (low, high] at which the zone's offset changes."""
    old = low.astimezone(zone).utcoffset()
    low, high = low.replace(microsecond=0), high.replace(microsecond=0)
    while (span := (high - low) // timedelta(seconds=1)) > 1:
        middle = low + timedelta(seconds=span // 2)
        if middle.astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return high


_OFFICE_HOURS: tuple[Window, ...] = ((7 * 60 + 30, 14 * 60 + 30),)
IRAN_OFFICE = Calendar(
    name="iran_office",
    zone="Asia/Tehran",
    week=dict.fromkeys((5, 6, 0, 1, 2), _OFFICE_HOURS),
    holidays="IR",
)
"""Executive agencies of Iran: Saturday to Wednesday, 07:30 to 14:30, public holidays off."""
