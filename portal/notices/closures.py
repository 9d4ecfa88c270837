"""When the form of a service is closed: while a notice makes it unavailable, or lets people track only. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from portal.notices import rules
from portal.notices.rules import Impact, Notice

CLOSING: tuple[Impact, ...] = ("unavailable", "read_only")
"""What takes no new requests."""
TRY_AGAIN = timedelta(minutes=15)
"""When to come back while nobody can say how long it lasts."""


class Closure(msgspec.Struct, frozen=True):
    """The form of a service takes nothing because of ``notice``; ``opens_at`` None: nobody can say when it does."""

    impact: Impact
    notice: Notice
    opens_at: datetime | None

    def retry_after(self, now: datetime) -> int:
        """Whole seconds until it is worth coming back, at least one."""
        wait = self.opens_at - now if self.opens_at else TRY_AGAIN
        return max(1, -int(-wait.total_seconds() // 1))


def closure(notices: Sequence[Notice], slug: str, now: datetime) -> Closure | None:
    """Why the form of the service is closed at ``now``; None while it is open."""
    found = rules.worst(notices, slug, now)
    if found is None or found[0] not in CLOSING:
        return None
    return Closure(*found, rules.back_at(notices, slug, now, impacts=CLOSING))


def closing_soon(notices: Iterable[Notice], slug: str, now: datetime) -> Notice | None:
    """The next notice that closes the form within a day; None where none does."""
    coming = [
        one
        for one in notices
        if rules.stage(one, now) == "soon"
        and any(of.slug == slug and of.impact in CLOSING for of in one.services)
    ]
    return min(coming, key=lambda one: one.begins, default=None)


def slowed(notices: Iterable[Notice], slug: str, now: datetime) -> bool:
    """Whether the service is slow at ``now``, and nothing worse."""
    found = rules.worst(notices, slug, now)
    return found is not None and found[0] == "slow"
