"""What a calendar's new revision would do to open cases; ``portal.cases.recount`` is the job that does it.

A case counts by the revisions its events name. Moving appends an event that names the new one, to every open case whose
statement counts by that calendar; whoever is not moved keeps the date that was promised.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from portal.calendars import queries as calendar_queries
from portal.calendars.movement import Moved, MovedCase
from portal.cases import bulk, clock_terms, recount, rules
from portal.cases.changed_days import changed_days, spans_of
from portal.i18n import Words
from portal.office_hours import Calendar

EXAMPLES = 10
_TOUCHED = """
    SELECT c.id, c.number, c.service, c.sla_version, c.next_due_at, s.title_fa, s.title_en,
           c.contact_email <> '' AS reachable,
           count(*) OVER w AS n,
           count(*) FILTER (WHERE c.contact_email <> '') OVER w AS told, row_number() OVER w2 AS place
    FROM "case" c
    JOIN sla_version v ON v.id = c.sla_version
    JOIN service s ON s.id = c.service
    WHERE c.state = ANY({}) AND v.document->'targets' @> {}::jsonb
        AND c.next_due_at IS NOT NULL AND EXISTS (
            SELECT FROM unnest({}::timestamptz[], {}::timestamptz[]) AS changed(since, until)
            WHERE c.owed_since < changed.until AND c.next_due_at > changed.since)
    WINDOW w AS (PARTITION BY c.service), w2 AS (PARTITION BY c.service ORDER BY c.next_due_at)
"""
_FIRST = f"SELECT * FROM ({_TOUCHED}) AS touched WHERE place <= {EXAMPLES} ORDER BY n DESC, place"  # noqa: S608


class Shifter:
    """Knows the open cases for ``portal.calendars.movement``."""

    async def preview(self, name: str, calendar: Calendar, *, now: datetime) -> list[Moved]:
        """Per service, the open cases whose time goes through a day that would change, and how the first would move.

        Of these first ones, who keeps their date (it is the applicant's turn on just that day) is not counted, nor
        whoever's time can't be counted.
        """
        newest = (await calendar_queries.newest())[name].calendar
        changed = spans_of(changed_days(newest, calendar, now.date()))
        if not changed:
            return []
        starts, ends = zip(*changed, strict=True)
        named = msgspec.json.encode([{"calendar": name}]).decode()
        rows = await Case.raw(_FIRST, list(rules.OPEN_STATES), named, list(starts), list(ends))
        moved: dict[UUID, Moved] = {}
        for row in rows:
            kept = moved.setdefault(
                row["service"],
                Moved(
                    service=Words(fa=row["title_fa"], en=row["title_en"]),
                    n=row["n"],
                    told=row["told"],
                    examples=(),
                ),
            )
            after = await _due_under(row, name, calendar, now)
            moved[row["service"]] = _with(kept, row, after)
        return [one for one in moved.values() if one.n]

    async def enqueue(self, name: str, n: int) -> None:
        """In the caller's transaction a job is queued that moves every open case to revision ``n``."""
        await recount.enqueue_move(name, n)

    async def enqueue_watch(self, service: UUID) -> None:
        """In the caller's transaction a job is queued that has open cases warn as ``service`` says now."""
        await recount.enqueue_watch(service)


def _with(kept: Moved, row: dict[str, Any], after: datetime | None) -> Moved:
    """``kept`` with the case as an example, or without it where its date stays."""
    if after is None or after == row["next_due_at"]:
        return msgspec.structs.replace(kept, n=kept.n - 1, told=kept.told - bool(row["reachable"]))
    example = MovedCase(code=row["number"], before=row["next_due_at"], after=after)
    return msgspec.structs.replace(kept, examples=(*kept.examples, example))


async def _due_under(row: dict[str, Any], name: str, calendar: Calendar, now: datetime) -> datetime | None:
    past, _hash = await clock_terms.past_of(row["id"])
    terms = await clock_terms.terms_of(row["service"], row["sla_version"], past, now=now)
    under = msgspec.structs.replace(terms, calendars={**terms.calendars, name: calendar})
    dues = bulk.dues_of(row["id"], under, past, now=now)
    return dues.next_due_at if dues else None
