"""A message is recorded with its cause, sent once, put off while that helps, and failed when nothing will."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import uuid4

import msgspec
import pytest
from pgqueuer import Queries
from pgqueuer.db import AsyncpgDriver

from db.engine import connection_of_transaction
from db.outbox import OutboxMessage
from portal import outbox, smtp
from portal.cases import ledger
from portal.outbox import Outcome

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


class Words(msgspec.Struct, frozen=True):
    subject: str
    text: str
    html: str


class Post:
    """Takes mails, or raises what it was told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[EmailMessage] = []

    async def __call__(self, message: EmailMessage) -> None:
        if self.error:
            raise self.error
        self.taken.append(message)


def courier(post: Post | None, *, prepare=None) -> outbox.Courier:
    async def as_stored(message: OutboxMessage):
        return message.data

    def render(template: str, locale: str, data) -> Words:
        return Words(f"{template} {data['code']}", f"{locale}: {data['code']}", "<p></p>")

    return outbox.Courier(
        prepare=prepare or as_stored,
        render=render,
        post=post,
        sender="desk@rahgir.example",
        host="rahgir.example",
    )


async def queue_one(cause: str = "", recipient: str = "citizen@example.org") -> OutboxMessage:
    cause = cause or f"registered:{uuid4()}"
    await outbox.enqueue(
        "cases/registered",
        recipient=recipient,
        locale="fa",
        data={"code": "K7M2"},
        cause=cause,
        case=None,
        now=NOON,
    )
    return await stored(cause)


async def stored(cause: str) -> OutboxMessage:
    message = await OutboxMessage.objects().get(OutboxMessage.cause == cause).output(load_json=True)
    assert message is not None
    return message


async def jobs(message: OutboxMessage) -> list[dict]:
    return await OutboxMessage.raw("SELECT * FROM pgqueuer WHERE payload = {}", message.id.bytes)


async def test_a_queued_message_has_one_job(db):
    message = await queue_one()
    (job,) = await jobs(message)
    assert (message.state, message.data, job["entrypoint"]) == ("queued", {"code": "K7M2"}, outbox.JOB)


async def test_our_job_is_what_pgqueuer_itself_would_write(db):
    """enqueue() writes PgQueuer's table directly; an update of PgQueuer that asks for more fails here."""
    (ours,) = await jobs(await queue_one())
    other = uuid4()
    await Queries(AsyncpgDriver(connection_of_transaction())).enqueue(outbox.JOB, other.bytes)
    (theirs,) = await OutboxMessage.raw("SELECT * FROM pgqueuer WHERE payload = {}", other.bytes)
    differing = {name for name in ours if ours[name] != theirs[name]}
    assert differing <= {"id", "payload", "headers"}


async def test_one_cause_mails_once(db):
    first = await queue_one("registered:1")
    again = await queue_one("registered:1")
    assert again.id == first.id
    assert len(await jobs(first)) == 1


async def test_a_verb_that_fails_mails_nobody(db):
    verb = connection_of_transaction().transaction()
    await verb.start()
    message = await queue_one("registered:2")
    await verb.rollback()
    assert not await OutboxMessage.exists().where(OutboxMessage.cause == "registered:2")
    assert await jobs(message) == []


async def test_a_delivered_message_says_when(db):
    message, post = await queue_one(), Post()
    outcome = await outbox.deliver(message.id, now=NOON + MINUTES, courier=courier(post))
    after = await stored(message.cause)
    assert outcome is Outcome.SENT
    assert (after.state, after.ended_at, after.attempts) == ("sent", NOON + MINUTES, 1)
    assert post.taken[0]["To"] == "citizen@example.org"


async def test_every_copy_of_a_message_carries_one_id(db):
    message, post = await queue_one(), Post()
    await outbox.deliver(message.id, now=NOON, courier=courier(post))
    assert post.taken[0]["Message-ID"] == f"<{message.id}@rahgir.example>"


async def test_a_second_job_sends_nothing(db):
    message, post = await queue_one(), Post()
    await outbox.deliver(message.id, now=NOON, courier=courier(post))
    assert await outbox.deliver(message.id, now=NOON, courier=courier(post)) is Outcome.NOTHING
    assert len(post.taken) == 1


async def test_a_job_without_a_message_does_nothing(db):
    assert await outbox.deliver(uuid4(), now=NOON, courier=courier(Post())) is Outcome.NOTHING


