"""How much of a stretch of time a service could be used. Pure: stretches that were observed in, shares out.

Time that nobody observed is unknown: it counts neither for us nor against us, and its length is published. With
planned work the share is up / observed; without it, announced windows in which the service was to be unavailable are
left out of both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
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
    def up(self) -> int:
        """Observed and usable."""
        return self.observed - self.down

    @property
    def outside(self) -> int:
        """Observed outside announced work."""
        return self.observed - self.planned

    @property
    def outside_up(self) -> int:
        """Observed and usable outside announced work."""
        return self.outside - self.outside_down

    @property
    def outside_down(self) -> int:
        """Out of order outside announced work."""
        return self.down - self.planned_down

    @property
    def share(self) -> float | None:
        """Of the observed time, planned work counted as downtime; None where nothing was observed."""
        return self.up / self.observed if self.observed else None

    @property
    def share_without_planned(self) -> float | None:
        """The same outside announced work."""
        return self.outside_up / self.outside if self.outside else None


class Day(msgspec.Struct, frozen=True):
    """One local day and what was seen in it."""

    day: date
    uptime: Uptime


class Timeline:
    """Stretches that were observed, in order and without overlaps, summed so that any part of them is told at once."""

    def __init__(self, seen: Sequence[Observed]) -> None:
        self.since = [one.since.timestamp() for one in seen]
        self.until = [one.until.timestamp() for one in seen]
        self.up = [one.up for one in seen]
        lengths = [until - since for since, until in zip(self.since, self.until, strict=True)]
        self.observed = [0.0, *accumulate(lengths)]
        self.down = [
            0.0,
            *accumulate(0.0 if up else length for up, length in zip(self.up, lengths, strict=True)),
        ]

    def within(self, span: Span) -> tuple[float, float]:
        """Seconds of ``span`` that were observed, and those of them in which the service was down."""
        begin, end = self._before(span[0].timestamp()), self._before(span[1].timestamp())
        return end[0] - begin[0], end[1] - begin[1]

    def _before(self, at: float) -> tuple[float, float]:
        n = bisect_left(self.since, at)
        observed, down = self.observed[n], self.down[n]
        if n and self.until[n - 1] > at:
            cut = self.until[n - 1] - at
            observed, down = observed - cut, down if self.up[n - 1] else down - cut
        return observed, down


def uptime(seen: Timeline, planned: Iterable[Span], since: datetime, until: datetime) -> Uptime:
    """Of the time from ``since`` to ``until``; spans of ``planned`` may overlap."""
    observed, down = seen.within((since, until))
    inside = inside_down = 0.0
    for window in joined(planned):
        if cut := overlap(window, (since, until)):
            lengths = seen.within(cut)
            inside, inside_down = inside + lengths[0], inside_down + lengths[1]
    return Uptime(
        whole=int(seconds((since, until))),
        observed=int(observed),
        down=int(down),
        planned=int(inside),
        planned_down=int(inside_down),
    )


def by_day(seen: Timeline, planned: Iterable[Span], *, days: int, zone: ZoneInfo, now: datetime) -> list[Day]:
    """The last ``days`` local days, the oldest first; the last one is today, up to ``now``."""
    today, windows, found = now.astimezone(zone).date(), joined(planned), []
    for back in range(days - 1, -1, -1):
        day = today - timedelta(days=back)
        since, until = midnight(day, zone), min(now, midnight(day + timedelta(days=1), zone))
        found.append(Day(day, uptime(seen, windows, since, until)))
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
