"""Rounds become messages: each subscriber's once, none too late, however a worker ends."""

import asyncio

import pytest

from db.outbox import OutboxMessage
from db.subscriptions import NoticeMailing, Subscription
from portal.notices import actions, telling
from portal.services.actions import load_samples
from tests.conftest import NOON, OPENED
from tests.notices.outages import EVALUATION, HOUR, INCIDENT, PLANNED, START, WHY, changed, posted
from tests.notices.subscribers import a_subscriber, tell, told

MAIL, OTHER = "maryam@example.org", "reza@example.org"


@pytest.fixture
def no_rest(monkeypatch):
    monkeypatch.setattr(telling, "REST", 0)


async def test_whoever_is_subscribed_to_the_service_or_to_all_is_told(samples):
    await a_subscriber(MAIL)
    await a_subscriber(OTHER, slug=None)
    await a_subscriber("elsewhere@example.org", slug=EVALUATION)
    await posted()
    await tell()
    assert await told() == [(MAIL, "published"), (OTHER, "published")]


async def test_nobody_is_told_who_has_not_confirmed_or_has_left(samples):
    await a_subscriber(MAIL, confirmed_at=None)
    await a_subscriber(OTHER, ended_at=NOON)
    await posted()
    await tell()
    assert await told() == []


async def test_only_the_wished_kind_is_told(samples):
    await a_subscriber(MAIL, kinds='["incident"]')
    await posted()
    await tell()
    assert await told() == []
    await posted(INCIDENT)
    await tell()
    assert await told() == [(MAIL, "published")]


async def test_a_text_message_is_queued_where_there_is_a_gateway(samples):
    await a_subscriber("+989120001234", channel="sms")
    await posted()
    await telling.tell_due(("mail", "sms"), now=NOON)
    assert await told() == [("+989120001234", "published")]


async def test_two_subscriptions_of_one_address_make_one_message_in_any_batch(samples, no_rest):
    for service in (None, "yearbook-qom"):
        await a_subscriber(MAIL, slug=service)
    await a_subscriber(MAIL.upper(), slug=None)
    await posted()
    await tell(batch=1)
    assert len(await told()) == 1


async def test_every_round_is_told_in_its_time(samples):
    await a_subscriber(MAIL)
    await posted()
    for hours in range(80):
        await tell(NOON + hours * HOUR)
    assert [kind for _, kind in await told()] == ["published", "ahead", "ahead", "started", "ended"]
    rows = await NoticeMailing.objects().order_by(NoticeMailing.due_at)
    assert [row.told for row in rows] == [1] * 5


async def test_after_a_standstill_nobody_is_flooded(samples):
    await a_subscriber(MAIL)
    await posted()
    await tell(START - HOUR / 2)
    assert await told() == [(MAIL, "published")]
    await tell(START + 9 * HOUR)
    assert [kind for _, kind in await told()] == ["published", "ended"]


async def test_of_two_late_reminders_the_later_one_is_told(samples):
    await a_subscriber(MAIL)
    await posted()
    await tell()
    await tell(START - HOUR / 2)
    assert [kind for _, kind in await told()] == ["published", "ahead"]
    dropped = await NoticeMailing.objects().where(NoticeMailing.dropped_at.is_not_null())
    assert [row.kind for row in dropped] == ["ahead_24"]


async def test_what_is_long_over_is_not_told(samples):
    await a_subscriber(MAIL)
    await posted()
    await tell(START + 100 * HOUR)
    assert await told() == []


async def test_an_incident_is_told_from_its_start_to_its_end(samples):
    await a_subscriber(MAIL)
    notice = await posted(INCIDENT)
    await tell()
    await actions.update(notice.no, WHY, state="identified", seen=1, by=None, now=NOON + HOUR)
    await tell(NOON + HOUR)
    await actions.update(notice.no, WHY, state="fixed", seen=2, by=None, now=NOON + 2 * HOUR)
    await tell(NOON + 2 * HOUR)
    assert [kind for _, kind in await told()] == ["published", "changed", "ended"]


async def test_a_cancelled_outage_is_told_and_its_reminders_are_not(samples):
    await a_subscriber(MAIL)
    notice = await posted()
    await tell()
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    await tell(NOON + HOUR)
    await tell(START)
    assert [kind for _, kind in await told()] == ["published", "cancelled"]


async def test_posting_asks_a_worker_to_tell_at_once(samples):
    await posted(changed(PLANNED, publish_at=NOON + HOUR))
    jobs = "SELECT count(*) AS n FROM pgqueuer WHERE entrypoint = 'tell'"
    assert (await OutboxMessage.raw(jobs))[0]["n"] == 0
    await posted()
    assert (await OutboxMessage.raw(jobs))[0]["n"] == 1


async def test_notices_come_after_all_other_messages(samples):
    await a_subscriber(MAIL)
    await posted()
    await tell()
    rows = await OutboxMessage.raw("SELECT priority FROM pgqueuer WHERE entrypoint = 'deliver'")
    assert [row["priority"] for row in rows] == [-1]


async def test_who_was_told_is_forgotten_after_a_month(samples):
    await a_subscriber(MAIL)
    await posted()
    await tell()
    await OutboxMessage.update({OutboxMessage.state: "sent", OutboxMessage.ended_at: NOON}, force=True)
    await telling.forget_records(NOON + 24 * 30 * HOUR)
    assert await told() != []
    await telling.forget_records(NOON + 24 * 31 * HOUR)
    assert await told() == []


async def test_two_workers_at_once_tell_each_subscriber_once(committed):
    await load_samples(OPENED)
    for n in range(60):
        await a_subscriber(f"reader{n}@example.org")
    await posted()
    await posted(INCIDENT)
    await asyncio.gather(*(tell(batch=7) for _ in range(4)))
    found = await told()
    assert len(found) == 120
    assert await Subscription.count() == 60
    assert [row.told for row in await NoticeMailing.objects().where(NoticeMailing.kind == "published")] == [
        60,
        60,
    ]
