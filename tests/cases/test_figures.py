"""The figures of the desk: what is open and how old it is, what came and went, and who may read that."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from db.accounts import Account, Membership
from db.cases import Case
from db.services import Service
from portal.cases import actions, desk_actions, figures
from portal.cases.figures import WEEKS
from portal.office_hours import Calendar
from tests.cases.factories import a_case, a_service, reads_all
from tests.conftest import NOON

TEHRAN = ZoneInfo("Asia/Tehran")
DAY = timedelta(days=1)
YEARBOOK = {"slug": "yearbook-tehran", "audience": "citizen", "agency_name": "", "answers": {}}


async def counted(*, reader=None, now=NOON, **narrowed):
    return await figures.figures(reader=reader or reads_all(), zone=TEHRAN, now=now, **narrowed)


async def owes(filed, *, risk_at, due_at):
    await Case.update({Case.next_due_at: due_at, Case.risk_at: risk_at}).where(Case.id == filed.case_id)


async def test_every_open_case_counts_once_by_what_it_owes(clerk):
    fine, soon, late, ours = [await a_case() for _ in range(4)]
    await owes(fine, risk_at=NOON + DAY, due_at=NOON + 2 * DAY)
    await owes(soon, risk_at=NOON, due_at=NOON + DAY)
    await owes(late, risk_at=NOON - 2 * DAY, due_at=NOON - DAY)
    await desk_actions.ask(
        ours.case_id, clerk=clerk.account.id, seen=1, body="کدام سال؟", until=NOON + 9 * DAY, now=NOON
    )
    total = (await counted()).total
    assert (total.n_open, total.n_at_risk, total.n_late, total.n_waiting) == (4, 1, 1, 1)


async def test_each_service_and_each_unit_has_its_line(db):
    await a_case()
    await a_case()
    await a_case(**YEARBOOK)
    found = await counted()
    assert {line.slug: line.n_open for line in found.services} == {
        "spatial-observatory": 2,
        "yearbook-tehran": 1,
    }
    assert sorted(line.n_open for line in found.units) == [1, 2]
    assert found.total.n_open == 3


async def test_the_page_narrows_to_a_service_and_a_unit(db):
    await a_case()
    await a_case(**YEARBOOK)
    one = await counted(service="yearbook-tehran")
    assert [line.slug for line in one.services] == ["yearbook-tehran"]
    assert (one.total.n_open, len(one.units), one.weeks[-1].n_came) == (1, 1, 1)
    assert (await counted(service="spatial-observatory", unit=one.units[0].slug)).total.n_open == 0
    assert (await counted(service="no-such-service")).total.n_open == 0


async def test_a_service_that_is_not_shown_yet_is_nothing_to_choose(db):
    await a_service("yearbook-tehran")
    assert "yearbook-tehran" in dict((await counted()).service_choices)
    await Service.update({Service.state: "draft"}).where(Service.slug == "yearbook-tehran")
    assert "yearbook-tehran" not in dict((await counted()).service_choices)


@pytest.mark.parametrize(
    ("filed_ago", "age"),
    [(0, 0), (2, 0), (3, 0), (4, 0), (5, 1), (7, 1), (10, 2), (11, 2), (17, 3), (32, 4), (60, 4)],
)
async def test_a_case_is_as_old_as_the_working_days_since_its_filing(db, filed_ago, age):
    """21 November 2026 is a Saturday; Thursdays and Fridays are free, and no holiday lies in that month."""
    await a_case(now=NOON - filed_ago * DAY)
    ages = (await counted()).total.ages
    assert ages == tuple(int(place == age) for place in range(5))


def test_a_calendar_without_any_working_day_makes_nobody_old():
    empty = Calendar(name="never", zone="Asia/Tehran", week={})
    edges = figures._edges(empty, date(2026, 11, 21))
    assert len(edges) == 4
    assert max(edges) < date(2025, 11, 21)


async def test_what_came_and_what_ended_stands_in_its_week(db):
    old = await a_case(now=NOON - 8 * DAY)
    await a_case(now=NOON - DAY)  # Friday, the last day of the week before
    await a_case(now=NOON)
    await a_case(now=NOON - 200 * DAY)  # before these weeks
    await actions.withdraw(old.case_id, reason="", now=NOON)
    found = await counted()
    assert [(week.n_came, week.n_went) for week in found.weeks[-3:]] == [(1, 0), (1, 0), (1, 1)]
    assert (found.total.n_came, found.total.n_went, len(found.weeks)) == (3, 1, WEEKS)
    assert found.weeks[-1].begins == date(2026, 11, 21)
    assert {week.begins.weekday() for week in found.weeks} == {5}


async def test_a_case_that_is_opened_again_comes_once_more(clerk):
    filed = await a_case(now=NOON - 8 * DAY)
    await desk_actions.close(
        filed.case_id, clerk=clerk.account.id, seen=1, outcome="done", reason="انجام شد", now=NOON - 7 * DAY
    )
    await actions.reopen(filed.case_id, reason="هنوز نه", now=NOON)
    found = await counted()
    assert (found.total.n_open, found.total.n_came, found.total.n_went) == (1, 2, 1)


async def test_a_clerk_sees_the_figures_of_their_own_units(db):
    await a_case()
    await a_case(**YEARBOOK)
    service = await a_service("yearbook-tehran")
    mine = msgspec.structs.replace(reads_all(), role="staff", units=(service.unit_id,))
    found = await counted(reader=mine)
    assert [line.slug for line in found.services] == ["yearbook-tehran"]
    assert len(found.unit_choices) == 1
    assert found.total.n_came == 1
    for role in ("manager", "admin", "auditor"):
        whole = await counted(reader=msgspec.structs.replace(mine, role=role))
        assert whole.total.n_open == 2


async def test_the_page_draws_the_weeks_and_says_every_number(clerk):
    await a_case(now=datetime.now(UTC))
    page = (await clerk.get("/en/desk/figures")).text
    assert len(re.findall('<svg class="drawn"[^>]* role="img"', page)) == 1
    assert page.count("<tr>") == WEEKS + 1 + 2 + 2 * 3


async def test_an_empty_desk_has_no_figures(clerk):
    page = (await clerk.get("/en/desk/figures")).text
    assert "No case is open, and none came or ended in these 13 weeks." in page
    assert "<table" not in page


async def test_the_figures_are_for_the_desk_and_its_auditors(clerk, browser):
    assert "/accounts/sign-in" in (await browser.get("/desk/figures")).headers["location"]
    for role, status in (("auditor", 200), ("manager", 200), ("citizen", 403), ("evaluator", 403)):
        await Membership.delete(force=True)
        await Account.update({Account.role: role}).where(Account.id == clerk.account.id)
        assert (await clerk.get("/desk/figures")).status_code == status, role


@pytest.mark.parametrize("query", ["service=%00", "unit='", "service=" + "x" * 500, "unit=%ED%A0%80"])
async def test_no_address_breaks_the_figures(clerk, query):
    await a_case()
    assert (await clerk.get(f"/en/desk/figures?{query}")).status_code == 200


async def test_the_indexes_that_the_figures_are_counted_from_are_there(db):
    """Which plan is taken depends on the numbers of rows; docs/performance.md says what was measured on many."""
    wanted = ["case_by_filing", "case_event_ending", "case_open_by_promise"]
    rows = await Case.raw("SELECT indexname FROM pg_indexes WHERE indexname = ANY({}) ORDER BY 1", wanted)
    assert [row["indexname"] for row in rows] == wanted


async def test_the_desk_sees_how_cases_ended_and_how_often_one_was_opened_again(clerk):
    ends = ("done", "not_possible", "not_possible")
    filed = [await a_case(now=NOON - 8 * DAY) for _ in ends]
    for one, outcome in zip(filed, ends, strict=True):
        account = clerk.account.id
        await desk_actions.close(
            one.case_id, clerk=account, seen=1, outcome=outcome, reason="…", now=NOON - 7 * DAY
        )
    await actions.reopen(filed[0].case_id, reason="هنوز نه", now=NOON)
    await actions.withdraw(filed[0].case_id, reason="", now=NOON)
    found = await counted()
    assert found.ended == (("done", 1), ("not_possible", 2), ("withdrawn", 1))
    assert found.n_reopened == 1
