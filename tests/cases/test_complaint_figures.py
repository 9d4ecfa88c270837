"""How complaints end, counted by the unit that hears them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.cases import complaint_figures, complaints, desk_actions
from tests.cases.complaining import a_complaint, hearing_units, somebody
from tests.cases.factories import a_case, reads_all
from tests.cases.visitors import right_now
from tests.conftest import NOON
from tests.support.browser import works_everywhere


@pytest.fixture
async def units(db):
    return await hearing_units()


async def test_each_unit_counts_its_complaints_by_how_they_stand(units):
    inspector = await somebody("inspector", units["inspection"])
    ended = {"clerk": inspector.account_id, "seen": 1, "now": NOON}
    await a_case()
    upheld, appealed, rejected, _open = [
        await a_complaint(units["inspection"], topic="service") for _ in range(4)
    ]
    for complaint, outcome in ((upheld, "upheld"), (appealed, "not_upheld")):
        await desk_actions.decide(complaint.case_id, outcome=outcome, reasons="دلیل", remedy="جبران", **ended)
    await complaints.appeal(appealed.case_id, reason="نه", now=NOON)
    await desk_actions.reject(rejected.case_id, reason="نامربوط", **ended)
    appeals, inspection = await complaint_figures.by_unit(reader=reads_all(), now=NOON + timedelta(hours=1))
    assert (inspection.n, inspection.n_open, inspection.n_upheld, inspection.n_undecided) == (3, 1, 1, 1)
    assert (appeals.n, appeals.n_open, appeals.n_not_upheld, appeals.n_appealed) == (1, 1, 0, 1)


async def test_a_clerk_counts_those_of_the_own_units_and_13_weeks_only(units):
    await a_complaint(units["inspection"], topic="service", now=NOON - timedelta(weeks=14))
    await a_complaint(units["inspection"], topic="service")
    inspector = await somebody("inspector", units["inspection"])
    judge = await somebody("judge", units["appeals"])
    (line,) = await complaint_figures.by_unit(reader=inspector, now=NOON)
    assert line.n == 1
    assert await complaint_figures.by_unit(reader=judge, now=NOON) == []


async def test_the_page_of_figures_shows_them(units, clerk):
    await works_everywhere()
    await a_complaint(units["inspection"], topic="service", now=right_now())
    page = await clerk.get("/en/desk/figures")
    assert "Complaints of 13 weeks, by how they ended" in page.text
