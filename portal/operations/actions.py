"""Reckoning days: each is kept, and reckoned again from time to time, since a file may get lost years later."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from db.cases import Case
from db.operations import DayReport
from portal.operations import reckoning
from portal.operations.reckoning import A_DAY

KEPT_ODDITIES = 200
"""Listed of one day; all are counted."""
AGAIN = 30
"""Days that are reckoned again each night, those longest not looked at first."""
NEW_AT_ONCE = 400
"""Days without a report that one night catches up on."""
_DAYS = """
    SELECT (min(filed_at) AT TIME ZONE {})::date AS first FROM "case"
"""
_KNOWN = "SELECT day FROM day_report ORDER BY made_at, day"


async def reckon(day: date, *, zone: ZoneInfo, uploads_dir: Path, now: datetime) -> int:
    """``day`` has a report of what is known at ``now``; returns how much of it does not add up."""
    span = reckoning.span_of(day, zone)
    figures = await reckoning.figures_of(span)
    oddities = await reckoning.oddities_of(span, uploads_dir, now=now)
    report = DayReport(
        day=day,
        figures=msgspec.json.encode(figures).decode(),
        oddities=msgspec.json.encode(oddities[:KEPT_ODDITIES]).decode(),
        n_odd=len(oddities),
        made_at=now,
    )
    changed = [column for column in DayReport.all_columns() if column != DayReport.day]
    await DayReport.insert(report).on_conflict(target=DayReport.day, action="DO UPDATE", values=changed)
    return len(oddities)


async def reckon_due(*, zone: ZoneInfo, uploads_dir: Path, now: datetime) -> list[date]:
    """Once after each midnight of ``zone`` every day up to yesterday has a report, and 30 old ones are new; says which.

    Not one transaction: cut short, it goes on the next time.
    """
    today = now.astimezone(zone).date()
    yesterday = today - A_DAY
    midnight = reckoning.span_of(today, zone).begins
    if await DayReport.exists().where(DayReport.day == yesterday, DayReport.made_at >= midnight):
        return []
    known = [row["day"] for row in await DayReport.raw(_KNOWN)]
    due = [*known[:AGAIN], *await _unknown(set(known), yesterday, zone)]
    # Yesterday comes last: its report says that the night's work is done.
    days = [day for day in dict.fromkeys(due) if day < yesterday] + [yesterday]
    for day in days:
        await reckon(day, zone=zone, uploads_dir=uploads_dir, now=now)
    return days


async def _unknown(known: set[date], yesterday: date, zone: ZoneInfo) -> list[date]:
    """The newest days since the first case that have no report."""
    first = (await Case.raw(_DAYS, zone.key))[0]["first"]
    if first is None:
        return []
    days = (yesterday - timedelta(days=n) for n in range((yesterday - first).days + 1))
    return [day for day in days if day not in known][:NEW_AT_ONCE]
