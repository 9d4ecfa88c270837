"""What a new revision of a calendar does to open cases: asked here, known to the layer above."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

import msgspec

from portal.i18n import Words
from portal.office_hours import Calendar


class MovedCase(msgspec.Struct, frozen=True, kw_only=True):
    """An open case whose next promise falls due at another instant. ``code`` is the number of its tracking code."""

    code: int
    before: datetime
    after: datetime


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """How many open cases of a service would move, at most, and the first of them.

    ``told`` is how many of their applicants have an address, and hear of a day that changes.
    """

    service: Words
    n: int
    told: int
    examples: tuple[MovedCase, ...]


@runtime_checkable
class Movement(Protocol):
    """Whoever knows the open cases; checked when a handler asks for it, hence at run time."""

    async def preview(self, name: str, calendar: Calendar, *, now: datetime) -> list[Moved]:
        """What would move if the calendar ``name`` said what ``calendar`` says; nothing is changed."""

    async def enqueue(self, name: str, n: int) -> None:
        """In the caller's transaction a job is queued that moves open deadlines to revision ``n``."""

    async def enqueue_watch(self, service: UUID) -> None:
        """In the caller's transaction a job is queued that has open cases warn as ``service`` says now."""
