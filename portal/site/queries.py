"""What a site admin looks at: the messages that have left or wait to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from piccolo.columns.combination import WhereRaw

from db.independence import barred
from db.outbox import OutboxMessage
from portal.availability.probe import MAIL_LATE
from portal.paging import PAGE, Page, page_of

_EARLIER = "(created_at, id) < (SELECT last.created_at, last.id FROM outbox_message last WHERE last.id = {})"
# A warning to the desk's people names its case in its cause only.
_OPEN = f"""NOT EXISTS (
    SELECT FROM "case" c WHERE {barred()}
        AND c.id = coalesce(outbox_message."case", substring(cause FROM '^watch:([0-9a-f-]{{{{36}}}}):')::uuid)
)"""  # noqa: S608 - constants
_OVERDUE = """
    SELECT count(*) AS n, min(created_at) AS since FROM outbox_message WHERE state = 'queued' AND created_at < {}
"""


class Overdue(msgspec.Struct, frozen=True):
    """How many messages wait for too long, and since when the oldest of them does."""

    n: int
    since: datetime


async def newest_letters(reader: UUID, before: UUID | None = None) -> Page[OutboxMessage, UUID]:
    """Up to 50 messages: the newest, or those written before ``before``; none about a complaint that the reader is
    barred from.
    """
    newest = OutboxMessage.created_at, OutboxMessage.id
    query = (
        OutboxMessage.objects()
        .where(WhereRaw(_OPEN, reader))
        .order_by(*newest, ascending=False)
        .limit(PAGE + 1)
    )
    if before:
        query = query.where(WhereRaw(_EARLIER, before))
    rows: list[OutboxMessage] = await query.output(load_json=True)
    return page_of(rows, lambda message: message.id)


async def letter(message_id: UUID, *, reader: UUID) -> OutboxMessage | None:
    """One message as its record has it; None also for one that the reader may not see."""
    found: OutboxMessage | None = (
        await OutboxMessage.objects()
        .where(OutboxMessage.id == message_id, WhereRaw(_OPEN, reader))
        .first()
        .output(load_json=True)
    )
    return found


async def overdue(*, now: datetime) -> Overdue | None:
    """What has waited for longer than any message should; None where nothing does."""
    row = (await OutboxMessage.raw(_OVERDUE, now - MAIL_LATE))[0]
    return Overdue(**row) if row["n"] else None
