"""Which field shows at which tier. Anything that is not in these lists must not show."""

import re
from datetime import date, timedelta

import html5lib
import msgspec
import pytest

from db.cases import Attachment, Case
from db.services import Service, Unit
from portal import codes, uploads
from portal.cases import access, page, queries
from tests.cases.factories import a_case, a_service
from tests.cases.visitors import FILE, as_filer, by_desk, filed_now, path_of, prove, right_now
from tests.support.browser import XHTML

NAME, PHONE, EMAIL = "نام‌محرمانه خانوادگی‌محرمانه", "+989351237654", "canary@person.example"
BODY, AREA, REPLY, ANSWER, NOTE = "شرح‌محرمانه", "پاسخ‌فرم‌محرمانه", "سخن متقاضی", "پاسخ اداره", "یادداشت داخلی"
MASKED = ["ن••• خ•••", "0935•••", "c•••@person.example"]
WHOLE = [NAME, PHONE, "09351237654", EMAIL, BODY, AREA]


@pytest.fixture
async def told(settings, clerk):
    """A case with something secret in every place."""
    filed = await filed_now(
        settings,
        contact_name=NAME,
        contact_phone=PHONE,
        contact_email=EMAIL,
        body=BODY,
        answers={await a_text_question(): AREA},
        files=(FILE,),
    )
    await by_desk("note", filed, clerk, body=NOTE)
    await by_desk("answer", filed, clerk, body=ANSWER)
    return filed


async def a_text_question() -> str:
    """The key of a free-text question of the sample service's form."""
    service = await a_service()
    return next(field.key for field in service.fields if field.kind in ("text", "long_text"))


def test_the_outline_has_these_fields_and_no_others():
    assert page.Outline.__struct_fields__ == (
        "number",
        "state",
        "title",
        "filed",
        "first_answer",
        "result",
        "owed",
        "due",
        "late",
        "paused_until",
        "expected",
        "share",
        "unit",
        "agency",
        "unit_phone",
        "erased",
    )


async def test_the_outline_knows_days_and_no_finer_instants(told, settings):
    case = await queries.case_by_number(told.number)
    outline = page.outline(case, zone=settings.zone, now=right_now())
    days = [outline.filed, outline.first_answer.due, outline.first_answer.met, outline.result.due]
    assert {type(day) for day in days} == {date}


@pytest.mark.parametrize(
    ("proof", "headings"),
    [
        (None, {"What happens now", "Our promise", "See more"}),
        (
            "7654",
            {
                "What happens now",
                "Our promise",
                "See more",
                "What happened so far",
                "What you filed",
                "What came in and what went out",
            },
        ),
    ],
)
async def test_each_tier_has_these_parts_and_no_others(told, stranger, proof, headings):
    if proof:
        await prove(stranger, told, proof=proof)
    shown = await stranger.get(path_of(told))
    assert texts(shown.text, "h2") == headings


async def test_the_code_alone_shows_these_facts_and_no_others(told, stranger):
    shown = await stranger.get(path_of(told))
    assert texts(shown.text, "dt") == {"Filed", "First answer", "Result", "Unit", "Telephone"}


async def test_the_code_alone_shows_state_days_unit_and_nothing_personal(told, stranger):
    shown = await stranger.get(path_of(told))
    assert shown.status_code == 200
    for word in ("Answered", "Our promise", "We have answered your request"):
        assert word in shown.text
    secrets = [*WHOLE, *MASKED, ANSWER, NOTE, FILE.name, "maryam", "اداره‌کل نمونه", "What you filed"]
    assert [word for word in secrets if word in shown.text] == []


async def test_the_code_alone_shows_no_time_of_day(told, stranger):
    shown = await stranger.get(path_of(told))
    times = re.findall('datetime="([^"]*)"', shown.text)
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", time) for time in times)


async def test_the_service_is_not_named_where_its_name_says_too_much(told, stranger):
    case = await queries.case_by_number(told.number)
    assert case.title_en in (await stranger.get(path_of(told))).text
    await Service.update({Service.sensitive: True}, force=True)
    assert case.title_en not in (await stranger.get(path_of(told))).text


async def test_proof_of_contact_shows_messages_and_a_masked_form(told, stranger):
    await prove(stranger, told, proof="7654")
    shown = await stranger.get(path_of(told))
    for word in (*MASKED, ANSWER, "What you filed", "Send"):
        assert word in shown.text
    secrets = [*WHOLE, "7654", NOTE, FILE.name, "/files/", "Withdraw the request"]
    assert [word for word in secrets if word in shown.text] == []


async def test_the_passcode_shows_the_whole_form_and_its_files(told, stranger, settings):
    passcode = await access.receipt_passcode(told.case_id, keys=settings.keys, now=right_now())
    await prove(stranger, told, passcode=passcode)
    shown = await stranger.get(path_of(told))
    for word in (NAME, "09351237654", EMAIL, BODY, AREA, ANSWER, FILE.name, "/files/"):
        assert word in shown.text
    assert NOTE not in shown.text


async def test_the_filing_browser_and_the_signed_in_applicant_see_everything(told, browser, clerk):
    assert BODY in (await as_filer(browser).get(path_of(told))).text
    assert BODY not in (await clerk.get(path_of(told))).text
    await Case.update({Case.applicant: clerk.account.id}).where(Case.id == told.case_id)
    assert BODY in (await clerk.get(path_of(told))).text