async def test_a_refused_message_fails_with_the_servers_words(db):
    message = await queue_one()
    post = Post(smtp.Permanent("550 no such user"))
    assert await outbox.deliver(message.id, now=NOON, courier=courier(post)) is Outcome.FAILED
    after = await stored(message.cause)
    assert (after.state, after.error) == ("failed", "550 no such user")


async def test_an_impossible_address_fails_without_a_try(db):
    message, post = await queue_one(recipient="a@example.org, evil@example.org"), Post()
    assert await outbox.deliver(message.id, now=NOON, courier=courier(post)) is Outcome.FAILED
    assert post.taken == []


async def test_a_deferred_message_waits_longer_each_time(db):
    message, post = await queue_one(), Post(smtp.Temporary("451 later"))
    delays = []
    for _ in range(6):
        with pytest.raises(outbox.Retry) as caught:
            await outbox.deliver(message.id, now=NOON, courier=courier(post))
        delays.append(caught.value.delay / MINUTES)
    assert delays == [1, 2, 5, 15, 15, 15]
    after = await stored(message.cause)
    assert (after.state, after.attempts, after.error) == ("queued", 6, "451 later")


async def test_a_deferred_message_is_given_up_after_three_days(db):
    message, post = await queue_one(), Post(smtp.Temporary("451 later"))
    late = NOON + timedelta(days=3, seconds=1)
    assert await outbox.deliver(message.id, now=late, courier=courier(post)) is Outcome.FAILED
    assert (await stored(message.cause)).error == "451 later"


async def test_what_the_server_never_answers_is_given_to_it_twice_and_never_again(db):
    message, post = await queue_one(), Post(smtp.Unanswered("mail.example: no answer in time"))
    with pytest.raises(outbox.Retry) as caught:
        await outbox.deliver(message.id, now=NOON, courier=courier(post))
    assert caught.value.delay == timedelta(hours=1)
    post.error = smtp.Temporary("mail.example: connection refused")  # what was unanswered stays in mind
    with pytest.raises(outbox.Retry):
        await outbox.deliver(message.id, now=NOON, courier=courier(post))
    post.error = smtp.Unanswered("mail.example: no answer in time")
    assert await outbox.deliver(message.id, now=NOON, courier=courier(post)) is Outcome.FAILED
    after = await stored(message.cause)
    assert after.error == "perhaps delivered: mail.example: no answer in time"
    assert ledger.state_of(after.state, after.error) == "unanswered"


async def test_without_a_mail_server_a_message_is_kept(db):
    message = await queue_one()
    assert await outbox.deliver(message.id, now=NOON, courier=courier(None)) is Outcome.KEPT
    assert (await stored(message.cause)).state == "kept"


async def test_a_fresh_link_is_sent_and_not_stored(db):
    async def with_link(message: OutboxMessage):
        return {**message.data, "code": "K7M2 secret-link"}

    message, post = await queue_one(), Post()
    await outbox.deliver(message.id, now=NOON, courier=courier(post, prepare=with_link))
    assert "secret-link" in post.taken[0]["Subject"]
    assert (await stored(message.cause)).data == {"code": "K7M2"}


async def test_a_waiting_message_without_a_job_gets_one_again(db):
    message = await queue_one()
    await OutboxMessage.raw("DELETE FROM pgqueuer WHERE payload = {}", message.id.bytes)
    await outbox.requeue_lost(now=NOON + MINUTES)
    assert await jobs(message) == []
    for _ in range(2):
        await outbox.requeue_lost(now=NOON + 6 * MINUTES)
    assert len(await jobs(message)) == 1


@pytest.mark.parametrize(("cause", "priority"), [("registered:1", 0), ("notice:1:reader", -1)])
async def test_a_job_that_was_lost_comes_back_no_sooner_than_it_would_have(db, cause, priority):
    message = await queue_one(cause)
    await OutboxMessage.raw("DELETE FROM pgqueuer WHERE payload = {}", message.id.bytes)
    await outbox.requeue_lost(now=NOON + 6 * MINUTES)
    assert [job["priority"] for job in await jobs(message)] == [priority]


async def test_a_message_that_has_ended_gets_no_job(db):
    message = await queue_one()
    await outbox.deliver(message.id, now=NOON, courier=courier(Post()))
    await OutboxMessage.raw("DELETE FROM pgqueuer WHERE payload = {}", message.id.bytes)
    await outbox.requeue_lost(now=NOON + 6 * MINUTES)
    assert await jobs(message) == []
