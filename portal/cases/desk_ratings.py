"""What applicants said of closed cases, for the people who worked on them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from db.ratings import Rating
from db.services import Service
from portal.security.sessions import SignedIn
from portal.services.statement import Words

MOST = 100
# Who may not read a case may not read what its applicant said of it: as in the queue.
_LATELY = """
    SELECT r.moment, r.score, r.comment, r.at, c.number, c.outcome, s.title_fa, s.title_en
    FROM rating r JOIN "case" c ON c.id = r."case" JOIN service s ON s.id = c.service
    WHERE r.at IS NOT NULL AND ({} = '' OR s.slug = {})
        AND ({} OR EXISTS (SELECT FROM case_unit w WHERE w."case" = c.id AND w.unit = ANY({})))
    ORDER BY r.at DESC, r.id DESC LIMIT {}
"""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; ``outcome`` is that of the case now."""

    number: int
    service: Words
    outcome: str | None
    moment: str
    score: int
    comment: str
    at: datetime


async def lately(*, reader: SignedIn, service: str = "") -> list[Said]:
    """The newest 100 answers about cases that ``reader`` may read, of one service (its slug) or of all."""
    units = list(reader.units)
    rows = await Rating.raw(_LATELY, service, service, reader.reads_all, units, MOST)
    return [
        Said(
            service=Words(fa=row.pop("title_fa"), en=row.pop("title_en")),
            **row,
        )
        for row in rows
    ]


async def services() -> list[tuple[str, Words]]:
    """Every service that was ever shown, to choose from."""
    rows = (
        await Service.select(Service.slug, Service.title_fa, Service.title_en)
        .where(Service.state != "draft")
        .order_by(Service.position, Service.slug)
    )
    return [(row["slug"], Words(fa=row["title_fa"], en=row["title_en"])) for row in rows]
