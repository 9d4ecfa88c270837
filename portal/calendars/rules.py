"""A calendar as staff write it: the weekly patterns, the days somebody decided about, and what a change does. Pure.

The days that the clock reads (``Calendar.days``) are made of the entries; nothing else writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from portal import jalali
from portal.i18n import Words
from portal.office_hours import Calendar, Day, Pattern, Week, Window, reason, week_of
from portal.workdays import reach

Kind = Literal["holiday", "no_holiday", "closure", "part_day", "working"]
EXCEPTIONS: tuple[Kind, ...] = ("closure", "part_day", "working")
"""What people enter by themselves; the other two decide about a day that the list of holidays names."""
CLOSED: frozenset[Kind] = frozenset({"holiday", "closure"})
_ESTIMATED = (" (تخمینی)", " (estimated)")
"""How the holidays package marks a lunar date for which no official list exists yet."""
_WEEKEND = Words("تعطیل هفتگی", "Weekend")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decided about one day, ``by`` whom and when; ``source`` says on whose order.

    ``holiday`` and ``closure`` are closed, ``part_day`` and ``working`` have ``windows``, ``no_holiday`` is a
    working day like others of its weekday though the list of holidays names it.
    """

    day: date
    kind: Kind
    windows: tuple[Window, ...] = ()
    name: Words
    source: str = ""
    by: UUID | None = None
    at: datetime | None = None

    def says_the_same(self, other: Entry | None) -> bool:
        """Whether both decide alike, whoever did and when."""
        return other is not None and _unsigned(self) == _unsigned(other)


class Plan(msgspec.Struct, frozen=True):
    """What a revision or a draft says. ``calendar.days`` is what ``entries`` make."""

    calendar: Calendar
    entries: Mapping[date, Entry] = {}


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """A day that the list of holidays names, or that somebody made a holiday; ``entry`` is what was decided."""

    day: date
    name: Words
    estimated: bool
    entry: Entry | None = None

    @property
    def state(self) -> str:
        """estimated, listed, confirmed or removed; other for a closure or working hours on that day."""
        if self.entry is None:
            return "estimated" if self.estimated else "listed"
        return {"holiday": "confirmed", "no_holiday": "removed"}.get(self.entry.kind, "other")


class DayChange(msgspec.Struct, frozen=True, kw_only=True):
    """A day that a new plan decides anew; ``before`` or ``after`` is None where nothing is decided."""

    day: date
    before: Entry | None
    after: Entry | None


class WeekChange(msgspec.Struct, frozen=True, kw_only=True):
    """Weekly hours from ``since`` on (None: from the beginning) that a new plan adds, changes or drops."""

    since: date | None
    before: Week | None
    after: Week | None


def with_entries(plan: Plan, *entries: Entry) -> Plan:
    """``entries`` hold on their days, in place of what was decided before."""
    return _made(plan.calendar, {**plan.entries, **{entry.day: entry for entry in entries}})


def without_entry(plan: Plan, day: date) -> Plan:
    """Nothing is decided about ``day``: it is what its weekday and the list of holidays make it."""
    return _made(plan.calendar, {at: entry for at, entry in plan.entries.items() if at != day})


def confirmed(plan: Plan, days: Iterable[date]) -> list[Entry]:
    """What makes those of ``days`` that the list names holidays, whatever the list will say later."""
    found = [listed(plan.calendar, day) for day in days]
    return [Entry(day=one.day, kind="holiday", name=one.name) for one in found if one]


def removed(plan: Plan, day: date, signed: Entry) -> Plan:
    """``day`` is no holiday; ``signed`` has source, person and instant. Nothing happens to a day that is none."""
    on_list, entry = listed(plan.calendar, day), plan.entries.get(day)
    if on_list:
        decision = msgspec.structs.replace(signed, day=day, kind="no_holiday", windows=(), name=on_list.name)
        return with_entries(plan, decision)
    return without_entry(plan, day) if entry and entry.kind == "holiday" else plan


def moved(plan: Plan, day: date, signed: Entry) -> Plan:
    """The holiday of ``day`` is on the day of ``signed``, which has source, person and instant."""
    found = next((one for one in holidays(plan, jalali.year_of(day)) if one.day == day), None)
    if found is None:
        return plan
    there = msgspec.structs.replace(signed, kind="holiday", windows=(), name=found.name)
    return with_entries(removed(plan, day, signed), there)


