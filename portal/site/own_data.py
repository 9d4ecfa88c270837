"""What the portal holds about one person, as that person may take it home."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.engine import atomic
from portal import audit
from portal.accounts.drafts import drafts_of
from portal.accounts.own_queries import own_account
from portal.cases.own_queries import everything_of
from portal.notices import subscriptions


@atomic
async def export_of(account: UUID, *, now: datetime) -> dict[str, Any]:
    """The account, its cases with all their words, its subscriptions and drafts, ready for JSON; the log says so.

    Times are ISO 8601 in UTC. Nothing of the desk's internal notes and no secret is in it.
    """
    await audit.append("data_exported", object=f"account:{account}", now=now)
    cases = [
        {name: msgspec.Raw(value.encode()) if name in _JSON else value for name, value in row.items()}
        for row in await everything_of(account)
    ]
    own = await own_account(account)
    mails = [one.value for one in own.contacts if one.kind == "email" and one.verified]
    return {
        "made_at": now,
        "account": own,
        "cases": cases,
        "subscriptions": await subscriptions.held_by(account, mails),
        "drafts": await drafts_of(account, now=now),
    }


_JSON = frozenset({"answers", "messages", "files", "ratings"})
"""Columns that hold JSON already."""
