"""Complaints, suggestions, comments and thanks are filed, each with a code and the life of a case."""

from __future__ import annotations

import re

import pytest

from db.cases import Case
from db.outbox import OutboxMessage
from db.services import Service
from portal import codes
from portal.accounts import queries as accounts
from portal.cases import attest
from portal.receipts import queries as receipts
from portal.services import queries as service_queries
from tests.cases.factories import a_case, a_service
from tests.cases.visitors import right_now
from tests.feedback.factories import FILLED, NEW, a_unit, number_in, send
from tests.services.test_pages import words_of

SLUG = "spatial-observatory"


async def the_case(answer):
    return await Case.objects().get(Case.number == number_in(answer)).output(load_json=True)


async def test_the_page_offers_every_sort_and_keeps_what_it_is_about(browser):
    page = (await browser.get(f"{NEW}?service={SLUG}&about=XKP9")).text
    for kind in (
        "case",
        "service",
        "person",
        "unit",
        "accessibility",
        "suggestion",
        "comment",
        "thanks",
    ):
        assert f"kind={kind}&amp;service={SLUG}&amp;about=XKP9" in page
    # The code would tell whoever reads the addresses who it is that leaves the tip.
    assert f'kind=tip&amp;service={SLUG}"' in page


@pytest.mark.parametrize("kind", ["suggestion", "comment", "thanks"])
async def test_a_suggestion_a_comment_and_thanks_lie_with_the_unit_of_the_service(browser, kind):
    service = await a_service()
    await a_unit("inspection", "inspection")
    case = await the_case(await send(browser, kind, service=SLUG))
    assert (case.kind, case.topic, case.unit, case.answers) == (kind, "", service.unit_id, {})
    assert case.body == "تأخیر در پاسخ\n\nسه هفته است که پاسخی نرسیده است."
    assert case.form_version is None


@pytest.mark.parametrize("topic", ["service", "person", "accessibility"])
async def test_a_complaint_lies_with_the_inspection_unit(browser, topic):
    unit = await a_unit("inspection", "inspection")
    case = await the_case(await send(browser, topic, service=SLUG))
    assert (case.kind, case.topic, case.unit) == ("complaint", topic, unit)


async def test_a_complaint_about_the_inspection_unit_lies_with_the_one_for_appeals(browser):
    inspection, appeals = await a_unit("inspection", "inspection"), await a_unit("appeals", "appeals")
    case = await the_case(await send(browser, "unit", service=SLUG, unit="inspection"))
    assert (case.topic, case.about_unit, case.unit) == ("unit", inspection, appeals)


async def test_without_an_inspection_unit_a_complaint_lies_with_the_unit_of_the_service(browser):
    service = await a_service()
    case = await the_case(await send(browser, "service", service=SLUG))
    assert case.unit == service.unit_id


async def test_a_complaint_about_a_request_needs_its_code_and_no_proof(browser, stranger):
    filed = await a_case(now=right_now())
    for rendering in (codes.show_text(filed.number), codes.show_numeric(filed.number)):
        case = await the_case(
            await send(
                stranger, "case", about_code=rendering, audience=None, agency_name=None, body=rendering
            )
        )
        assert (case.topic, case.about_case, case.audience) == ("case", filed.case_id, "agency")


async def test_mistakes_are_listed_in_the_order_of_the_page(browser):
    await a_service()
    page = await send(browser, "person", service="", subject="", body="", contact_email="")
    listed = page.text[page.text.index('id="errors"') : page.text.index('class="lead"')]
    assert re.findall(r'href="#(\w+)"', listed) == ["service", "subject", "body", "contact_email"]


async def test_a_complaint_shows_nothing_of_the_request_it_is_about(browser, stranger):
    filed = await a_case(now=right_now(), body="سخن محرمانه", contact_name="نام محرمانه")
    fields = {"about_code": codes.show_text(filed.number), "body": ""}
    for page in (
        await send(stranger, "case", **fields),
        await stranger.get(f"{NEW}?kind=case&about={filed.number}"),
    ):
        assert "محرمانه" not in page.text
        assert (await a_service()).title.fa not in page.text


@pytest.mark.parametrize(
    "typed", ["XKP9-2ZKY-93WR-1W58", "12", "ACEF-ACEF-ACEF-ACEF", codes.show_text(codes.LOWEST + 20_261_121)]
)
async def test_a_wrong_code_is_explained_as_on_the_page_for_tracking(browser, typed):
    await a_service()
    answer = await send(browser, "case", about_code=typed)
    assert answer.status_code == 422
    explained = r'<p class="error" id="(?:about_code|code)-error">([^<]+)</p>'
    assert re.findall(explained, answer.text) == re.findall(
        explained, (await browser.get(f"/cases/{typed}")).text
    )
    assert await Case.count() == 0


async def test_codes_guessed_through_complaints_are_slowed_down_like_any_others(browser):
    await a_service()
    nobodys = [codes.show_text(codes.LOWEST + n) for n in range(1, 14)]
    answers = [(await send(browser, "case", about_code=code)).status_code for code in nobodys]
    assert answers[:10] == [422] * 10
    assert answers[-1] == 429
    filed = await a_case(now=right_now())
    refused = await send(browser, "case", about_code=codes.show_text(filed.number))
    assert refused.status_code == 429
    assert await Case.count() == 1


async def test_another_audience_is_refused_with_an_explanation(browser):
    await a_service()
    answer = await send(browser, "service", service=SLUG, audience="citizen", agency_name="")
    assert answer.status_code == 422
    assert "این خدمت فقط برای" in words_of(answer.text)
    assert await Case.count() == 0


