"""Working time as interval arithmetic: which instants count, how much of it has passed, when so much will have.

A calendar turns into a list of openings, and that into one rising whole number, the *mark* of an instant: working
time that has passed up to it. Everything else is a difference of marks (``used``) or the way back (``reach``), so that
a stretch that is cut in two counts exactly as much as the whole. What does not count (pauses, outages) is a list of
*breaks* and is taken out of the same number.

Two measures: ``minutes`` counts working time as the clock does. ``days`` lets every working day count one day, however
long its weekday is by the weekly pattern: half of its windows are half a day. A day that closes early counts for the
part it was open; nothing makes a day count more than one. So whatever takes working time away, a holiday, an early
closing, a pause, can only move a due date later.

Instants are aware datetimes and come back in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import lcm
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from portal.office_hours import Calendar, Reason, Span, instant, reason, usual_windows, windows

Measure = Literal["minutes", "days"]

MINUTE_MARKS = 60_000_000
"""Marks of one working minute: a mark is a microsecond."""
DAY_MARKS = 60 * lcm(*range(1, 31))
"""Marks of one working day, about 1.4e14.

So many that no two microseconds of a day share one, and the way back is exact. Divisible by every day of up to fifteen
hours that is a multiple of half an hour, and so by each part of it in whole minutes: three days that count a third each
are one day, not a mark less. The longest promise in marks still fits a bigint.
"""
ONE = {"minutes": MINUTE_MARKS, "days": DAY_MARKS}
SEARCH = timedelta(days=400)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A promise that needs more years is a mistake in the calendar, and each year costs milliseconds to lay out.
_YEARS = 100


class EmptyCalendar(ValueError):
    """The calendar ``name`` has no working time where it was looked for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"calendar {name!r} has no working time within {SEARCH.days} days")
        self.name = name


class Counted(NamedTuple):
    """One local day of a count: the marks counted on it, its working hours as UTC instants, why it is as it is."""

    day: date
    marks: int
    windows: list[Span]
    reason: Reason


class _Opening(NamedTuple):
    opens: int  # microseconds since 1970
    closes: int
    before: int  # working microseconds of its day that went before it
    whole: int  # microseconds that make one working day


class _Year(NamedTuple):
    """The openings of one local year and, by measure, the marks at each opening and at the year's end."""

    openings: tuple[_Opening, ...]
    opens: tuple[int, ...]
    marks: dict[str, tuple[int, ...]]


def reach(
    calendar: Calendar, start: datetime, marks: int, measure: Measure, breaks: Sequence[Span] = ()
) -> datetime:
    """The first instant by which ``marks`` of working time have passed since ``start``, ``breaks`` left out.

    Time that runs out with a window is due at its closing, not at the next opening. No marks mean the start itself, or
    the next opening. Raises EmptyCalendar, and ValueError for negative marks.
    """
    return reaches(calendar, start, [marks], measure, breaks)[0]


def reaches(
    calendar: Calendar, start: datetime, each: Sequence[int], measure: Measure, breaks: Sequence[Span] = ()
) -> list[datetime]:
    """``reach`` for each of these marks, in one go."""
    if any(marks < 0 for marks in each):
        raise ValueError("working time can't be taken back")
    ruler = _Ruler(calendar, measure, start)
    begin, spans = ruler.mark(start), merged(breaks, start)
    return [
        ruler.reached(ruler.beyond(begin + marks, spans)) if marks else ruler.opening(start) for marks in each
    ]


def used(
    calendar: Calendar, start: datetime, end: datetime, measure: Measure, breaks: Sequence[Span] = ()
) -> int:
    """The marks of working time from ``start`` to ``end``, ``breaks`` left out; 0 when ``end`` is not after it."""
    return _Ruler(calendar, measure, start).between(start, end, merged(breaks, start)) if end > start else 0


def counted(
    calendar: Calendar, start: datetime, end: datetime, measure: Measure, breaks: Sequence[Span] = ()
) -> list[Counted]:
    """Each local day from ``start`` to ``end`` with what it counted; their marks add up to ``used``."""
    zone, ruler, spans = ZoneInfo(calendar.zone), _Ruler(calendar, measure, start), merged(breaks, start)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = []
    while day <= last:
        since = max(start, instant(zone, day, timedelta()))
        until = min(end, instant(zone, day + timedelta(days=1), timedelta()))
        marks = ruler.between(since, until, spans)
        days.append(Counted(day, marks, windows(calendar, day), reason(calendar, day)))
        day += timedelta(days=1)
    return days


def merged(breaks: Iterable[Span], start: datetime) -> list[Span]:
    """``breaks`` in order, overlapping ones joined, from ``start`` on; empty ones are none."""
    spans: list[Span] = []
    for since, until in sorted(breaks):
        since = max(since, start)
        if since >= until:
            continue
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(until, spans[-1][1]))
        else:
            spans.append((since, until))
    return spans


