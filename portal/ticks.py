"""What workers do by the clock. Any number of them may: every tick may be repeated or cut short without harm."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx

from db.cases import AccessGrant
from db.engine import AWAY
from db.outbox import OutboxMessage
from portal import outbox, outward, uploads
from portal.accounts import drafts, sign_up
from portal.audit_log import actions as audit_log
from portal.availability import actions as availability
from portal.cases import crediting, erasure, rechecks, same_words, scans, watch
from portal.feedback import actions as feedback
from portal.feedback import lost_codes
from portal.notices import mailings, nagging, series, subscriptions, telling, webhooks
from portal.notices.feeds import Site
from portal.operations import actions as reckoning
from portal.operations import digest, health
from portal.promises import actions as promises
from portal.security import sessions, throttle
from portal.settings import Settings

AFTER_ODD_CASE = timedelta(hours=1)
THROTTLE_KEPT = timedelta(days=31)
JOB_LOG_KEPT = timedelta(days=7)
Tick = Callable[[datetime], Awaitable[None]]
Ticks = Mapping[str, tuple[str, Tick]]
"""What is done by the clock: name, crontab line in UTC, job."""
NO_MORE: Ticks = {}

logger = logging.getLogger(__name__)


def ticks_of(settings: Settings) -> Ticks:
    """What this installation does by the clock."""
    ticks = {**_of_the_desk(settings), **_of_notices(settings)}
    if settings.clamd:
        ticks["scan"] = ("* * * * *", _scanning(settings))
    return {**ticks, **_of_operations(settings, list(ticks))}


def _of_the_desk(settings: Settings) -> Ticks:
    async def seal(now: datetime) -> None:
        await audit_log.seal(settings.secret_key)

    async def anchor(now: datetime) -> None:
        await audit_log.seal(settings.secret_key, everything=True)
        if settings.audit_anchor:
            await audit_log.send_head(settings.audit_anchor, settings.languages[0], now=now)

    async def sweep(now: datetime) -> None:
        await uploads.sweep(settings.uploads_dir, now=now)

    async def forget(now: datetime) -> None:
        await uploads.discard_names(await erasure.erase_outlived(now=now), settings.uploads_dir)

    async def publish(now: datetime) -> None:
        await promises.publish(zone=settings.zone, now=now)

    async def credit(now: datetime) -> None:
        await crediting.credit_downtime(now=now)

    return {
        "tidy": ("*/5 * * * *", tidy),
        "seal": ("* * * * *", seal),
        "watch": ("* * * * *", watch_cases),
        "credit": ("* * * * *", credit),
        # Hourly, so that a worker that was down at midnight still sends the day's mail.
        "anchor": ("17 * * * *", anchor),
        "sweep": ("40 22 * * *", sweep),
        "forget": ("*/10 * * * *", forget),
        "recheck": ("*/15 * * * *", recheck),
        "forget_tips": ("25 22 * * *", feedback.forget_tips),
        "publish": ("*/10 * * * *", publish),
    }


def _of_notices(settings: Settings) -> Ticks:
    async def tell(now: datetime) -> None:
        await telling.tell_due(("mail", "sms") if settings.sms else ("mail",), now=now)

    async def repeat(now: datetime) -> None:
        await series.extend_series(zone=settings.zone, now=now)

    async def tell_webhooks(now: datetime) -> None:
        site = Site(settings.base_url, settings.zone)
        async with httpx.AsyncClient(timeout=outward.PATIENCE, trust_env=False) as client:
            while await webhooks.tell(site, client=client, resolve=outward.look_up, now=now):
                now = datetime.now(UTC)

    async def nag(now: datetime) -> None:
        await nagging.nag(now=now)

    return {
        mailings.JOB: ("* * * * *", tell),
        "forget_told": ("10 23 * * *", telling.forget_records),
        "repeat": ("29 * * * *", repeat),
        "webhooks": ("* * * * *", tell_webhooks),
        "forget_calls": ("35 22 * * *", webhooks.forget_old),
        "nag": ("*/5 * * * *", nag),
        "forget_looks": ("30 22 * * *", availability.forget_old),
    }


def _of_operations(settings: Settings, others: list[str]) -> Ticks:
    async def reckon(now: datetime) -> None:
        await reckoning.reckon_due(zone=settings.zone, uploads_dir=settings.uploads_dir, now=now)

    async def look(now: datetime) -> None:
        seen = await health.look(settings, clocks=others, now=now)
        await digest.send_due(seen, zone=settings.zone, now=now)

    # Hourly, as the anchor; the first time after midnight it works, and then it rests.
    return {"reckon": ("7 * * * *", reckon), health.JOB: ("*/10 * * * *", look)}


def _scanning(settings: Settings) -> Tick:
    async def scan(now: datetime) -> None:
        while await scans.scan(settings.clamd, settings.uploads_dir, now=now):
            now = datetime.now(UTC)

    return scan


async def watch_cases(now: datetime) -> None:
    """Every case whose time has come was looked at; one that can't be counted waits an hour and holds up nobody."""
    while cases := await watch.due(now=now):
        for case_id in cases:
            try:
                await watch.look_at(case_id, now=now)
            except AWAY:
                raise
            except Exception:
                logger.exception("the clock of case %s can't be read", case_id)
                await watch.put_off(case_id, until=now + AFTER_ODD_CASE)


async def recheck(now: datetime) -> None:
    """Everybody whose service wants to know by now was asked whether it is still solved."""
    while await rechecks.ask_due(now=now):
        pass


async def tidy(now: datetime) -> None:
    """Ended sessions and grants, old counters and old lines of the job log are gone; no mail is lost."""
    await sessions.forget_ended(now)
    await drafts.forget_ended(now)
    await sign_up.forget_unconfirmed(now=now)
    await AccessGrant.delete().where(AccessGrant.expires_at < now)
    await throttle.forget_before(now - THROTTLE_KEPT)
    await feedback.forget_tip_counts(now)
    await OutboxMessage.raw("DELETE FROM pgqueuer_log WHERE created < {}", now - JOB_LOG_KEPT)
    await subscriptions.forget_unconfirmed(now=now)
    await lost_codes.forget_old(now=now)
    await same_words.forget_old(now=now)
    await outbox.requeue_lost(now=now)
