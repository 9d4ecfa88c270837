"""The admins' lists: requests by what became of them, and who approved how many in a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from uuid import UUID

import msgspec

from db.resets import ResetRequest
from portal import jalali, text
from portal.paging import PAGE, Page, page_of
from portal.resets.rules import USUAL_APPROVALS, stage

TABS = ("open", "unmatched", "ended")
_LIVE = """((r.state = 'open' AND r.ends_at > {now}) OR (r.state = 'approved' AND r.b_ends_at > {now}))"""
_WHICH = {
    "open": f"a.id IS NOT NULL AND {_LIVE}",
    "unmatched": "a.id IS NULL",
    "ended": f"a.id IS NOT NULL AND NOT {_LIVE}",
}
_ROWS = """
    SELECT r.no, r.kind, r.state, r.asked_at, r.ends_at, r.b_ends_at, a.username, a.display_name, a.role,
           (SELECT count(*) FROM reset_approval p WHERE p.request = r.id) AS approvals
    FROM reset_request r LEFT JOIN account a ON a.id = r.account
    WHERE {which} AND ({before} = 0 OR r.id < (SELECT last.id FROM reset_request last WHERE last.no = {before}))
    ORDER BY r.id DESC LIMIT {limit}
"""
_APPROVALS = """
    SELECT p.at, p.method, p.remove_factors, p.admin, who.display_name AS admin_name,
           r.no, r.state, a.username, a.role,
           EXISTS (SELECT FROM audit_entry e WHERE e.object = 'reset:' || r.no AND e.actor = p.admin
                   AND e.action = 'reset_same_address') AS same_address
    FROM reset_approval p JOIN reset_request r ON r.id = p.request
    JOIN account who ON who.id = p.admin JOIN account a ON a.id = r.account
    WHERE p.at >= {} AND p.at < {} ORDER BY who.display_name, p.admin, p.at
"""
_BUSY = """
    SELECT who.display_name AS name, count(*) AS approvals
    FROM reset_approval p JOIN account who ON who.id = p.admin
    WHERE p.at > {} GROUP BY who.id, who.display_name HAVING count(*) > {}
"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One request in a list; ``username`` and what follows are None when it belongs to nobody."""

    no: int
    kind: str
    state: str
    asked_at: datetime
    ends_at: datetime
    b_ends_at: datetime | None
    username: str | None
    display_name: str | None
    role: str | None
    approvals: int

    def stage(self, now: datetime) -> str:
        """Its state as people should hear it."""
        return stage(self.state, self.b_ends_at, self.ends_at, now)


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """One approval in the report."""

    at: datetime
    method: str
    remove_factors: bool
    admin: UUID
    admin_name: str
    no: int
    state: str
    username: str
    role: str
    same_address: bool


class Busy(msgspec.Struct, frozen=True):
    """An admin who approved more within a day than is usual."""

    name: str
    approvals: int


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A Jalali month: its first instant and that of the next one. ``key`` is like 1405-08."""

    key: str
    year: int
    number: int
    begins_at: datetime
    ends_at: datetime


async def requests_in(tab: str, *, before: int = 0, now: datetime) -> Page[Line, int]:
    """One page of ``tab``: the newest, or those asked before the request with the number ``before``."""
    query = _ROWS.replace("{which}", _WHICH[tab]).replace("{limit}", str(PAGE + 1))
    values = [now] * query.count("{now}") + [before, before]
    found = await ResetRequest.raw(query.replace("{now}", "{}").replace("{before}", "{}"), *values)
    return page_of([Line(**row) for row in found], lambda line: line.no)


async def unusually_busy(now: datetime) -> list[Busy]:
    """The admins who approved more than twenty within the last day."""
    rows = await ResetRequest.raw(_BUSY, now - timedelta(days=1), USUAL_APPROVALS)
    return [Busy(row["name"], row["approvals"]) for row in rows]


async def approvals_in(month: Month) -> Sequence[Deed]:
    """Every approval of the month, by admin."""
    return [Deed(**row) for row in await ResetRequest.raw(_APPROVALS, month.begins_at, month.ends_at)]


def month_of(moment: datetime, zone: tzinfo) -> Month:
    """The Jalali month of ``moment``."""
    shown = text.latin_digits(jalali.show_numeric_date(moment, "fa", zone))
    year, number, _day = map(int, shown.split("/"))
    return _month(year, number, zone)


def previous(month: Month, zone: tzinfo) -> Month:
    """The month before ``month``."""
    return month_of(month.begins_at - timedelta(hours=1), zone)


def month_called(key: str, zone: tzinfo) -> Month | None:
    """The month that ``key`` (like 1405-08) names; None for anything else."""
    year, _dash, number = text.latin_digits(key).partition("-")
    if not (
        len(year) == 4 and len(number) == 2 and (year + number).isascii() and (year + number).isdecimal()
    ):
        return None
    known = 1300 <= int(year) < 1500 and 1 <= int(number) <= 12
    return _month(int(year), int(number), zone) if known else None


def _month(year: int, number: int, zone: tzinfo) -> Month:
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    return Month(
        key=f"{year}-{number:02}",
        year=year,
        number=number,
        begins_at=_first_instant(year, number, zone),
        ends_at=_first_instant(*after, zone),
    )


def _first_instant(year: int, number: int, zone: tzinfo) -> datetime:
    first: date | None = jalali.parse_date(f"{year}/{number:02}/01")
    assert first, "a year within the calendar's range"
    return datetime(first.year, first.month, first.day, tzinfo=zone)
