"""What is asked about days and their reports, and whether somebody may go on to a case."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from db.operations import DayReport
from portal.operations.reckoning import Figures, Oddity
from portal.paging import PAGE, Page, page_of

_CASE = """
    SELECT c.number, ARRAY(SELECT w.unit FROM case_unit w WHERE w."case" = c.id) AS units FROM "case" c WHERE c.id = {}
"""
_READERS = """
    SELECT p.id AS contact, p.value AS address, a.locale FROM account a
    JOIN contact_point p ON p.account = a.id AND p.kind = 'email' AND p.verified_at IS NOT NULL
    WHERE a.role = 'admin' AND a.state = 'active'
    ORDER BY p.id
"""


class Reader(msgspec.Struct, frozen=True):
    """Who gets the digest: a confirmed address of a site admin, and their language."""

    contact: UUID
    address: str
    locale: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One day as it was reckoned at ``made_at``; ``oddities`` are the first 200 of ``n_odd``."""

    day: date
    figures: Figures
    oddities: tuple[Oddity, ...]
    n_odd: int
    made_at: datetime


async def days(before: date | None) -> Page[Day, date]:
    """Fifty reports: the newest, or those before the day ``before``."""
    query = DayReport.select().order_by(DayReport.day, ascending=False).limit(PAGE + 1)
    rows = await (query.where(DayReport.day < before) if before else query)
    return page_of([_day(row) for row in rows], lambda one: one.day)


async def one_day(day: date) -> Day | None:
    """The report of ``day``, None when it has none."""
    row = await DayReport.select().where(DayReport.day == day).first()
    return _day(row) if row else None


async def odd_days() -> list[tuple[date, int]]:
    """Every day that does not add up, the newest first, and by how much; 50 at most."""
    rows = (
        await DayReport.select(DayReport.day, DayReport.n_odd)
        .where(DayReport.n_odd > 0)
        .order_by(DayReport.day, ascending=False)
        .limit(PAGE)
    )
    return [(row["day"], row["n_odd"]) for row in rows]


async def case_of(case_id: UUID) -> tuple[int, set[UUID]] | None:
    """The number of a case, and the units that work on it; None where there is none."""
    rows = await Case.raw(_CASE, case_id)
    return (rows[0]["number"], set(rows[0]["units"])) if rows else None


async def digest_readers() -> list[Reader]:
    """Every confirmed address of every site admin."""
    return [Reader(**row) for row in await Case.raw(_READERS)]


def _day(row: dict[str, Any]) -> Day:
    return Day(
        day=row["day"],
        figures=msgspec.json.decode(row["figures"], type=Figures),
        oddities=msgspec.json.decode(row["oddities"], type=tuple[Oddity, ...]),
        n_odd=row["n_odd"],
        made_at=row["made_at"],
    )
