"""Where a complaint can go after its decision: to the agency's next level once, then outside of the agency."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from portal.cases import reopening
from portal.office_hours import IRAN_OFFICE
from portal.services.statement import Words

# The unit that hears appeals is the first of its kind by its slug; without one other people of the same unit do.
_WAY = """
    SELECT c.level, c.state, coalesce(p.id, c.unit) AS unit_id, g.outside_fa, g.outside_en, g.outside_url,
           coalesce(p.name_fa, u.name_fa) || ' — ' || g.name_fa AS fa,
           coalesce(p.name_en, u.name_en) || ' — ' || g.name_en AS en,
           (SELECT max(e.at) FROM case_event e WHERE e."case" = c.id AND e.kind = 'decided') AS decided_at
    FROM "case" c
    JOIN unit u ON u.id = c.unit
    JOIN service s ON s.id = c.service
    JOIN agency g ON g.id = s.agency
    LEFT JOIN LATERAL (
        SELECT n.id, n.name_fa, n.name_en FROM unit n
        WHERE n.agency = g.id AND n.kind = 'appeals' ORDER BY n.slug LIMIT 1
    ) p ON true
    WHERE c.id = {}
"""


class WayOn(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to turn to after a decision. ``unit`` hears an appeal that comes by ``until``, the end of the thirtieth day
    after it; None where none can come.

    ``outside`` is the instance outside of the agency and how to reach it, ``url`` its page; empty where none is named.
    """

    unit_id: UUID
    unit: Words
    until: datetime | None
    outside: Words
    url: str


async def way_on(case_id: UUID) -> WayOn:
    """Where this complaint, which must exist, goes from its present level."""
    (row,) = await Case.raw(_WAY, case_id)
    first = row["level"] == 1 and row["state"] == "closed" and row["decided_at"] is not None
    return WayOn(
        unit_id=row["unit_id"],
        unit=Words(fa=row["fa"], en=row["en"]),
        until=reopening.last_instant(row["decided_at"], IRAN_OFFICE, None) if first else None,
        outside=Words(fa=row["outside_fa"], en=row["outside_en"]),
        url=row["outside_url"],
    )


async def shown(case_id: UUID, kind: str, *, now: datetime) -> dict[str, Any]:
    """What the applicant's page says of the way on: ``way``, None where there is none, and ``may_appeal``."""
    way = await way_on(case_id) if kind == "complaint" else None
    return {"way": way, "may_appeal": way is not None and way.until is not None and now <= way.until}
