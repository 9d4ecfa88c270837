"""What the probe saw, for tests: stretches of one service."""

from __future__ import annotations

from datetime import datetime

from db.availability import AvailabilitySpan
from tests.notices.outages import YEARBOOK
from tests.notices.subscribers import service_id


async def saw(since: datetime, until: datetime, *parts: str, slug: str = YEARBOOK) -> None:
    """From ``since`` to ``until`` somebody looked at the service; ``parts`` failed, none: all was well."""
    await AvailabilitySpan.insert(
        AvailabilitySpan(
            service=await service_id(slug),
            state="down" if set(parts) - {"mail"} else "up",
            parts=",".join(parts),
            since=since,
            until=until,
        )
    )
