"""Until when an ended case can be opened again: decided at its end and written into the event that ended it.

So nothing that comes later, a note, a rating or a change of the calendar, moves that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from portal.cases import rules
from portal.cases.clock import Past, Terms
from portal.office_hours import IRAN_OFFICE, Calendar, instant, is_working_day
from portal.workdays import SEARCH, EmptyCalendar

USUAL_DAYS = 30
"""Days of the calendar, where the statement sets no working days."""
ENDS = frozenset(event for event in ("closed", "rejected", "withdrawn") if rules.allowed("reopened", event))
"""Events that end a case which its applicant may open again; states have the same names."""
_A_SECOND = timedelta(seconds=1)


def stamp(event: str, kind: str, terms: Terms, *, now: datetime) -> dict[str, str]:
    """What the data of an ``event`` says of it: nothing unless it ends a case of a ``kind`` that can be opened again.

    Raises EmptyCalendar.
    """
    if event not in ENDS or not rules.fits("reopened", kind):
        return {}
    return {"reopen_until": last_instant(now, _calendar(terms), terms.reopen_days).isoformat()}


def last_instant(ended_at: datetime, calendar: Calendar, working_days: int | None) -> datetime:
    """The end of the last day: that many working days after the day of the end; None: ``USUAL_DAYS`` of any kind."""
    zone = ZoneInfo(calendar.zone)
    ended_on = ended_at.astimezone(zone).date()
    span = USUAL_DAYS if working_days is None else SEARCH.days + 7 * working_days
    days = [ended_on + timedelta(days=n) for n in range(1, span + 1)]
    if working_days is None:
        last = days[-1]
    else:
        found = list(islice((day for day in days if is_working_day(calendar, day)), working_days))
        if len(found) < working_days:
            raise EmptyCalendar(calendar.name)
        last = found[-1]
    return instant(zone, last, timedelta(days=1)) - _A_SECOND  # still that day when it is shown


def until(at: datetime, data: Mapping[str, Any]) -> datetime:
    """The last instant that an ending event of ``at`` leaves; older events say nothing of it themselves."""
    said = data.get("reopen_until")
    return datetime.fromisoformat(said) if said else at + timedelta(days=USUAL_DAYS)


def last_end(events: Sequence[Past]) -> Past | None:
    """The event that ended the case last; None where none did, or none that can be undone."""
    return next((event for event in reversed(events) if event.kind in ENDS), None)


def _calendar(terms: Terms) -> Calendar:
    """That of the result, or of the first promise."""
    target = next((one for one in terms.targets if one.key == "result"), next(iter(terms.targets), None))
    return terms.calendars[target.calendar] if target else IRAN_OFFICE
