"""The promise of a service-level statement as dates: when it falls due and how far along it is.

Pure: instants are aware datetimes, ``now`` is an argument, nothing is read or written.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from portal.office_hours import Calendar
from portal.workdays import add_working_days, add_working_minutes

MAX_AMOUNT = 10_000


class Target(msgspec.Struct, frozen=True):
    """One promised duration. ``calendar`` is the name of the calendar that counts it.

    Raises ValueError for an amount outside 0 to 10,000; 0 means at once, or at the next opening.
    """

    key: Literal["first_answer", "result"]
    amount: int
    unit: Literal["working_hours", "working_days"]
    calendar: str

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= MAX_AMOUNT:
            raise ValueError(f"target {self.key!r}: the amount must be 0 to {MAX_AMOUNT}")


class Progress(msgspec.Struct, frozen=True):
    """How far along a promise is.

    ``share`` is the used part of the time from filing to due date, 0 to 1. ``met`` says that it was done, in
    time or not; ``late`` that it was done, or is still open, after the due date; ``left`` is then negative.
    """

    share: float
    late: bool
    met: bool
    left: timedelta


def due_at(target: Target, calendar: Calendar, filed_at: datetime) -> datetime:
    """The UTC instant up to which the promise holds; ``calendar`` is the one ``target.calendar`` names.

    Hours are 60 working minutes; days follow the rule of add_working_days. Raises EmptyCalendar.
    """
    if target.unit == "working_hours":
        return add_working_minutes(calendar, filed_at, target.amount * 60)
    return add_working_days(calendar, filed_at, target.amount)


def progress(due_at: datetime, filed_at: datetime, now: datetime, met_at: datetime | None = None) -> Progress:
    """Where the promise stands at ``now``, or where it stood when it was met.

    ``met_at`` None: not met yet. The due instant itself is in time. Time is counted by the clock on the wall,
    nights included, so that a bar moves evenly; a ``now`` before filing counts as the filing.
    """
    at = max(filed_at, now if met_at is None else met_at)
    used, whole = at - filed_at, due_at - filed_at
    return Progress(
        share=used / whole if used < whole else 1.0,
        late=at > due_at,
        met=met_at is not None,
        left=due_at - at,
    )


def at_risk(due_at: datetime, filed_at: datetime, now: datetime) -> bool:
    """Whether more than three quarters of the time is used; stays true once it is late."""
    return 4 * (now - filed_at) > 3 * (due_at - filed_at)


def nearest(*dues: datetime | None) -> datetime | None:
    """The earliest of the due dates that are set; None when none is."""
    return min((due for due in dues if due is not None), default=None)