async def test_the_same_page_sent_twice_makes_one_case(browser):
    await a_service()
    page = await browser.get(f"{NEW}?kind=service")
    assert page.status_code == 200
    once = {"submission_id": "5d2b4a62-6d8c-4cf0-9d8c-0d0b4e2f9f10", "service": SLUG}
    first = await send(browser, "service", **once)
    again = await send(browser, "service", **once)
    other = await send(browser, "service", **{**once, "body": "سخنی دیگر"})
    assert first.headers["location"] == again.headers["location"]
    assert other.status_code == 409
    assert await Case.count() == 1


async def test_the_same_words_from_another_page_are_asked_about_and_sent_once_more(browser):
    await a_service()
    first = number_in(await send(browser, "suggestion", service=SLUG, subject="تأخیر"))
    asked = await send(browser, "suggestion", service=SLUG, subject=" تاخير ")
    assert asked.status_code == 409
    assert codes.show_text(first) in asked.text
    assert FILLED["body"] in asked.text
    assert await Case.count() == 1
    assert number_in(await send(browser, "suggestion", service=SLUG, again="yes")) != first


async def test_the_same_words_to_praise_and_to_complain_are_two_things(browser):
    await a_service()
    number_in(await send(browser, "comment", service=SLUG))
    number_in(await send(browser, "thanks", service=SLUG))


async def test_who_wants_only_to_be_reached_leaves_no_name_and_no_account(clerk):
    await a_service()
    case = await the_case(await send(clerk, "comment", service=SLUG, contact_name="نام من"))
    assert (case.contact_name, case.applicant, case.contact_email) == ("", None, "reader@example.org")


async def test_who_is_identified_has_it_in_their_own_desk(clerk):
    await a_service()
    case = await the_case(
        await send(clerk, "comment", service=SLUG, identity="identified", contact_name="نام من")
    )
    assert (case.contact_name, case.applicant) == ("نام من", clerk.account.id)
    assert "نظر دربارهٔ" in (await clerk.get("/mine")).text


async def test_what_an_account_says_is_filled_in(clerk):
    assert await accounts.contacts_of(clerk.account.id) == []
    page = (await clerk.get(f"{NEW}?kind=comment")).text
    assert f'value="{clerk.account.display_name}"' in page


@pytest.mark.parametrize(
    ("kind", "fa", "en"), [("service", "شکایت", "complaint"), ("suggestion", "پیشنهاد", "suggestion")]
)
async def test_receipt_page_and_mail_speak_of_what_it_is(browser, application, kind, fa, en):
    await a_service()
    for prefix, noun, wrong in (("", fa, "درخواست"), ("/en", en, "request")):
        answer = await send(browser, kind, prefix=prefix, service=SLUG, body=f"سه هفته است. {prefix}")
        for path in (answer.headers["location"], answer.headers["location"].removesuffix("/receipt")):
            page = (await browser.get(path)).text
            main = words_of(page[page.index("<main") : page.index("</main")]).lower()
            assert noun in main
            assert wrong not in main, path
    mails = await OutboxMessage.select(OutboxMessage.data, OutboxMessage.locale).output(load_json=True)
    assert {mail["locale"] for mail in mails} == {"fa", "en"}
    assert all(mail["data"]["case_kind"] == ("complaint" if kind == "service" else kind) for mail in mails)


async def test_the_desk_as_a_whole_takes_feedback_and_no_requests(browser, admin):
    service = await a_service()
    for state in ("close", "desk"):
        moved = await admin.submit(f"/admin/services/{SLUG}", to=f"/admin/services/{SLUG}/{state}")
        assert moved.status_code == 303, moved.text
    service_queries.forget()
    assert SLUG not in (await browser.get("/services")).text
    assert (await browser.post(f"/cases/new/{SLUG}", {})).status_code == 409
    page = (await browser.get(f"{NEW}?kind=accessibility")).text
    assert f'<option value="{SLUG}" selected>' in page
    case = await the_case(await send(browser, "accessibility"))
    assert (case.service, case.topic) == (service.id, "accessibility")


async def test_every_page_leads_to_feedback_and_a_service_and_a_case_name_themselves(browser):
    filed = await a_case(now=right_now())
    code = codes.show_text(filed.number)
    for path in ("/", "/track", "/services", "/nothing-here"):
        assert f'href="{NEW}"' in (await browser.get(path)).text
    assert f'href="{NEW}?service={SLUG}"' in (await browser.get(f"/services/{SLUG}")).text
    assert f'href="{NEW}?about={code}&amp;service={SLUG}"' in (await browser.get(f"/cases/{code}")).text


async def test_a_complaint_about_a_case_of_a_sensitive_service_needs_that_it_is_opened_first(
    browser, stranger
):
    service = await a_service()
    number = number_in(await send(browser, "service", service=SLUG))
    await Service.update({Service.sensitive: True}).where(Service.slug == SLUG)
    service_queries.forget()
    refused = await send(stranger, "case", about_code=codes.show_text(number))
    assert refused.status_code == 422
    assert service.title.fa not in refused.text
    assert (await the_case(await send(browser, "case", about_code=codes.show_text(number)))).topic == "case"


async def test_the_signed_receipt_speaks_of_what_it_is(browser, stranger):
    await a_service()
    number = number_in(await send(browser, "service", prefix="/en", service=SLUG))
    kept = await receipts.receipt_of_case(
        (await Case.select(Case.id).where(Case.number == number))[0]["id"], None
    )
    page = words_of((await stranger.get(f"/en/verify/{attest.show_number(kept.number)}")).text)
    assert "The complaint was filed" in page
    assert "About Complaint about “" in page
    main = page[page.index("This receipt is genuine") :]
    assert "request" not in main.lower()
    pdf = await browser.get(f"/en/cases/{codes.show_text(number)}/receipt.pdf")
    assert pdf.status_code == 200
