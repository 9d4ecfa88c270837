"""How messages leave this installation: through a mail server, a text message gateway, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast
from urllib.parse import urlsplit

from db.outbox import OutboxMessage
from portal import outbox, sms, smtp
from portal.accounts import mails as account_mails
from portal.cases import mails, watch
from portal.feedback import lost_code_mails
from portal.notices import mails as notice_mails
from portal.operations import digest
from portal.resets import mails as reset_mails
from portal.security import throttle
from portal.settings import LOOPBACK, Settings, SmsGateway

A_DAY = timedelta(days=1)
ANYBODY_ASKS = frozenset({"notices/sms/confirm"})
"""Text messages to numbers that nobody has confirmed: they leave four fifths of a day's number to all others."""


def courier_of(settings: Settings, render: outbox.Render) -> outbox.Courier:
    """Mails leave through PORTAL_SMTP_URL, text messages through PORTAL_SMS_URL, or not at all where it is empty.

    Without a mail server, on a machine that only itself can reach, mails lie in ``mail/`` of the data folder, their
    links working.
    """

    async def post(message: EmailMessage) -> None:
        await smtp.post(message, settings.smtp_url)

    async def keep(message: EmailMessage) -> None:
        await asyncio.to_thread(smtp.keep, message, settings.mail_dir)

    async def prepare(message: OutboxMessage) -> Mapping[str, Any]:
        return await _prepared(message, settings, now=datetime.now(UTC))

    hostname = urlsplit(settings.base_url).hostname
    return outbox.Courier(
        prepare=prepare,
        render=render,
        post=post if settings.smtp_url else None,
        keep=keep if hostname in LOOPBACK else None,
        text=_texting(settings.sms) if settings.sms else None,
        after=notice_mails.delivered,
        sender=settings.mail_from,
        host=hostname or "localhost",
    )


async def _prepared(message: OutboxMessage, settings: Settings, *, now: datetime) -> Mapping[str, Any]:
    """What the message's templates show, by the feature that wrote it."""
    if message.template.startswith(notice_mails.FOLDER):
        return await notice_mails.prepared(message, settings, now=now)
    if message.template == digest.MAIL:
        return digest.shown(message, settings)
    if message.template.startswith("cases/mail/"):
        return await mails.with_link(message, settings, now=now)
    if message.template in lost_code_mails.TEMPLATES:
        return await lost_code_mails.prepared(message, settings, now=now)
    if message.template == watch.MAIL:
        return watch.shown(message, settings)
    if message.template.startswith(reset_mails.FOLDER):
        return await reset_mails.prepared(message, settings, now=now)
    if message.template.startswith(account_mails.FOLDER):
        return await account_mails.with_link(message, settings, now=now)
    return cast(Mapping[str, Any], message.data)


def _texting(gateway: SmsGateway) -> outbox.Text:
    async def text(to: str, words: str, template: str) -> None:
        now = datetime.now(UTC)
        if template in ANYBODY_ASKS:
            most = max(1, gateway.per_day // 5)
            if await throttle.count(f"sms:{template}", A_DAY, now) > most:
                raise smtp.Temporary("a fifth of the day's text messages went to unconfirmed numbers")
        if await throttle.count("sms", A_DAY, now) > gateway.per_day:
            raise smtp.Temporary("the day's text messages are used up (PORTAL_SMS_PER_DAY)")
        await sms.post(to, words, gateway)

    return text
