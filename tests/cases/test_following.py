"""Whoever has an open case hears of outages of its service, and no longer than it is open."""

from db.accounts import ContactPoint
from db.outbox import OutboxMessage
from db.services import Service
from db.subscriptions import Subscription
from portal.cases import actions, desk_actions, erasure
from portal.notices import subscriptions
from portal.services import queries as service_queries
from portal.services.actions import load_service, read_sample
from portal.services.endings import withdraw_ending
from tests.cases.factories import KEY, SLUG, a_case, a_clerk, a_draft, a_service
from tests.cases.test_filing_pages import file
from tests.conftest import NOON
from tests.notices.outages import HOUR, PLANNED, SAYING, YEARBOOK, changed, posted
from tests.notices.subscribers import a_subscriber, tell, told
from tests.services.managers import a_manager, a_wish, end
from tests.support.browser import client_of, signed_in

OUTAGE = changed(PLANNED, saying=changed(SAYING, services={SLUG: "unavailable"}))
MAIL = "maryam@agency.example"


async def following() -> list[tuple[str, str, bool]]:
    rows = await Subscription.objects().order_by(Subscription.id)
    return [(row.channel, row.address, row.ended_at is None) for row in rows]


async def test_filing_brings_the_notices_of_the_service(db):
    filed = await a_case()
    (row,) = await Subscription.objects()
    assert (row.id, row.origin, row.locale, row.case) == (filed.case_id, "case", "fa", filed.case_id)
    await posted(OUTAGE)
    await tell()
    assert await told() == [(MAIL, "published")]


async def test_a_mobile_number_alone_follows_by_text_message(db):
    await a_case(contact_email=None)
    assert await following() == [("sms", "+989000001234", True)]


async def test_a_sensitive_service_is_named_in_no_mail(db):
    await a_service()
    await Service.update({Service.sensitive: True}).where(Service.slug == SLUG)
    service_queries.forget()
    service = await service_queries.service_by_slug(SLUG, now=NOON)
    assert service
    await actions.file_case(a_draft(), service=service, browser="", applicant=None, key=KEY, now=NOON)
    assert await following() == []


async def test_it_ends_with_the_case_and_begins_again_with_it(db):
    filed = await a_case()
    await desk_actions.reject(filed.case_id, clerk=await a_clerk(), seen=1, reason="no", now=NOON + HOUR)
    assert await following() == [("mail", MAIL, False)]
    await actions.reopen(filed.case_id, reason="anew", now=NOON + 2 * HOUR)
    assert await following() == [("mail", MAIL, True)]


async def test_whoever_left_is_not_followed_again(db):
    filed = await a_case()
    await subscriptions.leave(filed.case_id, everything=True)
    await desk_actions.reject(filed.case_id, clerk=await a_clerk(), seen=1, reason="no", now=NOON + HOUR)
    await actions.reopen(filed.case_id, reason="anew", now=NOON + 2 * HOUR)
    assert await following() == []


async def test_case_and_wish_together_make_one_message(db):
    await a_case()
    await a_subscriber(MAIL, slug=SLUG)
    await posted(OUTAGE)
    await tell()
    assert len(await told()) == 1


async def test_erasing_the_people_of_a_case_erases_what_they_followed(db):
    filed = await a_case()
    await posted(OUTAGE)
    await tell()
    await actions.withdraw(filed.case_id, reason="", now=NOON + HOUR)
    await erasure.erase(filed.case_id, now=NOON + 2 * HOUR)
    assert await Subscription.count() == 0
    assert not await OutboxMessage.exists().where(OutboxMessage.recipient != "")


async def test_the_end_of_a_service_is_told_and_its_calling_off_too(db):
    service = await load_service(read_sample(YEARBOOK), position=0, now=NOON)
    offices = {"head": await a_manager("zahra"), "deputy": await a_manager("hamid")}
    await a_subscriber("reader@example.org")
    ending = await end(service, a_wish(), offices)
    await tell()
    assert await told() == [("reader@example.org", "ending")]
    await withdraw_ending(ending, now=NOON + HOUR)
    await tell(NOON + HOUR)
    await tell(NOON + 2 * HOUR)
    assert [kind for _, kind in await told()] == ["ending", "goes_on"]


async def test_a_tick_on_the_form_asks_the_address_to_confirm_hearing_on(browser):
    await a_service()
    await file(browser, hear="yes")
    asked = await Subscription.objects().where(Subscription.origin == "asked")
    assert [(row.address, row.confirmed_at) for row in asked] == [(MAIL, None)]
    assert await OutboxMessage.exists().where(OutboxMessage.template == "notices/mail/confirm")


async def test_without_the_tick_only_the_open_request_brings_notices(browser):
    await a_service()
    await file(browser)
    assert [row.origin for row in await Subscription.objects()] == ["case"]


async def test_a_tick_for_ones_own_address_needs_no_second_look(db, application):
    await a_service()
    async with client_of(application) as client:
        person = await signed_in(client, "maryam", "citizen")
        given = {"kind": "email", "value": MAIL, "verified_at": NOON, "changed_at": NOON}
        await ContactPoint(account=person.account.id, **given).save()
        await file(person, hear="yes")
    asked = await Subscription.objects().where(Subscription.origin == "asked")
    assert [(row.account, row.confirmed_at is not None) for row in asked] == [(person.account.id, True)]