def with_week(plan: Plan, since: date | None, week: Week) -> Plan:
    """The weekly hours from ``since`` on (None: from the beginning) are ``week``, until the next pattern begins."""
    if since is None:
        return _made(msgspec.structs.replace(plan.calendar, week=week), plan.entries)
    others = [pattern for pattern in plan.calendar.later if pattern.since != since]
    later = tuple(sorted([*others, Pattern(since, week)], key=lambda pattern: pattern.since))
    return _made(msgspec.structs.replace(plan.calendar, later=later), plan.entries)


def without_week(plan: Plan, since: date) -> Plan:
    """The pattern before ``since`` goes on."""
    later = tuple(pattern for pattern in plan.calendar.later if pattern.since != since)
    return _made(msgspec.structs.replace(plan.calendar, later=later), plan.entries)


def renamed(plan: Plan, name: str) -> Plan:
    """The same for another calendar."""
    return _made(msgspec.structs.replace(plan.calendar, name=name), plan.entries)


def weeks(calendar: Calendar) -> dict[date | None, Week]:
    """Every weekly pattern by the day from which it holds, the first one under None."""
    return {None: calendar.week, **{pattern.since: pattern.week for pattern in calendar.later}}


def listed(calendar: Calendar, day: date) -> Holiday | None:
    """What the list of holidays says of ``day``, whatever was decided about it."""
    why = reason(msgspec.structs.replace(calendar, days={}), day)
    if why.closed != "holiday":
        return None
    name = Words(why.fa.replace(_ESTIMATED[0], ""), why.en.replace(_ESTIMATED[1], ""))
    return Holiday(day=day, name=name, estimated=_ESTIMATED[0] in why.fa or _ESTIMATED[1] in why.en)


def holidays(plan: Plan, year: int) -> list[Holiday]:
    """The holidays of a Jalali year in order. Raises ValueError for a year outside 1200 to 1499."""
    day, last = jalali.first_day(year), jalali.first_day(year + 1)
    bare, found = msgspec.structs.replace(plan.calendar, days={}), []
    while day < last:
        entry, on_list = plan.entries.get(day), listed(bare, day)
        if on_list:
            found.append(msgspec.structs.replace(on_list, entry=entry))
        elif entry and entry.kind == "holiday":
            found.append(Holiday(day=day, name=entry.name, estimated=False, entry=entry))
        day += timedelta(days=1)
    return found


def exceptions(plan: Plan) -> list[Entry]:
    """What people entered by themselves, the latest day first."""
    found = [entry for entry in plan.entries.values() if entry.kind in EXCEPTIONS]
    return sorted(found, key=lambda entry: entry.day, reverse=True)


def day_changes(old: Plan, new: Plan) -> list[DayChange]:
    """The days that ``new`` decides otherwise than ``old``, in order."""
    pairs = [(day, old.entries.get(day), new.entries.get(day)) for day in {*old.entries, *new.entries}]
    return [
        DayChange(day=day, before=before, after=after)
        for day, before, after in sorted(pairs, key=lambda pair: pair[0])
        if not (after.says_the_same(before) if after else before is None)
    ]


def week_changes(old: Plan, new: Plan) -> list[WeekChange]:
    """The weekly patterns that ``new`` has otherwise than ``old``, in order."""
    before, after = weeks(old.calendar), weeks(new.calendar)
    return [
        WeekChange(since=since, before=before.get(since), after=after.get(since))
        for since in sorted({*before, *after}, key=lambda since: since or date.min)
        if before.get(since) != after.get(since)
    ]


def check_works(calendar: Calendar, now: datetime) -> None:
    """The calendar has working time within 400 days of ``now`` and of the day each later pattern begins.

    Raises EmptyCalendar.
    """
    starts = [datetime.combine(pattern.since, now.timetz()) for pattern in calendar.later]
    for start in (now, *(start for start in starts if start > now)):
        reach(calendar, start, 1, "minutes")


def _made(calendar: Calendar, entries: Mapping[date, Entry]) -> Plan:
    days = {day: _day(calendar, entry) for day, entry in sorted(entries.items())}
    return Plan(msgspec.structs.replace(calendar, days=days), dict(entries))


def _day(calendar: Calendar, entry: Entry) -> Day:
    if entry.kind != "no_holiday":
        return Day(entry.windows, entry.name.fa, entry.name.en)
    usual = week_of(calendar, entry.day).get(entry.day.weekday(), ())
    if not usual:
        return Day((), _WEEKEND.fa, _WEEKEND.en)
    return Day(usual, f"{entry.name.fa} در این روز نیست", f"{entry.name.en} is not on this day")


def _unsigned(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, by=None, at=None)
