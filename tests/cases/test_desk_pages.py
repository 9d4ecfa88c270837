"""The desk's page of one case: what a clerk sees and does there."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from db.accounts import Account
from db.cases import Case
from db.outbox import OutboxMessage
from db.services import Agency, Unit
from portal import codes
from portal.cases import actions, desk_actions
from portal.cases.desk_case_queries import desk_case
from tests.cases.factories import a_case
from tests.conftest import NOON
from tests.support.browser import works_everywhere

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def page_of(filed):
    return f"/en/desk/cases/{codes.show_text(filed.number)}"


async def do(browser, filed, move, fields=None, **options):
    """Send one move's form from the page of the case."""
    path = page_of(filed).removeprefix("/en")
    return await browser.submit(page_of(filed), fields, to=f"/en{path}/{move}", **options)


async def test_a_guest_is_sent_to_sign_in(browser):
    filed = await a_case()
    for path in ("/desk", f"/desk/cases/{codes.show_text(filed.number)}", "/desk/cases/register"):
        answer = await browser.get(path)
        assert (answer.status_code, "/accounts/sign-in" in answer.headers["location"]) == (303, True), path


async def test_a_citizen_may_not_open_the_desk(clerk):
    await Account.update({Account.role: "citizen"}, force=True)
    assert (await clerk.get("/en/desk")).status_code == 403


async def test_the_page_shows_all_that_is_known(clerk):
    filed = await a_case(body="Roads of the province, please.")
    page = await clerk.get(page_of(filed))
    assert page.status_code == 200
    for known in (
        "مریم رضایی",
        "maryam@agency.example",
        "09000001234",
        "Roads of the province",
        "Registered",
    ):
        assert known in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_a_code_typed_otherwise_leads_to_the_same_case(clerk):
    filed = await a_case()
    assert (await clerk.get(f"/en/desk/cases/{codes.numeric(filed.number)}")).status_code == 200


@pytest.mark.parametrize("code", ["XKP9-2ZKY-93WR-1W57", "nonsense"])
async def test_an_unknown_code_is_no_case(clerk, code):
    assert (await clerk.get(f"/en/desk/cases/{code}")).status_code == 404


async def test_taking_a_case_says_so_and_names_the_clerk(clerk):
    filed = await a_case()
    answer = await do(clerk, filed, "take")
    assert (answer.status_code, answer.headers["location"]) == (303, page_of(filed))
    page = await clerk.get(answer.headers["location"])
    assert "You have taken this case." in page.text
    assert "In review" in page.text
    assert page.text.count(clerk.account.display_name) >= 2  # in the masthead and as who has the case
    assert "You have taken this case." not in (await clerk.get(answer.headers["location"])).text


async def test_an_answer_reaches_the_applicant_with_its_files(clerk, settings):
    filed = await a_case()
    answer = await do(
        clerk, filed, "answer", {"body": "Here it is."}, files={"attachments": ("map.pdf", PDF)}
    )
    assert answer.status_code == 303
    page = await clerk.get(page_of(filed))
    assert "Here it is." in page.text
    file = (await desk_case(filed.number)).happenings[-1].files[0]
    sent = await clerk.get(f"{page_of(filed)}/files/{file.id}")
    assert (sent.content, sent.headers["content-disposition"]) == (
        PDF,
        "attachment; filename*=UTF-8''map.pdf",
    )
    assert "answered" in {row["template"].split("/")[-1] for row in await OutboxMessage.select()}


async def test_a_file_is_found_only_with_its_own_case(clerk):
    mine, other = await a_case(), await a_case()
    await do(clerk, mine, "answer", {"body": "Here."}, files={"attachments": ("map.pdf", PDF)})
    file = (await desk_case(mine.number)).happenings[-1].files[0]
    assert (await clerk.get(f"{page_of(other)}/files/{file.id}")).status_code == 404
    assert (await clerk.get(f"{page_of(mine)}/files/{uuid4()}")).status_code == 404
    assert (await clerk.get(f"{page_of(mine)}/files/x")).status_code == 404


