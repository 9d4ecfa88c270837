"""Subscribers for tests, and what is queued for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from db.outbox import OutboxMessage
from db.services import Service
from db.subscriptions import Subscription
from portal.notices import telling
from tests.conftest import NOON
from tests.notices.outages import YEARBOOK

BOTH = '["planned", "incident"]'


async def service_id(slug: str) -> UUID:
    row = await Service.select(Service.id).where(Service.slug == slug).first()
    assert row is not None
    found: UUID = row["id"]
    return found


async def a_subscriber(
    address: str = "maryam@example.org", *, slug: str | None = YEARBOOK, **given: Any
) -> UUID:
    """Somebody who has confirmed."""
    columns = {"channel": "mail", "locale": "fa", "kinds": BOTH, "made_at": NOON, "confirmed_at": NOON}
    service = await service_id(slug) if slug else None
    row = Subscription(address=address, service=service, **{**columns, **given})
    await Subscription.insert(row)
    return row.id


async def tell(now: datetime = NOON, **options: Any) -> None:
    await telling.tell_due(("mail",), now=now, **options)


async def told() -> list[tuple[str, str]]:
    """Queued messages about notices: recipient and template."""
    rows = (
        await OutboxMessage.objects()
        .where(OutboxMessage.cause.like("notice:%"))
        .order_by(OutboxMessage.created_at, OutboxMessage.recipient)
    )
    return [(row.recipient, row.template.rpartition("/")[2]) for row in rows]
