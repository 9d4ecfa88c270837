"""The words for what a calendar stores in one word."""

from __future__ import annotations

from datetime import UTC, date

from portal.calendars.hours import show_windows
from portal.calendars.rules import Entry, Kind
from portal.i18n import N_, _, current_language
from portal.jalali import WEEKDAYS, show_date
from portal.office_hours import Week, Window

WEEK = (5, 6, 0, 1, 2, 3, 4)
"""Weekdays in the order of pages: Saturday first."""
KINDS: dict[Kind, str] = {
    "closure": N_("Closed all day"),
    "part_day": N_("Other hours than usual"),
    "working": N_("Working day, though it would be free"),
    "holiday": N_("Holiday"),
    "no_holiday": N_("No holiday"),
}
STATES = {
    "estimated": N_("Estimated"),
    "listed": N_("By the list"),
    "confirmed": N_("Confirmed"),
    "removed": N_("No holiday"),
    "other": N_("Decided otherwise"),
}


def kind_words(kind: Kind) -> str:
    """What somebody decided about a day."""
    return _(KINDS[kind])


def state_words(state: str) -> str:
    """How a holiday stands: ``rules.Holiday.state``."""
    return _(STATES[state])


def hours_words(windows: tuple[Window, ...]) -> str:
    """The hours of a day; "Closed" for none."""
    return show_windows(windows, current_language()) or _("Closed all day")


def entry_words(entry: Entry | None) -> str:
    """What is decided about a day, in one line."""
    if entry is None:
        return _("As its weekday and the list of holidays say")
    hours = f" ({hours_words(entry.windows)})" if entry.windows else ""
    return f"{kind_words(entry.kind)}{hours}: {entry.name}"


def since_words(since: date | None) -> str:
    """From when weekly hours hold."""
    if since is None:
        return _("From the beginning")
    return _("From %(day)s on") % {"day": show_date(since, current_language(), UTC)}


def weekday_words(weekday: int) -> str:
    """The name of a weekday (0 = Monday)."""
    return WEEKDAYS[current_language()][weekday]


def week_rows(week: Week) -> list[tuple[str, str]]:
    """Each weekday with its hours, Saturday first."""
    return [(weekday_words(day), hours_words(week.get(day, ()))) for day in WEEK]


WORDS = {
    "entry_words": entry_words,
    "hours_words": hours_words,
    "kind_words": kind_words,
    "since_words": since_words,
    "state_words": state_words,
    "week_rows": week_rows,
}
"""What the templates of calendars call."""
