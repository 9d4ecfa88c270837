"""Working time as interval arithmetic: which instants count, and when so much of it has passed.

Instants are aware datetimes and come back in UTC; windows are minutes of the local day, half open (the
closing instant is outside). None runs past midnight: a night shift is one to 1440 and one from 0 next day.
A local time that the clock skips means the moment of the skip; one that comes twice means the first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import msgspec

Window = tuple[int, int]
"""Start and end in minutes of the local day; 1440 is the midnight that ends it."""
Week = Mapping[int, tuple[Window, ...]]
"""Weekday (0 = Monday, as in Python) to its windows; a missing weekday is closed."""

SEARCH = timedelta(days=400)
MINUTE = timedelta(minutes=1)
_DAY_MINUTES = 1440
# A promise that needs more years is a mistake in the calendar, and each year costs milliseconds to lay out.
_YEARS = 100


class EmptyCalendar(ValueError):
    """The calendar ``name`` has no working time where it was looked for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"calendar {name!r} has no working time within {SEARCH.days} days")
        self.name = name


class Calendar(msgspec.Struct, frozen=True):
    """When an office works. Raises ValueError for windows, zones and countries that can't be meant.

    ``zone`` is a ZoneInfo key. ``holidays`` is a country code of the holidays package, or "" for none; its
    lunar dates are estimates where no official list exists yet, and ``special`` and ``closed`` correct them.
    ``special`` gives a date its own windows, holiday or not; ``closed`` dates have none in any case.
    """

    name: str
    zone: str
    week: Week
    holidays: str = ""
    closed: frozenset[date] = frozenset()
    special: Mapping[date, tuple[Window, ...]] = {}

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"calendar {self.name!r}: unknown zone {self.zone!r}") from error
        if self.holidays and self.holidays not in _countries():
            raise ValueError(f"calendar {self.name!r}: no holidays known for {self.holidays!r}")
        if not set(self.week) <= set(range(7)):
            raise ValueError(f"calendar {self.name!r}: weekdays are 0 (Monday) to 6")
        for windows_of_day in (*self.week.values(), *self.special.values()):
            _check_windows(self.name, windows_of_day)
        # Copies, because the year tables are cached by value and the caller's dict may change later.
        msgspec.structs.force_setattr(self, "week", dict(self.week))
        msgspec.structs.force_setattr(self, "special", dict(self.special))

    def __hash__(self) -> int:
        return hash((self.name, self.zone, self.holidays, self.closed, frozenset(self.week.items()),
                     frozenset(self.special.items())))  # fmt: skip


class _Opening(NamedTuple):
    opens: datetime
    closes: datetime
    day: date


_closes = attrgetter("closes")


def windows(calendar: Calendar, day: date) -> list[tuple[datetime, datetime]]:
    """The working windows of the local ``day`` as UTC instants, in order; empty when it is closed."""
    zone = ZoneInfo(calendar.zone)
    spans = [
        (_instant(zone, day, start * MINUTE), _instant(zone, day, end * MINUTE))
        for start, end in _pattern(calendar, day)
    ]
    # A window that lies wholly in an hour the clock skips has no length.
    return [(opens, closes) for opens, closes in spans if opens < closes]


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether any minute of the local ``day`` counts."""
    return bool(windows(calendar, day))


def add_working_minutes(calendar: Calendar, start_utc: datetime, minutes: int) -> datetime:
    """The instant by which ``minutes`` of working time have passed since ``start_utc``.

    Outside working time the clock starts at the next opening. Minutes that run out with a window end at its
    closing, not at the next opening. Raises EmptyCalendar, and ValueError for negative minutes.
    """
    left = _not_negative(minutes) * MINUTE
    start = _utc(start_utc)
    for opening in _ahead(calendar, start):
        begin = max(opening.opens, start)
        if left <= opening.closes - begin:
            return begin + left
        left -= opening.closes - begin
    raise EmptyCalendar(calendar.name)


def add_working_days(calendar: Calendar, start_utc: datetime, days: int) -> datetime:
    """The same local clock time, ``days`` working days after the day on which the start counts.

    Outside working time the start counts as the next opening. Where the last day does not work at that clock
    time, its latest working moment before it holds (never later than promised), or else its first opening.
    Part days count as days. Raises EmptyCalendar, and ValueError for negative days.
    """
    _not_negative(days)
    start = _utc(start_utc)
    ahead = _ahead(calendar, start)
    first = next(ahead)
    counted = max(first.opens, start)
    if not days:
        return counted
    last, passed = first.day, 0
    for opening in ahead:
        if opening.day != last:
            last, passed = opening.day, passed + 1
        if passed == days:
            zone = ZoneInfo(calendar.zone)
            return _clamp(windows(calendar, last), _instant(zone, last, _clock(zone, first.day, counted)))
    raise EmptyCalendar(calendar.name)


def working_time_between(calendar: Calendar, a: datetime, b: datetime) -> timedelta:
    """The working time from ``a`` to ``b``, to the microsecond; zero when ``b`` is not after ``a``.

    Raises EmptyCalendar when working time runs dry for 400 days before ``b`` is reached.
    """
    a, b = _utc(a), _utc(b)
    total = timedelta()
    if b <= a:
        return total
    for opening in _ahead(calendar, a):
        if opening.opens >= b:
            break
        total += min(opening.closes, b) - max(opening.opens, a)
        if opening.closes >= b:
            break
    return total


def working_minutes_between(calendar: Calendar, a: datetime, b: datetime) -> int:
    """The whole working minutes from ``a`` to ``b``, rounded down once; see working_time_between."""
    return working_time_between(calendar, a, b) // MINUTE


def _ahead(calendar: Calendar, instant: datetime) -> Iterator[_Opening]:
    """Every opening that closes after ``instant``, in order, until 400 days have none (EmptyCalendar)."""
    first = instant.astimezone(ZoneInfo(calendar.zone)).year
    seen = instant
    for year in range(first, min(first + _YEARS, 9998)):
        if year - seen.year > 2:
            break
        openings = _openings(calendar, year)
        for at in range(bisect_right(openings, instant, key=_closes), len(openings)):
            opening = openings[at]
            if opening.opens - seen > SEARCH:
                raise EmptyCalendar(calendar.name)
            yield opening
            seen = opening.closes
    raise EmptyCalendar(calendar.name)


@lru_cache(maxsize=128)
def _openings(calendar: Calendar, year: int) -> tuple[_Opening, ...]:
    """The openings of a local year: laid out once (about 2 ms), so that a filing only searches them."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    return tuple(_Opening(opens, closes, day) for day in days for opens, closes in windows(calendar, day))