class _Ruler:
    """Marks of instants, counted from the beginning of the local year in which ``start`` lies."""

    def __init__(self, calendar: Calendar, measure: Measure, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("an instant needs its zone")
        self._calendar, self._measure, self._zone = calendar, measure, ZoneInfo(calendar.zone)
        self._start, self._first = _microseconds(start), start.astimezone(self._zone).year
        self._years = [_year(calendar, self._first)]
        self._bases = [0, self._years[0].marks[measure][-1]]

    def mark(self, instant: datetime) -> int:
        """Working time up to ``instant``; never falls."""
        place = instant.astimezone(self._zone).year - self._first
        while place >= len(self._years):
            self._add_year()
        if place < 0:
            return 0
        year, at = self._years[place], _microseconds(instant)
        n = bisect_right(year.opens, at) - 1
        if n < 0:
            return self._bases[place]
        opening = year.openings[n]
        passed = min(at, opening.closes) - opening.opens
        return self._bases[place] + year.marks[self._measure][n] + _marks(opening, passed, self._measure)

    def beyond(self, wanted: int, breaks: Sequence[Span]) -> int:
        """The mark ``wanted``, put off by each of the ``breaks``, merged, that begins before it."""
        for since, until in breaks:
            if self.mark(since) >= wanted:
                break
            wanted += self.mark(until) - self.mark(since)
        return wanted

    def between(self, start: datetime, end: datetime, breaks: Sequence[Span]) -> int:
        """Working time from ``start`` to ``end``, which is not before it, without the ``breaks``, which are merged."""
        begin, until = self.mark(start), self.mark(end)
        whole = until - begin
        for since, till in breaks:
            if since < end and till > start:
                whole -= min(self.mark(till), until) - max(self.mark(since), begin)
        return whole

    def reached(self, mark: int) -> datetime:
        """The first instant with this mark. Raises EmptyCalendar."""
        place = bisect_right(self._bases, mark - 1) - 1
        while place >= len(self._years):
            self._add_year()
            place = bisect_right(self._bases, mark - 1) - 1
        year, left = self._years[place], mark - self._bases[place]
        n = bisect_right(year.marks[self._measure], left - 1) - 1
        opening = year.openings[n]
        wanted = left - year.marks[self._measure][n]
        return _EPOCH + (opening.opens + _passed(opening, wanted, self._measure)) * _MICROSECOND

    def opening(self, start: datetime) -> datetime:
        """``start`` when it counts, or the next opening."""
        at, place = _microseconds(start), 0
        while True:
            year = self._years[place]
            n = max(0, bisect_right(year.opens, at) - 1)
            for opening in year.openings[n : n + 2]:
                if opening.closes > at:
                    return _EPOCH + max(opening.opens, at) * _MICROSECOND
            place += 1
            if place == len(self._years):
                self._add_year()

    def _add_year(self) -> None:
        number = self._first + len(self._years)
        year = (
            _year(self._calendar, number) if number < min(self._first + _YEARS, 9998) else _Year((), (), {})
        )
        closed_since = max([self._start, *(y.openings[-1].closes for y in self._years if y.openings)])
        opens = year.openings[0].opens if year.openings else _microseconds_of(number + 1)
        if not year.marks or (opens - closed_since) * _MICROSECOND > SEARCH:
            raise EmptyCalendar(self._calendar.name)
        self._years.append(year)
        self._bases.append(self._bases[-1] + year.marks[self._measure][-1])


def _marks(opening: _Opening, passed: int, measure: str) -> int:
    """What the first ``passed`` microseconds of ``opening`` count."""
    if measure == "minutes":
        return passed
    # Rounded from the day's beginning, so that the parts of a day add up to the whole of it.
    before = opening.before * DAY_MARKS // opening.whole
    return (opening.before + passed) * DAY_MARKS // opening.whole - before


def _passed(opening: _Opening, marks: int, measure: str) -> int:
    """The fewest microseconds of ``opening`` that count ``marks``."""
    if measure == "minutes":
        return marks
    before = opening.before * DAY_MARKS // opening.whole
    return -(-(before + marks) * opening.whole // DAY_MARKS) - opening.before


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def _microseconds_of(year: int) -> int:
    return _microseconds(datetime(year, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=128)
def _year(calendar: Calendar, number: int) -> _Year:
    """The openings of a local year: laid out once (some milliseconds), so that a filing only searches them."""
    zone, first = ZoneInfo(calendar.zone), date(number, 1, 1)
    begins = _microseconds(instant(zone, first, timedelta()))
    ends = _microseconds(instant(zone, date(number + 1, 1, 1), timedelta()))
    openings: list[_Opening] = []
    for n in range(-1, (date(number + 1, 1, 1) - first).days):  # a night shift may come over from last year
        day = first + timedelta(days=n)
        for whole_opening in _day_openings(calendar, day):
            opens = max(whole_opening.opens, begins, openings[-1].closes if openings else begins)
            closes = min(whole_opening.closes, ends)
            if opens < closes:
                before = whole_opening.before + opens - whole_opening.opens
                openings.append(_Opening(opens, closes, before, whole_opening.whole))
    opens_at = tuple(opening.opens for opening in openings)
    return _Year(tuple(openings), opens_at, {measure: _risen(openings, measure) for measure in ONE})


def _risen(openings: Sequence[_Opening], measure: str) -> tuple[int, ...]:
    counts = (_marks(opening, opening.closes - opening.opens, measure) for opening in openings)
    return tuple(accumulate(counts, initial=0))


def _day_openings(calendar: Calendar, day: date) -> list[_Opening]:
    spans = windows(calendar, day)
    if not spans:
        return []
    both = (spans, usual_windows(calendar, day))
    whole = max(sum((closes - opens) // _MICROSECOND for opens, closes in of) for of in both)
    openings, before = [], 0
    for opens, closes in spans:
        openings.append(_Opening(_microseconds(opens), _microseconds(closes), before, whole))
        before += (closes - opens) // _MICROSECOND
    return openings
