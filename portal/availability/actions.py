"""Samples become stretches: the last one grows while nothing changes, so that a quiet year is a few rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from db.availability import AvailabilitySpan
from db.engine import atomic
from db.services import Service
from portal.availability.samples import EVERY, Look, Sample

KEPT = timedelta(days=3 * 366)
_LOCK = 7_244_215_640_915
"""Any number, the same in every version: workers write looks one after the other."""
# In SQL: the stretches that a minute could belong to, of all services at once.
_NEWEST = """
    SELECT DISTINCT ON (service) service, id, state, parts, since, until FROM availability_span
    WHERE service = ANY({}) AND since <= {} ORDER BY service, since DESC
"""
_GROW = "UPDATE availability_span SET until = {} WHERE id = ANY({})"


@atomic
async def record(look: Look) -> int:
    """Each sample of the look is part of a stretch; returns how many were new.

    A minute that is covered already stays as it is, whoever saw it: several workers may look, and a look may be
    repeated. Looks may come late, each service's in order.
    """
    await AvailabilitySpan.raw(f"SELECT pg_advisory_xact_lock({_LOCK})")
    ids = {row["slug"]: row["id"] for row in await Service.select(Service.id, Service.slug)}
    known = [sample for sample in look.samples if sample.service in ids]
    rows = await AvailabilitySpan.raw(_NEWEST, [ids[sample.service] for sample in known], look.at)
    newest = {row["service"]: row for row in rows}
    until = look.at + EVERY
    grow, new = [], []
    for sample in known:
        before = newest.get(ids[sample.service])
        if (
            before is None
            or before["until"] < look.at
            or (before["until"] == look.at and _differs(before, sample))
        ):
            new.append(
                AvailabilitySpan(
                    service=ids[sample.service],
                    state="up" if sample.up else "down",
                    parts=",".join(sample.parts),
                    since=look.at,
                    until=until,
                )
            )
        elif before["until"] == look.at:
            grow.append(before["id"])
    if grow:
        await AvailabilitySpan.raw(_GROW, until, grow)
    if new:
        await AvailabilitySpan.insert(*new)
    return len(grow) + len(new)


async def forget_old(now: datetime) -> None:
    """Stretches that ended three years ago are gone."""
    await AvailabilitySpan.delete().where(AvailabilitySpan.until < now - KEPT)


def _differs(row: dict[str, str], sample: Sample) -> bool:
    return row["parts"] != ",".join(sample.parts)
