"""Telling subscribers: rounds that are due become messages, each subscriber's once, whatever happens to a worker.

A batch of messages, their jobs and how far the round has come are one transaction. A worker that dies takes its
unfinished batch along; the next one goes on behind the last finished one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.engine import atomic
from db.outbox import OutboxMessage
from db.subscriptions import NoticeMailing
from portal.i18n import Words
from portal.notices import queries
from portal.notices.rules import REMINDERS, Notice

BATCH = 4000
REST = 1.0
"""A rest after each batch, in parts of the time it took, for people who file meanwhile."""
STALE = timedelta(hours=12)
"""News that could not be told for so long is on the pages and in the past."""
RECORDS_KEPT = timedelta(days=30)
_FIRST = UUID(int=0)

_NEXT = """
    SELECT id, kind, notice, ending, due_at, told_through FROM notice_mailing
    WHERE due_at <= {} AND done_at IS NULL AND dropped_at IS NULL
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
# In SQL: one round trip for thousands. Whoever is subscribed twice has two rows and one cause. These jobs come after
# all others: nobody waits for a receipt because a hundred thousand are told of an outage.
_TELL = """
    WITH batch AS MATERIALIZED (
        SELECT s.id, s.channel, s.address, s.locale, s."case"
        FROM subscription s
        WHERE s.confirmed_at IS NOT NULL AND s.ended_at IS NULL AND s.id > {}
            AND (s.service IS NULL OR s.service = ANY({})) AND ({}::text = '' OR s.kinds ? {})
            AND s.channel = ANY({})
        ORDER BY s.id LIMIT {}
    ),
    message AS (
        INSERT INTO outbox_message
            (id, channel, recipient, template, locale, data, cause, "case", state, attempts, created_at, error)
        SELECT gen_random_uuid(), b.channel, b.address, 'notices/' || b.channel || '/' || {}::text, b.locale,
            jsonb_build_object('mailing', {}::uuid, 'subscription', b.id, 'once', true),
            'notice:' || {}::uuid || ':' || md5(b.channel || ':' || lower(b.address)), b."case", 'queued', 0, {}, ''
        FROM batch b
        ON CONFLICT (cause) DO NOTHING
        RETURNING id
    ),
    job AS (
        INSERT INTO pgqueuer (priority, entrypoint, payload, status)
        SELECT -1, 'deliver', uuid_send(id), 'queued' FROM message
    )
    SELECT (SELECT count(*) FROM batch) AS seen, (SELECT count(*) FROM message) AS told,
        (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS through
"""
_STEP = """
    UPDATE notice_mailing SET told = told + {}, told_through = coalesce({}, told_through),
        done_at = CASE WHEN {} THEN {}::timestamptz END
    WHERE id = {}
"""
_DROP = "UPDATE notice_mailing SET dropped_at = {} WHERE id = {}"
# The publication and a change tell of everything that would be due at the same time.
_DROP_OVERTAKEN = """
    UPDATE notice_mailing SET dropped_at = {}
    WHERE notice = {} AND due_at <= {} AND done_at IS NULL AND dropped_at IS NULL
        AND (kind LIKE 'ahead%' OR kind = 'started')
"""
# A statement's end, and that it was called off after people were told of it.
_PLAN_ENDINGS = """
    INSERT INTO notice_mailing (id, ending, kind, n, due_at, told, data)
    SELECT gen_random_uuid(), e.id, CASE WHEN e.withdrawn_at IS NULL THEN 'ending' ELSE 'goes_on' END, 0,
        coalesce(e.withdrawn_at, e.notice_at), 0, {}::jsonb
    FROM sla_ending e
    WHERE e.notice_at <= {} AND e.effective_at > {}
        AND (e.withdrawn_at IS NULL
            OR EXISTS (SELECT FROM notice_mailing m WHERE m.ending = e.id AND m.kind = 'ending' AND m.told > 0))
    ON CONFLICT DO NOTHING
"""
_ROUND = """
    SELECT m.kind, m.due_at, m.data::text AS data, m.dropped_at, n.no, e.effective_at, e.withdrawn_at,
        e.notice_fa, e.notice_en, s.id AS service, s.title_fa, s.title_en
    FROM notice_mailing m
    LEFT JOIN notice n ON n.id = m.notice
    LEFT JOIN sla_ending e ON e.id = m.ending
    LEFT JOIN sla_version v ON v.id = e.sla_version
    LEFT JOIN service s ON s.id = v.service
    WHERE m.id = {}
"""
_SERVICES = "SELECT service FROM notice_service WHERE notice = {}"


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The announced end of the statement of ``service``, in the words of its announcement."""

    service: UUID
    title: Words
    text: Words
    effective_at: datetime
    withdrawn: bool


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What one round tells: of ``notice``, or of ``end``. ``data`` is of the change, as ``mailings.plan`` had it."""

    kind: str
    due_at: datetime
    data: Mapping[str, Any]
    notice: Notice | None
    end: End | None

    def is_late(self, now: datetime) -> bool:
        """Whether it is not worth telling any more: what it tells of is over, or a later reminder is due, too."""
        if self.end is not None:
            return self.end.effective_at <= now or (self.kind == "ending" and self.end.withdrawn)
        assert self.notice is not None, "a round is of a notice or of an end"
        if self.kind in ("ended", "cancelled"):
            return now - self.due_at > STALE
        if self.kind.startswith("ahead_"):
            next_one = max((hours for hours in REMINDERS if hours < _hours(self.kind)), default=0)
            return now >= self.notice.begins - timedelta(hours=next_one)
        return self.notice.ends is not None and self.notice.ends <= now


