"""How much of a stretch of time a service could be used. Pure: stretches that were observed in, shares out.

Time that nobody observed is unknown: it counts neither for us nor against us, and its length is published. With
planned work the share is up / observed; without it, announced windows in which the service was to be unavailable are
left out of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

Span = tuple[datetime, datetime]
"""From the first instant up to, not including, the second; UTC."""


class Observed(msgspec.Struct, frozen=True):
    """What samples said from ``since`` to ``until``; see ``db.availability.AvailabilitySpan``."""

    since: datetime
    until: datetime
    up: bool
    parts: str = ""


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of one stretch of time. ``down`` includes ``planned_down``, the part inside announced work; ``planned``
    is all observed time inside announced work.
    """

    whole: int
    observed: int
    down: int
    planned: int
    planned_down: int

    @property
    def unknown(self) -> int:
        return self.whole - self.observed

    @property
    def share(self) -> float | None:
        """Of the observed time, planned work counted as downtime; None where nothing was observed."""
        return (self.observed - self.down) / self.observed if self.observed else None

    @property
    def share_without_planned(self) -> float | None:
        """The same outside announced work."""
        outside = self.observed - self.planned
        return (outside - self.down + self.planned_down) / outside if outside else None


class Day(msgspec.Struct, frozen=True):
    """One local day and what was seen in it."""

    day: date
    uptime: Uptime


def uptime(seen: Iterable[Observed], planned: Sequence[Span], since: datetime, until: datetime) -> Uptime:
    """Of the time from ``since`` to ``until``. ``seen`` does not overlap; ``planned`` may."""
    whole = (since, until)
    windows = joined(planned)
    observed = down = inside = inside_down = 0.0
    for one in seen:
        part = overlap((one.since, one.until), whole)
        if part is None:
            continue
        within = sum(seconds(cut) for window in windows if (cut := overlap(part, window)) is not None)
        observed, inside = observed + seconds(part), inside + within
        if not one.up:
            down, inside_down = down + seconds(part), inside_down + within
    return Uptime(
        whole=int(seconds(whole)),
        observed=int(observed),
        down=int(down),
        planned=int(inside),
        planned_down=int(inside_down),
    )


def by_day(
    seen: Sequence[Observed], planned: Sequence[Span], *, days: int, zone: ZoneInfo, now: datetime
) -> list[Day]:
    """The last ``days`` local days, the oldest first; the last one is today, up to ``now``."""
    today = now.astimezone(zone).date()
    found = []
    for back in range(days - 1, -1, -1):
        day = today - timedelta(days=back)
        since, until = midnight(day, zone), min(now, midnight(day + timedelta(days=1), zone))
        close = [one for one in seen if one.since < until and one.until > since]
        found.append(Day(day, uptime(close, planned, since, until)))
    return found


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the local day."""
    return datetime.combine(day, time(), tzinfo=zone)


def overlap(one: Span, other: Span) -> Span | None:
    """What both stretches share; None where nothing."""
    since, until = max(one[0], other[0]), min(one[1], other[1])
    return (since, until) if since < until else None


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in order, without overlaps."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def seconds(span: Span) -> float:
    """How long the stretch is; over a change of clocks in real seconds."""
    return span[1].timestamp() - span[0].timestamp()
