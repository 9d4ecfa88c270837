"""The clock of a service-level statement: what each promise stands at, when it falls due, and why then.

Pure: instants are aware datetimes, ``now`` is an argument, nothing is read or written. ``portal.marks`` says what
happened and in which rounds a promise runs; this module counts.

What does not count is a list of breaks: pauses while the applicant must act, and stretches credited for outages. A
pause ends when the applicant acts, or on the day it was given; until then the due date is counted as if it lasted to
that day, so that it stays visible and only ever comes nearer. A promise once recorded as missed stays missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal, NamedTuple

import msgspec

from portal.marks import Mark, Round, Target, pauses, rounds
from portal.office_hours import Calendar, Span
from portal.workdays import Counted, counted, merged, reach, reaches, used

State = Literal["running", "paused", "met", "missed", "dropped"]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one promise stands at. ``round`` counts from 1; ``used``, ``left`` and ``whole`` are marks of ``workdays``.

    ``state``: running, paused, met, missed (late, fulfilled since or not) or dropped (nobody waits for it any more).
    ``fulfilled`` says that it stopped by being kept, however late. ``due_at`` is where an open pause is counted to its
    last day; ``left`` is negative once it is late.
    """

    target: Target
    round: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    fulfilled: bool
    state: State
    used: int
    left: int

    @property
    def whole(self) -> int:
        return self.target.marks

    @property
    def is_open(self) -> bool:
        return self.stopped_at is None

    @property
    def late(self) -> bool:
        return self.state == "missed"

    @property
    def share(self) -> float:
        """The used part of the promised time, 0 to 1."""
        return min(1.0, self.used / self.whole) if self.whole else 1.0


class History(msgspec.Struct, frozen=True):
    """All that a clock reads of a case: its marks in order, and stretches credited for outages."""

    marks: tuple[Mark, ...]
    credits: tuple[Span, ...] = ()


def due_at(target: Target, calendar: Calendar, filed_at: datetime, breaks: Sequence[Span] = ()) -> datetime:
    """The UTC instant up to which the promise holds; ``calendar`` is the one ``target.calendar`` names.

    Raises EmptyCalendar.
    """
    return reach(calendar, filed_at, target.marks, target.measure, breaks)


def read(
    targets: Sequence[Target], calendars: Mapping[str, Calendar], history: History, *, now: datetime
) -> list[Reading]:
    """Every round of every target at ``now``, in the order of ``targets``. Raises EmptyCalendar."""
    moment = _Moment(
        now,
        breaks_of(history, now=now),
        any(pause.open and pause.since <= now <= pause.until for pause in pauses(history.marks, now=now)),
        {(mark.key, mark.round) for mark in history.marks if mark.what == "missed"},
    )
    return [
        _reading(owed, n, stretch, calendars[owed.calendar], moment)
        for target in targets
        for n, (owed, stretch) in enumerate(rounds(target, targets, history.marks), start=1)
    ]


def breaks_of(history: History, *, now: datetime) -> list[Span]:
    """What does not count: pauses and credits, in order, overlapping ones joined."""
    if not history.marks:
        return []
    spans = [(pause.since, pause.until) for pause in pauses(history.marks, now=now)]
    return merged([*spans, *history.credits], history.marks[0].at)


def steps(reading: Reading, calendar: Calendar, history: History, *, now: datetime) -> list[Counted]:
    """Why ``due_at`` is when it is: each local day from the start to the due date with what it counts.

    They add up to the promised time, by the very function that computes the due date.
    """
    breaks = _before(breaks_of(history, now=now), reading.stopped_at)
    return counted(calendar, reading.started_at, reading.due_at, reading.target.measure, breaks)


def alarms(
    reading: Reading,
    calendar: Calendar,
    history: History,
    *,
    warnings: Sequence[int],
    offsets: Sequence[Target],
    now: datetime,
) -> list[datetime]:
    """When somebody must look at an open round: at each of ``warnings`` (percent used), when due, then by ``offsets``.

    ``offsets`` are durations from the due date on, each counted in its own unit. In this order, not sorted.
    """
    breaks = _before(breaks_of(history, now=now), reading.stopped_at)
    whole, measure = reading.whole, reading.target.measure
    early = reaches(
        calendar, reading.started_at, [whole * percent // 100 for percent in warnings], measure, breaks
    )
    return [*early, reading.due_at, *_after(reading.due_at, offsets, calendar)]


def _after(due_at: datetime, offsets: Sequence[Target], calendar: Calendar) -> list[datetime]:
    return [
        at
        for measure, of in groupby(offsets, lambda offset: offset.measure)
        for at in reaches(calendar, due_at, [offset.marks for offset in of], measure)
    ]


class _Moment(NamedTuple):
    """What all readings of one instant share."""

    now: datetime
    breaks: list[Span]
    resting: bool
    missed: set[tuple[str, int]]


def _reading(target: Target, n: int, stretch: Round, calendar: Calendar, moment: _Moment) -> Reading:
    breaks = _before(moment.breaks, stretch.stopped_at)
    due = due_at(target, calendar, stretch.started_at, breaks)
    until = max(stretch.started_at, stretch.stopped_at or moment.now)
    spent = used(calendar, stretch.started_at, until, target.measure, breaks)
    over = used(calendar, due, until, target.measure, breaks)
    missed = until > due or (target.key, n) in moment.missed
    return Reading(
        target=target,
        round=n,
        started_at=stretch.started_at,
        due_at=due,
        stopped_at=stretch.stopped_at,
        fulfilled=stretch.kept,
        state=_state(stretch, missed=missed, resting=moment.resting),
        used=spent,
        left=-over if until > due else max(0, target.marks - spent),
    )


def _before(breaks: Sequence[Span], stop: datetime | None) -> Sequence[Span]:
    """What of ``breaks`` lies before ``stop``: a promise that was fulfilled keeps the date it had then."""
    if stop is None:
        return breaks
    return [(since, min(until, stop)) for since, until in breaks if since < stop]


def _state(stretch: Round, *, missed: bool, resting: bool) -> State:
    if missed:
        return "missed"
    if stretch.stopped_at is not None:
        return "met" if stretch.kept else "dropped"
    return "paused" if resting else "running"


class Progress(msgspec.Struct, frozen=True):
    """How far along a promise is by the clock on the wall, nights included, so that a bar moves evenly.

    ``share`` is the used part of the time from filing to due date, 0 to 1. ``met`` says that it was done, in
    time or not; ``late`` that it was done, or is still open, after the due date; ``left`` is then negative.
    """

    share: float
    late: bool
    met: bool
    left: timedelta


def progress(due_at: datetime, filed_at: datetime, now: datetime, met_at: datetime | None = None) -> Progress:
    """Where the promise stands at ``now``, or where it stood when it was met.

    ``met_at`` None: not met yet. The due instant itself is in time. A ``now`` before filing counts as the filing.
    """
    at = max(filed_at, now if met_at is None else met_at)
    spent, whole = at - filed_at, due_at - filed_at
    return Progress(
        share=spent / whole if spent < whole else 1.0,
        late=at > due_at,
        met=met_at is not None,
        left=due_at - at,
    )
