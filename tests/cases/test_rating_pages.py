"""The question by the link of a mail, on the page of the case, and what the desk reads of the answers."""

import re
from datetime import timedelta

import pytest

from db.cases import CaseUnit
from db.ratings import Rating
from portal import codes
from tests.cases.closings import a_closed_case, mail_about
from tests.cases.visitors import as_filer, path_of, right_now, send


@pytest.fixture
async def closed(db, settings):
    """A case closed a moment ago, in English."""
    return await a_closed_case(
        locale="en", key=settings.secret_key, filed_at=right_now(), now=right_now(), outcome="partly_done"
    )


@pytest.fixture
async def link(closed, settings):
    mail = await mail_about("closed", settings, now=right_now())
    return re.search(r"/en/rate/\S+", mail.text)[0]


async def test_looking_at_the_link_does_nothing(link, stranger):
    before = await Rating.select().first()
    for _ in range(3):
        page = await stranger.get(link)
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "How satisfied are you" in page.text
    assert "Only a part of what you asked for could be done." in page.text
    assert await Rating.select().first() == before


async def test_the_link_takes_one_answer(link, stranger):
    sent = await stranger.submit(link, {"score": "4", "comment": "Quick enough."})
    assert (sent.status_code, sent.headers["location"]) == (303, link)
    page = await stranger.get(link)
    assert "Thank you for your answer" in page.text
    assert "<textarea" not in page.text
    assert "open the request again until" not in page.text
    row = await Rating.select().first()
    assert (row["score"], row["comment"]) == (4, "Quick enough.")


async def test_a_second_answer_from_a_page_left_open_is_not_taken(link, browser, stranger):
    await stranger.submit(link, {"score": "4"})
    again = await browser.post(link, {"score": "1"})
    assert "Thank you for your answer" in again.text
    assert (await Rating.select().first())["score"] == 4


async def test_without_a_choice_the_words_stay(link, stranger):
    page = await stranger.submit(link, {"comment": "I can't decide."})
    assert page.status_code == 422
    assert 'href="#score"' in page.text
    assert "I can&#39;t decide." in page.text


async def test_who_is_unhappy_is_shown_the_way_back(link, closed, stranger):
    await stranger.submit(link, {"score": "1"})
    page = (await stranger.get(link)).text
    assert "You can open the request again until" in page
    complaint = f"/en/feedback/new?kind=case&amp;about={codes.show_text(closed.number)}"
    assert page.index(f"{path_of(closed)}#reopen-it") < page.index(complaint)


async def test_who_is_unhappy_too_late_to_reopen_is_shown_where_to_complain(db, settings, stranger):
    past = right_now() - timedelta(days=20)
    filed = await a_closed_case(reopen_days=1, locale="en", key=settings.secret_key, filed_at=past, now=past)
    link = re.search(r"/en/rate/\S+", (await mail_about("closed", settings, now=past)).text)[0]
    await stranger.submit(link, {"score": "2"})
    page = (await stranger.get(link)).text
    assert "open the request again until" not in page
    assert f"/en/feedback/new?kind=case&amp;about={codes.show_text(filed.number)}" in page


@pytest.mark.parametrize("token", ["x", "A" * 22, "…", "A" * 500])
async def test_a_link_that_is_none_says_so(db, stranger, token):
    page = await stranger.get(f"/en/rate/{token}")
    assert page.status_code == 404
    assert "This link no longer works" in page.text


async def test_the_page_of_the_case_asks_whoever_may_write(closed, browser, stranger):
    assert "How did we do?" not in (await stranger.get(path_of(closed))).text
    as_filer(browser)
    sent = await send(browser, closed, "rate", {"score": "2", "comment": "Half of it is missing."})
    assert sent.status_code == 303
    page = (await browser.get(path_of(closed))).text
    assert "Your answer was recorded" in page
    assert "<strong>Dissatisfied</strong>" in page
    assert "Half of it is missing." not in page
    assert f"{path_of(closed)}/rate" not in page


async def test_a_mistake_names_its_field_as_the_page_does(closed, browser):
    page = await send(as_filer(browser), closed, "rate", {"comment": "I can't decide."})
    assert page.status_code == 422
    assert 'href="#score">How satisfied are you with how we handled your request? — ' in page.text


async def test_a_stranger_with_the_code_rates_nothing(closed, stranger):
    answer = await stranger.post(f"{path_of(closed)}/rate", {"score": "1"})
    assert answer.status_code == 403
    assert not await Rating.exists().where(Rating.at.is_not_null())


async def test_the_desk_reads_scores_and_comments(link, closed, stranger, clerk):
    await stranger.submit(link, {"score": "1", "comment": "Nothing came of it."})
    for address in (f"/en/desk/cases/{codes.show_text(closed.number)}", "/en/desk/ratings"):
        page = (await clerk.get(address)).text
        assert "Very dissatisfied" in page
        assert "Nothing came of it." in page
    assert "Nothing came of it." not in (await clerk.get("/en/desk/ratings?service=yearbook-qom")).text


async def test_comments_are_for_those_who_may_read_the_case(link, stranger, clerk):
    await stranger.submit(link, {"score": "1", "comment": "Nothing came of it."})
    await CaseUnit.delete(force=True)
    assert "Nothing came of it." not in (await clerk.get("/en/desk/ratings")).text
