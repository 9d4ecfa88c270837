"""The mail about another date: a calendar has changed, and what an applicant was promised has moved with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from portal.calendars import queries as calendar_queries
from portal.cases.changed_days import ChangedDay, changed_days
from portal.cases.clock import Dues
from portal.cases.titles import in_mail
from portal.office_hours import Calendar
from portal.outbox import Letter
from portal.services.queries import ServiceView

TEMPLATE = "cases/mail/recounted"
MOST_DAYS = 5
"""How many changed days a mail names; of the others it says how many there are."""


class Letters:
    """Writes the mails about cases that are moved to the revision ``n`` of the calendar ``name``."""

    def __init__(self, name: str, n: int, calendar: Calendar, *, today: date) -> None:
        self._name, self._n, self._calendar, self._today = name, n, calendar, today
        self._zone = ZoneInfo(calendar.zone)
        self._changed: dict[int, list[ChangedDay]] = {}

    async def about(
        self, case: Mapping[str, Any], dues: Dues, *, service: ServiceView | None, counted_by: int | None
    ) -> Letter | None:
        """The mail to the applicant of ``case``, which counted by revision ``counted_by`` so far.

        None without an address, or where the date stays.
        """
        before, after = case["next_due_at"], dues.next_due_at
        if not case["contact_email"] or before is None or after is None or before == after:
            return None
        assert dues.owed_since, "what is owed has begun"
        since, until = self._day(dues.owed_since), self._day(max(before, after))
        days = [one for one in await self._days(counted_by) if since <= one.day <= until]
        data = {
            "number": str(case["number"]),
            **in_mail(case["kind"], service),
            "before": before,
            "due_at": after,
            "days": days[:MOST_DAYS],
            "more": max(0, len(days) - MOST_DAYS),
        }
        return Letter(
            recipient=case["contact_email"],
            locale=case["locale"],
            data=msgspec.to_builtins(data),
            cause=f"case:{case['id']}:{case['version'] + 1}",
            case=case["id"],
        )

    async def _days(self, counted_by: int | None) -> list[ChangedDay]:
        old = counted_by or self._n - 1
        if old not in self._changed:
            before = await calendar_queries.revision(self._name, old)
            self._changed[old] = changed_days(before, self._calendar, self._today)
        return self._changed[old]

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()
