"""What is asked about working calendars: what holds now, what held at a revision, what is being drafted."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.calendars import Calendar as CalendarTable
from portal.calendars.rules import Entry, Plan
from portal.errors import NotFound
from portal.forms import version_of
from portal.i18n import Words, _
from portal.office_hours import Calendar

REMEMBER = 2.0
"""Seconds that the newest revisions are kept in this process."""
MOST_REVISIONS = 20
"""How many revisions the page of a calendar shows."""

_NAME = re.compile(r"[a-z0-9-]{1,80}")
_NEWEST = """
    SELECT DISTINCT ON (c.name) c.name, r.n, r.document
    FROM calendar c JOIN calendar_revision r ON r.calendar = c.id
    ORDER BY c.name, r.n DESC
"""
_REVISION = """
    SELECT r.document FROM calendar c JOIN calendar_revision r ON r.calendar = c.id
    WHERE c.name = {} AND r.n = {}
"""
_CALENDARS = """
    SELECT c.name, c.title_fa, c.title_en, r.n, r.made_at, r.document, d.id IS NOT NULL AS drafted
    FROM calendar c
    JOIN LATERAL (
        SELECT n, made_at, document FROM calendar_revision WHERE calendar = c.id ORDER BY n DESC LIMIT 1
    ) r ON true
    LEFT JOIN calendar_draft d ON d.calendar = c.id
    ORDER BY c.name
"""
_HISTORY = """
    SELECT r.n, r.made_at, r.note, r.document, r.entries, a.display_name AS made_by
    FROM calendar_revision r LEFT JOIN account a ON a.id = r.made_by
    WHERE r.calendar = {} ORDER BY r.n DESC LIMIT {}
"""
_DRAFT = """
    SELECT d.document, d.entries, d.changed_at, a.display_name AS changed_by
    FROM calendar_draft d JOIN account a ON a.id = d.changed_by WHERE d.calendar = {}
"""
_PEOPLE = "SELECT id, display_name FROM account WHERE id = ANY({})"


class Revision(msgspec.Struct, frozen=True):
    """What a calendar says at its revision ``n``."""

    name: str
    n: int
    calendar: Calendar


class ListedCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar in a list. ``drafted``: a change is being written."""

    name: str
    title: Words
    n: int
    made_at: datetime
    calendar: Calendar
    drafted: bool


class PastRevision(msgspec.Struct, frozen=True, kw_only=True):
    """A revision with who made it (None: the portal itself), when and why."""

    n: int
    made_at: datetime
    made_by: str | None
    note: str
    plan: Plan


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The next revision while it is written; ``seen`` stands for what it says."""

    plan: Plan
    changed_at: datetime
    changed_by: str

    @property
    def seen(self) -> str:
        return version(self.plan)


class CalendarAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar to edit; ``history`` begins with the revision that holds. ``people`` are names by account."""

    id: UUID
    name: str
    title: Words
    history: tuple[PastRevision, ...]
    draft: Draft | None
    people: dict[UUID, str]

    @property
    def published(self) -> Plan:
        """What holds."""
        return self.history[0].plan

    @property
    def plan(self) -> Plan:
        """What the pages show and edit: the draft where there is one."""
        return self.draft.plan if self.draft else self.published


_newest: tuple[float, dict[str, Revision]] | None = None
_revisions: dict[tuple[str, int], Calendar] = {}


async def newest() -> dict[str, Revision]:
    """The revision of every calendar that holds now, by the calendar's name. Up to 2 seconds old."""
    global _newest
    if _newest is None or time.monotonic() - _newest[0] > REMEMBER:
        asked_at = time.monotonic()
        rows = await CalendarTable.raw(_NEWEST)
        _newest = (asked_at, {row["name"]: _revision(row["name"], row["n"], row["document"]) for row in rows})
    return _newest[1]


async def revision(name: str, n: int) -> Calendar:
    """What the calendar ``name`` says at its revision ``n``, for ever. Raises NotFound."""
    known = _revisions.get((name, n))
    if known is not None:
        return known
    rows = await CalendarTable.raw(_REVISION, name, n)
    if not rows:
        raise NotFound(_("There is no such revision of this calendar."))
    return _revision(name, n, rows[0]["document"]).calendar


def forget() -> None:
    """The next question is answered by the database."""
    global _newest
    _newest = None
    _revisions.clear()


async def calendars() -> list[ListedCalendar]:
    """Every calendar as it holds now, by name."""
    rows = await CalendarTable.raw(_CALENDARS)
    same = ("name", "n", "made_at", "drafted")
    return [
        ListedCalendar(
            **{name: row[name] for name in same},
            title=Words(row["title_fa"], row["title_en"]),
            calendar=msgspec.json.decode(row["document"], type=Calendar),
        )
        for row in rows
    ]


async def calendar_at_hand(name: str) -> CalendarAtHand | None:
    """The calendar at /admin/calendar/<name> with its draft and its latest revisions, or None."""
    row = await CalendarTable.select().where(CalendarTable.name == name).first() if is_name(name) else None
    if row is None:
        return None
    history = tuple(_past(past) for past in await CalendarTable.raw(_HISTORY, row["id"], MOST_REVISIONS))
    drafts = await CalendarTable.raw(_DRAFT, row["id"])
    draft = _draft(drafts[0]) if drafts else None
    plans = [past.plan for past in history] + ([draft.plan] if draft else [])
    return CalendarAtHand(
        id=row["id"],
        name=row["name"],
        title=Words(row["title_fa"], row["title_en"]),
        history=history,
        draft=draft,
        people=await _people(plans),
    )


def is_name(name: str) -> bool:
    """Whether a calendar can have this name, as ``actions.name_of`` makes them; others are not asked for."""
    return _NAME.fullmatch(name) is not None


def version(plan: Plan) -> str:
    """What stands for a plan: the page that publishes it sends back which one it showed."""
    return version_of(msgspec.to_builtins(plan, str_keys=True))


def plan_of(row: dict[str, Any]) -> Plan:
    """The plan in the columns ``document`` and ``entries``."""
    entries = msgspec.json.decode(row["entries"], type=tuple[Entry, ...])
    calendar = msgspec.json.decode(row["document"], type=Calendar)
    return Plan(calendar, {entry.day: entry for entry in entries})


def _revision(name: str, n: int, document: str) -> Revision:
    calendar = _revisions.get((name, n))
    if calendar is None:
        calendar = _revisions[name, n] = msgspec.json.decode(document, type=Calendar)
    return Revision(name, n, calendar)


def _past(row: dict[str, Any]) -> PastRevision:
    return PastRevision(
        n=row["n"], made_at=row["made_at"], made_by=row["made_by"], note=row["note"], plan=plan_of(row)
    )


def _draft(row: dict[str, Any]) -> Draft:
    return Draft(plan=plan_of(row), changed_at=row["changed_at"], changed_by=row["changed_by"])


async def _people(plans: list[Plan]) -> dict[UUID, str]:
    ids = {entry.by for plan in plans for entry in plan.entries.values() if entry.by}
    rows = await CalendarTable.raw(_PEOPLE, list(ids)) if ids else []
    return {row["id"]: row["display_name"] for row in rows}
