"""Moving open deadlines to a calendar's new revision: what it would do, and the job that does it.

A case counts by the revisions its events name. Moving appends an event that names the new one, to every open case whose
statement counts by that calendar; whoever is not moved keeps the date that was promised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from db.engine import atomic, connection_of_transaction
from db.keys import uuid7
from portal import audit
from portal.calendars import queries as calendar_queries
from portal.calendars.movement import Moved, MovedCase
from portal.cases import clock, clock_terms, rules
from portal.cases.clock import Dues, Past
from portal.cases.events import Event
from portal.cases.record import stamps
from portal.i18n import Words
from portal.office_hours import Calendar, Span, windows
from portal.workdays import merged

JOB = "recount"
BATCH = 500
EXAMPLES = 10
AHEAD, BACK = timedelta(days=800), timedelta(days=400)
"""How far from today two calendars are compared."""
_QUEUE = "INSERT INTO pgqueuer (priority, entrypoint, payload, status) VALUES (0, $1, $2, 'queued')"
_COUNTED_BY = """
    FROM "case" c
    JOIN sla_version v ON v.id = c.sla_version
    JOIN service s ON s.id = c.service
    WHERE c.state = ANY({}) AND v.document->'targets' @> {}::jsonb
"""
_TOUCHED = f"""
    SELECT c.id, c.number, c.service, c.sla_version, c.next_due_at, s.title_fa, s.title_en, count(*) OVER w AS n,
           row_number() OVER w2 AS place
    {_COUNTED_BY} AND c.next_due_at IS NOT NULL AND EXISTS (
        SELECT FROM unnest({{}}::timestamptz[], {{}}::timestamptz[]) AS changed(since, until)
        WHERE c.owed_since < changed.until AND c.next_due_at > changed.since)
    WINDOW w AS (PARTITION BY c.service), w2 AS (PARTITION BY c.service ORDER BY c.next_due_at)
"""  # noqa: S608 - constants
_FIRST = f"SELECT * FROM ({_TOUCHED}) AS touched WHERE place <= {EXAMPLES} ORDER BY n DESC, place"  # noqa: S608
_BATCH = f"""
    SELECT c.id, c.version, c.service, c.sla_version
    {_COUNTED_BY} AND c.id > {{}} AND NOT EXISTS (
        SELECT FROM case_event e WHERE e."case" = c.id AND e.kind IN ('filed', 'recounted')
        AND (e.data->'calendars'->>{{}})::integer >= {{}})
    ORDER BY c.id LIMIT {BATCH} FOR UPDATE OF c
"""  # noqa: S608 - constants
_EVENTS = """
    SELECT "case", n, kind, at, data, hash FROM case_event WHERE "case" = ANY({}) ORDER BY "case", n
"""
_APPEND = """
    INSERT INTO case_event (id, "case", n, kind, actor_role, data, at, prev_hash, hash)
    SELECT id, "case", n, 'recounted', 'system', data::jsonb, $7, prev_hash, hash
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[])
        AS new(id, "case", n, data, prev_hash, hash)
"""
_UPDATE = """
    UPDATE "case" c SET version = version + 1, changed_at = $9, first_answer_due_at = new.first_answer,
        result_due_at = new.result, next_due_at = new.next, owed_since = new.since, paused_until = new.paused,
        risk_at = new.risk, next_check_at = new.look
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
        $6::timestamptz[], $7::timestamptz[], $8::timestamptz[])
        AS new(id, first_answer, result, next, since, paused, risk, look)
    WHERE c.id = new.id