async def tell_due(channels: Sequence[str], *, now: datetime, batch: int = BATCH) -> None:
    """Every subscriber of ``channels`` (mail, sms) has a queued message for each round that is due."""
    await plan_endings(now=now)
    began = time.monotonic()
    while await tell_some(channels, now=now, batch=batch):
        await asyncio.sleep((time.monotonic() - began) * REST)
        began = time.monotonic()


@atomic
async def plan_endings(*, now: datetime) -> None:
    """There is a round for every statement whose end was announced, and for each that was called off again."""
    await NoticeMailing.raw(_PLAN_ENDINGS, "{}", now, now)


@atomic
async def tell_some(channels: Sequence[str], *, now: datetime, batch: int = BATCH) -> bool:
    """One batch of a round that is due has its messages, or the round is dropped; False: nothing is due.

    A round that another worker is at is left to it.
    """
    rows = await NoticeMailing.raw(_NEXT, now)
    if not rows:
        return False
    row = rows[0]
    told = await round_of(row["id"])
    if told is None or told.is_late(now):
        await NoticeMailing.raw(_DROP, now, row["id"])
        return True
    if told.kind in ("published", "changed") and row["told_through"] is None:
        await NoticeMailing.raw(_DROP_OVERTAKEN, now, row["notice"], now)
    found = (
        await OutboxMessage.raw(
            _TELL,
            row["told_through"] or _FIRST,
            await _services(row["notice"], told),
            told.notice.kind if told.notice else "",
            told.notice.kind if told.notice else "",
            list(channels),
            batch,
            _template(told.kind),
            row["id"],
            row["id"],
            now,
        )
    )[0]
    await NoticeMailing.raw(_STEP, found["told"], found["through"], found["seen"] < batch, now, row["id"])
    return True


async def round_of(mailing: UUID) -> Round | None:
    """What the round tells, as its notice stands now; None when there is none, or it was dropped."""
    rows = await NoticeMailing.raw(_ROUND, mailing)
    if not rows or rows[0]["dropped_at"] is not None:
        return None
    row = rows[0]
    end = None
    if row["service"] is not None:
        end = End(
            service=row["service"],
            title=Words(row["title_fa"], row["title_en"]),
            text=Words(row["notice_fa"], row["notice_en"]),
            effective_at=row["effective_at"],
            withdrawn=row["withdrawn_at"] is not None,
        )
    return Round(
        kind=row["kind"],
        due_at=row["due_at"],
        data=msgspec.json.decode(row["data"]),
        notice=await queries.notice(row["no"]) if row["no"] else None,
        end=end,
    )


async def forget_records(now: datetime) -> None:
    """Who was told of a notice more than thirty days ago is written nowhere any more."""
    await OutboxMessage.raw(
        "DELETE FROM outbox_message WHERE cause LIKE 'notice:%' AND ended_at < {}", now - RECORDS_KEPT
    )


async def _services(notice: UUID | None, told: Round) -> list[UUID]:
    if told.end is not None:
        return [told.end.service]
    return [row["service"] for row in await NoticeMailing.raw(_SERVICES, notice)]


def _template(kind: str) -> str:
    return kind.partition("_")[0] if kind.startswith("ahead") else kind


def _hours(kind: str) -> int:
    return int(kind.removeprefix("ahead_"))
