"""The operator's daily digest: what every site admin hears by mail once a day, in their own language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec

from db.engine import atomic
from db.outbox import OutboxMessage
from portal import outbox, place
from portal.i18n import using
from portal.operations import labels, queries
from portal.operations.health import Health
from portal.settings import Settings

MAIL = "operations/mail/digest"


async def send_due(health: Health, *, zone: ZoneInfo, now: datetime) -> None:
    """Once the hour of the settings has struck in ``zone``, each site admin has the day's digest; no day has two."""
    local = now.astimezone(zone)
    if await place.get("digest_on") and local.hour >= await place.get("digest_hour"):
        await _send(health, day=local.date().isoformat(), now=now)


@atomic
async def _send(health: Health, *, day: str, now: datetime) -> None:
    for reader in await queries.digest_readers():
        await outbox.enqueue(
            MAIL,
            recipient=reader.address,
            locale=reader.locale,
            data={"health": health},
            cause=f"digest:{day}:{reader.contact}",
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