"""


class Shifter:
    """Knows the open cases for ``portal.calendars.movement``."""

    async def preview(self, name: str, calendar: Calendar) -> list[Moved]:
        """Per service, the open cases whose time goes through a day that would change, and how the first would move.

        A case that waits for its applicant on just that day is counted though its date stays.
        """
        now = datetime.now(UTC)
        newest = (await calendar_queries.newest())[name].calendar
        changed = _changed(newest, calendar, now.date())
        if not changed:
            return []
        starts, ends = zip(*changed, strict=True)
        rows = await Case.raw(_FIRST, list(rules.OPEN_STATES), _names(name), list(starts), list(ends))
        moved: dict[UUID, Moved] = {}
        for row in rows:
            kept = moved.setdefault(
                row["service"],
                Moved(service=Words(fa=row["title_fa"], en=row["title_en"]), n=row["n"], examples=()),
            )
            after = await _due_under(row, name, calendar, now)
            if after is not None and after != row["next_due_at"]:
                example = MovedCase(code=row["number"], before=row["next_due_at"], after=after)
                moved[row["service"]] = msgspec.structs.replace(kept, examples=(*kept.examples, example))
        return list(moved.values())

    async def enqueue(self, name: str, n: int) -> None:
        """In the caller's transaction a job is queued that moves every open case to revision ``n``."""
        await connection_of_transaction().execute(_QUEUE, JOB, f"{n}:{name}".encode())


async def move_all(payload: bytes, *, now: datetime) -> int:
    """Every open case counts by the revision the job names; returns how many were moved. Again, it moves nobody."""
    number, _, name = payload.decode().partition(":")
    moved, last = 0, UUID(int=0)
    while batch := await _move(name, int(number), after=last, now=now):
        moved, last = moved + len(batch), batch[-1]
    if moved:
        await audit.append("cases_recounted", object=f"calendar:{name}", data={"n": int(number)}, now=now)
    return moved


@atomic
async def _move(name: str, n: int, *, after: UUID, now: datetime) -> list[UUID]:
    """The next cases in the order of their ids count by revision ``n``; returns them, none when all do."""
    cases = await Case.raw(_BATCH, list(rules.OPEN_STATES), _names(name), after, name, n)
    if not cases:
        return []
    pasts: dict[UUID, list[Past]] = defaultdict(list)
    hashes: dict[UUID, str] = {}
    for row in await Case.raw(_EVENTS, [case["id"] for case in cases]):
        pasts[row["case"]].append(Past(row["n"], row["kind"], row["at"], msgspec.json.decode(row["data"])))
        hashes[row["case"]] = row["hash"]
    events, rows = [], []
    for case in cases:
        past = [*pasts[case["id"]], Past(case["version"] + 1, "recounted", now, {"calendars": {name: n}})]
        terms = await clock_terms.terms_of(case["service"], case["sla_version"], past, now=now)
        dues = clock.dues(terms, past, now=now)
        events.append(_event(case["id"], past[-1], dues, hashes[case["id"]]))
        rows.append((case["id"], dues))
    await _write(events, rows, now)
    return [case["id"] for case in cases]


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


async def _write(events: Sequence[Event], rows: Sequence[tuple[UUID, Dues]], now: datetime) -> None:
    connection = connection_of_transaction()
    await connection.execute(
        _APPEND,
        [uuid7() for _ in events],
        [event.case for event in events],
        [event.n for event in events],
        [msgspec.json.encode(event.data).decode() for event in events],
        [event.prev_hash for event in events],
        [event.hash for event in events],
        now,
    )
    names = (
        "first_answer_due_at",
        "result_due_at",
        "next_due_at",
        "owed_since",
        "paused_until",
        "risk_at",
        "next_check_at",
    )
    columns = [[getattr(dues, name) for _case, dues in rows] for name in names]
    await connection.execute(_UPDATE, [case for case, _dues in rows], *columns, now)


async def _due_under(row: dict[str, Any], name: str, calendar: Calendar, now: datetime) -> datetime | None:
    past, _hash = await clock_terms.past_of(row["id"])
    terms = await clock_terms.terms_of(row["service"], row["sla_version"], past, now=now)
    under = msgspec.structs.replace(terms, calendars={**terms.calendars, name: calendar})
    return clock.dues(under, past, now=now).next_due_at


def _names(name: str) -> str:
    return msgspec.json.encode([{"calendar": name}]).decode()


def _changed(before: Calendar, after: Calendar, today: date) -> list[Span]:
    """The stretches on whose days the two calendars work differently, touching ones joined."""
    days = (today - BACK + timedelta(days=n) for n in range((AHEAD + BACK).days))
    spans: Iterable[Span] = (
        (
            datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1),
            datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2),
        )
        for day in days
        if windows(before, day) != windows(after, day)
    )
    return merged(spans, datetime(1970, 1, 1, tzinfo=UTC))
