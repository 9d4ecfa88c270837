"""Many cases at once: read under lock, counted one by one, written in one statement, with a rest after each batch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.cases import Case
from db.engine import connection_of_transaction
from db.keys import uuid7
from portal.cases import clock, clock_terms, rules
from portal.cases.clock import Dues, Past, Terms
from portal.cases.events import Event
from portal.cases.record import stamps
from portal.workdays import EmptyCalendar

BATCH = 100
REST = 0.5
"""Of the time that a batch took, in which the database and its disk belong to those who wait for a page."""
_CASES = """
    SELECT id, number, kind, version, service, sla_version, contact_email, locale, filed_at, first_answer_due_at,
           result_due_at, next_due_at, risk_at, next_check_at
    FROM "case" WHERE id = ANY({}) AND state = ANY({}) ORDER BY id FOR UPDATE
"""
_EVENTS = """
    SELECT "case", n, kind, at, data, hash FROM case_event WHERE "case" = ANY({}) ORDER BY "case", n
"""
_APPEND = """
    INSERT INTO case_event (id, "case", n, kind, actor_role, data, at, prev_hash, hash)
    SELECT id, "case", n, kind, 'system', data::jsonb, at, prev_hash, hash
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::timestamptz[]) AS new(id, "case", n, kind, data, prev_hash, hash, at)
"""
# A look that is due already stays due: what it is about must still be written down.
_UPDATE = """
    UPDATE "case" c SET version = version + 1, changed_at = new.at, first_answer_due_at = new.first_answer,
        result_due_at = new.result, next_due_at = new.next, owed_since = new.since, paused_until = new.paused,
        risk_at = new.risk, next_check_at = CASE WHEN c.next_check_at <= new.at THEN c.next_check_at ELSE new.look END
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
        $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[])
        AS new(id, at, first_answer, result, next, since, paused, risk, look)
    WHERE c.id = new.id
"""
_COLUMNS = (
    "first_answer_due_at",
    "result_due_at",
    "next_due_at",
    "owed_since",
    "paused_until",
    "risk_at",
    "next_check_at",
)

logger = logging.getLogger(__name__)


class AtHand(NamedTuple):
    """A locked case with its events, oldest first, and the hash of the last one."""

    row: dict[str, Any]
    past: list[Past]
    last_hash: str


async def batches(rows: Sequence[Mapping[str, Any]]) -> AsyncIterator[list[UUID]]:
    """The ids of ``rows`` in batches, with a rest after each."""
    for start in range(0, len(rows), BATCH):
        began = time.monotonic()
        yield [row["id"] for row in rows[start : start + BATCH]]
        await asyncio.sleep((time.monotonic() - began) * REST)


async def locked(ids: Sequence[UUID]) -> list[AtHand]:
    """Those of the cases that are open still, locked until the transaction ends."""
    rows = await Case.raw(_CASES, ids, list(rules.OPEN_STATES))
    pasts: dict[UUID, list[Past]] = defaultdict(list)
    hashes: dict[UUID, str] = {}
    for row in await Case.raw(_EVENTS, [row["id"] for row in rows]):
        pasts[row["case"]].append(Past(row["n"], row["kind"], row["at"], msgspec.json.decode(row["data"])))
        hashes[row["case"]] = row["hash"]
    return [AtHand(row, pasts[row["id"]], hashes[row["id"]]) for row in rows]


async def counted(
    case: Mapping[str, Any], past: Sequence[Past], *, now: datetime
) -> tuple[Terms, Dues] | None:
    """What the case is counted by and what its row holds after ``past``; None for one that can't be counted."""
    terms = await clock_terms.terms_of(case["service"], case["sla_version"], past, now=now)
    dues = dues_of(case["id"], terms, past, now=now)
    return (terms, dues) if dues else None


def dues_of(case: UUID, terms: Terms, past: Sequence[Past], *, now: datetime) -> Dues | None:
    """What the row of the case holds; None for one that can't be counted: its calendar has no working time left.

    Such a case is logged and holds up nobody.
    """
    try:
        return clock.dues(terms, past, now=now)
    except EmptyCalendar as empty:
        logger.warning("case %s can't be counted: %s", case, empty)
        return None


def next_event(case: AtHand, kind: str, data: Mapping[str, Any], *, now: datetime) -> Past:
    """What the portal itself does to the case; never before what was done to it last."""
    return Past(case.row["version"] + 1, kind, max(now, case.past[-1].at), data)


async def write(done: Sequence[tuple[AtHand, Past, Dues]]) -> None:
    """Each event stands at the end of its case's chain with the dates it leads to, the row as they say."""
    if not done:
        return
    events = [_event(case, past, dues) for case, past, dues in done]
    connection = connection_of_transaction()
    await connection.execute(
        _APPEND,
        [uuid7() for _ in events],
        [event.case for event in events],
        [event.n for event in events],
        [event.kind for event in events],
        [msgspec.json.encode(event.data).decode() for event in events],
        [event.prev_hash for event in events],
        [event.hash for event in events],
        [event.at for event in events],
    )
    columns = [[getattr(dues, name) for _case, _past, dues in done] for name in _COLUMNS]
    await connection.execute(
        _UPDATE, [event.case for event in events], [event.at for event in events], *columns
    )


def _event(case: AtHand, past: Past, dues: Dues) -> Event:
    return Event(
        case=case.row["id"],
        n=past.n,
        kind=past.kind,
        actor_role="system",
        actor=None,
        data={**past.data, **stamps(dues)},
        text_hash=None,
        at=past.at,
        prev_hash=case.last_hash,
    )
