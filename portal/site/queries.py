"""What a site admin looks at: the messages that have left or wait to."""

from __future__ import annotations

from uuid import UUID

import msgspec
from piccolo.columns.combination import WhereRaw

from db.outbox import OutboxMessage

PAGE = 50
_EARLIER = "(created_at, id) < (SELECT last.created_at, last.id FROM outbox_message last WHERE last.id = {})"


class Letters(msgspec.Struct, frozen=True):
    """One page of them, the newest first; ``older`` is where the next page begins, None at the end."""

    rows: list[OutboxMessage]
    older: UUID | None


async def newest_letters(before: UUID | None = None) -> Letters:
    """Up to 50 messages: the newest, or those written before ``before``."""
    newest = OutboxMessage.created_at, OutboxMessage.id
    query = OutboxMessage.objects().order_by(*newest, ascending=False).limit(PAGE + 1)
    if before:
        query = query.where(WhereRaw(_EARLIER, before))
    rows: list[OutboxMessage] = await query.output(load_json=True)
    return Letters(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


async def letter(message_id: UUID) -> OutboxMessage | None:
    """One message as its record has it, or None."""
    found: OutboxMessage | None = (
        await OutboxMessage.objects().get(OutboxMessage.id == message_id).output(load_json=True)
    )
    return found