def _pattern(calendar: Calendar, day: date) -> tuple[Window, ...]:
    if day in calendar.closed:
        return ()
    if day in calendar.special:
        return calendar.special[day]
    if calendar.holidays and day in _holidays(calendar.holidays, day.year):
        return ()
    return calendar.week.get(day.weekday(), ())


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year, expand=False))


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries())


def _check_windows(name: str, windows_of_day: tuple[Window, ...]) -> None:
    before = 0
    for start, end in windows_of_day:
        if not before <= start < end <= _DAY_MINUTES:
            raise ValueError(
                f"calendar {name!r}: window {start}-{end} must start before it ends, by {_DAY_MINUTES}, "
                "and after the window before it; split a night shift at midnight"
            )
        before = end


def _instant(zone: ZoneInfo, day: date, clock: timedelta) -> datetime:
    """The UTC instant of a local clock time (24 hours: the midnight that ends the day); monotone in it."""
    wall = datetime.combine(day, time(), zone) + clock
    before, after = _offsets(wall)
    if before < after:
        return _turn(zone, wall.replace(fold=1).astimezone(UTC), wall.astimezone(UTC))
    return wall.astimezone(UTC)


def _clock(zone: ZoneInfo, day: date, instant: datetime) -> timedelta:
    """The inverse of _instant: the latest clock time of ``day`` that has come at ``instant``.

    In an hour that comes again this stays at the hour's end; else a later filing would be due earlier.
    """
    local = instant.astimezone(zone)
    if local.fold:
        before, after = _offsets(local)
        turn = _turn(zone, instant - (before - after), instant)
        local = turn.astimezone(zone).replace(fold=0) + (before - after)
    return max(local.replace(tzinfo=None) - datetime.combine(day, time()), timedelta())


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


def _clamp(spans: list[tuple[datetime, datetime]], instant: datetime) -> datetime:
    """The latest working moment not after ``instant`` (a closing counts), or the first opening."""
    latest = spans[0][0]
    for opens, closes in spans:
        if opens <= instant:
            latest = min(instant, closes)
    return latest


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return instant.astimezone(UTC)


def _not_negative(amount: int) -> int:
    if amount < 0:
        raise ValueError("working time can't be taken back")
    return amount


_OFFICE_HOURS: tuple[Window, ...] = ((7 * 60 + 30, 14 * 60 + 30),)
IRAN_OFFICE = Calendar(
    name="iran_office",
    zone="Asia/Tehran",
    week=dict.fromkeys((5, 6, 0, 1, 2), _OFFICE_HOURS),
    holidays="IR",
)
"""Executive agencies of Iran: Saturday to Wednesday, 07:30 to 14:30, public holidays off."""
