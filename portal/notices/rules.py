"""What a notice means at an instant: its stage, what it does to a service, how early it was announced. Pure.

Nothing here is ever stored: no job has to switch a notice on or off, so none can fail to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from portal.i18n import Words

Kind = Literal["planned", "incident"]
Impact = Literal["unavailable", "read_only", "slow"]
Stage = Literal["unpublished", "ahead", "soon", "now", "over", "cancelled"]
IMPACTS: tuple[Impact, ...] = ("unavailable", "read_only", "slow")
"""The worst first."""
INCIDENT_STATES = ("investigating", "identified", "watching", "fixed")
CAUSES = ("software", "hardware", "infrastructure", "security", "unknown")
OUTSIDE = "infrastructure"
"""The cause that is outside our power; its time is kept apart."""
SOON = timedelta(hours=24)
"""A window this near is counted down to."""
LINGERS = timedelta(hours=2)
"""How long every page says that a notice is over, or was cancelled."""
REMINDERS = (72, 24, 1)
"""Hours before the start at which subscribers are reminded."""


class Affected(msgspec.Struct, frozen=True):
    """A service that a notice touches. ``promised_lead_hours`` as in ``db.notices.NoticeService``."""

    slug: str
    title: Words
    impact: Impact
    promised_lead_hours: int | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One notice as pages, feeds and mails show it; names as in ``db.notices.Notice``, times in UTC."""

    no: int
    kind: Kind
    title: Words
    body: Words
    advice: Words
    services: tuple[Affected, ...]
    starts_at: datetime
    ends_at: datetime | None
    published_at: datetime
    announced_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    verifying_at: datetime | None = None
    cancelled_at: datetime | None = None
    state: str = ""
    cause: str = ""
    source: str = "staff"
    late_reason: Words = Words("", "")
    version: int = 1
    changed_at: datetime
    series: UUID | None = None

    @property
    def planned(self) -> bool:
        return self.kind == "planned"

    @property
    def begins(self) -> datetime:
        """When it really began; as announced while nobody has said otherwise."""
        return self.started_at or self.starts_at

    @property
    def ends(self) -> datetime | None:
        """When it really ended; as announced while nobody has said otherwise; None: open."""
        return self.finished_at or self.ends_at

    @property
    def lead(self) -> timedelta:
        """How long before its start a planned outage was announced; negative when after it."""
        return self.starts_at - self.announced_at

    @property
    def promised_lead(self) -> timedelta | None:
        """The longest lead that a statement of its services promises; None where none does."""
        hours = [s.promised_lead_hours for s in self.services if s.promised_lead_hours is not None]
        return timedelta(hours=max(hours)) if hours else None

    @property
    def in_time(self) -> bool | None:
        """Whether a planned outage was announced as early as promised; None where nothing is promised."""
        if not self.planned or self.promised_lead is None:
            return None
        return self.lead >= self.promised_lead

    @property
    def delay(self) -> timedelta:
        """How long after its beginning an incident was announced."""
        return self.published_at - self.starts_at


def stage(notice: Notice, now: datetime) -> Stage:
    """Where the notice stands at ``now``; its window begins with its first instant and ends before its last.

    What was cancelled before its publication stays unpublished.
    """
    if now < notice.published_at or (notice.cancelled_at and notice.cancelled_at < notice.published_at):
        return "unpublished"
    if notice.cancelled_at is not None and notice.cancelled_at <= now:
        return "cancelled"
    if notice.ends is not None and notice.ends <= now:
        return "over"
    if notice.begins <= now:
        return "now"
    return "soon" if notice.begins - now <= SOON else "ahead"


def is_on(notice: Notice, now: datetime) -> bool:
    """Whether the notice's impact is felt at ``now``."""
    return stage(notice, now) == "now"


def worst(notices: Iterable[Notice], slug: str, now: datetime) -> tuple[Impact, Notice] | None:
    """The worst that ``notices`` do to the service at ``now``; of equal ones the notice that ends last."""
    on = [
        (IMPACTS.index(of.impact), notice.ends is not None, _far(notice.ends), notice)
        for notice in notices
        if is_on(notice, now)
        for of in notice.services
        if of.slug == slug
    ]
    if not on:
        return None
    impact, _closed, _end, notice = min(on, key=lambda one: one[:3])
    return IMPACTS[impact], notice


def back_at(
    notices: Sequence[Notice], slug: str, now: datetime, *, impacts: Sequence[Impact] = ("unavailable",)
) -> datetime | None:
    """The first instant from ``now`` on at which the service feels none of ``impacts``; None: nobody can say."""
    at = now
    while (found := worst(notices, slug, at)) is not None and found[0] in impacts:
        if found[1].ends is None:
            return None
        at = found[1].ends
    return at


def by_series(notices: Iterable[Notice], now: datetime) -> list[tuple[Notice, list[Notice]]]:
    """``notices`` in their order; of the windows of a series that lie ahead, or were cancelled, only the nearest.

    Each has the others beneath it, the nearest first. While a window is on, no later one of its series stands alone.
    """
    found: dict[object, list[Notice]] = {}
    for one in notices:
        at = stage(one, now)
        which = "to come" if at in ("now", "soon", "ahead") else at
        alone = one.series is None or at in ("over", "unpublished")
        found.setdefault(one.no if alone else (one.series, which), []).append(one)
    nearest_first = [sorted(group, key=lambda one: one.begins) for group in found.values()]
    return [(group[0], group[1:]) for group in nearest_first]


def nearest(notices: Iterable[Notice], now: datetime) -> list[Notice]:
    """``by_series`` without what lies beneath."""
    return [first for first, _others in by_series(notices, now)]


def on_strip(notice: Notice, now: datetime) -> bool:
    """Whether every page speaks of the notice at ``now``: from its publication until shortly after its end."""
    at = stage(notice, now)
    if at == "over":
        return notice.ends is not None and now - notice.ends < LINGERS
    if at == "cancelled":
        return notice.cancelled_at is not None and now - notice.cancelled_at < LINGERS
    return at != "unpublished"


def announced_after(notice: Notice, starts_at: datetime, now: datetime) -> datetime:
    """From when people could know of the start ``starts_at`` if it were announced at ``now``.

    A start inside the window that they were told of counts as announced with it; any other is news. So neither
    moving a window forward nor announcing one far too early and moving it back improves the figure.
    """
    inside = notice.starts_at <= starts_at and (notice.ends_at is None or starts_at < notice.ends_at)
    return notice.announced_at if inside else max(now, notice.published_at)


def _far(end: datetime | None) -> float:
    """A key that sorts later ends first."""
    return -end.timestamp() if end else 0.0
