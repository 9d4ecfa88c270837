"""What happens with feedback: it becomes a case of the unit that hears it, or, without a sender, a tip."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta, tzinfo
from typing import Literal
from uuid import UUID

import msgspec

from db.engine import atomic
from db.feedback import Tip
from portal.cases.actions import Filed, file_case
from portal.cases.submission import FilingDraft
from portal.errors import NotFound
from portal.feedback import queries
from portal.i18n import _
from portal.security import throttle
from portal.services.queries import ServiceView

TIPS_KEPT = timedelta(days=366)
TIPS, TIPS_WINDOW = 20, timedelta(minutes=10)
"""From one neighbourhood of addresses."""
_COUNTER = "tip:"


@atomic
async def file_feedback(
    draft: FilingDraft,
    *,
    service: ServiceView,
    browser: str,
    applicant: UUID | None,
    key: bytes,
    now: datetime,
) -> Filed:
    """As ``file_case``: a complaint lies with who hears it, all else with the service's own unit."""
    unit = service.unit_id
    if draft.kind == "complaint":
        unit = await queries.hearing_unit(service.id, about_unit=draft.about_unit)
    heard = msgspec.structs.replace(service, unit_id=unit)
    return await file_case(draft, service=heard, browser=browser, applicant=applicant, key=key, now=now)


@atomic
async def leave_tip(
    tip_id: UUID, *, service: UUID, about: UUID | None, body: str, zone: tzinfo, now: datetime
) -> None:
    """The tip can be read by who hears complaints about ``service``; nothing tells who wrote it, nor the minute.

    ``about``: the service it names, if any. The hour is that of ``zone``. Sent again with the same id it
    changes nothing.
    """
    unit = await queries.hearing_unit(service)
    hour = now.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    tip = Tip(id=tip_id, service=about, unit=unit, body=body, at=hour)
    await Tip.insert(tip).on_conflict(action="DO NOTHING")


@atomic
async def mark_tip(
    tip_id: UUID, state: Literal["read", "archived"], *, units: tuple[UUID, ...], by: UUID, now: datetime
) -> None:
    """The tip is ``state``; who marked it first stands with it. Raises NotFound for a tip of other units."""
    mine = (Tip.id == tip_id) & Tip.unit.is_in(list(units))
    marked = await Tip.update({Tip.state: state}).where(mine).returning(Tip.id) if units else []
    if not marked:
        raise NotFound(_("There is no such tip."))
    await Tip.update({Tip.read_at: now, Tip.read_by: by}).where(Tip.id == tip_id, Tip.read_at.is_null())


async def count_tip(network: str, *, key: bytes, now: datetime) -> None:
    """One tip more from this network, of which a keyed digest is kept while it counts. Raises TooMany."""
    kept = hmac.digest(key, b"tip\0" + network.encode(), hashlib.sha256).hex()[:32]
    await throttle.hit(f"{_COUNTER}{kept}", limit=TIPS, window=TIPS_WINDOW, now=now)


async def forget_tip_counts(now: datetime) -> None:
    """Nothing is kept of where tips came from once it counts no more."""
    await throttle.forget_before(now - TIPS_WINDOW, prefix=_COUNTER)


async def forget_tips(now: datetime) -> None:
    """No tip older than a year is left."""
    await Tip.delete().where(Tip.at < now - TIPS_KEPT)