async def test_a_wrong_file_keeps_the_words_and_nothing_on_disk(clerk, settings):
    filed = await a_case()
    sent = {"attachments": ("run.exe", b"MZ" + bytes(100))}
    page = await do(clerk, filed, "answer", {"body": "Three long paragraphs"}, files=sent)
    assert page.status_code == 422
    assert "Three long paragraphs" in page.text
    assert not [
        path for path in settings.uploads_dir.rglob("*") if path.is_file() and path.read_bytes()[:2] == b"MZ"
    ]


async def test_an_empty_form_comes_back_open_and_the_others_closed(clerk):
    filed = await a_case()
    page = await do(clerk, filed, "ask")
    assert page.status_code == 422
    assert re.findall(r'<details id="(\w+)" open>', page.text) == ["ask"]
    assert 'href="#ask-body"' in page.text
    assert 'id="ask-body"' in page.text


async def test_a_mobile_is_shown_as_people_write_it(clerk):
    filed = await a_case()
    page = await clerk.get(page_of(filed).removeprefix("/en"))
    assert "۰۹۰۰۰۰۰۱۲۳۴" in page.text
    assert "+98900" not in page.text


async def test_a_note_is_marked_as_internal(clerk):
    filed = await a_case()
    await do(clerk, filed, "note", {"body": "Call before noon."})
    page = await clerk.get(page_of(filed))
    assert "Call before noon." in page.text
    assert "Only the desk reads this" in page.text


async def test_moves_that_are_over_are_not_offered(clerk):
    filed = await a_case()
    await actions.withdraw(filed.case_id, reason="", now=NOON)
    page = await clerk.get(page_of(filed))
    assert re.findall(r'<details id="(\w+)"', page.text) == ["note", "passcode", "number"]
    assert "/take" not in page.text


async def test_a_case_is_assigned_to_a_colleague(clerk, colleague):
    filed = await a_case()
    await do(clerk, filed, "assign", {"assignee": str(colleague.account.id)})
    assert (await Case.select(Case.assignee).first())["assignee"] == colleague.account.id


async def test_nobody_outside_the_desk_can_be_assigned(clerk, colleague):
    filed = await a_case()
    await Account.update({Account.role: "citizen"}).where(Account.id == colleague.account.id)
    for nobody in (str(colleague.account.id), str(uuid4()), "", "x"):
        page = await do(clerk, filed, "assign", {"assignee": nobody})
        assert (page.status_code, 'href="#assign-assignee"' in page.text) == (422, True), nobody


async def test_a_case_is_referred_to_another_unit(clerk):
    filed = await a_case()
    agency = (await Unit.select(Unit.agency).first())["agency"]
    other = Unit(agency=agency, slug="other", name_fa="واحد دیگر", name_en="Other unit")
    await other.save()
    await do(clerk, filed, "refer", {"unit": str(other.id), "body": "Yours, I think."})
    page = await clerk.get(page_of(filed))
    assert "<dd>Other unit — " in page.text
    assert "Yours, I think." in page.text


async def test_a_new_passcode_is_shown_to_who_made_it(clerk, colleague, settings):
    filed = await a_case(key=settings.secret_key)
    answer = await do(clerk, filed, "passcode", {"proof": "Identity card"})
    assert answer.headers["location"] == f"{page_of(filed)}/slip"
    assert await shown_passcode(clerk, filed)
    assert not await shown_passcode(colleague, filed)


async def test_the_passcode_of_an_applicant_is_never_shown_at_the_desk(clerk, settings):
    filed = await a_case(key=settings.secret_key, now=datetime.now(UTC))
    assert not await shown_passcode(clerk, filed)


