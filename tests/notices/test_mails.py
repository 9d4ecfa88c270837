"""What messages about notices say, in both languages, and what their bounces mean."""

from datetime import UTC, datetime

import msgspec
import pytest

from db.outbox import OutboxMessage
from db.subscriptions import Subscription
from portal import outbox, sms, smtp
from portal.cases import rules
from portal.courier import courier_of
from portal.notices import actions, mails, subscriptions
from portal.templating import MailTemplates
from tests.conftest import NOON
from tests.mail_server import Box, mail_server
from tests.notices.outages import HOUR, INCIDENT, PLANNED, START, WHY, changed, posted
from tests.notices.subscribers import a_subscriber, tell

MAIL = "maryam@example.org"


@pytest.fixture(autouse=True)
def nothing_kept():
    mails._rounds.clear()


def renderer(settings):
    return MailTemplates(settings, rules.NAMES).render


async def newest() -> OutboxMessage:
    rows = await OutboxMessage.objects().where(OutboxMessage.state == "queued").output(load_json=True)
    return rows[-1]


async def words(settings, now=NOON):
    message = await newest()
    shown = await mails.prepared(message, settings, now=now)
    return renderer(settings)(message.template, message.locale, shown)


async def test_a_mail_says_what_when_why_and_how_to_leave(samples, settings):
    subscription = await a_subscriber(MAIL, locale="en")
    notice = await posted()
    await tell()
    mail = await words(settings)
    assert mail.subject == "Planned outage: Database upgrade, Tuesday 24 November 2026, 12:00"
    for part in (mail.text, mail.html):
        assert "The yearbook" in part
        assert "Unavailable" in part
        assert "on Tuesday 24 November 2026 from 12:00 to 14:00" in part  # the day once
        assert "Please send yours before it begins." in part
        assert f"http://localhost:8000/en/notices/{notice.no}" in part
        assert "because you asked for notices" in part
        assert "/en/notices/unsubscribe/" in part
    assert str(subscription) not in mail.text


async def test_a_moved_window_names_the_old_and_the_new_one(samples, settings):
    await a_subscriber(MAIL)
    notice = await posted()
    await tell()
    await OutboxMessage.delete(force=True)
    later = START + 24 * HOUR
    await actions.reschedule(notice.no, later, later + HOUR, WHY, seen=1, by=None, now=NOON + HOUR)
    await tell(NOON + HOUR)
    mail = await words(settings, NOON + HOUR)
    assert mail.subject.startswith("تغییر زمان: به‌روزرسانی پایگاه داده")
    assert "تاکنون: سه‌شنبه ۳ آذر ۱۴۰۵ از ساعت ۱۲:۰۰ تا ۱۴:۰۰" in mail.text
    assert "از این پس: چهارشنبه ۴ آذر ۱۴۰۵ از ساعت" in mail.text
    assert "دلیل" in mail.text


@pytest.mark.parametrize("locale", ["fa", "en"])
@pytest.mark.parametrize("channel", ["mail", "sms"])
@pytest.mark.parametrize("kind", ["published", "ahead", "started", "changed", "cancelled", "ended"])
@pytest.mark.parametrize("draft", [PLANNED, changed(INCIDENT)])
async def test_every_message_has_words_in_both_languages(kind, channel, locale, draft, samples, settings):
    notice = await posted(draft)
    shown = mails.preview(notice, kind, locale, settings)
    mail = renderer(settings)(f"notices/{channel}/{kind}", locale, shown)
    assert mail.subject
    assert "None" not in mail.text
    assert (locale == "fa") == any("\u0600" <= letter <= "\u06ff" for letter in mail.subject)
    if channel == "sms":
        assert len(mail.text) < sms.LONGEST - 40


async def test_a_cancelled_outage_is_known_by_its_day(samples, settings):
    await a_subscriber(MAIL, locale="en")
    notice = await posted()
    await tell()
    await OutboxMessage.delete(force=True)
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    await tell(NOON + HOUR)
    mail = await words(settings, NOON + HOUR)
    assert mail.subject == "Cancelled: Database upgrade, Tuesday 24 November 2026, 12:00"


