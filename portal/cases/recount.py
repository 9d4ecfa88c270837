"""The job that counts open cases anew, in batches: by a calendar's new revision, or by what their service warns of now.

Cut short or run twice, it goes on where it stopped: a case that is counted already is left alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.cases import Case
from db.engine import atomic, connection_of_transaction
from db.keys import uuid7
from portal import audit, outbox
from portal.calendars import queries as calendar_queries
from portal.cases import clock, clock_terms, rules, watch
from portal.cases.clock import Dues, Past
from portal.cases.events import Event
from portal.cases.moved_mails import TEMPLATE, Letters
from portal.cases.record import stamps
from portal.services import queries

JOB = "recount"
BATCH = 100
REST = 0.5
"""Of the time that a batch took, in which the database and its disk belong to those who wait for a page."""
AGAIN_AFTER = timedelta(minutes=1)
"""Everything is looked through once more after this time: whoever files a case, or works on one, may still have the
calendar or the warnings in memory as they were up to some seconds ago."""
_WATCH = "watch"
_QUEUE = """
    INSERT INTO pgqueuer (priority, entrypoint, payload, status, execute_after)
    SELECT 0, $1, $2, 'queued', now() + delay FROM unnest($3::interval[]) AS delay
"""
_BEHIND = """
    SELECT c.id FROM "case" c JOIN sla_version v ON v.id = c.sla_version
    WHERE c.state = ANY({}) AND v.document->'targets' @> {}::jsonb AND NOT EXISTS (
        SELECT FROM case_event e WHERE e."case" = c.id AND e.kind IN ('filed', 'recounted')
        AND (e.data->'calendars'->>{})::integer >= {})
    ORDER BY c.id
"""
_OF_SERVICE = 'SELECT id FROM "case" WHERE service = {} AND state = ANY({}) ORDER BY id'
_CASES = """
    SELECT id, number, version, service, sla_version, contact_email, locale, next_due_at, risk_at, next_check_at
    FROM "case" WHERE id = ANY({}) AND state = ANY({}) ORDER BY id FOR UPDATE
"""
_EVENTS = """
    SELECT "case", n, kind, at, data, hash FROM case_event WHERE "case" = ANY({}) ORDER BY "case", n
"""
_KNOWN = 'SELECT "case", target, round, level FROM clock_alarm WHERE "case" = ANY({})'
_APPEND = """
    INSERT INTO case_event (id, "case", n, kind, actor_role, data, at, prev_hash, hash)
    SELECT id, "case", n, 'recounted', 'system', data::jsonb, at, prev_hash, hash
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
        AS new(id, "case", n, data, prev_hash, hash, at)
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
_REWATCH = """
    UPDATE "case" c SET risk_at = new.risk, next_check_at = new.look
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS new(id, risk, look) WHERE c.id = new.id
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


class _AtHand(NamedTuple):
    """A locked case with its events, oldest first, and the hash of the last one."""

    row: dict[str, Any]
    past: list[Past]
    last_hash: str


async def enqueue_move(name: str, n: int) -> None:
    """In the caller's transaction it is queued that every open case counts by revision ``n`` of the calendar."""
    await _enqueue(f"{n}:{name}")


async def enqueue_watch(service: UUID) -> None:
    """In the caller's transaction it is queued that the open cases of ``service`` warn as it says now."""
    await _enqueue(f"{_WATCH}:{service}")


async def run(payload: bytes, *, now: datetime) -> int:
    """What the job ``payload`` was queued for is done; returns how many cases changed. Again, it changes none."""
    what, _, name = payload.decode().partition(":")
    if what == _WATCH:
        return await _rewatch_all(UUID(name), now=now)
    return await _move_all(name, int(what), now=now)


async def _enqueue(payload: str) -> None:
    await connection_of_transaction().execute(_QUEUE, JOB, payload.encode(), [timedelta(), AGAIN_AFTER])


async def _move_all(name: str, n: int, *, now: datetime) -> int:
    named = msgspec.json.encode([{"calendar": name}]).decode()
    letters = Letters(name, n, await calendar_queries.revision(name, n), today=now.date())
    behind = await Case.raw(_BEHIND, list(rules.OPEN_STATES), named, name, n)
    moved = 0
    async for ids in _batches(behind):
        moved += await _move(ids, name, n, letters=letters, now=now)
    if moved:
        await audit.append("cases_recounted", object=f"calendar:{name}", data={"n": n}, now=now)
    return moved


