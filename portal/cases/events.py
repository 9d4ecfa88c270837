"""The history of a case: hash-linked events, and the present state folded from them.

An event says what happened, by whom and when, in ids and words of our own vocabulary; what people wrote stands in
messages and enters the chain as a salted digest. Pure: nothing here touches the database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from portal.cases import rules
from portal.sla import nearest


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
        parts = {
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
        canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a case stands after its events. ``state`` is None before the first one.

    ``next_due_at`` is the nearest promise still to keep: the first answer, the result, or, after the applicant
    answered back, an answer to that; None when nothing is owed. ``owed_since`` is when its time began to run.
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


def after(standing: Standing, event: Event) -> Standing:
    """How the case stands after ``event``. Raises KeyError for a move ``rules.MOVES`` does not have."""
    state = rules.state_after(event.kind, standing.state)
    data = event.data
    changed = msgspec.structs.replace(
        standing,
        state=state,
        version=event.n,
        unit=UUID(data["unit"]) if "unit" in data else standing.unit,
        assignee=_assignee(standing, event),
        outcome=data.get("outcome", standing.outcome),
        first_answer_due_at=_moment(data, "first_answer_due_at") or standing.first_answer_due_at,
        result_due_at=_moment(data, "result_due_at") or standing.result_due_at,
        first_answer_at=standing.first_answer_at or (event.at if event.kind in rules.FIRST_ANSWERS else None),
        result_at=standing.result_at or (event.at if event.kind in rules.RESULTS else None),
        owed_since=event.at if _begins(standing, event) else standing.owed_since,
    )
    return msgspec.structs.replace(changed, next_due_at=_next_due(standing, changed, event))


def fold(events: Iterable[Event]) -> Standing:
    """How a case stands after all of its events, from nothing."""
    standing = Standing()
    for event in events:
        standing = after(standing, event)
    return standing


def broken_link(events: Iterable[tuple[Event, str]]) -> int | None:
    """The ``n`` of the first (event, stored hash) that does not follow from what came before; None when all do."""
    before = ""
    for place, (event, stored) in enumerate(events, start=1):
        if event.n != place or event.prev_hash != before or event.hash != stored:
            return place
        before = stored
    return None


def text_hash(salt: str, text: str) -> str:
    """What stands in an event for a text: SHA-256 of salt and text."""
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def _assignee(standing: Standing, event: Event) -> UUID | None:
    if "assignee" in event.data:
        return UUID(event.data["assignee"])
    return None if event.kind == "referred" else standing.assignee


def _begins(before: Standing, event: Event) -> bool:
    """The desk's time begins: the case was filed, or its answer was answered back."""
    return before.state is None or (event.kind == "replied" and before.state == "answered")


def _next_due(before: Standing, now: Standing, event: Event) -> datetime | None:
    if now.state in rules.ENDED_STATES or now.state == "answered":
        return None
    if before.state is not None and _begins(before, event):
        return _moment(event.data, "answer_due_at")
    if now.first_answer_at is None:
        return nearest(now.first_answer_due_at, now.result_due_at)
    return now.result_due_at if now.result_at is None else before.next_due_at


def _moment(data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    return datetime.fromisoformat(value) if value else None
