"""A lost code: the contact is sent a link to the list of its requests; nobody else learns anything."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from db.cases import AccessGrant, Case
from db.lost_codes import LostCode
from db.outbox import OutboxMessage
from db.services import Service
from portal import codes, outbox
from portal.cases import erasure
from portal.cases.actions import withdraw
from portal.courier import courier_of
from portal.feedback import lost_code_mails, lost_codes
from portal.outbox import Outcome, Unwanted
from portal.services.actions import read_sample
from portal.templating import MailTemplates
from tests.cases.factories import SLUG, a_case

PAGE = "/en/feedback/lost-code"
MAIL, PHONE = "maryam@agency.example", "+989000001234"


def right_now():
    return datetime.now(UTC)


@pytest.fixture
async def filed(db, settings):
    return await a_case(key=settings.secret_key, now=right_now() - timedelta(hours=2))


async def message_asked(channel="mail", address=MAIL, *, settings, now=None) -> OutboxMessage:
    """The message that is queued for a wish."""
    now = now or right_now()
    where = {"locale": "en", "network": "192.0.2.7", "key": settings.secret_key}
    await lost_codes.ask(channel, address, now=now, **where)
    asked = OutboxMessage.template.like("feedback/%/lost_code")
    return (
        await OutboxMessage.objects()
        .where(asked)
        .order_by(OutboxMessage.id, ascending=False)
        .first()
        .output(load_json=True)
    )


async def path_of_link(message, settings, now=None) -> str:
    shown = await lost_code_mails.prepared(message, settings, now=now or right_now())
    return urlsplit(shown["link"]).path


async def a_link(settings, **asked) -> str:
    return await path_of_link(await message_asked(settings=settings, **asked), settings)


async def test_the_contact_is_sent_a_link_that_lists_its_requests(filed, stranger, settings):
    sent = await stranger.submit(PAGE, {"email": "Maryam@agency.example"})
    assert sent.headers["location"] == f"{PAGE}/sent"
    (message,) = (
        await OutboxMessage.objects().where(OutboxMessage.cause.like("lost-code:%")).output(load_json=True)
    )
    path = await path_of_link(message, settings)
    asked = await stranger.get(path)
    assert codes.show_text(filed.number) not in asked.text
    page = await stranger.submit(path)
    assert page.headers["cache-control"] == "no-store"
    assert codes.show_text(filed.number) in page.text
    assert read_sample(SLUG).title.en in page.text


async def test_the_list_tells_a_complaint_from_the_request_it_is_about(filed, stranger, settings):
    await a_case(key=settings.secret_key, kind="complaint", topic="service")
    page = await stranger.submit(await a_link(settings))
    title = read_sample(SLUG).title.en
    assert f">{title}</td>" in page.text
    assert f">Complaint about “{title}”</td>" in page.text


async def test_what_is_wrong_is_named_by_its_field(db, stranger):
    assert "E-mail address — Please fill this in." in (await stranger.submit(PAGE, {"email": ""})).text


async def test_each_request_of_the_list_opens_as_with_proof_of_contact(filed, stranger, settings):
    await stranger.submit(await a_link(settings))
    shown = await stranger.get(f"/en/cases/{codes.show_text(filed.number)}")
    assert "m•••@agency.example" in shown.text
    grant = (
        await AccessGrant.select()
        .where(AccessGrant.kind == "browser")
        .order_by(AccessGrant.id, ascending=False)
    )
    assert grant[0]["tier"] == 1


async def test_looking_at_the_link_spends_nothing_and_opening_it_does(filed, stranger, colleague, settings):
    path = await a_link(settings)
    for _ in range(2):
        assert (await stranger.get(path)).status_code == 200
    assert (await stranger.submit(path)).status_code == 200
    assert (await stranger.get(path)).status_code == 404
    assert not await LostCode.exists()  # nor does its contact stand anywhere any more


async def test_of_two_that_open_one_link_only_one_sees_the_list(filed, settings):
    token = (await a_link(settings)).rpartition("/")[2]
    given = {"keys": settings.keys, "now": right_now()}
    assert await lost_codes.redeem(token, browser="a" * 22, **given)
    with pytest.raises(lost_codes.NotFound):
        await lost_codes.redeem(token, browser="b" * 22, **given)


async def test_a_link_is_good_for_one_hour_from_the_moment_it_leaves(filed, settings):
    now = right_now()
    message = await message_asked(settings=settings, now=now)
    token = (await path_of_link(message, settings, now + timedelta(hours=3))).rpartition("/")[2]
    await lost_codes.check(token, keys=settings.keys, now=now + timedelta(hours=3, minutes=59))
    with pytest.raises(lost_codes.NotFound):
        await lost_codes.check(token, keys=settings.keys, now=now + timedelta(hours=4))


async def test_a_second_message_makes_the_link_of_the_first_worthless(filed, settings):
    message = await message_asked(settings=settings)
    first, second = [await path_of_link(message, settings) for _ in range(2)]
    with pytest.raises(lost_codes.NotFound):
        await lost_codes.check(first.rpartition("/")[2], keys=settings.keys, now=right_now())
    await lost_codes.check(second.rpartition("/")[2], keys=settings.keys, now=right_now())


async def test_only_a_keyed_digest_of_the_link_is_kept(filed, settings):
    token = (await a_link(settings)).rpartition("/")[2]
    assert len(token) == 22  # 128 bits
    kept = [str(await LostCode.select()), str(await OutboxMessage.select())]
    assert not [one for one in kept if token in one]


async def test_nothing_leaves_for_a_contact_that_no_request_has(filed, settings):
    message = await message_asked(address="nobody@example.org", settings=settings)
    with pytest.raises(Unwanted):
        await lost_code_mails.prepared(message, settings, now=right_now())


async def test_what_did_not_leave_names_nobody(filed, settings):
    message = await message_asked(address="nobody@example.org", settings=settings)
    courier = courier_of(settings, MailTemplates(settings, {}).render)
    assert await outbox.deliver(message.id, now=right_now(), courier=courier) is Outcome.DROPPED
    row = await OutboxMessage.select().where(OutboxMessage.id == message.id).first()
    assert (row["recipient"], row["error"]) == ("", "")


async def test_the_mail_never_carries_a_code(filed, settings):
    message = await message_asked(settings=settings)
    for template in sorted(lost_code_mails.TEMPLATES):
        for language in ("fa", "en"):
            shown = await lost_code_mails.prepared(message, settings, now=right_now())
            words = MailTemplates(settings, {}).render(template, language, shown)
            assert "/feedback/lost-code/" in words.text
            for code in (codes.show_text(filed.number), codes.show_numeric(filed.number)):
                assert code not in words.text + words.html


async def test_a_mobile_number_works_as_an_address_does(filed, stranger, settings):
    page = await stranger.submit(await a_link(settings, channel="sms", address=PHONE))
    assert codes.show_text(filed.number) in page.text


async def test_open_requests_come_first_and_sensitive_services_are_not_named(filed, settings):
    now = right_now()
    newer = await a_case(key=settings.secret_key, now=now - timedelta(hours=1))
    await withdraw(newer.case_id, reason="", now=now)
    await Service.update({Service.sensitive: True}, force=True)
    token = (await a_link(settings)).rpartition("/")[2]
    found = await lost_codes.redeem(token, browser="a" * 22, keys=settings.keys, now=right_now())
    assert [(one.number, one.title) for one in found] == [(filed.number, None), (newer.number, None)]


async def test_requests_of_other_contacts_and_erased_ones_are_not_listed(filed, settings):
    now = right_now()
    erased = await a_case(key=settings.secret_key, now=now - timedelta(hours=1))
    await withdraw(erased.case_id, reason="", now=now)
    await erasure.erase(erased.case_id, now=now)
    await a_case(key=settings.secret_key, now=now, contact_email="other@agency.example")
    token = (await a_link(settings)).rpartition("/")[2]
    found = await lost_codes.redeem(token, browser="a" * 22, keys=settings.keys, now=right_now())
    assert [one.number for one in found] == [filed.number]


async def test_the_contact_of_a_request_that_changed_meanwhile_lists_nothing(filed, stranger, settings):
    path = await a_link(settings)
    await Case.update({Case.contact_email: None}, force=True)
    assert "No request or complaint has this contact any more" in (await stranger.submit(path)).text


async def test_the_answer_is_the_same_whether_a_request_has_the_contact(filed, stranger):
    answers = [await stranger.submit(PAGE, {"email": mail}) for mail in (MAIL, "nobody@example.org")]
    assert len({(one.status_code, one.headers["location"], one.text) for one in answers}) == 1
    assert "set-cookie" not in answers[0].headers


async def test_to_one_contact_go_three_messages_a_day(filed, stranger):
    for mail in (MAIL, MAIL.upper(), MAIL, MAIL):
        assert (await stranger.submit(PAGE, {"email": mail})).status_code == 303
    assert await OutboxMessage.count().where(OutboxMessage.cause.like("lost-code:%")) == 3


async def test_one_network_asks_twenty_times_an_hour(db, stranger):
    for n in range(lost_codes.LIMIT):
        assert (await stranger.submit(PAGE, {"email": f"n{n}@example.org"})).status_code == 303
    refused = await stranger.submit(PAGE, {"email": MAIL})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert MAIL in refused.text


async def test_without_an_address_the_page_says_what_is_missing(db, stranger):
    assert (await stranger.submit(PAGE)).status_code == 422


async def test_a_wish_is_forgotten_after_a_day(filed, settings):
    now = right_now()
    message = await message_asked(settings=settings, now=now)
    await lost_codes.forget_old(now=now + timedelta(hours=23))
    assert await LostCode.count() == 1
    await lost_codes.forget_old(now=now + timedelta(days=1, minutes=1))
    assert await LostCode.count() == 0
    with pytest.raises(Unwanted):
        await lost_code_mails.prepared(message, settings, now=now)


async def test_a_link_of_nobody_is_answered_as_one_that_lapsed(db, stranger, settings):
    assert (await stranger.get(f"{PAGE}/no-such-token")).status_code == 404


@pytest.mark.parametrize("page", ["/en/track", "/en/accounts/sign-in", "/en/", "/en/nothing/here"])
async def test_who_lost_a_code_is_led_here(db, stranger, page):
    assert f'href="{PAGE}"' in (await stranger.get(page)).text
