"""What the pages of a case say of its dates: to the applicant and to the desk, neither too little nor too much."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.cases import Case
from tests.cases.visitors import as_filer, by_desk, filed_now, path_of, right_now, send

TEHRAN = ZoneInfo("Asia/Tehran")
LONG = timedelta(days=20)


@pytest.fixture
async def filed(clerk, settings):
    return await filed_now(settings)


def desk_page(filed) -> str:
    return path_of(filed).replace("/en/", "/en/desk/")


def day_here(moment: datetime):
    return moment.astimezone(TEHRAN).date()


async def test_only_the_promise_that_is_due_next_is_said_to_be_soon_due(clerk, filed):
    now = right_now()
    dues = {Case.first_answer_due_at: now + timedelta(hours=5), Case.next_due_at: now + timedelta(hours=5)}
    await Case.update({**dues, Case.result_due_at: now + LONG, Case.risk_at: now}).where(
        Case.id == filed.case_id
    )
    aside = (await clerk.get(desk_page(filed))).text.split("<aside")[1]
    assert aside.count("soon due:") == 1
    assert "19 days 23 hours left" in aside


async def test_a_delay_that_was_announced_takes_the_place_of_the_promised_day(clerk, browser, filed):
    await by_desk("extend", filed, clerk, body="The archive moves.", expected_on=day_here(right_now() + LONG))
    page = (await browser.get(path_of(filed))).text
    assert "but it takes longer. We now expect to answer by" in page
    assert "You get " not in page


async def test_an_expected_day_before_the_promised_one_is_no_delay(clerk, browser, filed):
    await by_desk("extend", filed, clerk, body="The archive moves.", expected_on=day_here(right_now()))
    page = (await browser.get(path_of(filed))).text
    assert "it takes longer." not in page
    assert "You get " in page


async def test_an_expected_day_that_has_passed_is_not_promised_again(clerk, browser, filed):
    await by_desk("extend", filed, clerk, body="The archive moves.", expected_on=day_here(right_now() + LONG))
    assert "We now expect" in (await browser.get(path_of(filed))).text
    await Case.update({Case.expected_on: day_here(right_now()) - timedelta(days=2)}).where(
        Case.id == filed.case_id
    )
    page = (await browser.get(path_of(filed))).text
    assert "We now expect" not in page
    assert "Now expected" not in page


async def test_why_these_dates_speaks_to_its_reader(clerk, browser, filed):
    await by_desk("ask", filed, clerk, body="Which county?")
    applicants = (await browser.get(f"{path_of(filed)}/why")).text
    assert "waiting for you" in applicants
    desks = (await clerk.get(f"{desk_page(filed)}/why")).text
    assert "the applicant's turn" in desks
    assert "for you" not in desks
    assert "Back to the case" in desks


async def test_an_empty_objection_is_named_and_leads_to_its_field(clerk, browser, filed):
    await by_desk("ask", filed, clerk, body="Which county?")
    page = (await send(as_filer(browser), filed, "contest", {"reason": ""})).text
    assert '<a href="#contest">Contest the pause — Please fill this in.</a>' in page
    assert '<textarea id="contest"' in page


async def test_a_contested_pause_lies_open_for_who_may_decide(clerk, colleague, browser, filed):
    await by_desk("ask", filed, clerk, body="Which county?")
    await send(as_filer(browser), filed, "contest", {"reason": "Nothing was missing."})
    page = (await colleague.get(desk_page(filed))).text
    assert '<a href="#decide">' in page
    assert '<details id="decide" open>' in page
    assert "#decide" not in (await clerk.get(desk_page(filed))).text  # who asked does not judge
