"""What happened to a case as far as a clock cares, and the rounds and pauses that follow from it. Pure.

What happened comes in as *marks* in the order of the case's history; marks of the same instant count in that order. A
promise runs in *rounds*: a case that is opened again owes its result anew, a sign of life is owed again after each one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from portal.workdays import ONE, Measure

MAX_AMOUNT = 10_000
RESULTS = ("result", "complaint_answer", "feedback_answer")
"""Targets whose keeping is the answer itself; each case has one of them at most."""
Key = Literal["first_answer", "result", "keep_in_touch", "complaint_answer", "feedback_answer", "referral"]
What = Literal[
    "started", "touched", "told", "resulted", "paused", "resumed", "reopened", "referred", "ended", "missed"
]
MEASURES: Mapping[str, Measure] = {"working_hours": "minutes", "working_days": "days"}
_HOUR = 60


class Target(msgspec.Struct, frozen=True):
    """One promised duration. ``calendar`` is the name of the calendar that counts it.

    ``keep_in_touch`` is a sign of life every so often while the case is open, ``referral`` the time an inner unit
    has for a case referred to it, promised to nobody outside. Raises ValueError for an amount outside 0 to 10,000; 0
    means at once, or at the next opening.
    """

    key: Key
    amount: int
    unit: Literal["working_hours", "working_days"]
    calendar: str

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= MAX_AMOUNT:
            raise ValueError(f"target {self.key!r}: the amount must be 0 to {MAX_AMOUNT}")

    @property
    def measure(self) -> Measure:
        return MEASURES[self.unit]

    @property
    def marks(self) -> int:
        """The promised time in marks of ``workdays``."""
        return self.amount * ONE[self.measure] * (_HOUR if self.unit == "working_hours" else 1)


class Mark(msgspec.Struct, frozen=True):
    """One thing that happened, as far as a clock cares.

    ``started``, ``touched`` (the applicant had a sign of life), ``told`` (something of substance), ``resulted``,
    ``paused`` (``until`` is its last instant), ``resumed``, ``reopened``, ``referred`` to another unit, ``ended``
    without a result, ``missed`` (recorded for ``key`` and ``round``). ``n`` is the event's number, 0 for none.
    """

    what: What
    at: datetime
    until: datetime | None = None
    key: str = ""
    round: int = 0
    n: int = 0


class Pause(NamedTuple):
    """The applicant had to act from ``since``; ``until`` it ended or, while ``open``, ends at the latest."""

    since: datetime
    until: datetime
    open: bool
    n: int


class Round(NamedTuple):
    """One time a promise runs: ``stopped_at`` None while it does; ``kept`` says that it stopped by being fulfilled."""

    started_at: datetime
    stopped_at: datetime | None
    kept: bool


def pauses(marks: Sequence[Mark], *, now: datetime) -> list[Pause]:
    """Every stretch in which the applicant had to act; an open one runs to its last day."""
    found: list[Pause] = []
    for mark in marks:
        if found and found[-1].open and mark.what in ("resumed", "resulted", "ended", "reopened", "paused"):
            last = found[-1]
            found[-1] = Pause(last.since, min(mark.at, last.until), open=False, n=last.n)
        if mark.what == "paused":
            found.append(Pause(mark.at, mark.until or max(mark.at, now), open=True, n=mark.n))
    return found


def rounds(
    target: Target, targets: Sequence[Target], marks: Sequence[Mark]
) -> Iterator[tuple[Target, Round]]:
    """Each time the promise runs, with what is owed then: a result owed again is owed as fast as a first answer."""
    course, n = _COURSE[target.key], 0
    since: datetime | None = None
    for mark in marks:
        if since is not None and mark.what in course.keeps | course.ends:
            n += 1
            yield _owed(target, targets, n), Round(since, mark.at, kept=mark.what in course.keeps)
            since = mark.at if mark.what in course.goes_on else None
        elif since is None and mark.what in (course.begins if n == 0 else course.renews):
            since = mark.at
    if since is not None:
        yield _owed(target, targets, n + 1), Round(since, None, kept=False)


def _owed(target: Target, targets: Sequence[Target], n: int) -> Target:
    if n == 1 or target.key not in RESULTS:
        return target
    first = next((other for other in targets if other.key == "first_answer"), target)
    return msgspec.structs.replace(first, key=target.key)


class _Course(NamedTuple):
    """Which marks begin a promise's first round, begin one after it had stopped, fulfil a round, fulfil it and begin
    the next at once, or end it unfulfilled.

    A word to the applicant after the end owes them no further one.
    """

    begins: frozenset[str]
    renews: frozenset[str]
    keeps: frozenset[str]
    goes_on: frozenset[str]
    ends: frozenset[str] = frozenset({"ended"})


def _course(begins: str, renews: str, keeps: str, goes_on: str = "") -> _Course:
    return _Course(*(frozenset(words.split()) for words in (begins, renews, keeps, goes_on)))


_COURSE: Mapping[str, _Course] = {
    "first_answer": _course("started", "", "told resulted"),
    "result": _course("started", "reopened", "resulted"),
    "complaint_answer": _course("started", "reopened", "resulted"),
    "feedback_answer": _course("started", "reopened", "resulted"),
    "keep_in_touch": _course("started", "reopened", "touched told resulted", "touched told"),
    "referral": _course("referred", "referred", "told resulted referred", "referred"),
}
