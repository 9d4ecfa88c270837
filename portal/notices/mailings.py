"""When subscribers are told of a notice: rounds of messages, written down with the change that causes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.subscriptions import NoticeMailing
from portal.notices.rules import REMINDERS, Notice

_DROP = (
    "UPDATE notice_mailing SET dropped_at = {} WHERE notice = {} AND done_at IS NULL AND dropped_at IS NULL"
)

JOB = "tell"
"""A worker tells at once what is due, without waiting for the minute."""
_WAS_TOLD = """
    SELECT EXISTS (
        SELECT FROM notice_mailing
        WHERE notice = {} AND (told > 0 OR due_at <= {} AND done_at IS NULL AND dropped_at IS NULL)
    ) AS told
"""
# Of the cancellations of several notices the one of the nearest window stays, and counts the others.
_JOIN = """
    WITH cancelled AS (
        SELECT m.id, row_number() OVER (ORDER BY n.starts_at, n.no) AS nth
        FROM notice_mailing m JOIN notice n ON n.id = m.notice
        WHERE n.no = ANY({}) AND m.kind = 'cancelled' AND m.done_at IS NULL AND m.dropped_at IS NULL
    )
    UPDATE notice_mailing m
    SET dropped_at = CASE WHEN nth > 1 THEN {}::timestamptz END,
        data = m.data || jsonb_build_object('others', {}::int)
    FROM cancelled WHERE cancelled.id = m.id
"""
_AT_ONCE = f"INSERT INTO pgqueuer (priority, entrypoint, payload, status) VALUES (1, '{JOB}', NULL, 'queued')"  # noqa: S608


async def plan(
    notice_id: UUID, notice: Notice, kind: str, *, data: Mapping[str, Any] | None = None, now: datetime
) -> None:
    """In the caller's transaction: ``kind`` (published, changed, cancelled, ended) is told, then what still lies ahead.

    What was still to be told of an earlier state of the notice is dropped, except its publication, which then tells
    the present state. A change of a notice that is not published yet is not told by itself, and a cancellation only
    where somebody was told of the notice or was about to be: later windows of a series are announced in silence.
    """
    unpublished = notice.published_at > now or kind == "published"
    unheard = kind == "cancelled" and not (await NoticeMailing.raw(_WAS_TOLD, notice_id, now))[0]["told"]
    await NoticeMailing.raw(_DROP, now, notice_id)
    first = [("published", notice.published_at)] if unpublished else [(kind, now)]
    if kind == "cancelled" and (unpublished or unheard):
        first = []
    rows = [*first, *(_ahead(notice, now) if kind not in ("cancelled", "ended") else [])]
    stored = msgspec.json.encode(data or {}).decode()
    for what, due_at in rows:
        mailing = NoticeMailing(
            notice=notice_id,
            kind=what,
            n=notice.version,
            due_at=due_at,
            data=stored if what == kind else "{}",
        )
        await NoticeMailing.insert(mailing).on_conflict(action="DO NOTHING")
    if any(due_at <= now for _, due_at in rows):
        await NoticeMailing.raw(_AT_ONCE)


async def join_cancellations(numbers: Sequence[int], *, now: datetime) -> None:
    """That the notices ``numbers`` were cancelled together is one message: of the nearest that people knew of."""
    await NoticeMailing.raw(_JOIN, list(numbers), now, len(numbers) - 1)


def _ahead(notice: Notice, now: datetime) -> list[tuple[str, datetime]]:
    """Reminders that lie after the publication, the start and the planned end."""
    told = max(now, notice.published_at)
    if notice.kind == "incident":
        return []
    reminders = [(f"ahead_{hours}", notice.starts_at - timedelta(hours=hours)) for hours in REMINDERS]
    begun = [("started", notice.starts_at)] if notice.started_at is None else []
    over = [("ended", notice.ends_at)] if notice.ends_at else []
    return [(what, at) for what, at in [*reminders, *begun, *over] if at > told]
