"""Why a case is due when it is, for whoever asks."""

import re

import pytest

from db.cases import Case
from tests.cases.visitors import as_filer, by_desk, filed_now, path_of

INSTANT = re.compile(r'<time datetime="\d{4}-\d\d-\d\dT')


@pytest.fixture
async def asked(settings, clerk):
    """A case that waits for its applicant."""
    filed = await filed_now(settings)
    await by_desk("ask", filed, clerk, body="Which year?")
    return filed


async def test_every_day_of_the_count_adds_up_for_who_opened_the_request(browser, asked):
    page = (await as_filer(browser).get(f"{path_of(asked)}/why")).text
    assert INSTANT.search(page)
    promised = await Case.select(Case.result_due_at).where(Case.id == asked.case_id).first()
    assert promised["result_due_at"].isoformat()[:19] in page
    assert "So far" in page


async def test_the_code_alone_shows_days_and_nothing_that_tells_an_hour(browser, asked):
    page = (await browser.get(f"{path_of(asked)}/why")).text
    assert "Result" in page
    assert "When we waited for you" in page
    assert not INSTANT.search(page)
    times = set(re.findall(r"\d\d:\d\d", page))
    assert times <= {"07:30", "14:30"}  # the hours of the office
    assert "So far" not in page
    assert "once you have opened the request" in page


async def test_the_desk_sees_instants_and_its_own_promises(clerk, asked):
    page = (await clerk.get(f"/en/desk{path_of(asked).removeprefix('/en')}/why")).text
    assert INSTANT.search(page)
    assert "So far" in page
