"""A clock that anybody can check by reading: it looks at every minute of a calendar and ticks, or doesn't.

It shares only the data with the real one: calendars, marks, targets. All instants lie on whole minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, lcm
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from portal.marks import Mark, Target
from portal.office_hours import Calendar, Week, Window
from portal.sla import History

MINUTE = timedelta(minutes=1)
ONE_DAY = timedelta(days=1)
ENDS_A_PAUSE = {"resumed", "resulted", "ended", "reopened", "paused"}
FULFILS = {
    "first_answer": {"told", "resulted"},
    "result": {"resulted"},
    "complaint_answer": {"resulted"},
    "keep_in_touch": {"touched", "told", "resulted"},
    "referral": {"told", "resulted", "referred"},
}
GOES_ON = {"keep_in_touch": {"touched", "told"}, "referral": {"referred"}}
AGAIN = {
    "result": "reopened",
    "complaint_answer": "reopened",
    "keep_in_touch": "reopened",
    "referral": "referred",
}


class Seen(NamedTuple):
    """What the slow clock reads of one round; ``used`` in minutes or in days."""

    key: str
    round: int
    due_at: datetime
    used: Fraction
    state: str


class Stretch(NamedTuple):
    """One time a promise runs, ``stop`` None while it does, and what is owed then."""

    start: datetime
    stop: datetime | None
    kept: bool
    owed: Target


class Minutes:
    """Every minute from ``begin`` on: what it counts in minutes (0 or 1), and in days as a part of ``unit``."""

    def __init__(self, calendar: Calendar, begin: datetime, n_days: int) -> None:
        self.begin, zone = begin, ZoneInfo(calendar.zone)
        own: Counter[date] = Counter()
        usual: Counter[date] = Counter()
        owners: list[date | None] = []
        hours = _Hours(calendar)
        for n in range(n_days * 1440):
            wall = (begin + n * MINUTE).astimezone(zone)
            # A repeated hour counts where its end does: a window that closes within it closes the first time.
            clock, today = wall.hour * 60 + (59 if wall.fold else wall.minute), wall.date()
            owner = None
            for day, at in ((today - ONE_DAY, clock + 1440), (today, clock)):
                if hours.of(day)[at]:
                    own[day] += 1
                    owner = owner or day
                usual[day] += hours.usual(day)[at]
            owners.append(owner)
        wholes = {day: max(own[day], usual[day]) for day in own}
        self.unit = lcm(*wholes.values())
        self.ticks = {
            "working_hours": [int(owner is not None) for owner in owners],
            "working_days": [self.unit // wholes[owner] if owner else 0 for owner in owners],
        }

    def place(self, instant: datetime) -> int:
        return (instant - self.begin) // MINUTE


class _Hours:
    """Which minutes of the clock, up to the end of the next day, each local day is open."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._free = holidays.country_holidays(calendar.holidays) if calendar.holidays else {}
        self._of: dict[date, bytes] = {}
        self._usual: dict[date, bytes] = {}

    def usual(self, day: date) -> bytes:
        if day not in self._usual:
            week: Week = self._calendar.week
            for pattern in self._calendar.later:
                if day >= pattern.since:
                    week = pattern.week
            self._usual[day] = _open(week.get(day.weekday(), ()))
        return self._usual[day]

    def of(self, day: date) -> bytes:
        if day not in self._of:
            if day in self._calendar.days:
                self._of[day] = _open(self._calendar.days[day].windows)
            else:
                self._of[day] = _open(()) if day in self._free else self.usual(day)
        return self._of[day]


def _open(windows: tuple[Window, ...]) -> bytes:
    minutes = bytearray(2880)
    for opens, closes in windows:
        minutes[opens:closes] = b"\1" * (closes - opens)
    return bytes(minutes)


