"""What a case is counted by, looked up: the targets of its edition, the calendars, what its service watches.

Editions never change once they are published, so a process keeps them; the rest is asked for anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from db.cases import Case, CaseEvent
from db.clocks import ClockFact
from portal.calendars import queries as calendar_queries
from portal.cases import clock
from portal.cases.clock import Past, Terms
from portal.cases.events import Event
from portal.marks import Target
from portal.office_hours import Calendar
from portal.services import queries


async def terms_of(
    service: UUID, sla_version: UUID | None, events: Sequence[Past], *, now: datetime
) -> Terms:
    """The terms of a case with these ``events``, filed under ``sla_version``; none at all without one.

    Its calendars are the revisions that its events name last: a calendar that is changed moves no promise by itself.
    """
    statement = await queries.statement_version(sla_version) if sla_version else None
    view = await queries.service_by_id(service, now=now)
    if statement is None or view is None:
        return Terms()
    targets = clock.targets_of(kind_of(events), statement.targets)
    return Terms(targets, await _calendars(targets, events), view.watch, statement.reopen_days or None)


def kind_of(events: Sequence[Past]) -> str:
    """The kind of case that begins with these events (``rules.KINDS``)."""
    kind: str = events[0].data.get("kind", "request")
    return kind


def revisions_of(events: Sequence[Past]) -> dict[str, int]:
    """The revision of each calendar that a case counts by: what its events name last."""
    revisions: dict[str, int] = {}
    for event in events:
        revisions |= event.data.get("calendars", {})
    return revisions


async def _calendars(targets: Sequence[Target], events: Sequence[Past]) -> dict[str, Calendar]:
    revisions = revisions_of(events)
    newest = await calendar_queries.newest()
    return {
        name: await calendar_queries.revision(name, revisions.get(name) or newest[name].n)
        for name in {target.calendar for target in targets}
    }


async def past_of(case_id: UUID) -> tuple[list[Past], str]:
    """The case's events, oldest first, and the hash of the last one."""
    rows = await CaseEvent.raw(
        'SELECT n, kind, at, data, hash FROM case_event WHERE "case" = {} ORDER BY n', case_id
    )
    events = [Past(row["n"], row["kind"], row["at"], msgspec.json.decode(row["data"])) for row in rows]
    return events, rows[-1]["hash"]


async def record_stopped(case: Case, terms: Terms, events: Sequence[Past], event: Event) -> None:
    """Each round that ``event`` stopped stands in ``clock_fact``, once."""
    facts = [
        ClockFact(
            case=case.id,
            service=case.service,
            sla_version=case.sla_version,
            unit=case.unit,
            target=reading.target.key,
            round=reading.round,
            state=reading.state,
            kept=reading.fulfilled,
            measure=reading.target.measure,
            promised=reading.whole,
            used=reading.used,
            paused_s=clock.paused_seconds(events, reading, now=event.at),
            started_at=reading.started_at,
            due_at=reading.due_at,
            stopped_at=event.at,
        )
        for reading in clock.stopped(terms, events, now=event.at)
    ]
    if facts:
        await ClockFact.insert(*facts).on_conflict(action="DO NOTHING")
