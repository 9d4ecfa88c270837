"""The page that explains the dates of a case, to its applicant and to the desk."""

import pytest

from db.cases import Case
from portal import codes
from portal.cases import actions
from portal.notices import telling
from tests.cases.downtime import MINUTE, an_incident, credit, down
from tests.cases.visitors import as_filer, by_desk, filed_now, path_of, right_now, send

QUESTION = "کدام شهرستان را می‌خواهید؟"


@pytest.fixture
async def asked(db, settings, clerk):
    """A case whose applicant was asked something."""
    filed = await filed_now(settings)
    await by_desk("ask", filed, clerk, body=QUESTION)
    return filed


def why_of(filed) -> str:
    return f"{path_of(filed)}/why"


async def test_the_code_alone_shows_pauses_but_not_what_was_asked(asked, stranger):
    page = (await stranger.get(why_of(asked))).text
    assert "When we waited for you" in page
    assert "once you have opened the request" in page
    assert QUESTION not in page
    assert "#contest" not in page


async def test_the_applicant_reads_why_we_waited_and_is_led_to_contesting_it(asked, browser):
    page = (await as_filer(browser).get(why_of(asked))).text
    assert QUESTION in page
    assert f'href="{path_of(asked)}#contest"' in page
    assert 'id="contest"' in (await browser.get(path_of(asked))).text


async def test_a_contested_pause_says_so_until_it_is_decided_and_after(asked, browser, colleague):
    await send(as_filer(browser), asked, "contest", {"reason": "همه چیز را فرستاده بودم"})
    page = (await browser.get(why_of(asked))).text
    assert "somebody who did not ask decides" in page
    assert "#contest" not in page
    await by_desk("decide_contest", asked, colleague, decision="denied", body="نه")
    assert "it was decided that it stands" in (await browser.get(why_of(asked))).text


async def test_a_pause_that_was_undone_is_none(asked, browser, colleague):
    await actions.contest(asked.case_id, reason="نه", now=right_now())
    await by_desk("decide_contest", asked, colleague, decision="upheld", body="درست است")
    assert "When we waited for you" not in (await as_filer(browser).get(why_of(asked))).text


async def test_the_desk_reads_of_the_applicant_not_of_itself(asked, clerk):
    page = (await clerk.get(f"/en/desk/cases/{codes.show_text(asked.number)}/why")).text
    assert QUESTION in page
    assert "When it was the applicant's turn" in page
    assert "Back to the case" in page
    assert "waiting for you" not in page
    assert "#contest" not in page


async def an_outage(minutes: int, cause: str) -> int:
    """The service was down from a minute after now on; the number of its notice."""
    since = right_now().replace(second=0, microsecond=0) + 2 * MINUTE
    no = await an_incident(since, cause=cause, now=since)
    await down(since, minutes)
    await credit(since + minutes * MINUTE)
    return no


async def test_the_page_says_that_the_reply_date_moved_by_the_downtime_and_where_to_read_of_it(
    asked, browser
):
    no = await an_outage(42, "software")
    page = (await as_filer(browser).get(why_of(asked))).text
    assert "The service was down for 42 minutes, from" in page
    assert ". Your reply date moved by that time." in page
    assert f'href="/en/notices/{no}"' in page
    assert "our own dates moved" not in page
    assert "you have that much longer to answer" in (await browser.get(path_of(asked))).text


async def test_the_page_says_why_our_own_dates_stood_still(settings, clerk, browser):
    filed = await filed_now(settings)
    no = await an_incident(right_now(), cause="infrastructure", now=right_now())
    since = filed_at(await Case.objects().get(Case.id == filed.case_id))
    await down(since, 24 * 60 * 3)
    await credit(since + 24 * 60 * 3 * MINUTE)
    page = (await as_filer(browser).get(why_of(filed))).text
    assert "so our own dates moved by that time" in page
    assert "service down</span>" in page
    desk = (await clerk.get(f"/en/desk/cases/{codes.show_text(filed.number)}")).text
    assert "Downtime of the service credited" in desk
    assert f"/notices/{no}" in page


def filed_at(case):
    return case.filed_at.replace(second=0, microsecond=0) + MINUTE


async def test_the_code_alone_tells_the_day_of_the_downtime_only(asked, stranger):
    await an_outage(42, "software")
    page = (await stranger.get(why_of(asked))).text
    assert "The service was down for a time" in page
    assert "42 minutes" not in page


async def test_a_case_whose_applicant_was_mailed_a_notice_still_opens_at_the_desk(settings, clerk):
    filed = await filed_now(settings)
    await an_incident(right_now(), cause="software", now=right_now())
    await telling.tell_due(("mail",), now=right_now())
    desk = (await clerk.get(f"/en/desk/cases/{codes.show_text(filed.number)}")).text
    assert "A notice about the service" in desk