async def shown_passcode(browser, filed):
    found = re.search(
        r"<bdi class=\"code plain\" dir=\"ltr\">(\d{4} \d{4})</bdi>",
        (await browser.get(f"{page_of(filed)}/slip")).text,
    )
    return found[1] if found else ""


async def test_an_unknown_move_is_not_found(clerk):
    filed = await a_case()
    assert (await clerk.post(f"{page_of(filed)}/destroy", {})).status_code == 404


async def test_a_page_that_was_open_too_long_keeps_what_was_typed(clerk):
    filed = await a_case()
    page = await clerk.post(f"{page_of(filed)}/answer", {"body": "Long and thought through", "seen": "1"})
    assert page.status_code == 403
    assert "Long and thought through" in page.text


async def test_a_late_promise_says_so_in_words(clerk):
    filed = await a_case(now=datetime.now(UTC) - timedelta(days=60))
    assert "late by" in (await clerk.get(page_of(filed))).text


async def test_a_reply_after_the_result_is_owed_an_answer(clerk):
    filed = await a_case()
    await do(clerk, filed, "answer", {"body": "Here it is."})
    assert "Answer to the applicant" not in promised(await clerk.get(page_of(filed)))
    await actions.reply(filed.case_id, body="Two villages are missing.", now=datetime.now(UTC))
    assert "Answer to the applicant" in promised(await clerk.get(page_of(filed)))


def promised(page):
    """The part of the page that tells the promises."""
    return page.text.split("<aside")[1]


async def test_units_to_refer_to_are_told_apart_by_their_agency(clerk):
    filed = await a_case()
    other = Agency(slug="other", name_fa="دستگاه دیگر", name_en="Other agency")
    await other.save()
    await Unit(agency=other.id, slug="other", name_fa="دبیرخانه", name_en="Secretariat").save()
    await works_everywhere()
    for path in (page_of(filed), "/en/desk"):
        assert ">Secretariat — Other agency</option>" in (await clerk.get(path)).text, path


async def test_each_mail_says_what_it_was_about(clerk):
    filed = await a_case()
    page = await clerk.get(page_of(filed))
    assert "<strong>Request received</strong>" in page.text.split("E-mails to the applicant")[1]


async def test_mails_show_whether_they_arrived(clerk):
    filed = await a_case()
    await OutboxMessage.update(
        {OutboxMessage.state: "failed", OutboxMessage.error: "550 no such user"}, force=True
    )
    page = await clerk.get(page_of(filed))
    assert "Could not be delivered" in page.text
    assert "550 no such user" in page.text


async def test_what_people_wrote_is_shown_as_text(clerk):
    filed = await a_case(body="<script>alert(1)</script>", contact_name="<b>M</b>")
    page = await clerk.get(page_of(filed))
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_reloading_the_answer_to_a_move_leads_back_to_the_case(clerk):
    filed = await a_case()
    page = f"/desk/cases/{codes.show_text(filed.number)}"
    back = await clerk.get(f"/en{page}/answer")
    assert (back.status_code, back.headers["location"]) == (303, f"/en{page}")
    assert (await clerk.get(f"{page}/nonsense")).status_code == 404


async def test_what_was_written_survives_the_end_of_the_session(clerk):
    filed = await a_case()
    clerk.client.cookies.clear()
    answer = await clerk.post(
        f"/en{desk_path(filed)}/answer", {"body": "Here are the two maps.", "seen": "1"}
    )
    assert answer.status_code == 401
    assert "Here are the two maps." in answer.text
    assert f"next={desk_path(filed)}" in answer.text


def desk_path(filed):
    return f"/desk/cases/{codes.show_text(filed.number)}"


async def test_whoever_answers_has_the_case(clerk):
    filed = await a_case()
    await desk_actions.answer(filed.case_id, clerk=clerk.account.id, seen=1, body="بفرمایید", now=NOON)
    assert await Case.exists().where(Case.id == filed.case_id, Case.assignee == clerk.account.id)