def look(targets: Sequence[Target], minutes: Minutes, case: History, now: datetime) -> list[Seen]:
    """What every round of every target is at ``now``."""
    resting = _resting(minutes, case, now)
    return [
        _watch(stretch, n, minutes, resting, case, now)
        for target in targets
        for n, stretch in enumerate(_stretches(target, targets, case.marks), start=1)
    ]


def _watch(
    stretch: Stretch, n: int, minutes: Minutes, resting: bytearray, case: History, now: datetime
) -> Seen:
    target = stretch.owed
    until = now if stretch.stop is None else stretch.stop
    scale = minutes.unit if target.unit == "working_days" else 1
    wanted = target.amount * scale * (60 if target.unit == "working_hours" else 1)
    ticks, total, due, spent = minutes.ticks[target.unit], 0, None, None
    place, last = minutes.place(stretch.start), minutes.place(until)
    while due is None or spent is None:
        if place >= last and spent is None:
            spent = total
        # Once fulfilled, a promise keeps the date it had: what rests later does not move it.
        rests = resting[place] and (stretch.stop is None or place < last)
        tick = ticks[place] if wanted == 0 or not rests else 0
        if due is None and tick and total + tick >= wanted:
            part = ceil(Fraction(wanted - total, tick) * 60_000_000) if wanted else 0
            due = minutes.begin + place * MINUTE + timedelta(microseconds=part)
        total += 0 if rests else tick
        place += 1
    recorded = any((mark.what, mark.key, mark.round) == ("missed", target.key, n) for mark in case.marks)
    state = "missed" if recorded or until > due else _state(stretch, _is_resting(case, now))
    return Seen(target.key, n, due, Fraction(spent, scale), state)


def _state(stretch: Stretch, rests: bool) -> str:
    if stretch.stop is None:
        return "paused" if rests else "running"
    return "met" if stretch.kept else "dropped"


def _stretches(target: Target, targets: Sequence[Target], marks: Sequence[Mark]) -> list[Stretch]:
    found: list[Stretch] = []
    since, key = None, target.key
    begins = "referred" if key == "referral" else "started"
    for mark in marks:
        owed = _owed(target, targets) if found else target
        if since is not None and mark.what in FULFILS[key] | {"ended"}:
            found.append(Stretch(since, mark.at, mark.what != "ended", owed))
            since = mark.at if mark.what in GOES_ON.get(key, ()) else None
        elif since is None and mark.what == (AGAIN.get(key) if found else begins):
            since = mark.at
    if since is not None:
        found.append(Stretch(since, None, False, _owed(target, targets) if found else target))
    return found


def _owed(target: Target, targets: Sequence[Target]) -> Target:
    """What is owed from the second time on: a result as fast as a first answer."""
    for other in targets:
        if other.key == "first_answer" and target.key in ("result", "complaint_answer"):
            return Target(target.key, other.amount, other.unit, other.calendar)
    return target


def _pause_ends(case: History, n: int, now: datetime) -> tuple[datetime, bool]:
    """When the pause begun by mark ``n`` ends, and whether nobody ended it."""
    at = case.marks[n].at
    last = case.marks[n].until or max(now, at)
    for mark in case.marks[n + 1 :]:
        if mark.what in ENDS_A_PAUSE:
            return min(mark.at, last), False
    return last, True


def _resting(minutes: Minutes, case: History, now: datetime) -> bytearray:
    """For every minute whether it is left out."""
    left_out = bytearray(len(minutes.ticks["working_hours"]))
    pauses = [
        (mark.at, _pause_ends(case, n, now)[0]) for n, mark in enumerate(case.marks) if mark.what == "paused"
    ]
    for since, until in [*pauses, *case.credits]:
        for place in range(max(0, minutes.place(since)), minutes.place(until)):
            left_out[place] = True
    return left_out


def _is_resting(case: History, now: datetime) -> bool:
    for n, mark in enumerate(case.marks):
        if mark.what == "paused":
            until, is_open = _pause_ends(case, n, now)
            if is_open and mark.at <= now <= until:
                return True
    return False
