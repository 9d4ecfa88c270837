"""On the page of a request its applicant sees where their complaint about it is; nobody else learns of one there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from db.cases import Case
from portal import codes
from portal.cases import desk_actions
from tests.cases.complaining import a_complaint, hearing_units, somebody
from tests.cases.factories import BROWSER
from tests.cases.visitors import as_filer, by_desk, filed_now, path_of, right_now
from tests.support.browser import client_of, signed_in


@pytest.fixture
async def units(db):
    return await hearing_units()


@pytest.fixture
async def request_at_hand(units, settings):
    return await filed_now(settings)


async def complained(about, units, settings, **changed):
    """A complaint from the browser that filed the request."""
    given = {"key": settings.secret_key, "now": right_now(), "about_case": about.case_id}
    return await a_complaint(units["inspection"], **given | changed)


async def told(browser, filed) -> list[str]:
    """What the page of the request says of complaints."""
    text = re.sub(r"<[^>]+>", "", (await browser.get(path_of(filed))).text)
    return re.findall(r"Your complaint [^\n]*", text)


def words_of(filed) -> str:
    return codes.show_text(filed.number)


async def test_the_browser_that_filed_both_is_told_who_has_it(browser, request_at_hand, units, settings):
    complaint = await complained(request_at_hand, units, settings)
    (line,) = await told(as_filer(browser), request_at_hand)
    assert line.startswith(f"Your complaint {words_of(complaint)} of ")
    assert line.endswith(" is with: Inspection.")


async def test_so_is_the_account_that_filed_both(application, request_at_hand, units, settings):
    complaint = await complained(request_at_hand, units, settings)
    async with client_of(application) as client:
        citizen = await signed_in(client, "maryam", "citizen")
        mine = {Case.applicant: citizen.account.id}
        await Case.update(mine).where(Case.id == request_at_hand.case_id)
        assert await told(citizen, request_at_hand) == []
        await Case.update(mine).where(Case.id == complaint.case_id)
        assert len(await told(citizen, request_at_hand)) == 1


async def test_once_it_has_ended_that_is_said(browser, request_at_hand, units, settings):
    complaint = await complained(request_at_hand, units, settings)
    inspector = await somebody("inspector", units["inspection"])
    await desk_actions.take(complaint.case_id, clerk=inspector.account_id, seen=1, now=right_now())
    await desk_actions.decide(
        complaint.case_id,
        clerk=inspector.account_id,
        seen=2,
        outcome="not_upheld",
        reasons="بررسی شد.",
        remedy="",
        now=right_now(),
    )
    (line,) = await told(as_filer(browser), request_at_hand)
    assert line.endswith(" has ended.")


@pytest.mark.parametrize(
    ("filer", "before"),
    [
        ("another-browser-of-theirs", timedelta(0)),
        (BROWSER, timedelta(days=2)),
        pytest.param(BROWSER, -timedelta(days=2), id="a key of a clock that ran ahead"),
    ],
)
async def test_whoever_holds_no_key_of_it_learns_nothing_of_it(
    browser, stranger, request_at_hand, units, settings, filer, before
):
    await complained(request_at_hand, units, settings, browser=filer, now=right_now() - before)
    for visitor in (as_filer(browser), stranger):
        assert await told(visitor, request_at_hand) == []


async def test_the_clerk_of_the_request_learns_nothing_of_it_there(clerk, request_at_hand, units, settings):
    await by_desk("take", request_at_hand, clerk)
    await complained(request_at_hand, units, settings)
    assert await told(clerk, request_at_hand) == []


async def test_of_two_the_older_comes_first(browser, request_at_hand, units, settings):
    newer = await complained(request_at_hand, units, settings)
    before = right_now() - timedelta(hours=3)
    older = await complained(request_at_hand, units, settings, now=before, body="شکایت پیشین")
    lines = await told(as_filer(browser), request_at_hand)
    assert [line.split()[2] for line in lines] == [words_of(older), words_of(newer)]
