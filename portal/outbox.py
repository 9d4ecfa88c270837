"""Record and queue a message in the caller's transaction; later deliver it, once, or say why not.

A message's row is the truth about it; its job says that somebody should look, and may be lost or run twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from enum import Enum
from typing import Any, cast
from uuid import UUID

import msgspec
from piccolo.columns import Column

from db.engine import AWAY, connection_of_transaction
from db.keys import uuid7
from db.outbox import OutboxMessage
from portal import smtp

JOB = "deliver"
DELAYS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))
GIVE_UP_AFTER = timedelta(days=3)
UNANSWERED = "perhaps delivered: "
"""How the error of a message begins that the mail server was given whole without a word whether it took it."""
AFTER_NO_ANSWER = timedelta(hours=1)
"""Longer than a mail server is away as a rule, since the next try is the last one."""
RECORD_DELAYS = (0.5, 1, 2, 4, 8, 8, 8)
"""Seconds between tries to write down that a mail has left, while the database restarts."""
LOST_AFTER = timedelta(minutes=5)
ONCE = "once"
"""Data with this word is of a message whose record names nobody any more once it has ended, delivered or not."""
SENT_BACK = "^5[0-9][0-9]"
"""A regular expression: how the error of a failed message begins that the other side refused for good."""
LEAVE = "leave"
"""What a template shows under this name is the address that ends such mails; the mail's head has it, too."""

# One round trip in the filing path. PgQueuer's own enqueue costs several times as much and loads 15 MB of
# modules into every web process; what its table asks for is pinned by tests/test_outbox.py.
_ENQUEUE = """
WITH message AS (
    INSERT INTO outbox_message
        (id, channel, recipient, template, locale, data, cause, "case", state, attempts, created_at, error)
    VALUES ($1, $9, $2, $3, $4, $5, $6, $7, 'queued', 0, $8, '')
    ON CONFLICT (cause) DO NOTHING
    RETURNING id
)
INSERT INTO pgqueuer (priority, entrypoint, payload, status)
SELECT 0, 'deliver', uuid_send(id), 'queued' FROM message
"""
# Behind everything else that waits: many thousand mails of one cause must not hold up a new password.
_ENQUEUE_ALL = """
WITH message AS (
    INSERT INTO outbox_message
        (id, channel, recipient, template, locale, data, cause, "case", state, attempts, created_at, error)
    SELECT id, 'mail', recipient, $1, locale, data::jsonb, cause, "case", 'queued', 0, $2, ''
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
        AS new(id, recipient, locale, data, cause, "case")
    ON CONFLICT (cause) DO NOTHING
    RETURNING id
)
INSERT INTO pgqueuer (priority, entrypoint, payload, status)
SELECT -1, 'deliver', uuid_send(id), 'queued' FROM message
"""
_HASTEN = """
UPDATE pgqueuer SET execute_after = now()
WHERE entrypoint = 'deliver' AND status = 'queued' AND execute_after > now()
"""
# What tells of a notice goes to thousands and comes after all others, here too.
_REQUEUE_LOST = """
INSERT INTO pgqueuer (priority, entrypoint, payload, status)
SELECT CASE WHEN cause LIKE 'notice:%' THEN -1 ELSE 0 END, 'deliver', uuid_send(id), 'queued'
FROM outbox_message AS message
WHERE state = 'queued' AND created_at < {}
    AND NOT EXISTS (SELECT FROM pgqueuer WHERE entrypoint = 'deliver' AND payload = uuid_send(message.id))
"""

Change = dict[Column | str, Any]
Prepare = Callable[[OutboxMessage], Awaitable[Mapping[str, Any]]]
Render = Callable[[str, str, Mapping[str, Any]], smtp.MailText]
Post = Callable[[EmailMessage], Awaitable[None]]
Text = Callable[[str, str, str], Awaitable[None]]
After = Callable[[OutboxMessage, bool, datetime], Awaitable[None]]


class Outcome(Enum):
    """What became of one look at a message."""

    NOTHING = "nothing"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"
    KEPT = "kept"


class Retry(Exception):
    """Not delivered yet; look again after ``delay``. ``server_down``: all mail waits for the same cause."""

    def __init__(self, delay: timedelta, *, server_down: bool) -> None:
        super().__init__(f"again in {delay}")
        self.delay, self.server_down = delay, server_down


class Unwanted(Exception):
    """Nobody wants the message any more; the text says why. Raised while it is prepared."""


