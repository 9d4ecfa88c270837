"""The operator's daily digest: what every site admin hears by mail once a day, in their own language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec

from db.accounts import Account
from db.engine import atomic
from db.outbox import OutboxMessage
from portal import outbox, place
from portal.i18n import using
from portal.operations import labels
from portal.operations.health import Health
from portal.settings import Settings

MAIL = "operations/mail/digest"
_ADMINS = """
    SELECT p.id, p.value, a.locale FROM account a
    JOIN contact_point p ON p.account = a.id AND p.kind = 'email' AND p.verified_at IS NOT NULL
    WHERE a.role = 'admin' AND a.state = 'active'
    ORDER BY p.id
"""


async def send_due(health: Health, *, zone: ZoneInfo, now: datetime) -> None:
    """Once the hour of the settings has struck in ``zone``, each site admin has the day's digest; no day has two."""
    local = now.astimezone(zone)
    if await place.get("digest_on") and local.hour >= await place.get("digest_hour"):
        await _send(health, day=local.date().isoformat(), now=now)


@atomic
async def _send(health: Health, *, day: str, now: datetime) -> None:
    for admin in await Account.raw(_ADMINS):
        await outbox.enqueue(
            MAIL,
            recipient=admin["value"],
            locale=admin["locale"],
            data={"health": health},
            cause=f"digest:{day}:{admin['id']}",
            case=None,
            now=now,
        )


def shown(message: OutboxMessage, settings: Settings) -> Mapping[str, Any]:
    """What the mail shows: what to do something about, then what is well."""
    health = msgspec.convert(cast(Mapping[str, Any], message.data)["health"], Health)
    desk = settings.base_url + ("/en" if message.locale == "en" else "")
    with using(message.locale):
        concerns = labels.concerns(health, settings.zone)
        calm = labels.calm(health, settings.zone)
    return {
        "made_at": health.made_at,
        "concerns": concerns,
        "calm": calm,
        "link": f"{desk}/admin/health",
        "desk": desk,
    }
