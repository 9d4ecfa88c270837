"""What notices mean for the figures: which downtime was announced or outside our power, how early and how late people
were told. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from portal.availability.samples import EVERY, minute_of
from portal.availability.uptime import Span
from portal.notices.rules import OUTSIDE, Notice


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How people were told about a service in one stretch of time; None where there was nothing to tell.

    ``leads`` counts begun planned outages, ``late`` those that were announced later than promised; ``delays`` counts
    incidents, ``slow`` those that were announced later than promised. Of two in the middle the median is the worse.
    """

    leads: int
    late: int
    median_lead: timedelta | None
    worst_lead: timedelta | None
    delays: int
    slow: int
    median_delay: timedelta | None
    worst_delay: timedelta | None


def planned_spans(notices: Iterable[Notice], slug: str, now: datetime) -> list[Span]:
    """When announced work really kept the service away: what went on after the announced end is no announced work.

    A span ends with the minute in which the work did, since a look that failed stands for its whole minute.
    """
    spans = []
    for one in notices:
        if one.planned and one.cancelled_at is None and _impact(one, slug) == "unavailable":
            until = min(now, _end_of_minute(min(one.ends or now, one.ends_at or now)))
            if one.begins < until:
                spans.append((one.begins, until))
    return spans


def spans_outside(notices: Iterable[Notice], slug: str, now: datetime) -> list[Span]:
    """When incidents of the service lasted whose cause was outside our power."""
    return [
        (one.begins, min(now, one.ends or now))
        for one in notices
        if not one.planned and one.cause == OUTSIDE and _impact(one, slug) and one.begins < now
    ]


def told(
    notices: Iterable[Notice], slug: str, *, since: datetime, until: datetime, promised: timedelta
) -> Told:
    """How people were told of what began from ``since`` on and before ``until``.

    ``promised`` is how soon after its beginning an incident is announced. Where no statement promised a lead, any lead
    was enough.
    """
    begun = [
        one
        for one in notices
        if since <= one.begins < until
        and one.published_at < until
        and one.cancelled_at is None
        and _impact(one, slug)
    ]
    leads = sorted(one.lead for one in begun if one.planned)
    delays = sorted((one.delay for one in begun if not one.planned), reverse=True)
    return Told(
        leads=len(leads),
        late=sum(one.planned and one.lead < _promised_lead(one, slug) for one in begun),
        median_lead=_middle(leads),
        worst_lead=leads[0] if leads else None,
        delays=len(delays),
        slow=sum(delay > promised for delay in delays),
        median_delay=_middle(delays),
        worst_delay=delays[0] if delays else None,
    )


def _end_of_minute(moment: datetime) -> datetime:
    return minute_of(moment + EVERY - timedelta(microseconds=1))


def _middle(worst_first: Sequence[timedelta]) -> timedelta | None:
    return worst_first[(len(worst_first) - 1) // 2] if worst_first else None


def _impact(notice: Notice, slug: str) -> str:
    return next((of.impact for of in notice.services if of.slug == slug), "")


def _promised_lead(notice: Notice, slug: str) -> timedelta:
    hours = next((of.promised_lead_hours for of in notice.services if of.slug == slug), None)
    return timedelta(hours=hours or 0)
