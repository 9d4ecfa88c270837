"""What a site admin sees of the mail."""

from datetime import timedelta
from uuid import uuid4

import msgspec

from db.cases import AccessGrant
from db.outbox import OutboxMessage
from portal import demo, outbox
from portal.app import create_app
from portal.cases import rules
from portal.courier import courier_of
from portal.demo_stories import Story
from portal.site import queries
from portal.templating import MailTemplates
from tests.conftest import NOON, OPENED
from tests.support.browser import client_of, signed_in


async def one_case(settings) -> OutboxMessage:
    """A filed case of the samples, and the mail that it sent."""
    await demo.load_samples(OPENED)
    story = Story(
        key="mail",
        service="yearbook-qom",
        days=0,
        time="00:10",
        audience="citizen",
        name="لیلا بهاران",
        phone="+989000001000",
        body="جمعیت قم",
        answers={"need": "statistics", "year": 1404},
        email="leila@bahar.example",
    )
    await demo._tell(story, (), settings.secret_key, {}, NOON)
    return await OutboxMessage.objects().first()


async def many(first: int, last: int) -> None:
    await OutboxMessage.insert(
        *[
            OutboxMessage(
                recipient=f"reader{n}@mail.example",
                template="gone/mail/nothing",
                locale="fa",
                data="{}",
                cause=f"test:{n}",
                case=None,
                state="kept",
                created_at=NOON,
            )
            for n in range(first, last)
        ]
    )


async def test_an_admin_reads_who_was_told_what(admin, settings):
    await one_case(settings)
    page = await admin.get("/en/admin/mail")
    assert page.status_code == 200
    assert "leila@bahar.example" in page.text
    assert "Waits to be sent" in page.text


async def test_a_message_is_shown_without_the_key_of_its_link(admin, settings):
    message = await one_case(settings)
    page = await admin.get(f"/en/admin/mail/{message.id}")
    assert page.status_code == 200
    assert "/cases/" in page.text
    assert "key=" not in page.text
    assert "The link in this text has no key." in page.text


async def test_a_shown_message_makes_no_grant(admin, settings):
    message = await one_case(settings)
    before = await AccessGrant.count()
    await admin.get(f"/admin/mail/{message.id}")
    assert await AccessGrant.count() == before


async def test_where_mail_leaves_a_list_says_what_it_is_about_but_not_to_whom(db, settings):
    await one_case(settings)
    sends = create_app(msgspec.structs.replace(settings, smtp_url="smtp://127.0.0.1:9"))
    async with client_of(sends) as client:
        page = (await (await signed_in(client, "sara", "admin")).get("/en/admin/mail")).text
    assert "Request received</bdi></a>" in page
    assert "cases/mail" not in page
    assert "leila@bahar.example" not in page


async def test_a_message_whose_template_is_gone_is_still_listed(admin):
    await many(0, 1)
    message = await OutboxMessage.objects().first()
    assert "gone/mail/nothing" in (await admin.get("/en/admin/mail")).text
    page = await admin.get(f"/en/admin/mail/{message.id}")
    assert "can no longer be shown" in page.text


async def test_fifty_messages_stand_on_a_page_and_the_rest_on_the_next(admin):
    await many(0, 120)
    seen, address = [], "/en/admin/mail"
    while address:
        page = await admin.get(address)
        seen.append(page.text.count("@mail.example"))
        after = page.text.partition('rel="next" href="')[2]
        address = after.partition('"')[0]
    assert seen == [50, 50, 20]


async def test_the_mail_is_for_admins_only(clerk):
    assert (await clerk.get("/admin/mail")).status_code == 403
    assert (await clerk.get(f"/admin/mail/{uuid4()}")).status_code == 403


async def test_a_guest_is_asked_to_sign_in(browser):
    answer = await browser.get("/admin/mail")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/accounts/sign-in")


async def test_a_message_that_never_was_is_not_found(admin):
    assert (await admin.get(f"/admin/mail/{uuid4()}")).status_code == 404


async def test_a_broken_place_in_the_list_is_refused(admin):
    assert (await admin.get("/admin/mail?before=xyz")).status_code == 400


async def test_an_admin_page_without_messages_says_so(admin):
    assert "No messages here." in (await admin.get("/en/admin/mail")).text


async def test_a_message_whose_address_is_forgotten_says_to_whom_it_went(admin):
    await OutboxMessage.insert(
        *(
            OutboxMessage(
                recipient="",
                template=template,
                locale="fa",
                data="{}",
                cause=template,
                case=None,
                state="kept",
                created_at=NOON,
            )
            for template in ("notices/mail/published", "feedback/mail/lost_code")
        )
    )
    page = await admin.get("/en/admin/mail")
    assert "a subscriber" in page.text
    assert "an address that is not kept" in page.text


async def test_a_message_that_was_kept_says_where_its_working_link_lies(admin, settings):
    message = await one_case(settings)
    page = await admin.get(f"/en/admin/mail/{message.id}")
    assert ".txt" not in page.text
    courier = courier_of(settings, MailTemplates(settings, rules.NAMES).render)
    await outbox.deliver(message.id, now=NOON, courier=courier)
    page = await admin.get(f"/en/admin/mail/{message.id}")
    assert f"mail/{message.id}.txt" in page.text
    assert "It gets its key when the message is sent" not in page.text
    assert "key=" not in page.text
    assert (settings.data_dir / "mail" / f"{message.id}.txt").exists()


async def test_messages_that_wait_over_fifteen_minutes_are_warned_of(db):
    await many(1, 3)
    assert await queries.overdue(now=NOON + timedelta(minutes=16)) is None  # kept ones wait for nothing
    await OutboxMessage.update({OutboxMessage.state: "queued"}).where(OutboxMessage.cause == "test:2")
    assert await queries.overdue(now=NOON + timedelta(minutes=15)) is None
    assert await queries.overdue(now=NOON + timedelta(minutes=16)) == queries.Overdue(1, NOON)


async def test_the_warning_of_waiting_messages_stands_over_the_list(admin):
    long_ago = {OutboxMessage.state: "queued", OutboxMessage.created_at: OPENED}
    await many(1, 4)
    assert "should have left by now" not in (await admin.get("/en/admin/mail")).text
    await OutboxMessage.update(long_ago).where(OutboxMessage.cause.is_in(["test:1", "test:2"]))
    assert "Messages that should have left by now: 2" in (await admin.get("/en/admin/mail")).text
