"""The clock of a case: its events as marks, and what its row, its queue and its figures take from the readings.

Pure. Each event that moves a promise carries the dates it leads to, so that the row stays a fold of the events; counted
afresh from the marks they are the same (``tests/cases/test_clock_of_cases.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from portal import sla
from portal.cases import rules
from portal.marks import RESULTS, Mark, Pause, Target, What, pauses
from portal.office_hours import Calendar, Span
from portal.services.statement import Watch
from portal.sla import History, Reading

SILENT = frozenset({"noted", "assigned", "named", "passcode", "renumbered", "claimed", "infected", "erased"})
"""Events that no clock cares about."""
INNER = frozenset({"referral"})
"""Targets that the desk owes itself: they never set the date the applicant is promised."""
Side = Literal["applicant", "agency"]
"""Whose time a stretch of downtime is credited to; see ``cases.crediting``."""
LEVELS = ("warned_1", "warned_2", "missed", "escalated_1", "escalated_2", "escalated_3")
_WHAT: Mapping[str, What] = {
    "filed": "started",
    "asked": "told",
    "answered": "resulted",
    "closed": "resulted",
    "rejected": "resulted",
    "decided": "resulted",
    "informed": "touched",
    "extended": "touched",
    "referred": "referred",
    "withdrawn": "ended",
    "reopened": "reopened",
    "appealed": "reopened",
}
_OF_FEEDBACK = frozenset({"complaint_answer", "feedback_answer"})
_OF_COMPLAINTS = frozenset({"complaint_answer", "keep_in_touch", "referral"})


class Past(msgspec.Struct, frozen=True):
    """One event of a case, as far as the clock reads it; see ``db.cases.CaseEvent``."""

    n: int
    kind: str
    at: datetime
    data: Mapping[str, Any]


class Terms(msgspec.Struct, frozen=True):
    """What a case is counted by: the targets of its edition, the calendars they name, what its service watches.

    ``reopen_days`` are the working days that its edition leaves to open it again; None where it says nothing of that.
    """

    targets: tuple[Target, ...] = ()
    calendars: Mapping[str, Calendar] = {}
    watch: Watch = Watch()
    reopen_days: int | None = None


class Dues(msgspec.Struct, frozen=True, kw_only=True):
    """What the row of the case holds; names as in ``db.cases.Case``, None where nothing is owed."""

    first_answer_due_at: datetime | None = None
    result_due_at: datetime | None = None
    next_due_at: datetime | None = None
    owed_since: datetime | None = None
    paused_until: datetime | None = None
    risk_at: datetime | None = None
    next_check_at: datetime | None = None


def targets_of(kind: str, targets: Iterable[Target]) -> tuple[Target, ...]:
    """What a case of ``kind`` is owed, out of all that its statement promises."""
    if kind == "request":
        return tuple(target for target in targets if target.key not in _OF_FEEDBACK)
    if kind == "complaint":
        return tuple(target for target in targets if target.key in _OF_COMPLAINTS)
    return tuple(target for target in targets if target.key == "feedback_answer")


def history_of(events: Iterable[Past]) -> History:
    """The marks of ``events``, oldest first, and what was credited to the agency.

    A pause whose contest was upheld never was; one in which downtime was credited to the applicant lasts longer by it.
    """
    marks: list[Mark] = []
    credits: list[Span] = []
    state: str | None = None
    for event in events:
        before, state = state, rules.state_after(event.kind, state)
        if event.kind == "contest_upheld":
            marks = [mark for mark in marks if not (mark.what == "paused" and mark.n == event.data["pause"])]
        if before == "waiting" and state != "waiting":
            marks.append(Mark("resumed", event.at, n=event.n))
        if event.kind == "credited":
            since, until = span_of(event)
            if "agency" in event.data["for"]:
                credits.append((since, until))
            if "applicant" in event.data["for"]:
                marks = _lengthened(marks, until - since)
        marks += _marks(event, before)
    return History(tuple(marks), tuple(credits))


def span_of(event: Past) -> Span:
    """The downtime that the event, a ``credited`` one, credits."""
    return datetime.fromisoformat(event.data["since"]), datetime.fromisoformat(event.data["until"])


def credited(events: Iterable[Past], side: Side) -> list[Span]:
    """The downtime that was credited to this side, in the order in which it was."""
    return [span_of(event) for event in events if event.kind == "credited" and side in event.data["for"]]


def open_pause(events: Iterable[Past], *, now: datetime) -> Pause | None:
    """The pause that nobody has ended, though its last day may be over."""
    return next((pause for pause in pauses(history_of(events).marks, now=now) if pause.open), None)


def readings(terms: Terms, events: Sequence[Past], *, now: datetime) -> list[Reading]:
    """Every round of every promise of the case at ``now``. Raises EmptyCalendar."""
    return sla.read(terms.targets, terms.calendars, history_of(events), now=now)


def dues(terms: Terms, events: Sequence[Past], *, now: datetime) -> Dues:
    """What the row of the case holds from ``now`` on. Raises EmptyCalendar."""
    history = history_of(events)
    found = sla.read(terms.targets, terms.calendars, history, now=now)
    owed = [reading for reading in found if reading.is_open and reading.target.key not in INNER]
    next_owed = min(owed, key=lambda reading: reading.due_at, default=None)
    first = {reading.target.key: reading.due_at for reading in found if reading.round == 1}
    looks = [(reading, alarms(terms, reading, history, now=now)) for reading in found if reading.is_open]
    return Dues(
        first_answer_due_at=first.get("first_answer"),
        result_due_at=next((first[key] for key in RESULTS if key in first), None),
        next_due_at=next_owed.due_at if next_owed else None,
        owed_since=next_owed.started_at if next_owed else None,
        paused_until=next(
            (p.until for p in pauses(history.marks, now=now) if p.open and now < p.until), None
        ),
        risk_at=min((levels[0][1] for reading, levels in looks if reading in owed), default=None),
        next_check_at=min(
            (at for _reading, levels in looks for _level, at in levels if at > now), default=None
        ),
    )


def alarms(terms: Terms, reading: Reading, history: History, *, now: datetime) -> list[tuple[str, datetime]]:
    """Each level of attention an open round may need, the mildest first, with the instant from which it does."""
    calendar = terms.calendars[reading.target.calendar]
    offsets = [Target(reading.target.key, hours, "working_hours", "") for hours in terms.watch.offsets]
    at = sla.alarms(reading, calendar, history, warnings=terms.watch.warnings, offsets=offsets, now=now)
    return list(zip(LEVELS, at, strict=True))


def stopped(terms: Terms, events: Sequence[Past], *, now: datetime) -> list[Reading]:
    """The rounds that the last of ``events`` has stopped."""
    return [reading for reading in readings(terms, events, now=now) if reading.stopped_at == events[-1].at]


def paused_seconds(events: Sequence[Past], reading: Reading, *, now: datetime) -> int:
    """How long the round waited for the applicant."""
    until = reading.stopped_at or now
    spans = [
        (max(p.since, reading.started_at), min(p.until, until))
        for p in pauses(history_of(events).marks, now=now)
    ]
    return sum(int((end - begin).total_seconds()) for begin, end in spans if end > begin)


def _lengthened(marks: Sequence[Mark], by: timedelta) -> list[Mark]:
    """``marks`` with a later end of the last pause; one that had no last day has none."""
    n = max((n for n, mark in enumerate(marks) if mark.what == "paused"), default=None)
    if n is None or (until := marks[n].until) is None:
        return list(marks)
    return [*marks[:n], msgspec.structs.replace(marks[n], until=until + by), *marks[n + 1 :]]


def _marks(event: Past, before: str | None) -> list[Mark]:
    data = event.data
    if event.kind == "missed":
        return [Mark("missed", event.at, key=data["target"], round=data["round"], n=event.n)]
    if event.kind == "replied":
        return [Mark("reopened", event.at, n=event.n)] if before == "answered" else []
    what = _WHAT.get(event.kind)
    marks = [Mark(what, event.at, n=event.n)] if what else []
    if event.kind == "asked":
        until = data.get("until")
        marks.append(
            Mark("paused", event.at, until=datetime.fromisoformat(until) if until else None, n=event.n)
        )
    return marks
