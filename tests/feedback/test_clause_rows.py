"""What four of the sample statements promise about complaints, comments and suggestions: K-CMP, one test per clause."""

from __future__ import annotations

import pytest

from db.cases import Case
from portal import codes
from portal.services.actions import read_sample
from portal.services.labels import AUDIENCES
from tests.cases.factories import a_case, a_service
from tests.cases.visitors import right_now
from tests.feedback.factories import number_in, send
from tests.services.test_pages import words_of

SATRA, QOM, RESOURCES, EVALUATION = (
    "spatial-observatory",
    "yearbook-qom",
    "resource-monitoring",
    "performance-evaluation",
)
KINDS = ("service", "suggestion", "comment")
NOUNS = {"service": "شکایت", "suggestion": "پیشنهاد", "comment": "نظر"}


async def is_filed_and_followed(browser, stranger, slug: str, audience: str) -> None:
    """Complaint, suggestion and comment each get a code of their own, and whoever has it sees how far they are."""
    await a_service(slug)
    numbers = []
    for kind in KINDS:
        agency = "اداره‌کل نمونه" if audience == "agency" else ""
        number = number_in(await send(browser, kind, service=slug, audience=audience, agency_name=agency))
        page = words_of((await stranger.get(f"/cases/{codes.show_text(number)}")).text)
        assert f"{NOUNS[kind]} شما رسیده است" in page
        assert "روز کاری" not in page  # a day is promised, not only a number of them
        assert "تا " in page
        numbers.append(number)
    assert len(set(numbers)) == len(KINDS)


async def is_refused_with_an_explanation(browser, slug: str) -> None:
    before = await Case.count()
    for audience in AUDIENCES.keys() - set(read_sample(slug).audience):
        for kind in KINDS:
            answer = await send(browser, kind, service=slug, audience=audience, agency_name="")
            assert answer.status_code == 422
            assert "این خدمت فقط برای" in words_of(answer.text)
    assert await Case.count() == before


async def test_a12_agencies_complain_comment_and_suggest_about_satra_and_follow_it(browser, stranger):
    await is_filed_and_followed(browser, stranger, SATRA, "agency")
    await is_refused_with_an_explanation(browser, SATRA)


@pytest.mark.parametrize("audience", AUDIENCES)
async def test_b17_each_audience_complains_comments_and_suggests_about_the_yearbook_of_qom(
    browser, stranger, audience
):
    await is_filed_and_followed(browser, stranger, QOM, audience)


async def test_d9_one_page_finds_requests_and_feedback_by_either_code(browser, stranger):
    await a_service(RESOURCES)
    numbers = [number_in(await send(browser, kind, service=RESOURCES)) for kind in KINDS]
    numbers.append((await a_case(slug=RESOURCES, now=right_now())).number)
    for number in numbers:
        for code in (codes.show_text(number), codes.show_numeric(number)):
            found = await stranger.get("/track", params={"code": code})
            assert found.headers["location"] == f"/cases/{codes.show_text(number)}"
            assert (await stranger.get(found.headers["location"])).status_code == 200


async def test_e22_agencies_complain_comment_and_suggest_about_the_evaluation_and_follow_it(
    browser, stranger
):
    await is_filed_and_followed(browser, stranger, EVALUATION, "agency")
    await is_refused_with_an_explanation(browser, EVALUATION)


@pytest.mark.parametrize("slug", [SATRA, QOM, RESOURCES, EVALUATION, "yearbook-tehran"])
async def test_every_sample_statement_promises_when_a_complaint_and_a_suggestion_are_answered(browser, slug):
    await a_service(slug)
    page = words_of((await browser.get(f"/en/services/{slug}")).text)
    assert "Answer to a complaint 15 working days" in page
    assert "Answer to a suggestion or comment 10 working days" in page
