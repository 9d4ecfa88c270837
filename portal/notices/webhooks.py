"""Other machines that are told of notices: each change once, signed, with its tries written down.

Signed as the Standard Webhooks specification says: HMAC-SHA256 of id, time and body, in ``webhook-signature``.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec

from db.engine import AWAY, atomic
from db.subscriptions import Webhook, WebhookCall
from portal import audit, outward
from portal.errors import BadRequest, NotFound
from portal.i18n import _
from portal.notices import feeds, queries
from portal.notices.feeds import Site

DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
"""Until the next try; after the last one the call has failed."""
BATCH = 200
AT_ONCE = 8
KEPT = timedelta(days=90)
PREFIX = "whsec_"
# In SQL: each change that people may know of by now, for every address that was there before it.
_QUEUE = """
    INSERT INTO webhook_call (id, webhook, notice, n, event, state, attempts, error, made_at, due_at)
    SELECT gen_random_uuid(), w.id, c.notice, c.n, c.kind, 'queued', 0, '', {}, {}
    FROM notice_change c JOIN notice n ON n.id = c.notice CROSS JOIN webhook w
    WHERE c.at > {} AND n.published_at <= {} AND w.ended_at IS NULL
        AND greatest(c.at, n.published_at) >= w.made_at
        AND (n.cancelled_at IS NULL OR n.cancelled_at >= n.published_at)
        AND NOT EXISTS (SELECT FROM webhook_call k WHERE k.webhook = w.id AND k.notice = c.notice AND k.n = c.n)
    ON CONFLICT DO NOTHING
"""
_DUE = """
    UPDATE webhook_call SET due_at = {} WHERE id IN (
        SELECT id FROM webhook_call WHERE state = 'queued' AND due_at <= {} ORDER BY due_at LIMIT {}
        FOR UPDATE SKIP LOCKED
    ) RETURNING id, webhook, notice, n, event, attempts
"""
logger = logging.getLogger(__name__)
_LONGEST_STANDSTILL = timedelta(days=60)
"""Changes older than this are no news to a machine; also the longest embargo that is told of."""


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """One try to tell a webhook of a change; names as in ``db.subscriptions.WebhookCall``."""

    no: int
    event: str
    state: str
    attempts: int
    status: int | None
    error: str
    made_at: datetime


@atomic
async def add(url: str, *, by: UUID, now: datetime) -> str:
    """``url`` is told of every change from ``now`` on; returns the secret that signs, which is not shown again.

    Raises BadRequest for an address that may not be called.
    """
    try:
        outward.host_of(url)
    except outward.Refused as refusal:
        raise BadRequest(_("Give a public https address, like https://status.example.org/hook.")) from refusal
    secret = PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()
    hook = Webhook(url=url, secret=secret, made_by=by, made_at=now)
    await Webhook.insert(hook)
    await audit.append("webhook_added", object=f"webhook:{hook.id}", now=now)
    return secret


@atomic
async def remove(webhook: UUID, *, now: datetime) -> None:
    """Nobody is told at the webhook's address any more, nor of what still waited. Raises NotFound."""
    ended = (
        await Webhook.update({Webhook.ended_at: now})
        .where((Webhook.id == webhook) & Webhook.ended_at.is_null())
        .returning(Webhook.id)
    )
    if not ended:
        raise NotFound(_("There is no such webhook."))
    change = {WebhookCall.state: "failed", WebhookCall.error: "removed", WebhookCall.ended_at: now}
    await WebhookCall.update(cast(Any, change)).where(
        (WebhookCall.webhook == webhook) & (WebhookCall.state == "queued")
    )
    await audit.append("webhook_removed", object=f"webhook:{webhook}", now=now)