async def test_a_window_until_midnight_or_without_an_end_says_so(samples, settings):
    await a_subscriber(MAIL, locale="en")
    midnight = START.replace(hour=20, minute=30)
    await posted(changed(PLANNED, ends_at=midnight))
    await posted(changed(PLANNED, ends_at=None))
    await tell()
    rows = await OutboxMessage.objects().order_by(OutboxMessage.id).output(load_json=True)
    said = []
    for message in rows:
        shown = await mails.prepared(message, settings, now=NOON)
        said.append(renderer(settings)(message.template, message.locale, shown).text)
    assert any("on Tuesday 24 November 2026 from 12:00 to 24:00" in one for one in said)
    assert any("12:00; when it ends is not known yet" in one for one in said)


async def test_mail_programs_can_leave_by_one_click(samples, settings):
    subscription = await a_subscriber(MAIL)
    start = datetime.now(UTC) + 100 * HOUR
    await posted(changed(PLANNED, starts_at=start, ends_at=start + HOUR), now=datetime.now(UTC))
    await tell(datetime.now(UTC))
    message = await newest()
    async with mail_server(Box()) as box:
        here = msgspec.structs.replace(
            settings, smtp_url=box.url, base_url="https://a-long-name.desk.example.org"
        )
        courier = courier_of(here, renderer(here))
        assert await outbox.deliver(message.id, now=NOON, courier=courier) is outbox.Outcome.SENT
    raw = box.taken[0].decode()
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    token = subscriptions.leave_token(settings.keys, subscription)
    assert f"\r\nList-Unsubscribe: <{here.base_url}/notices/unsubscribe/{token}>\r\n" in raw
    assert box.addressed == [MAIL]
    assert (await OutboxMessage.objects())[0].recipient == ""


async def delivered(settings, error=None):
    """The newest message is delivered, or refused with ``error``."""

    async def post(mail):
        if error:
            raise error

    courier = msgspec.structs.replace(courier_of(settings, renderer(settings)), post=post)
    message = await newest()
    return await outbox.deliver(message.id, now=datetime.now(UTC), courier=courier)


async def bounces() -> tuple[int, bool]:
    (row,) = await Subscription.objects()
    return row.bounces, row.ended_at is not None


async def now_posted():
    await posted(changed(INCIDENT, starts_at=datetime.now(UTC) - HOUR), now=datetime.now(UTC))
    await tell(datetime.now(UTC))


async def test_a_dead_mailbox_is_left_alone_after_three_bounces(samples, settings):
    await a_subscriber(MAIL)
    for n in (1, 2):
        await now_posted()
        assert await delivered(settings, smtp.Permanent("550 no such user")) is outbox.Outcome.FAILED
        assert await bounces() == (n, False)
    await now_posted()
    await delivered(settings, smtp.Permanent("550 no such user"))
    assert await bounces() == (3, True)
    await now_posted()
    assert not await OutboxMessage.exists().where(OutboxMessage.state == "queued")


async def test_what_arrives_forgives_what_bounced(samples, settings):
    await a_subscriber(MAIL, bounces=2)
    await now_posted()
    assert await delivered(settings) is outbox.Outcome.SENT
    assert await bounces() == (0, False)


async def test_a_server_that_is_down_is_no_bounce(samples, settings):
    await a_subscriber(MAIL)
    await now_posted()
    with pytest.raises(outbox.Retry):
        await delivered(settings, smtp.Temporary("451 later"))
    assert await bounces() == (0, False)


async def test_whoever_left_meanwhile_gets_nothing(samples, settings):
    subscription = await a_subscriber(MAIL)
    await now_posted()
    await Subscription.delete().where(Subscription.id == subscription)
    assert await delivered(settings) is outbox.Outcome.DROPPED


async def test_a_reminder_that_waited_too_long_is_not_sent(samples, settings):
    await a_subscriber(MAIL)
    await posted()
    await tell()
    message = await newest()
    with pytest.raises(outbox.Unwanted):
        await mails.prepared(message, settings, now=START + 3 * HOUR)