class Courier(msgspec.Struct, frozen=True, kw_only=True):
    """How messages leave this process.

    ``prepare`` returns what the template shows, with a fresh link where a feature adds one, or raises Unwanted;
    ``render`` makes the words; ``post`` hands the mail over, None where no mail server is configured; there ``keep``
    may put it where its reader finds it. ``text`` hands a text message over (to whom, the words, the template), None
    where no gateway is configured. ``after`` hears what arrived (True) and what never will. ``sender`` is the address
    mails come from and ``host`` the portal's own name, without port.
    """

    prepare: Prepare
    render: Render
    post: Post | None
    sender: str
    host: str
    keep: Post | None = None
    text: Text | None = None
    after: After | None = None

    def carries(self, channel: str) -> bool:
        """Whether messages of ``channel`` leave at all, or lie where their reader finds them."""
        return self.text is not None if channel == "sms" else (self.post or self.keep) is not None


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One of many messages; what each part means stands at ``enqueue``."""

    recipient: str
    locale: str
    data: Mapping[str, Any]
    cause: str
    case: UUID | None


async def enqueue(
    template: str,
    *,
    recipient: str,
    locale: str,
    data: Mapping[str, Any],
    cause: str,
    case: UUID | None,
    now: datetime,
    channel: str = "mail",
) -> None:
    """A message is recorded and its delivery queued in the caller's transaction: both happen, or neither.

    ``cause`` names the event and whom it tells, like ``case-registered:<id>:applicant``; the second message
    of one cause is dropped silently, so a repeated event mails once. ``data`` is stored: no secrets in it.
    """
    shown = msgspec.json.encode(data).decode()
    await connection_of_transaction().execute(
        _ENQUEUE, uuid7(), recipient, template, locale, shown, cause, case, now, channel
    )


async def enqueue_all(template: str, letters: Sequence[Letter], *, now: datetime) -> None:
    """As ``enqueue`` for each of ``letters``, in one statement; they leave after all other mail that waits."""
    if letters:
        columns = [
            (uuid7(), one.recipient, one.locale, msgspec.json.encode(one.data).decode(), one.cause, one.case)
            for one in letters
        ]
        await connection_of_transaction().execute(_ENQUEUE_ALL, template, now, *zip(*columns, strict=True))


async def deliver(message_id: UUID, *, now: datetime, courier: Courier) -> Outcome:
    """The message was sent, has failed for good, was dropped or is kept; nothing happens to one that is not queued.

    Raises Retry when it may work later: after 1, 2, 5, then every 15 minutes, until it is three days old. What the mail
    server was given whole without an answer goes to it once more, after an hour, so that nobody gets three copies.
    """
    message = await OutboxMessage.objects().get(OutboxMessage.id == message_id).output(load_json=True)
    if message is None or message.state != "queued":
        return Outcome.NOTHING
    if not courier.carries(message.channel):
        return await _record(message, Outcome.KEPT, now=now)
    try:
        outcome = await _hand_over(message, courier, now=now)
    except Unwanted as reason:
        return await _record(message, Outcome.DROPPED, now=now, error=str(reason))
    except smtp.Permanent as error:
        outcome = await _record(message, Outcome.FAILED, now=now, error=str(error))
    except smtp.Temporary as error:
        return await _put_off(message, error, now=now)
    else:
        await _record(message, outcome, now=now)
    if courier.after and outcome is not Outcome.KEPT:
        await courier.after(message, outcome is Outcome.SENT, now)
    return outcome


async def _hand_over(message: OutboxMessage, courier: Courier, *, now: datetime) -> Outcome:
    shown = await courier.prepare(message)
    words = courier.render(message.template, message.locale, shown)
    if message.channel == "sms":
        assert courier.text, "asked before"
        await courier.text(message.recipient, words.text.strip(), message.template)
        return Outcome.SENT
    leave, message_id = shown.get(LEAVE, ""), f"{message.id}@{courier.host}"
    mail = smtp.compose(
        words, message.recipient, courier.sender, message_id, message.locale, now, leave=leave
    )
    hand_over = courier.post or courier.keep
    assert hand_over, "asked before"
    await hand_over(mail)
    return Outcome.SENT if courier.post else Outcome.KEPT


async def _put_off(message: OutboxMessage, error: smtp.Temporary, *, now: datetime) -> Outcome:
    unanswered = isinstance(error, smtp.Unanswered)
    before = message.error.startswith(UNANSWERED)
    words = f"{UNANSWERED}{error}" if unanswered else message.error if before else str(error)
    if now - message.created_at > GIVE_UP_AFTER or (unanswered and before):
        return await _record(message, Outcome.FAILED, now=now, error=words)
    delay = AFTER_NO_ANSWER if unanswered else DELAYS[min(message.attempts, len(DELAYS) - 1)]
    change: Change = {
        OutboxMessage.attempts: OutboxMessage.attempts + 1,
        # A server's words may name the address; that it gave no answer has to be remembered.
        OutboxMessage.error: "" if _is_once(message) and not (unanswered or before) else words[:500],
    }
    await OutboxMessage.update(change).where(OutboxMessage.id == message.id)
    raise Retry(delay, server_down=error.server_down) from error


async def _record(message: OutboxMessage, outcome: Outcome, *, now: datetime, error: str = "") -> Outcome:
    """Write the end of a message. Patient with the database: forgetting a sent mail would send it again."""
    change: Change = {
        OutboxMessage.state: outcome.value,
        OutboxMessage.attempts: OutboxMessage.attempts + 1,
        OutboxMessage.ended_at: now,
        OutboxMessage.error: error[:500],
    }
    if _is_once(message):  # what a mail server says of a refusal names the address, too
        change |= {OutboxMessage.recipient: "", OutboxMessage.error: ""}
    for delay in (*RECORD_DELAYS, None):
        try:
            await OutboxMessage.update(change).where(OutboxMessage.id == message.id)
            break
        except AWAY:
            if delay is None:
                raise
            await asyncio.sleep(delay)
    return outcome


def _is_once(message: OutboxMessage) -> bool:
    return bool(cast(Mapping[str, Any], message.data).get(ONCE))


async def requeue_lost(*, now: datetime) -> None:
    """Every message that still waits has a job again, should one have been lost with a crashed worker."""
    await OutboxMessage.raw(_REQUEUE_LOST, now - LOST_AFTER)


async def hasten() -> None:
    """Every message that waits for its next try is due now: the mail server answers again."""
    await OutboxMessage.raw(_HASTEN)
