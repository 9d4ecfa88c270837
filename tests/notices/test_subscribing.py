"""Subscribing with double opt-in, leaving by one click; nobody learns who is subscribed."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec
import pytest

from db.accounts import ContactPoint
from db.outbox import OutboxMessage
from db.subscriptions import Subscription
from portal import outbox
from portal.cases import rules
from portal.courier import courier_of
from portal.notices import mails, subscriptions
from portal.templating import MailTemplates
from tests.notices.subscribers import a_subscriber
from tests.services.test_pages import words_of
from tests.support.browser import client_of, signed_in

PAGE = "/notices/subscribe"
MAIL = "maryam@example.org"


def right_now():
    return datetime.now(UTC)


async def messages():
    return await OutboxMessage.objects().order_by(OutboxMessage.created_at).output(load_json=True)


async def link_of(message, settings) -> str:
    """The path of the link in a message, as it is when it leaves."""
    shown = await mails.prepared(message, settings, now=right_now())
    return urlsplit(shown["link"]).path


async def subscribed():
    rows = await Subscription.objects().where(Subscription.ended_at.is_null())
    return [(row.address, row.confirmed_at is not None) for row in rows]


async def test_an_address_hears_only_after_it_has_confirmed(samples, browser, settings):
    sent = await browser.submit(PAGE, {"email": MAIL, "service": "yearbook-qom"})
    assert sent.headers["location"] == "/notices/subscribe/sent"
    (message,) = await messages()
    assert (message.recipient, message.template) == (MAIL, "notices/mail/confirm")
    link = await link_of(message, settings)
    assert (await browser.get(link)).status_code == 200
    assert await subscribed() == [(MAIL, False)]  # looking at the link confirms nothing
    done = await browser.submit(link)
    assert done.status_code == 200
    assert await subscribed() == [(MAIL, True)]
    assert (await browser.get(link)).status_code == 404


async def test_the_answer_is_the_same_whether_the_address_is_subscribed_or_not(samples, browser):
    await a_subscriber(MAIL)
    known = await browser.submit(PAGE, {"email": MAIL})
    unknown = await browser.submit(PAGE, {"email": "nobody@example.org"})
    assert (known.status_code, known.headers["location"]) == (
        unknown.status_code,
        unknown.headers["location"],
    )
    assert len(await messages()) == 2


async def test_somebody_elses_address_gets_three_messages_a_day_and_no_more(samples, browser):
    for _ in range(5):
        assert (await browser.submit(PAGE, {"email": MAIL})).status_code == 303
    assert len(await messages()) == 3


async def test_one_network_subscribes_twenty_times_an_hour(samples, browser):
    for n in range(20):
        assert (await browser.submit(PAGE, {"email": f"n{n}@example.org"})).status_code == 303
    refused = await browser.submit(PAGE, {"email": MAIL})
    assert refused.status_code == 429
    assert "retry-after" in refused.headers


@pytest.mark.parametrize(
    "typed",
    [
        {"email": ""},
        {"email": "no address"},
        {"email": "a@example.org, b@example.org"},
        {"email": "a@example.org\r\nBcc: b@example.org"},
        {"email": "a@example.org\u2028Bcc: b@example.org"},
        {"email": '"a\r\nRCPT TO:<evil@example.org>"@example.org'},
        {"email": MAIL, "service": "no-such-service"},
        {"email": MAIL, "kinds": None},
        {"email": MAIL, "kinds": "everything"},
        {"email": "", "mobile": "09120001234"},
    ],
)
async def test_s30_what_is_no_address_or_no_service_is_refused(typed, samples, browser):
    refused = await browser.submit(PAGE, typed)
    assert refused.status_code == 422
    assert await messages() == []
    assert await subscribed() == []


async def test_without_a_gateway_no_page_offers_text_messages(samples, browser):
    assert 'name="mobile"' not in (await browser.get(PAGE)).text
    assert "number" not in words_of((await browser.get("/en/notices/subscribe/sent")).text)


async def test_a_mistake_is_named_with_its_field(samples, browser):
    page = words_of((await browser.submit(f"/en{PAGE}", {"email": ""})).text)
    assert "E-mail address — Please fill this in." in page


async def test_confirming_twice_leaves_one_subscription(samples, browser, settings):
    for _ in range(2):
        await browser.submit(PAGE, {"email": MAIL, "service": "yearbook-qom"})
    links = [await link_of(message, settings) for message in await messages()]
    await browser.submit(links[1])
    assert await subscribed() == [(MAIL, True)]
    assert (await browser.get(links[0])).status_code == 404


async def test_an_address_that_never_confirms_is_forgotten(samples):
    wish = subscriptions.Wish(address=MAIL)
    now = right_now()
    await subscriptions.subscribe(wish, locale="fa", network="192.0.2.1", now=now)
    await subscriptions.forget_unconfirmed(now=now + timedelta(days=2))
    assert len(await subscribed()) == 1
    await subscriptions.forget_unconfirmed(now=now + timedelta(days=4))
    assert await subscribed() == []


async def test_a_person_with_a_confirmed_address_confirms_nothing_again(samples, application):
    async with client_of(application) as client:
        person = await signed_in(client, "somebody", "citizen")
        await ContactPoint.insert(
            ContactPoint(
                account=person.account.id,
                kind="email",
                value=MAIL,
                verified_at=right_now(),
                changed_at=right_now(),
            )
        )
        assert MAIL in (await person.get(PAGE)).text
        done = await person.submit(PAGE)
        assert done.headers["location"] == "/mine/notices"
        assert await subscribed() == [(MAIL, True)]
        assert await messages() == []
        mine = await person.get("/mine/notices")
        assert MAIL in mine.text
        ended = await person.submit("/mine/notices", to="/mine/notices/end")
        assert ended.status_code == 303
    assert await subscribed() == []


async def test_nobody_ends_the_subscription_of_another_account(samples, application):
    theirs = await a_subscriber(MAIL)
    async with client_of(application) as client:
        person = await signed_in(client, "somebody", "citizen")
        own = await a_subscriber("own@example.org", account=person.account.id)
        refused = await person.submit("/mine/notices", {"subscription": str(theirs)}, to="/mine/notices/end")
        assert refused.status_code == 404
    assert {row.id for row in await Subscription.objects()} == {theirs, own}


def leave_path(settings, subscription) -> str:
    return f"/notices/unsubscribe/{subscriptions.leave_token(settings.keys, subscription)}"


async def test_a_mail_program_leaves_by_one_post_without_page_or_origin(samples, application, settings):
    path = leave_path(settings, await a_subscriber(MAIL))
    await a_subscriber(MAIL, slug=None)
    await a_subscriber("other@example.org")
    async with client_of(application) as program:
        assert (await program.get(path)).status_code == 200
        assert await Subscription.count() == 3  # looking at the link ends nothing
        for _ in range(2):
            answer = await program.post(f"/en{path}", data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
    assert await subscribed() == [("other@example.org", True)]


async def test_the_page_can_end_one_service_alone(samples, browser, settings):
    path = leave_path(settings, await a_subscriber(MAIL))
    other = await a_subscriber(MAIL, slug="performance-evaluation")
    await browser.submit(path, {"what": "one"})
    assert [row.id for row in await Subscription.objects()] == [other]


async def test_a_link_of_before_one_subscribed_again_still_ends_everything(samples):
    wish = subscriptions.Wish(address="maryam@example.org")
    old = await a_subscriber("maryam@example.org")
    await subscriptions.subscribe(wish, locale="fa", network="192.0.2.1", own=True, now=right_now())
    await subscriptions.leave(old, everything=True)
    assert await Subscription.count() == 0


async def test_nobody_leaves_for_others_with_a_made_up_link(samples, application, settings):
    right = leave_path(settings, await a_subscriber(MAIL))
    wrong = right[:-1] + ("A" if right[-1] != "A" else "Q")
    async with client_of(application) as program:
        for path in (wrong[:-4] + "AAAA", "/notices/unsubscribe/x", "/notices/unsubscribe/%D8%A7"):
            assert (await program.post(path)).status_code == 404
            assert (await program.get(path)).status_code == 404
    assert await Subscription.count() == 1


async def test_only_leaving_needs_no_origin(samples, application):
    async with client_of(application) as program:
        for path in ("/notices/subscribe", "/notices/unsubscribe/a/b", "/notices/confirm/x"):
            assert (await program.post(path)).status_code == 403


async def deliver(message, settings, post):
    courier = courier_of(settings, MailTemplates(settings, rules.NAMES).render)
    return await outbox.deliver(
        message.id, now=right_now(), courier=msgspec.structs.replace(courier, post=post)
    )


async def test_the_record_of_a_confirming_mail_names_nobody_afterwards(samples, browser, settings):
    taken = []

    async def post(mail):
        taken.append(mail)

    await browser.submit(PAGE, {"email": MAIL})
    (message,) = await messages()
    assert await deliver(message, settings, post) is outbox.Outcome.SENT
    assert (await messages())[0].recipient == ""
    assert taken[0]["To"] == MAIL
    assert taken[0]["List-Unsubscribe"] is None


@pytest.mark.parametrize(("language", "masked"), [("", "۰۹۱۲•••"), ("/en", "0912•••")])
async def test_a_number_to_confirm_is_shown_in_the_digits_of_the_page(samples, browser, language, masked):
    wish = subscriptions.Wish(channel="sms", address="+989120001234")
    await subscriptions.subscribe(wish, locale="fa", network="192.0.2.1", now=datetime.now(UTC))
    row = await Subscription.objects().first()
    token = await subscriptions.new_token(row.id, now=datetime.now(UTC))
    assert masked in (await browser.get(f"{language}/notices/confirm/{token}")).text
