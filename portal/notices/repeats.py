"""When windows come again: rules of RFC 5545, counted on the wall clock of the agency's zone. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

LONGEST_RULE = 200
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = f"(?:{'|'.join(DAYS)})"
_RULES = (
    "FREQ=DAILY",
    rf"FREQ=WEEKLY(?:;BYDAY={_DAY}(?:,{_DAY}){{0,6}})?",
    rf"FREQ=MONTHLY(?:;BYDAY=-?[1-5]{_DAY}|;BYMONTHDAY=-?(?:[1-9]|[12][0-9]|3[01]))?",
)
_RULE = re.compile(f"(?:{'|'.join(_RULES)})(?:;INTERVAL=(?:[1-9]|1[0-2]))?")
"""What may be typed. Parts that can contradict each other are left out: no window would be searched for seconds."""


def rule_of(choice: str, first: date, *, own: str = "") -> str | None:
    """The rule that a choice in words means from ``first`` on; ``own`` is the typed one.

    None for an own rule that we don't take; the number of windows and the last day are asked beside it.
    """
    nth = (first.day - 1) // 7 + 1
    fixed = {
        "daily": "FREQ=DAILY",
        "weekly": "FREQ=WEEKLY",
        "four_weeks": "FREQ=WEEKLY;INTERVAL=4",
        # A fifth Saturday is not in every month; the last one is.
        "monthly": f"FREQ=MONTHLY;BYDAY={-1 if nth == 5 else nth}{DAYS[first.weekday()]}",
    }
    return fixed.get(choice) or _checked(own)


def limited(rule: str, *, times: int | None, until: date | None) -> str:
    """``rule`` with its number of windows or its last day in the agency's zone."""
    if times is not None:
        return f"{rule};COUNT={times}"
    return f"{rule};UNTIL={until:%Y%m%d}T235959" if until is not None else rule


def begins(rule: str, starts_at: datetime, zone: ZoneInfo) -> bool:
    """Whether the window that begins at ``starts_at`` is the first one of the rule."""
    first = _local(starts_at, zone)
    return next(iter(_rule(rule, first)), None) == first


def windows(
    rule: str, starts_at: datetime, zone: ZoneInfo, *, after: datetime, until: datetime
) -> list[datetime]:
    """The beginnings later than ``after`` and up to ``until``, in UTC.

    Each has the time of day of ``starts_at`` there: a clock change moves none of them for the people.
    """
    margin = timedelta(days=1)
    near = _rule(rule, _local(starts_at, zone)).between(
        _local(after, zone) - margin, _local(until, zone) + margin, inc=True
    )
    instants = (one.replace(tzinfo=zone).astimezone(UTC) for one in near)
    return [one for one in instants if after < one <= until]


def is_over(rule: str, starts_at: datetime, zone: ZoneInfo, *, after: datetime) -> bool:
    """Whether no window begins later than ``after``."""
    return _rule(rule, _local(starts_at, zone)).after(_local(after, zone)) is None


def _checked(own: str) -> str | None:
    """``own`` in one order of its parts, so that one pattern says what is taken."""
    parts = own.upper().removeprefix("RRULE:").replace(" ", "").split(";")
    ordered = ";".join(sorted(parts, key=lambda part: (not part.startswith("FREQ="), "INTERVAL=" in part)))
    return ordered if _RULE.fullmatch(ordered) else None


def _rule(rule: str, first: datetime) -> rrule:
    return rrulestr(rule, dtstart=first)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
