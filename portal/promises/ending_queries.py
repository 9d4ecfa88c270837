"""What is published of the ends of requests is counted from these: all services in two statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from db.cases import Case
from db.ratings import Rating
from portal.promises.endings import Ended, Rated

# A request counts once for each way of ending, so that five are always five different ones.
_ENDED = """
    WITH first AS (
        SELECT c.service, c.id, coalesce(e.data->>'outcome', e.kind) AS how, min(e.at) AS at
        FROM case_event e JOIN "case" c ON c.id = e."case"
        WHERE e.kind IN ('closed', 'rejected', 'withdrawn', 'reopened') AND c.kind = 'request'
            AND e.at <= {} AND c.service = ANY({})
        GROUP BY 1, 2, 3
    ), numbered AS (
        SELECT *, (row_number() OVER (PARTITION BY service, how ORDER BY at, id) - 1) / {} AS batch FROM first
    )
    SELECT service, how, (max(at) AT TIME ZONE {})::date AS counted_on, count(*) AS n
    FROM numbered GROUP BY service, how, batch HAVING count(*) = {}
    ORDER BY 1, 2, 3
"""
# A question counts once it is settled, answered or run out: until then an answer would be seen to arrive by itself.
# The nth round of a case is counted with the nth of others, so that five are five different ones here, too.
_RATED = """
    WITH settled AS (
        SELECT c.service, r.id, r.moment, coalesce(r.score, 0) AS score, coalesce(r.at, r.expires_at) AS at,
               row_number() OVER (PARTITION BY r."case", r.moment ORDER BY r.round) AS nth
        FROM rating r JOIN "case" c ON c.id = r."case"
        WHERE r.asked_at IS NOT NULL AND coalesce(r.at, r.expires_at) <= {} AND c.service = ANY({})
    ), numbered AS (
        SELECT *, (row_number() OVER (PARTITION BY service, moment, nth ORDER BY at, id) - 1) / {} AS batch FROM settled
    ), batched AS (
        SELECT *, count(*) OVER of_batch AS together, (max(at) OVER of_batch AT TIME ZONE {})::date AS counted_on
        FROM numbered WINDOW of_batch AS (PARTITION BY service, moment, nth, batch)
    )
    SELECT service, moment, score, counted_on, count(*) AS n FROM batched WHERE together = {}
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


async def ended(
    services: Sequence[UUID], *, zone: ZoneInfo, until: datetime, fives: int
) -> dict[UUID, tuple[Ended, ...]]:
    """How the requests of each service ended, in ``fives``, up to ``until``; days are those of ``zone``."""
    found: dict[UUID, list[Ended]] = defaultdict(list)
    for row in await Case.raw(_ENDED, until, list(services), fives, zone.key, fives):
        found[row["service"]].append(Ended(row["how"], row["counted_on"], row["n"]))
    return {service: tuple(facts) for service, facts in found.items()}


async def rated(
    services: Sequence[UUID], *, zone: ZoneInfo, until: datetime, fives: int
) -> dict[UUID, tuple[Rated, ...]]:
    """What applicants of each service said, as ``ended``."""
    found: dict[UUID, list[Rated]] = defaultdict(list)
    for row in await Rating.raw(_RATED, until, list(services), fives, zone.key, fives):
        found[row["service"]].append(Rated(row["moment"], row["score"], row["counted_on"], row["n"]))
    return {service: tuple(facts) for service, facts in found.items()}
