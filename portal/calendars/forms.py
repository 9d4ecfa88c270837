"""What the pages of calendars ask."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import msgspec
from litestar.datastructures import FormMultiDict

from portal.calendars import rules
from portal.calendars.actions import name_of
from portal.calendars.hours import read_windows
from portal.calendars.labels import KINDS, WEEK
from portal.calendars.rules import Entry
from portal.forms import FormReader
from portal.i18n import N_, Words, _
from portal.office_hours import Week, Window

LONGEST_NAME, LONGEST_SOURCE, LONGEST_NOTE, LONGEST_HOURS = 200, 200, 500, 100
MOST_WINDOWS = 6
_BACK, _AHEAD = timedelta(days=3 * 366), timedelta(days=20 * 366)
"""Beyond these a day is a slip of the pen."""
_TAKEN_BY_PAGES = {"new"}
"""/admin/calendar/new is the page that adds one."""
LABELS = {
    "title_fa": N_("Name in Persian"),
    "title_en": N_("Name in English"),
    "copy_of": N_("Begins as a copy of"),
    "calendars": N_("For these calendars"),
    "day": N_("Day"),
    "kind": N_("What it is"),
    "hours": N_("Hours"),
    "name_fa": N_("Why, in Persian"),
    "name_en": N_("Why, in English"),
    "source": N_("On whose order"),
    "since": N_("From which day on"),
    "do": N_("What holds"),
    "to": N_("The day on which it is"),
    "note": N_("Why it changes"),
    "deadlines": N_("Open deadlines"),
}


class NewCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """The form that adds a calendar."""

    title: Words
    copy_of: str
    errors: dict[str, str]


class SentDay(msgspec.Struct, frozen=True, kw_only=True):
    """The form of one exception. ``entry`` is None where the form has mistakes."""

    calendars: list[str]
    entry: Entry | None
    errors: dict[str, str]


class SentWeek(msgspec.Struct, frozen=True, kw_only=True):
    """The form of weekly hours; ``since`` None means from the beginning."""

    since: date | None
    week: Week
    errors: dict[str, str]


class SentHoliday(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided about a holiday: ``confirm``, ``move`` (``to`` a day), ``remove``, or ``reset``."""

    do: str
    calendars: list[str]
    to: date | None
    source: str
    errors: dict[str, str]


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """The form that publishes a draft."""

    seen: str
    note: str
    moves: bool
    errors: dict[str, str]


def read_new(form: FormMultiDict, names: Collection[str]) -> NewCalendar:
    """``names`` are the calendars to copy from."""
    reader = FormReader(form)
    title = Words(
        reader.text("title_fa", max_length=LONGEST_NAME), reader.text("title_en", max_length=LONGEST_NAME)
    )
    if title.en and (not name_of(title) or name_of(title) in _TAKEN_BY_PAGES):
        reader.fail("title_en", _("Write a name with Latin letters, like Province of Qom."))
    copy_of = reader.choice("copy_of", names)
    return NewCalendar(title=title, copy_of=copy_of, errors=reader.errors)


def read_day(form: FormMultiDict, names: Collection[str], today: date) -> SentDay:
    """``names`` are the calendars that there are."""
    reader = FormReader(form)
    calendars = reader.choices("calendars", names)
    day = reader.date("day", span=(today - _BACK, today + _AHEAD))
    kind = next((kind for kind in rules.EXCEPTIONS if kind == reader.choice("kind", KINDS)), None)
    if kind is None:
        reader.fail("kind", _("Choose one."))
    windows = _hours(reader, "hours")
    if kind == "closure" and windows:
        reader.fail("hours", _("A closed day has no hours. Please leave this empty."))
    elif kind in ("part_day", "working") and not windows:
        reader.fail("hours", _("Write the hours, for example 07:30-12:00."))
    name = Words(
        reader.text("name_fa", max_length=LONGEST_NAME), reader.text("name_en", max_length=LONGEST_NAME)
    )
    source = reader.text("source", max_length=LONGEST_SOURCE, required=False)
    entry = None
    if day and kind and not reader.errors:
        entry = Entry(day=day, kind=kind, windows=windows, name=name, source=source)
    return SentDay(calendars=calendars, entry=entry, errors=reader.errors)


def read_week(form: FormMultiDict, today: date) -> SentWeek:
    """Seven fields ``d0`` (Monday) to ``d6``; the first pattern says ``beginning`` in place of a day."""
    reader = FormReader(form)
    beginning = reader.checked("beginning")
    since = None if beginning else reader.date("since", span=(today - _BACK, today + _AHEAD))
    hours = {day: _hours(reader, f"d{day}") for day in WEEK}
    week = {day: windows for day, windows in hours.items() if windows}
    return SentWeek(since=since, week=week, errors=reader.errors)


def read_holiday(form: FormMultiDict, names: Collection[str], today: date) -> SentHoliday:
    """``names`` are the calendars that there are."""
    reader = FormReader(form)
    do = reader.choice("do", ("confirm", "move", "remove", "reset"))
    calendars = reader.choices("calendars", names)
    to = reader.date("to", span=(today - _BACK, today + _AHEAD)) if do == "move" else None
    source = reader.text("source", max_length=LONGEST_SOURCE, required=False)
    return SentHoliday(do=do, calendars=calendars, to=to, source=source, errors=reader.errors)


def read_publication(form: FormMultiDict, *, may_move: bool) -> Publication:
    """``may_move``: moving the open deadlines is offered."""
    reader = FormReader(form)
    deadlines = reader.choice("deadlines", ("move", "leave") if may_move else ("leave",))
    note = reader.long_text("note", max_length=LONGEST_NOTE)
    return Publication(seen=reader.typed("seen"), note=note, moves=deadlines == "move", errors=reader.errors)


def _hours(reader: FormReader, name: str) -> tuple[Window, ...]:
    typed = reader.text(name, max_length=LONGEST_HOURS, required=False)
    windows = read_windows(typed)
    if windows is None:
        reader.fail(name, _("Write hours like 07:30-14:30, several with a comma, one after the other."))
    elif len(windows) > MOST_WINDOWS:
        reader.fail(name, _("A day has at most six stretches of working hours."))
    return windows or ()