@atomic
async def _move(ids: Sequence[UUID], name: str, n: int, *, letters: Letters, now: datetime) -> int:
    """The cases count by revision ``n`` and say so, their applicants are told; returns how many did not before."""
    events, rows, mails = [], [], []
    for case, past, last_hash in await _locked(ids):
        counted_by = clock_terms.revisions_of(past).get(name)
        if counted_by is not None and counted_by >= n:
            continue  # another worker was faster
        at = max(now, past[-1].at)
        past.append(Past(case["version"] + 1, "recounted", at, {"calendars": {name: n}}))
        terms = await clock_terms.terms_of(case["service"], case["sla_version"], past, now=now)
        dues = clock.dues(terms, past, now=at)
        events.append(_event(case["id"], past[-1], dues, last_hash))
        rows.append(dues)
        service = await queries.service_by_id(case["service"], now=now)
        mails.append(await letters.about(case, dues, service=service, counted_by=counted_by))
    await _write(events, rows)
    await outbox.enqueue_all(TEMPLATE, [mail for mail in mails if mail], now=now)
    return len(events)


async def _rewatch_all(service: UUID, *, now: datetime) -> int:
    queries.forget()  # this process may remember how the service warned before
    found = await Case.raw(_OF_SERVICE, service, list(rules.OPEN_STATES))
    return sum([await _rewatch(ids, now=now) async for ids in _batches(found)])


@atomic
async def _rewatch(ids: Sequence[UUID], *, now: datetime) -> int:
    """The cases warn as their service says now, at once where that is due; returns how many that changes."""
    known: dict[UUID, set[tuple[str, int, str]]] = defaultdict(set)
    for row in await Case.raw(_KNOWN, ids):
        known[row["case"]].add((row["target"], row["round"], row["level"]))
    changed = []
    for case, past, _last_hash in await _locked(ids):
        terms = await clock_terms.terms_of(case["service"], case["sla_version"], past, now=now)
        dues = clock.dues(terms, past, now=now)
        late = watch.unseen(terms, past, known[case["id"]], now=now)
        look = min(case["next_check_at"] or now, now) if late else dues.next_check_at
        if (dues.risk_at, look) != (case["risk_at"], case["next_check_at"]):
            changed.append((case["id"], dues.risk_at, look))
    if changed:
        await connection_of_transaction().execute(_REWATCH, *zip(*changed, strict=True))
    return len(changed)


async def _batches(rows: Sequence[Mapping[str, Any]]) -> AsyncIterator[list[UUID]]:
    """The ids of ``rows`` in batches, with a rest after each."""
    for start in range(0, len(rows), BATCH):
        began = time.monotonic()
        yield [row["id"] for row in rows[start : start + BATCH]]
        await asyncio.sleep((time.monotonic() - began) * REST)


async def _locked(ids: Sequence[UUID]) -> list[_AtHand]:
    """Those of the cases that are open still, locked until the transaction ends."""
    rows = await Case.raw(_CASES, ids, list(rules.OPEN_STATES))
    pasts: dict[UUID, list[Past]] = defaultdict(list)
    hashes: dict[UUID, str] = {}
    for row in await Case.raw(_EVENTS, [row["id"] for row in rows]):
        pasts[row["case"]].append(Past(row["n"], row["kind"], row["at"], msgspec.json.decode(row["data"])))
        hashes[row["case"]] = row["hash"]
    return [_AtHand(row, pasts[row["id"]], hashes[row["id"]]) for row in rows]


def _event(case: UUID, past: Past, dues: Dues, prev_hash: str) -> Event:
    return Event(
        case=case,
        n=past.n,
        kind=past.kind,
        actor_role="system",
        actor=None,
        data={**past.data, **stamps(dues)},
        text_hash=None,
        at=past.at,
        prev_hash=prev_hash,
    )


async def _write(events: Sequence[Event], rows: Sequence[Dues]) -> None:
    connection = connection_of_transaction()
    await connection.execute(
        _APPEND,
        [uuid7() for _ in events],
        [event.case for event in events],
        [event.n for event in events],
        [msgspec.json.encode(event.data).decode() for event in events],
        [event.prev_hash for event in events],
        [event.hash for event in events],
        [event.at for event in events],
    )
    columns = [[getattr(dues, name) for dues in rows] for name in _COLUMNS]
    await connection.execute(
        _UPDATE, [event.case for event in events], [event.at for event in events], *columns
    )
