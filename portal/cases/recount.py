"""The job that counts open cases anew, in batches: by a calendar's new revision, or by what their service warns of now.

Cut short or run twice, it goes on where it stopped: a case that is counted already is left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.cases import Case
from db.engine import atomic, connection_of_transaction
from portal import audit, outbox
from portal.calendars import queries as calendar_queries
from portal.cases import bulk, clock_terms, rules, watch
from portal.cases.moved_mails import TEMPLATE, Letters
from portal.services import queries

JOB = "recount"
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
_KNOWN = 'SELECT "case", target, round, level FROM clock_alarm WHERE "case" = ANY({})'
_REWATCH = """
    UPDATE "case" c SET risk_at = new.risk, next_check_at = new.look
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS new(id, risk, look) WHERE c.id = new.id
"""


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
    async for ids in bulk.batches(behind):
        moved += await _move(ids, name, n, letters=letters, now=now)
    if moved:
        await audit.append("cases_recounted", object=f"calendar:{name}", data={"n": n}, now=now)
    return moved


@atomic
async def _move(ids: Sequence[UUID], name: str, n: int, *, letters: Letters, now: datetime) -> int:
    """The cases count by revision ``n`` and say so, their applicants are told; returns how many did not before."""
    done, mails = [], []
    for case in await bulk.locked(ids):
        counted_by = clock_terms.revisions_of(case.past).get(name)
        if counted_by is not None and counted_by >= n:
            continue  # another worker was faster
        event = bulk.next_event(case, "recounted", {"calendars": {name: n}}, now=now)
        found = await bulk.counted(case.row, [*case.past, event], now=event.at)
        if found is None:
            continue
        done.append((case, event, found[1]))
        service = await queries.service_by_id(case.row["service"], now=now)
        mails.append(await letters.about(case.row, found[1], service=service, counted_by=counted_by))
    await bulk.write(done)
    await outbox.enqueue_all(TEMPLATE, [mail for mail in mails if mail], now=now)
    return len(done)


async def _rewatch_all(service: UUID, *, now: datetime) -> int:
    queries.forget()  # this process may remember how the service warned before
    found = await Case.raw(_OF_SERVICE, service, list(rules.OPEN_STATES))
    return sum([await _rewatch(ids, now=now) async for ids in bulk.batches(found)])


@atomic
async def _rewatch(ids: Sequence[UUID], *, now: datetime) -> int:
    """The cases warn as their service says now, at once where that is due; returns how many that changes."""
    known: dict[UUID, set[tuple[str, int, str]]] = defaultdict(set)
    for row in await Case.raw(_KNOWN, ids):
        known[row["case"]].add((row["target"], row["round"], row["level"]))
    changed = []
    for case, past, _last_hash in await bulk.locked(ids):
        found = await bulk.counted(case, past, now=now)
        if found is None:
            continue
        terms, dues = found
        late = watch.unseen(terms, past, known[case["id"]], now=now)
        look = min(case["next_check_at"] or now, now) if late else dues.next_check_at
        if (dues.risk_at, look) != (case["risk_at"], case["next_check_at"]):
            changed.append((case["id"], dues.risk_at, look))
    if changed:
        await connection_of_transaction().execute(_REWATCH, *zip(*changed, strict=True))
    return len(changed)
