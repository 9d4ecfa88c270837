"""What is asked about availability: what was observed of each service, and what is down right now."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.availability import AvailabilitySpan
from portal.availability.samples import EVERY
from portal.availability.uptime import Observed

# In SQL: by service, in order, one round trip for all.
_SEEN = """
    SELECT s.slug, a.since, a.until, a.state = 'up' AS up, a.parts
    FROM availability_span a JOIN service s ON s.id = a.service
    WHERE s.slug = ANY({}) AND a.until > {} AND a.since < {} ORDER BY s.slug, a.since
"""
_LAST = """
    SELECT s.slug, a.since, a.until, a.state = 'up' AS up FROM service s CROSS JOIN LATERAL (
        SELECT since, until, state FROM availability_span WHERE service = s.id ORDER BY since DESC LIMIT 20
    ) a
    WHERE s.state IN ('open', 'closed') ORDER BY s.position, s.slug, a.since DESC
"""
# In SQL: stretches that differ in the parts that failed are one run where no minute lies between them.
_DOWNTIME = """
    SELECT service, slug, since, until, EXISTS (
        SELECT FROM availability_span a WHERE a.service = run.service AND a.since >= run.until
    ) AS over
    FROM (
        SELECT service, slug, min(since) AS since, max(until) AS until FROM (
            SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY service ORDER BY since) AS run FROM (
                SELECT a.service, s.slug, a.since, a.until,
                       a.since IS DISTINCT FROM lag(a.until) OVER (PARTITION BY a.service ORDER BY a.since) AS begins
                FROM availability_span a JOIN service s ON s.id = a.service
                WHERE a.state = 'down' AND a.until > {}
            ) stretches
        ) numbered
        GROUP BY service, slug, run
    ) run
    WHERE until - since >= {}
    ORDER BY since, slug
"""
UNSEEN = 15 * EVERY
"""Downtime that nobody has looked at for so long is over, as far as it can be known."""
FRESH = 3 * EVERY
"""A look older than this says nothing of now."""


class Present(msgspec.Struct, frozen=True):
    """A service as it was seen last: ``up`` or not without a gap from ``since`` to ``until``."""

    slug: str
    up: bool
    since: datetime
    until: datetime

    @property
    def lasted(self) -> timedelta:
        return self.until - self.since


class Downtime(msgspec.Struct, frozen=True):
    """A service was down without a gap from ``since`` to ``until``; ``over``: it does not go on."""

    service: UUID
    slug: str
    since: datetime
    until: datetime
    over: bool


async def seen(slugs: list[str], *, since: datetime, until: datetime) -> dict[str, list[Observed]]:
    """What was observed of each service between the two instants, oldest first; stretches may reach beyond."""
    found: dict[str, list[Observed]] = {slug: [] for slug in slugs}
    for row in await AvailabilitySpan.raw(_SEEN, slugs, since, until):
        found[row["slug"]].append(Observed(row["since"], row["until"], row["up"], row["parts"]))
    return found


async def present(*, now: datetime) -> list[Present]:
    """Every service that was looked at within the last three minutes."""
    found: dict[str, Present] = {}
    for row in await AvailabilitySpan.raw(_LAST):
        latest = found.get(row["slug"])
        if latest is None:
            found[row["slug"]] = Present(row["slug"], row["up"], row["since"], row["until"])
        elif latest.up == row["up"] and latest.since == row["until"]:
            found[row["slug"]] = msgspec.structs.replace(latest, since=row["since"])
    return [one for one in found.values() if one.until >= now - FRESH]


async def downtime(*, after: datetime, least: timedelta, now: datetime) -> list[Downtime]:
    """Every run of downtime at least ``least`` long of which some lies after ``after``, the earliest first."""
    return [
        Downtime(**{**row, "over": row["over"] or row["until"] < now - UNSEEN})
        for row in await AvailabilitySpan.raw(_DOWNTIME, after, least)
    ]
