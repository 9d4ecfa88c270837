"""The history of a case: hash-linked events, and the present state folded from them.

An event says what happened, by whom and when, in ids and words of our own vocabulary; what people wrote stands in
messages and enters the chain as a salted digest. Pure: nothing here touches the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from portal.cases import rules


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened; see ``db.cases.CaseEvent`` for each field."""

    case: UUID
    n: int
    kind: str
    actor_role: str
    actor: UUID | None
    data: Mapping[str, Any]
    text_hash: str | None
    at: datetime
    prev_hash: str

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON (sorted keys, no spaces, UTC microseconds) of every field."""
        canonical = json.dumps(self.parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def parts(self) -> dict[str, Any]:
        """Every field as it enters the hash."""
        return {
            "actor": str(self.actor) if self.actor else None,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "case": str(self.case),
            "data": self.data,
            "kind": self.kind,
            "n": self.n,
            "prev": self.prev_hash,
            "role": self.actor_role,
            "text": self.text_hash,
        }


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a case stands after its events. ``state`` is None before the first one.

    ``next_due_at`` is the nearest promise still to keep, None when nothing is owed; ``owed_since`` is when its time
    began to run. ``paused_until`` is the last instant the applicant was given to act, None while the desk has to.
    The clock (``cases.clock``) writes these dates into each event that moves them.
    """

    state: str | None = None
    version: int = 0
    unit: UUID | None = None
    assignee: UUID | None = None
    outcome: str | None = None
    first_answer_due_at: datetime | None = None
    result_due_at: datetime | None = None
    first_answer_at: datetime | None = None
    result_at: datetime | None = None
    next_due_at: datetime | None = None
    owed_since: datetime | None = None
    paused_until: datetime | None = None
    expected_on: date | None = None
    level: int = 1
    about_person: UUID | None = None


DUES = ("first_answer_due_at", "result_due_at", "next_due_at", "owed_since", "paused_until")
"""What an event's data may set, as an ISO instant or null."""


def after(standing: Standing, event: Event) -> Standing:
    """How the case stands after ``event``. Raises KeyError for a move ``rules.MOVES`` does not have."""
    state = rules.state_after(event.kind, standing.state)
    data = event.data
    return msgspec.structs.replace(
        standing,
        state=state,
        version=event.n,
        unit=UUID(data["unit"]) if "unit" in data else standing.unit,
        assignee=_assignee(standing, event),
        outcome=_outcome(standing, event),
        level=2 if event.kind == "appealed" else standing.level,
        about_person=UUID(data["person"]) if "person" in data else standing.about_person,
        expected_on=_expected_on(standing, event),
        first_answer_at=standing.first_answer_at or (event.at if event.kind in rules.FIRST_ANSWERS else None),
        result_at=standing.result_at or (event.at if event.kind in rules.RESULTS else None),
        **{name: _moment(data[name]) for name in DUES if name in data},
    )


def fold(events: Iterable[Event]) -> Standing:
    """How a case stands after all of its events, from nothing."""
    standing = Standing()
    for event in events:
        standing = after(standing, event)
    return standing


def linked(row: Mapping[str, Any]) -> tuple[Event, str]:
    """The event that a row of ``case_event`` holds (``data`` as JSON), and the hash that stands beside it."""
    fields = {name: row[name] for name in Event.__struct_fields__}
    return Event(**{**fields, "data": msgspec.json.decode(row["data"])}), row["hash"]


def broken_link(events: Iterable[tuple[Event, str]]) -> int | None:
    """The ``n`` of the first (event, stored hash) that does not follow from what came before; None when all do."""
    before = ""
    for place, (event, stored) in enumerate(events, start=1):
        if event.n != place or event.prev_hash != before or event.hash != stored:
            return place
        before = stored
    return None


def canonical(value: Any) -> str:
    """JSON without spaces, keys sorted: the same value is always written alike."""
    return msgspec.json.encode(value, order="deterministic").decode()


def filed_text(answers: Mapping[str, Any], body: str) -> str:
    """What was filed, as the first event's digest takes it in."""
    return canonical({"answers": answers, "body": body})


def text_hash(salt: str, text: str) -> str:
    """What stands in an event for a text: SHA-256 of salt and text."""
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def _assignee(standing: Standing, event: Event) -> UUID | None:
    if "assignee" in event.data:
        return UUID(event.data["assignee"])
    # Other people go on with it: of another unit, of the next level, or than the one it turned out to be about.
    if event.kind in ("referred", "appealed") or event.data.get("person") == str(standing.assignee):
        return None
    return standing.assignee


def _outcome(standing: Standing, event: Event) -> str | None:
    if event.kind in rules.OPENING_AGAIN:
        return None
    outcome: str | None = event.data.get("outcome", standing.outcome)
    return outcome


def _expected_on(standing: Standing, event: Event) -> date | None:
    if event.kind in rules.RESULTS | rules.OPENING_AGAIN | {"withdrawn"}:
        return None
    value = event.data.get("expected_on")
    return date.fromisoformat(value) if value else standing.expected_on


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
