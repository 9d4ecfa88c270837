"""How complaints end, for those who run the desk: by the unit that hears them and by outcome."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from db.cases import Case
from db.independence import barred
from portal.cases.desk_search import OPEN
from portal.cases.figures import SEES_ALL, WEEKS
from portal.security.sessions import SignedIn
from portal.services.statement import Words

# By the index case_feedback_by_promise: complaints are few beside requests.
_BY_UNIT = f"""
    SELECT u.name_fa || ' — ' || g.name_fa AS fa, u.name_en || ' — ' || g.name_en AS en,
           count(*) AS n, count(*) FILTER (WHERE {OPEN}) AS n_open,
           count(*) FILTER (WHERE c.outcome = 'upheld') AS n_upheld,
           count(*) FILTER (WHERE c.outcome = 'partly_upheld') AS n_partly_upheld,
           count(*) FILTER (WHERE c.outcome = 'not_upheld') AS n_not_upheld,
           count(*) FILTER (WHERE NOT {OPEN} AND c.outcome IS NULL) AS n_undecided,
           count(*) FILTER (WHERE c.level > 1) AS n_appealed
    FROM "case" c
    JOIN unit u ON u.id = c.unit
    JOIN agency g ON g.id = u.agency
    JOIN service s ON s.id = c.service
    WHERE c.kind = 'complaint' AND c.filed_at >= {{}} AND ({{}} OR c.unit = ANY({{}}))
        AND ({{}} = '' OR s.slug = {{}}) AND ({{}} = '' OR u.slug = {{}}) AND NOT {barred()}
    GROUP BY u.id, g.id ORDER BY u.slug
"""  # noqa: S608 - our own words


class Complaints(msgspec.Struct, frozen=True, kw_only=True):
    """The complaints that came to one unit in 13 weeks, by how they stand; those turned away or withdrawn are
    ``n_undecided``, and ``n_appealed`` are counted by their present outcome as well.
    """

    unit: Words
    n: int
    n_open: int
    n_upheld: int
    n_partly_upheld: int
    n_not_upheld: int
    n_undecided: int
    n_appealed: int


async def by_unit(*, reader: SignedIn, service: str = "", unit: str = "", now: datetime) -> list[Complaints]:
    """A line for each unit that complaints came to, of those that ``reader`` may count; slugs narrow it."""
    rows = await Case.raw(
        _BY_UNIT,
        now - timedelta(weeks=WEEKS),
        reader.role in SEES_ALL,
        list(reader.units),
        service,
        service,
        unit,
        unit,
        reader.account_id,
    )
    return [
        Complaints(
            unit=Words(fa=row["fa"], en=row["en"]),
            **{name: row[name] for name in Complaints.__struct_fields__ if name != "unit"},
        )
        for row in rows
    ]
