"""What happens to working calendars: they are added, a change is drafted, previewed elsewhere, and published."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from db.calendars import Calendar as CalendarTable
from db.calendars import CalendarDraft, CalendarRevision
from db.engine import atomic
from portal import audit
from portal.calendars import queries, rules
from portal.calendars.queries import plan_of, version
from portal.calendars.rules import Entry, Plan
from portal.errors import Conflict, NotFound
from portal.i18n import Words, _, current_language
from portal.office_hours import Calendar, Week
from portal.text import show_number
from portal.workdays import SEARCH, EmptyCalendar

Enqueue = Callable[[str, int], Awaitable[None]]
"""Queues, in the caller's transaction, the work that moves open deadlines to the revision of a calendar."""


class NameTaken(Conflict):
    """Another calendar has this name."""

    def __init__(self) -> None:
        super().__init__(_("There is a calendar of this name. Please choose another."))


class ChangedMeanwhile(Conflict):
    """The draft is not what the page showed."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else has changed this meanwhile."))


class NeverOpen(Conflict):
    """The calendar would have no working time."""

    def __init__(self, title: Words) -> None:
        message = _("The calendar “%(title)s” would have no working time for %(days)s days.")
        super().__init__(message % {"title": title, "days": show_number(SEARCH.days, current_language())})


@atomic
async def offer(name: str, title: Words, calendar: Calendar, *, now: datetime) -> None:
    """There is a calendar ``name``; one that was there stays as it is."""
    made = (
        await CalendarTable.insert(CalendarTable(name=name, title_fa=title.fa, title_en=title.en))
        .on_conflict(target=CalendarTable.name, action="DO NOTHING")
        .returning(CalendarTable.id)
    )
    if made:
        plan = rules.renamed(Plan(calendar), name)
        await _add_revision(made[0]["id"], name, 1, plan, by=None, note="", now=now)


@atomic
async def copy(source: str, title: Words, *, by: UUID, now: datetime) -> str:
    """A calendar ``title`` says at its revision 1 what ``source`` says; returns its name.

    Raises NameTaken, NotFound.
    """
    name = name_of(title)
    original = await _newest(await _locked(source))
    made = (
        await CalendarTable.insert(CalendarTable(name=name, title_fa=title.fa, title_en=title.en))
        .on_conflict(target=CalendarTable.name, action="DO NOTHING")
        .returning(CalendarTable.id)
    )
    if not made:
        raise NameTaken
    calendar = made[0]["id"]
    await _add_revision(calendar, name, 1, rules.renamed(plan_of(original), name), by=by, note="", now=now)
    await audit.append("calendar_added", object=f"calendar:{calendar}", data={"slug": name}, now=now)
    return name


def name_of(title: Words) -> str:
    """What statements call the calendar ``title``: made of its English title; empty where that has no Latin letter."""
    return re.sub(r"[^a-z0-9]+", "-", title.en.lower()).strip("-")[:80].strip("-")


@atomic
async def decide_days(names: Sequence[str], entries: Sequence[Entry], *, by: UUID, now: datetime) -> None:
    """In the draft of each calendar, ``entries`` hold on their days, signed with ``by`` and ``now``.

    Raises NotFound, NeverOpen.
    """
    signed = [msgspec.structs.replace(entry, by=by, at=now) for entry in entries]
    for name in sorted(names):
        await _draft(name, "days", lambda plan: rules.with_entries(plan, *_new(plan, signed)), by=by, now=now)


@atomic
async def undecide_day(names: Sequence[str], day: date, *, by: UUID, now: datetime) -> None:
    """In the draft of each calendar nothing is decided about ``day``. Raises NotFound, NeverOpen."""
    for name in sorted(names):
        await _draft(name, "days", lambda plan: rules.without_entry(plan, day), by=by, now=now)


@atomic
async def confirm_holidays(names: Sequence[str], days: Sequence[date], *, by: UUID, now: datetime) -> None:
    """In the draft of each calendar those of ``days`` that its list names are holidays, estimate or not.

    Raises NotFound, NeverOpen.
    """

    def change(plan: Plan) -> Plan:
        signed = [msgspec.structs.replace(entry, by=by, at=now) for entry in rules.confirmed(plan, days)]
        return rules.with_entries(plan, *_new(plan, signed))

    for name in sorted(names):
        await _draft(name, "holidays", change, by=by, now=now)


@atomic
async def move_holiday(
    names: Sequence[str], day: date, to: date | None, *, source: str, by: UUID, now: datetime
) -> None:
    """In the draft of each calendar the holiday of ``day`` is on ``to``, with None on no day.

    Raises NotFound, NeverOpen.
    """
    signed = Entry(day=to or day, kind="holiday", name=Words("", ""), source=source, by=by, at=now)

    def change(plan: Plan) -> Plan:
        return rules.moved(plan, day, signed) if to else rules.removed(plan, day, signed)

    for name in sorted(names):
        await _draft(name, "holidays", change, by=by, now=now)


@atomic
async def set_week(name: str, since: date | None, week: Week, *, by: UUID, now: datetime) -> None:
    """In the draft ``week`` holds from ``since`` on; None: from the beginning. Raises NotFound, NeverOpen."""
    await _draft(name, "week", lambda plan: rules.with_week(plan, since, week), by=by, now=now)


@atomic
async def drop_week(name: str, since: date, *, by: UUID, now: datetime) -> None:
    """In the draft no pattern begins at ``since``. Raises NotFound, NeverOpen."""
    await _draft(name, "week", lambda plan: rules.without_week(plan, since), by=by, now=now)


@atomic
async def drop_draft(name: str, *, now: datetime) -> None:
    """Nothing is drafted for the calendar. Raises NotFound."""
    row = await _locked(name)
    dropped = (
        await CalendarDraft.delete().where(CalendarDraft.calendar == row["id"]).returning(CalendarDraft.id)
    )
    if dropped:
        await audit.append("calendar_draft_dropped", object=f"calendar:{row['id']}", now=now)


@atomic
async def publish(
    name: str, *, seen: str, note: str, enqueue: Enqueue | None, by: UUID, now: datetime
) -> int:
    """What was drafted is the next revision and holds from ``now``; returns its number.

    With ``enqueue`` the open deadlines that count by the calendar will move to it; without they stay as promised.
    Raises NotFound; ChangedMeanwhile when the draft is not the one that was ``seen``; NeverOpen.
    """
    row = await _locked(name)
    drafted = await CalendarDraft.select().where(CalendarDraft.calendar == row["id"]).first()
    if drafted is None or version(plan_of(drafted)) != seen:
        raise ChangedMeanwhile
    plan = plan_of(drafted)
    _check(plan, row, now)
    n = int((await _newest(row))["n"]) + 1
    await _add_revision(row["id"], name, n, plan, by=by, note=note, now=now)
    await CalendarDraft.delete().where(CalendarDraft.calendar == row["id"])
    data = {"revision": n, "deadlines": "move" if enqueue else "leave"}
    await audit.append("calendar_published", object=f"calendar:{row['id']}", data=data, now=now)
    if enqueue:
        await enqueue(name, n)
    return n


async def _draft(name: str, part: str, change: Callable[[Plan], Plan], *, by: UUID, now: datetime) -> None:
    row = await _locked(name)
    held = plan_of(await _newest(row))
    drafted = await CalendarDraft.select().where(CalendarDraft.calendar == row["id"]).first()
    before = plan_of(drafted) if drafted else held
    plan = change(before)
    if plan == before:
        return
    _check(plan, row, now)
    await CalendarDraft.delete().where(CalendarDraft.calendar == row["id"])
    if rules.day_changes(held, plan) or rules.week_changes(held, plan):
        columns: dict[str, Any] = {
            "calendar": row["id"],
            **_columns(plan),
            "changed_at": now,
            "changed_by": by,
        }
        await CalendarDraft.insert(CalendarDraft(**columns))
    await audit.append("calendar_drafted", object=f"calendar:{row['id']}", data={"part": part}, now=now)


def _new(plan: Plan, entries: Sequence[Entry]) -> list[Entry]:
    """Those that decide something else than holds already: who said it first keeps the signature."""
    return [entry for entry in entries if not entry.says_the_same(plan.entries.get(entry.day))]


async def _locked(name: str) -> dict[str, Any]:
    """The calendar's row; nobody else drafts or publishes until the transaction ends."""
    if not queries.is_name(name):
        raise _no_calendar()
    found: dict[str, Any] | None = (
        await CalendarTable.select().where(CalendarTable.name == name).lock_rows("NO KEY UPDATE").first()
    )
    if found is None:
        raise _no_calendar()
    return found


def _no_calendar() -> NotFound:
    return NotFound(_("There is no calendar at this address."))


async def _newest(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] | None = (
        await CalendarRevision.select()
        .where(CalendarRevision.calendar == row["id"])
        .order_by(CalendarRevision.n, ascending=False)
        .first()
    )
    assert found, "a calendar is made with its first revision"
    return found


async def _add_revision(
    calendar: UUID, name: str, n: int, plan: Plan, *, by: UUID | None, note: str, now: datetime
) -> None:
    assert plan.calendar.name == name
    columns: dict[str, Any] = {
        "calendar": calendar,
        "n": n,
        **_columns(plan),
        "made_at": now,
        "made_by": by,
        "note": note,
    }
    await CalendarRevision.insert(CalendarRevision(**columns))
    queries.forget()


def _columns(plan: Plan) -> dict[str, str]:
    return {
        "document": msgspec.json.encode(plan.calendar).decode(),
        "entries": msgspec.json.encode(list(plan.entries.values())).decode(),
    }


def _check(plan: Plan, row: dict[str, Any], now: datetime) -> None:
    try:
        rules.check_works(plan.calendar, now)
    except EmptyCalendar as empty:
        raise NeverOpen(Words(row["title_fa"], row["title_en"])) from empty
