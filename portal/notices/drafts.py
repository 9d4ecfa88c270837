"""What people say of an outage before it is a notice, and why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from portal.errors import Conflict
from portal.i18n import Words, _
from portal.notices.rules import Impact, Kind

NOBODY = Words("", "")
FARTHEST = timedelta(days=2 * 366)
"""Beyond it a year is mistyped."""


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a notice and what it touches: impact by the service's slug."""

    title: Words
    body: Words
    advice: Words = NOBODY
    services: Mapping[str, Impact]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A whole notice as it is posted. ``publish_at`` None means now; ``cause`` is an incident's only."""

    kind: Kind
    saying: Saying
    starts_at: datetime
    ends_at: datetime | None = None
    publish_at: datetime | None = None
    late_reason: Words = NOBODY
    cause: str = ""


class WrongField(Conflict):
    """Something about the notice can't be; ``field`` names the field of the form that says so."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TooLate(WrongField):
    """It would be announced later than promised, and nobody has said why."""

    def __init__(self, lead: timedelta, promised: timedelta) -> None:
        super().__init__("late_reason_fa", _("This is later than promised. Please say why."))
        self.lead, self.promised = lead, promised


class ChangedMeanwhile(Conflict):
    """Somebody else has changed the notice since the page was shown."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else has changed this notice meanwhile. Please look at it again."))


class Ended(Conflict):
    """The notice is over or cancelled; nothing can be changed any more."""

    def __init__(self) -> None:
        super().__init__(_("This notice is over; it cannot be changed any more."))


class NotBegun(Conflict):
    """The outage has not begun: it can be moved or cancelled, not ended."""

    def __init__(self) -> None:
        super().__init__(_("This has not begun yet."))


def check(draft: Draft, now: datetime) -> None:
    """Raises WrongField where ``draft`` can't be announced at ``now``, whatever was promised."""
    published = draft.publish_at or now
    if draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        raise WrongField("ends_at", _("The end must lie after the beginning."))
    if draft.kind == "incident":
        if draft.starts_at > now:
            raise WrongField(
                "starts_at", _("What lies ahead is no incident. Announce a planned outage instead.")
            )
        return
    check_near(now, starts_at=draft.starts_at, ends_at=draft.ends_at)
    if draft.starts_at <= now:
        raise WrongField("starts_at", _("This has begun already. Announce an incident instead."))
    if published < now - timedelta(minutes=5):
        raise WrongField("publish_at", _("This time is past. Leave it empty to publish now."))
    if published >= draft.starts_at:
        raise WrongField("publish_at", _("It must be published before it begins."))


def check_moved(starts_at: datetime, ends_at: datetime | None, now: datetime) -> None:
    """Raises WrongField where a planned outage can't be moved to this window at ``now``."""
    if starts_at <= now:
        raise WrongField("starts_at", _("The beginning must lie in the future."))
    check_near(now, starts_at=starts_at, ends_at=ends_at)
    if ends_at is not None and ends_at <= starts_at:
        raise WrongField("ends_at", _("The end must lie after the beginning."))


def check_near(now: datetime, **moments: datetime | None) -> None:
    """Raises WrongField for the first of ``moments``, by field, that lies more than two years ahead of ``now``."""
    for field, moment in moments.items():
        if moment is not None and moment - now > FARTHEST:
            raise WrongField(field, _("This is more than two years ahead. Please look at the year again."))