async def tell(site: Site, *, client: httpx.AsyncClient, resolve: outward.Resolve, now: datetime) -> int:
    """Every webhook knows of every change, or its next try is set; returns how many tries were made.

    Safe with several workers: a call is taken by one of them, and taken again when that one dies.
    """
    await Webhook.raw(_QUEUE, now, now, now - _LONGEST_STANDSTILL, now)
    again = now + timedelta(seconds=2 * outward.PATIENCE * BATCH / AT_ONCE)
    calls = await WebhookCall.raw(_DUE, again, now, BATCH)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(row: dict[str, Any]) -> None:
        async with gate:
            try:
                await _call(row, site, client, resolve, now)
            except AWAY:
                raise
            except Exception as error:  # one odd answer holds up no other
                logger.exception("webhook call %s failed", row["id"])
                await _record(row, None, type(error).__name__, now)

    await asyncio.gather(*(one(row) for row in calls))
    return len(calls)


async def forget_old(now: datetime) -> None:
    """The log of tries reaches back ninety days."""
    await WebhookCall.delete().where(WebhookCall.ended_at < now - KEPT)


async def webhooks() -> list[dict[str, Any]]:
    """Those that are told, the newest first: id, address and since when."""
    return (
        await Webhook.select(Webhook.id, Webhook.url, Webhook.made_at)
        .where(Webhook.ended_at.is_null())
        .order_by(Webhook.made_at, ascending=False)
    )


async def calls(webhook: UUID, *, limit: int = 50) -> list[Called]:
    """The last tries to tell the webhook, the newest first."""
    rows = (
        await WebhookCall.select(
            WebhookCall.notice.no.as_alias("no"),
            WebhookCall.event,
            WebhookCall.state,
            WebhookCall.attempts,
            WebhookCall.status,
            WebhookCall.error,
            WebhookCall.made_at,
        )
        .where(WebhookCall.webhook == webhook)
        .order_by(WebhookCall.made_at, ascending=False)
        .limit(limit)
    )
    return [Called(**row) for row in rows]


def signature(secret: str, message_id: str, at: int, body: bytes) -> str:
    """What ``webhook-signature`` says; https://www.standardwebhooks.com."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


async def _call(
    row: dict[str, Any], site: Site, client: httpx.AsyncClient, resolve: outward.Resolve, now: datetime
) -> None:
    hook = await Webhook.select(Webhook.url, Webhook.secret).where(Webhook.id == row["webhook"]).first()
    assert hook is not None, "a call has its webhook"
    body = await _body(row, site, now)
    at = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "rahgir-webhook",
        "webhook-id": str(row["id"]),
        "webhook-timestamp": str(at),
        "webhook-signature": signature(hook["secret"], str(row["id"]), at, body),
    }
    status, error = None, ""
    try:
        status = await outward.post(hook["url"], body, headers, resolve=resolve, client=client)
    except (outward.Refused, httpx.HTTPError, TimeoutError) as failure:
        error = f"{type(failure).__name__}: {failure}"[:200]
    await _record(row, status, error, now)


async def _body(row: dict[str, Any], site: Site, now: datetime) -> bytes:
    notice = await queries.notice_of(row["notice"])
    told = {
        "type": f"notice.{row['event']}",
        "timestamp": now,
        "data": feeds.notice_state(notice, site, now),
        "change": row["n"],
    }
    return msgspec.json.encode(told)


async def _record(row: dict[str, Any], status: int | None, error: str, now: datetime) -> None:
    attempts = row["attempts"] + 1
    change: dict[Any, Any] = {
        WebhookCall.attempts: attempts,
        WebhookCall.status: status,
        WebhookCall.error: error,
    }
    if status is not None and 200 <= status < 300:
        change |= {WebhookCall.state: "done", WebhookCall.ended_at: now}
    elif attempts > len(DELAYS):
        change |= {WebhookCall.state: "failed", WebhookCall.ended_at: now}
    else:
        change[WebhookCall.due_at] = now + DELAYS[attempts - 1]
    await WebhookCall.update(change).where((WebhookCall.id == row["id"]) & (WebhookCall.state == "queued"))
