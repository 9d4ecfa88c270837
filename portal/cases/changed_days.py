"""The days on which two revisions of a calendar work differently, and why they do. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from portal.office_hours import Calendar, Span, reason, windows
from portal.workdays import merged

AHEAD, BACK = timedelta(days=800), timedelta(days=400)
"""How far from today two calendars are compared."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ChangedDay(msgspec.Struct, frozen=True):
    """A day that is closed, open or worked at other hours now; ``fa`` and ``en`` say why, empty where nobody did."""

    day: date
    now: Literal["closed", "open", "hours"]
    fa: str
    en: str


def changed_days(before: Calendar, after: Calendar, today: date) -> list[ChangedDay]:
    """The days that ``after`` works otherwise than ``before``, in order."""
    days = (today - BACK + timedelta(days=n) for n in range((AHEAD + BACK).days))
    return [_changed(day, before, after) for day in days if windows(before, day) != windows(after, day)]


def spans_of(days: Iterable[ChangedDay]) -> list[Span]:
    """The stretches in which these days lie in any zone, touching ones joined."""
    midnights = (datetime(one.day.year, one.day.month, one.day.day, tzinfo=UTC) for one in days)
    return merged(((day - timedelta(days=1), day + timedelta(days=2)) for day in midnights), _EPOCH)


def _changed(day: date, before: Calendar, after: Calendar) -> ChangedDay:
    why = reason(after, day)
    if not windows(after, day):
        return ChangedDay(day, "closed", why.fa, why.en)
    return ChangedDay(day, "hours" if windows(before, day) else "open", why.fa, why.en)
