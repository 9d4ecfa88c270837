"""A case gets another tracking number: the old one is nobody's from then on, and opens nothing."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from db.cases import AccessGrant, Case, CaseEvent, DeadNumber, Message
from db.outbox import OutboxMessage
from db.throttle import Throttle
from portal import codes
from portal.cases import access, actions, dead_numbers, mails, renumbering
from portal.cases.actions import DifferentSubmission, file_case
from portal.errors import Conflict, NotAllowed
from portal.templating import MailTemplates
from tests.cases.factories import BROWSER, KEY, a_case, a_clerk, a_draft, a_service
from tests.cases.visitors import as_filer, filed_now, form_at, path_of, prove, right_now, without_tokens
from tests.conftest import NOON

LATER = NOON + timedelta(hours=2)
OTHER = "another-browser-of-the-filer"


async def rotated(filed, **changed) -> int:
    given = {"number": filed.number, "browser": OTHER, "key": KEY, "now": LATER, **changed}
    return await renumbering.rotate(filed.case_id, **given)


async def number_of(filed) -> int:
    row = await Case.select(Case.number).where(Case.id == filed.case_id).first()
    return row["number"]


async def tier(filed, *tokens, now=LATER) -> int:
    return await access.tier_of(
        filed.case_id, tokens=list(tokens), account=None, applicant=None, keys=[KEY], now=now
    )


async def test_the_case_has_another_number_and_the_old_one_is_kept_dead(db):
    filed = await a_case()
    new = await rotated(filed)
    assert new == await number_of(filed) != filed.number
    assert await dead_numbers.replacement_of(filed.number) == new


async def test_every_key_ends_but_that_of_the_browser_that_asked(db):
    filed = await a_case()
    link = await access.new_link(KEY, filed.case_id, now=NOON)
    passcode = await access.receipt_passcode(filed.case_id, keys=[KEY], now=NOON)
    await rotated(filed)
    assert await tier(filed, BROWSER, link) == 0
    assert await tier(filed, OTHER) == 2
    with pytest.raises(NotAllowed):
        await access.check_passcode(filed.case_id, passcode, keys=[KEY], now=LATER)


async def test_the_new_passcode_opens_the_case(db):
    filed = await a_case()
    await rotated(filed)
    passcode = await access.fresh_passcode(filed.case_id, tokens=[OTHER], keys=[KEY], now=LATER)
    await access.check_passcode(filed.case_id, passcode, keys=[KEY], now=LATER)


async def test_the_history_says_so_and_holds_neither_number_nor_words(db):
    filed = await a_case()
    new = await rotated(filed)
    event = await CaseEvent.select().where(CaseEvent.case == filed.case_id, CaseEvent.n == 2).first()
    assert (event["kind"], event["actor_role"], event["text_hash"]) == ("renumbered", "applicant", None)
    assert str(filed.number) not in str(event)
    assert str(new) not in str(event)


async def test_a_number_that_was_replaced_is_never_given_again(db, monkeypatch):
    filed = await a_case()
    await rotated(filed)
    fresh, dead = codes.new_number, [filed.number, filed.number]
    monkeypatch.setattr(codes, "new_number", lambda: dead.pop() if dead else fresh())
    assert (await a_case(now=LATER)).number != filed.number


async def test_a_second_wish_for_the_same_number_is_refused(db):
    filed = await a_case()
    new = await rotated(filed)
    with pytest.raises(Conflict):
        await rotated(filed)
    assert await number_of(filed) == new


async def test_a_number_may_be_replaced_again_and_both_old_ones_lead_the_desk_here(db):
    filed = await a_case()
    second = await rotated(filed)
    third = await rotated(filed, number=second, now=LATER + timedelta(hours=1))
    assert [await dead_numbers.replacement_of(n) for n in (filed.number, second)] == [third, third]


async def test_all_contacts_are_told_without_the_code(db, settings):
    filed = await a_case()
    new = await rotated(filed)
    told = (
        await OutboxMessage.select()
        .where(OutboxMessage.template.like("cases/%/renumbered"))
        .order_by(OutboxMessage.channel)
    )
    assert [(one["channel"], one["recipient"]) for one in told] == [
        ("mail", "maryam@agency.example"),
        ("sms", "+989000001234"),
    ]
    message = await OutboxMessage.objects().get(OutboxMessage.id == told[0]["id"]).output(load_json=True)
    shown = MailTemplates(settings, {}).render(
        message.template, "en", await mails.with_link(message, settings, now=LATER)
    )
    text_message = MailTemplates(settings, {}).render("cases/sms/renumbered", "en", {"phone": "02138000000"})
    assert await AccessGrant.count() == 2, "the passcode and the browser: the mail made no link"
    for words in (shown.text, shown.html, text_message.text):
        assert codes.show_text(new) not in words
        assert codes.show_text(filed.number) not in words


async def test_a_mail_that_still_waits_leads_to_the_new_number(db, settings):
    filed = await a_case()
    new = await rotated(filed)
    waiting = (
        await OutboxMessage.objects()
        .get((OutboxMessage.template == "cases/mail/filed") & (OutboxMessage.case == filed.case_id))
        .output(load_json=True)
    )
    assert codes.show_text(new) in mails.shown(waiting, settings)["link"]


async def test_the_desk_gives_a_new_number_for_proof_of_who_asks(db):
    filed, clerk = await a_case(), await a_clerk()
    new = await renumbering.reissue_number(
        filed.case_id, clerk=clerk, seen=1, proof="کارت ملی", key=KEY, now=LATER
    )
    assert await number_of(filed) == new
    words = await Message.select().where(Message.case == filed.case_id).first()
    assert (words["body"], words["visible_to"]) == ("کارت ملی", "staff")
    assert await tier(filed, BROWSER) == 0


async def test_the_old_form_sent_again_elsewhere_does_not_tell_the_new_number(db):
    service, draft = await a_service(), a_draft()
    filed = await file_case(draft, service=service, browser=BROWSER, applicant=None, key=KEY, now=NOON)
    new = await rotated(filed)
    again = {"service": service, "applicant": None, "key": KEY, "now": LATER}
    with pytest.raises(DifferentSubmission) as refusal:
        await actions.file_case(draft, browser=BROWSER, **again)
    assert refusal.value.number is None
    assert (await actions.file_case(draft, browser=OTHER, **again)).number == new


@pytest.fixture
async def filed(db, settings):
    return await filed_now(settings)


async def rotate_page(browser, filed):
    """The form of the page that asks, sent."""
    return await browser.submit(f"{path_of(filed)}/rotate")


async def test_the_owner_is_asked_first_and_then_shown_code_and_passcode(filed, browser):
    as_filer(browser)
    page = await browser.get(path_of(filed))
    assert f'href="{path_of(filed)}/rotate"' in page.text
    asked = await browser.get(f"{path_of(filed)}/rotate")
    assert await number_of(filed) == filed.number
    assert codes.show_text(filed.number) in asked.text
    answer = await rotate_page(browser, filed)
    new = codes.show_text(await number_of(filed))
    assert answer.headers["location"] == f"/en/cases/{new}/new-code"
    shown = await browser.get(answer.headers["location"])
    assert shown.headers["cache-control"] == "no-store"
    assert re.search(r"\d{4} \d{4}</bdi>", shown.text)
    assert new in shown.text
    assert (await browser.get(f"/en/cases/{new}")).status_code == 200


async def test_sent_twice_it_shows_what_the_first_time_made(filed, browser):
    as_filer(browser)
    fields = await form_at(browser, f"{path_of(filed)}/rotate", f"{path_of(filed)}/rotate", {})
    answers = [await browser.post(f"{path_of(filed)}/rotate", fields) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert await DeadNumber.count() == 1


async def test_nobody_else_can_rotate_or_learns_the_new_code(filed, browser, stranger):
    as_filer(browser)
    fields = await form_at(browser, f"{path_of(filed)}/rotate", f"{path_of(filed)}/rotate", {})
    assert (await stranger.get(f"{path_of(filed)}/rotate")).headers["location"] == path_of(filed)
    assert (await stranger.post(f"{path_of(filed)}/rotate", fields)).headers["location"] == path_of(filed)
    assert await number_of(filed) == filed.number
    made = (await browser.post(f"{path_of(filed)}/rotate", fields)).headers["location"]
    assert (await stranger.post(f"{path_of(filed)}/rotate", fields)).headers["location"] == path_of(filed)
    assert (await stranger.get(made)).headers["location"] == made.removesuffix("/new-code")


async def test_proof_of_contact_is_not_enough_to_rotate(filed, stranger):
    await prove(stranger, filed, proof="1234")
    assert "/rotate" not in (await stranger.get(path_of(filed))).text
    assert (await stranger.get(f"{path_of(filed)}/rotate")).status_code == 303


async def test_after_three_new_codes_in_a_day_the_next_has_to_wait(filed, browser):
    as_filer(browser)
    for _ in range(3):
        await rotate_page(browser, filed)
        filed = actions.Filed(case_id=filed.case_id, number=await number_of(filed))
    assert (await rotate_page(browser, filed)).status_code == 429


OLD_WAYS = ("", "/receipt", "/why", "/rotate", "/new-code")


@pytest.mark.parametrize("language", ["", "/en"])
async def test_nothing_that_worked_with_the_old_number_works(filed, browser, stranger, settings, language):
    """The property of rotation: each old way, with every old secret, answers as for a number never given."""
    key = settings.secret_key
    link = await access.new_link(key, filed.case_id, now=right_now())
    await renumbering.rotate(filed.case_id, number=filed.number, browser=OTHER, key=key, now=right_now())
    as_filer(browser)
    old, never = codes.show_text(filed.number), codes.show_text(codes.new_number())
    ways = [f"{language}/cases/CODE{end}" for end in (*OLD_WAYS, f"?key={link}")]
    for visitor in (browser, stranger):
        for way in (*ways, f"{language}/T/CODE", f"{language}/track?code=CODE"):
            answers = []
            for code in (old, never):
                answer = await visitor.get(way.replace("CODE", code), follow_redirects=True)
                answers.append((answer.status_code, without_tokens(answer.text, code)))
                assert await Throttle.exists().where(Throttle.key.like("code-miss:%")), "it counts as a miss"
                await Throttle.delete(force=True)
            assert answers[0] == answers[1], way
            assert answers[0][0] == 404


@pytest.mark.parametrize("fields", [{"passcode": "right"}, {"proof": "1234"}])
async def test_the_old_number_opens_with_no_proof(filed, stranger, settings, fields):
    right = await access.receipt_passcode(filed.case_id, keys=settings.keys, now=right_now())
    fields = {name: right if value == "right" else value for name, value in fields.items()}
    sent = await form_at(stranger, path_of(filed), f"{path_of(filed)}/unlock", fields)
    key = settings.secret_key
    await renumbering.rotate(filed.case_id, number=filed.number, browser=OTHER, key=key, now=right_now())
    assert (await stranger.post(f"{path_of(filed)}/unlock", sent)).status_code == 404
    assert not await AccessGrant.exists().where(
        AccessGrant.case == filed.case_id, AccessGrant.kind == "browser", AccessGrant.tier == 1
    )


async def test_the_desk_makes_one_reads_it_out_and_finds_the_case_by_the_old_code(filed, clerk, colleague):
    desk = path_of(filed).replace("/cases/", "/desk/cases/")
    answer = await clerk.submit(desk, {"proof": "showed an identity card"}, to=f"{desk}/number")
    slip = urlsplit(answer.headers["location"]).path
    new = codes.show_text(await number_of(filed))
    assert slip == f"/en/desk/cases/{new}/slip"
    assert re.search(r"\d{4} \d{4}</bdi>", (await clerk.get(slip)).text)
    assert not re.search(r"\d{4} \d{4}</bdi></p>\s*<p class=.no-print", (await colleague.get(slip)).text)
    old = codes.show_text(filed.number)
    found = await colleague.get(f"/en/desk?q={old}")
    assert found.headers["location"] == f"/en/desk/cases/{new}"
    assert "Replaced the number before it" in (await colleague.get(found.headers["location"])).text
    assert (await colleague.get(desk)).status_code == 200


async def test_a_move_from_a_page_with_the_old_number_is_not_lost(filed, clerk, settings):
    desk = path_of(filed).replace("/cases/", "/desk/cases/")
    fields = await form_at(clerk, desk, f"{desk}/note", {"body": "called back"})
    key = settings.secret_key
    await renumbering.rotate(filed.case_id, number=filed.number, browser=OTHER, key=key, now=right_now())
    answer = await clerk.post(f"{desk}/note", fields)
    assert answer.headers["location"] == f"/en/desk/cases/{codes.show_text(await number_of(filed))}"
