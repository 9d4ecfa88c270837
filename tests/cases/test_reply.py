"""What the applicant does on the page of a case."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.cases import Attachment, Case, Message
from portal.cases import actions
from portal.cases.applicant_routes import LONGEST_MESSAGE, REPLIES, REPLIES_WINDOW
from portal.jalali import show_day
from portal.security import throttle, upload_quota
from tests.cases.visitors import as_filer, by_desk, filed_now, form_at, path_of, prove, right_now, send
from tests.support.browser import held_by_form

PDF = b"%PDF-1.7\nall of it\n%%EOF\n"
TEHRAN = ZoneInfo("Asia/Tehran")
WORDS = "فایل خواسته‌شده پیوست است."


@pytest.fixture
async def filed(db, settings):
    return await filed_now(settings)


async def state_of(filed):
    return (await Case.select(Case.state).where(Case.id == filed.case_id).first())["state"]


def stored_files(settings):
    return [path for path in settings.uploads_dir.rglob("*") if path.is_file()]


async def test_a_reply_stands_in_the_history(filed, stranger):
    await prove(stranger, filed, proof="1234")
    answer = await send(stranger, filed, "reply", {"body": WORDS})
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(filed))
    shown = await stranger.get(answer.headers["location"])
    assert "Your message was sent" in shown.text
    assert WORDS in shown.text


async def test_what_happened_is_said_once(filed, browser):
    await send(as_filer(browser), filed, "reply", {"body": WORDS})
    pages = [(await browser.get(path_of(filed))).text for _ in range(2)]
    assert ["Your message was sent" in page for page in pages] == [True, False]
    assert WORDS in pages[1]


async def test_what_happened_to_one_case_is_not_said_of_another(filed, browser, settings):
    other = await filed_now(settings)
    await send(as_filer(browser), filed, "withdraw", {"reason": ""})
    assert "Your request is withdrawn" not in (await browser.get(path_of(other))).text
    assert "Your request is withdrawn" in (await browser.get(path_of(filed))).text


async def test_a_question_is_shown_first_and_answering_it_brings_the_case_back(filed, browser, clerk):
    await by_desk("ask", filed, clerk, body="کدام سال؟")
    shown = (await as_filer(browser).get(path_of(filed))).text
    assert "It is your turn" in shown
    assert shown.index("کدام سال؟") < shown.index("What happened so far")
    await send(browser, filed, "reply", {"body": WORDS})
    assert await state_of(filed) == "in_review"


async def test_a_question_is_not_called_an_answer(filed, browser, clerk):
    await by_desk("ask", filed, clerk, body="کدام سال؟")
    asked = (await as_filer(browser).get(path_of(filed))).text
    assert "we asked you on" in asked
    assert "given on" not in asked
    await by_desk("answer", filed, clerk, body="پاسخ")
    answered = (await browser.get(path_of(filed))).text
    assert answered.index("we asked you on") < answered.index("given on")


async def test_both_histories_say_by_when_an_answer_and_a_result_are_expected(filed, browser, clerk):
    until, expected = right_now() + timedelta(days=5), date(2199, 1, 2)
    await by_desk("ask", filed, clerk, body="کدام سال؟", until=until)
    await by_desk("extend", filed, clerk, body="دفتر بسته است.", expected_on=expected)
    for page in (
        await as_filer(browser).get(path_of(filed)),
        await clerk.get(f"/en/desk{path_of(filed)[3:]}"),
    ):
        assert f"To be answered by {show_day(until, 'en', TEHRAN)}" in page.text
        assert "Now expected by Wednesday 2 January 2199" in page.text


async def test_files_come_with_the_reply(filed, browser):
    answer = await send(as_filer(browser), filed, "reply", {"body": WORDS}, files=[pdf()])
    assert answer.status_code == 303
    assert "نقشه.pdf" in (await browser.get(path_of(filed))).text


async def test_a_file_may_come_without_words(filed, browser):
    answer = await send(as_filer(browser), filed, "reply", {"body": ""}, files=[pdf()])
    assert answer.status_code == 303


async def test_a_file_we_cannot_take_keeps_the_words_and_stores_nothing(filed, browser, settings):
    before = stored_files(settings)
    files = [pdf(), ("attachments", ("page.html", b"<script>", "text/html"))]
    page = await send(as_filer(browser), filed, "reply", {"body": WORDS}, files=files)
    assert page.status_code == 422
    assert 'href="#attachments"' in page.text
    assert WORDS in page.text
    assert await Message.count() == 0
    assert stored_files(settings) == before


async def test_a_refused_file_shows_beside_words_too_long(filed, browser):
    files = [("attachments", ("page.html", b"<script>", "text/html"))]
    page = await send(as_filer(browser), filed, "reply", {"body": "ا" * (LONGEST_MESSAGE + 1)}, files=files)
    assert page.status_code == 422
    assert 'href="#attachments"' in page.text
    assert 'href="#body"' in page.text


async def test_beyond_the_days_quota_words_are_kept_and_can_go_alone(filed, browser, monkeypatch):
    monkeypatch.setattr(upload_quota, "MOST_A_DAY", 0)
    page = await send(as_filer(browser), filed, "reply", {"body": WORDS}, files=[pdf()])
    assert page.status_code == 422
    assert 'href="#attachments"' in page.text
    assert WORDS in page.text
    assert (await send(browser, filed, "reply", {"body": WORDS})).status_code == 303


@pytest.mark.parametrize(
    ("body", "said"), [("", "Please fill this in"), ("ا" * (LONGEST_MESSAGE + 1), "at most")]
)
async def test_an_empty_or_endless_reply_is_explained(filed, browser, body, said):
    page = await send(as_filer(browser), filed, "reply", {"body": body})
    assert page.status_code == 422
    assert said in page.text
    assert await Message.count() == 0


async def test_a_reply_to_a_case_that_ended_meanwhile_is_refused_and_kept(filed, browser, clerk, settings):
    opened = await form_at(as_filer(browser), path_of(filed), f"{path_of(filed)}/reply", {"body": WORDS})
    await by_desk("close", filed, clerk, outcome="not_possible", reason="بایگانی شد.")
    before = stored_files(settings)
    page = await browser.post(f"{path_of(filed)}/reply", opened, files=[pdf()])
    assert page.status_code == 409
    assert "Closed" in page.text
    assert await Attachment.count() == 0
    assert stored_files(settings) == before


async def test_an_old_form_sends_nothing_and_keeps_the_words(filed, browser):
    page = await send(as_filer(browser), filed, "reply", {"body": WORDS, "_csrf_token": "1.x"})
    assert page.status_code == 403
    assert WORDS in page.text
    assert await Message.count() == 0


async def test_without_proof_nothing_is_sent_and_the_words_come_back(filed, browser, stranger):
    fields = await form_at(as_filer(browser), path_of(filed), f"{path_of(filed)}/reply", {"body": WORDS})
    pages = [await stranger.post(f"{where}/reply", fields) for where in (path_of(filed), UNKNOWN)]
    assert [page.status_code for page in pages] == [403, 403]
    assert all(WORDS in page.text for page in pages)
    assert await Message.count() == 0


UNKNOWN = "/en/cases/XKP9-2ZKY-93WR-1W57"


async def test_a_withdrawn_case_has_ended_and_says_so(filed, browser):
    answer = await send(as_filer(browser), filed, "withdraw", {"reason": "دیگر لازم نیست."})
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(filed))
    shown = await browser.get(answer.headers["location"])
    assert "Your request is withdrawn" in shown.text
    assert "دیگر لازم نیست." in shown.text
    assert "given on" not in shown.text
    assert 'name="body"' not in shown.text
    assert await state_of(filed) == "withdrawn"


async def test_a_withdrawal_that_is_refused_keeps_its_reason_where_it_was_written(filed, browser):
    page = await send(as_filer(browser), filed, "withdraw", {"reason": WORDS, "_csrf_token": "1.x"})
    assert page.status_code == 403
    assert held_by_form(page.text, f"{path_of(filed)}/withdraw")["reason"].strip() == WORDS
    assert held_by_form(page.text, f"{path_of(filed)}/reply")["body"].strip() == ""


async def test_withdrawing_needs_more_than_proof_of_contact(filed, browser, stranger):
    fields = await form_at(as_filer(browser), path_of(filed), f"{path_of(filed)}/withdraw", {})
    await prove(stranger, filed, proof="1234")
    assert (await stranger.post(f"{path_of(filed)}/withdraw", fields)).status_code == 403
    assert await state_of(filed) == "registered"


async def test_a_second_withdrawal_is_refused_with_the_reason(filed, browser):
    fields = await form_at(as_filer(browser), path_of(filed), f"{path_of(filed)}/withdraw", {})
    await actions.withdraw(filed.case_id, reason="", now=right_now())
    page = await browser.post(f"{path_of(filed)}/withdraw", fields)
    assert page.status_code == 409
    assert "Withdrawn" in page.text


@pytest.mark.parametrize(
    ("verb", "more", "said"),
    [
        ("take", {}, "is working on your request"),
        ("answer", {"body": "پاسخ"}, "We have answered your request"),
        ("close", {"outcome": "not_possible", "reason": "دلیل"}, "Outcome: Not possible."),
        ("reject", {"reason": "دلیل"}, "We did not take up this request"),
    ],
)
async def test_each_state_says_what_happens_now(filed, browser, clerk, verb, more, said):
    await by_desk(verb, filed, clerk, **more)
    shown = (await as_filer(browser).get(path_of(filed))).text
    assert said in shown
    assert more.get("reason", "") in shown


async def test_an_unhappy_end_is_not_coloured_as_a_success(filed, browser, clerk):
    await by_desk("close", filed, clerk, outcome="not_possible", reason="دلیل")
    assert "tag done" not in (await as_filer(browser).get(path_of(filed))).text


def pdf():
    return ("attachments", ("نقشه.pdf", PDF, "application/pdf"))


async def test_reloading_the_answer_to_a_reply_leads_back_to_the_case(browser, settings):
    page = path_of(await filed_now(settings))
    back = await browser.get(f"{page}/reply")
    assert (back.status_code, back.headers["location"]) == (303, page)


async def test_s17_the_forty_first_reply_of_a_day_waits_and_keeps_its_words(filed, browser):
    as_filer(browser)
    await throttle.count(f"reply:{filed.case_id}", REPLIES_WINDOW, right_now(), times=REPLIES - 1)
    assert (await send(browser, filed, "reply", {"body": WORDS})).status_code == 303
    refused = await send(browser, filed, "reply", {"body": "یک پیام دیگر"})
    assert refused.status_code == 429
    assert "یک پیام دیگر" in refused.text