async def test_the_key_of_a_mail_leaves_the_address_and_opens_everything(told, stranger, settings):
    token = await access.new_link(settings.secret_key, told.case_id, now=right_now())
    answer = await stranger.get(f"{path_of(told)}?key={token}")
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(told))
    assert BODY in (await stranger.get(path_of(told))).text


async def test_the_key_of_a_mail_never_becomes_the_browsers_own(told, stranger, settings):
    token = await access.new_link(settings.secret_key, told.case_id, now=right_now())
    await stranger.get(f"{path_of(told)}?key={token}")
    assert access.tokens_in(stranger.client.cookies["keys"])[0] != token


async def test_a_key_that_opens_nothing_says_so_and_who_can_help(told, stranger):
    await Unit.update({Unit.phone: "02538000000"}, force=True)
    answer = await stranger.get(f"{path_of(told)}?key={'x' * 22}")
    assert answer.headers["location"] == path_of(told)
    shown = (await stranger.get(answer.headers["location"])).text
    assert "no longer works" in shown
    assert "If you have neither, call the unit: <a" in shown


async def test_only_known_words_are_said(told, stranger):
    stranger.client.cookies.set("keys", f"hacked:{codes.text(told.number)[-4:]}")
    shown = await stranger.get(path_of(told))
    assert 'role="status"' not in shown.text


async def test_closing_the_case_in_this_browser_forgets_what_opened_it(told, browser, settings):
    as_filer(browser)
    token = await access.new_link(settings.secret_key, told.case_id, now=right_now())
    await browser.get(f"{path_of(told)}?key={token}")
    await browser.submit(path_of(told), to=f"{path_of(told)}/lock")
    assert BODY not in (await browser.get(path_of(told))).text


async def test_personal_pages_are_not_kept_or_listed_anywhere(told, browser):
    shown = await as_filer(browser).get(path_of(told))
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["x-robots-tag"] == "noindex"


async def test_a_file_comes_as_a_download_that_can_do_nothing(told, browser, settings):
    keep(settings, b"%PDF-1.7")
    answer = await as_filer(browser).get(await file_path(told))
    assert (answer.status_code, answer.content) == (200, b"%PDF-1.7")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%D9%86")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_file_of_a_kind_we_do_not_take_comes_as_plain_bytes(told, browser, settings):
    keep(settings, b"<script>")
    await Attachment.update({Attachment.media_type: "text/html"}, force=True)
    answer = await as_filer(browser).get(await file_path(told))
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_file_needs_more_than_proof_of_contact(told, stranger, settings):
    keep(settings, b"%PDF-1.7")
    await prove(stranger, told, proof="7654")
    assert (await stranger.get(await file_path(told))).status_code == 404


async def test_a_file_of_another_case_and_one_of_an_unknown_code_are_answered_alike(told, browser, settings):
    other = await filed_now(settings)
    as_filer(browser)
    name = (await file_path(told)).rsplit("/", 1)[1]
    answers = [
        await browser.get(f"{where}/files/{name}")
        for where in (path_of(other), "/en/cases/XKP9-2ZKY-93WR-1W57")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert neutral(answers[0].text, path_of(other)) == neutral(
        answers[1].text, "/en/cases/XKP9-2ZKY-93WR-1W57"
    )


async def test_the_timeline_is_asked_in_three_queries_and_holds_no_notes(told):
    steps = await queries.timeline(told.case_id, 2)
    assert [step.kind for step in steps] == ["answered", "filed"]
    assert await queries.timeline(told.case_id, 0) == []
    assert [step.files for step in await queries.timeline(told.case_id, 1)] == [(), ()]


def keep(settings, data):
    path = uploads.path_of(settings.uploads_dir, FILE.stored_as)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


async def file_path(filed):
    file = (await queries.files_of(filed.case_id))[0]
    return f"{path_of(filed)}/files/{file.id}"


def neutral(html, path):
    """Without what differs from request to request: its address and its number."""
    return re.sub(r"404-[0-9a-f]{16}", "", html).replace(path.removeprefix("/en"), "")


def texts(html, tag):
    """What stands in the page's elements of this name."""
    tree = html5lib.parse(html)
    return {" ".join("".join(node.itertext()).split()) for node in tree.iter(f"{XHTML}{tag}")}


async def test_a_missed_promise_is_said_plainly(db, stranger, settings):
    filed = await a_case(key=settings.secret_key, now=right_now() - timedelta(days=90))
    shown = await stranger.get(path_of(filed))
    assert "that time has passed. We are sorry. We still owe you an answer" in shown.text
    assert "tag late" in shown.text


@pytest.mark.parametrize(("prefix", "size"), [("/en", "12,345 KB"), ("", "۱۲٬۳۴۵ کیلوبایت")])
async def test_an_answers_files_stand_beside_it_with_their_size(settings, browser, clerk, prefix, size):
    filed = await filed_now(settings)
    sent = msgspec.structs.replace(FILE, name="پاسخ.pdf", size=12_345 * 1024)
    await by_desk("answer", filed, clerk, body=ANSWER, files=(sent,))
    shown = (await as_filer(browser).get(prefix + path_of(filed).removeprefix("/en"))).text
    now = shown[shown.index(ANSWER) : shown.index('<ol class="timeline">')]
    assert "پاسخ.pdf" in now
    assert size in now
    assert "پاسخ.pdf" in shown.split('<ol class="timeline">')[1]
