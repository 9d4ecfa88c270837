"""The queue of the desk: which cases it shows, in which order, page by page."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from db.cases import Case
from db.engine import connection_of_transaction
from db.services import Service, Unit
from portal import codes
from portal.cases import actions, desk_actions, desk_queries, rules
from portal.cases.desk_queries import Cursor, QueueFilters, read_cursor
from portal.cases.desk_search import ALL
from portal.paging import PAGE
from tests.cases.factories import KEY, NOBODY, a_case, a_draft, a_service, reads_all
from tests.conftest import NOON

HOUR = timedelta(hours=1)


async def queue(after=None, *, now=NOON, account=NOBODY, **filters):
    reader = reads_all(account)
    return await desk_queries.queue(QueueFilters(**filters), reader=reader, now=now, after=after)


async def numbers(**options):
    return [row.number for row in (await queue(**options)).rows]


async def due(filed, at):
    """The case falls due ``at``, or not at all; at risk from three quarters of the time on."""
    case = await Case.select(Case.filed_at).where(Case.id == filed.case_id).first()
    risk_at = case["filed_at"] + (at - case["filed_at"]) * 3 / 4 if at else None
    await Case.update({Case.next_due_at: at, Case.risk_at: risk_at}).where(Case.id == filed.case_id)
    return filed


async def filed_many(n):
    """``n`` cases; one in three owes nothing, and the others fall due in tens at the same instant."""
    service = await a_service()
    for place in range(n):
        filed = await actions.file_case(
            a_draft(), service=service, browser="", applicant=None, key=KEY, now=NOON
        )
        await due(filed, None if place % 3 == 0 else NOON + HOUR * (place // 10))


async def test_an_empty_desk_says_where_new_cases_appear(clerk):
    page = await clerk.get("/en/desk")
    assert "No open case. New ones appear here by their nearest promise." in page.text


async def test_the_nearest_promise_comes_first_and_none_comes_last(db):
    never, later, soon = await a_case(), await a_case(), await a_case()
    await due(never, None)
    await due(later, NOON + 5 * HOUR)
    await due(soon, NOON + HOUR)
    assert await numbers() == [soon.number, later.number, never.number]


async def test_pages_show_every_case_once(db):
    await filed_many(2 * PAGE + 10)
    seen, page = [], await queue()
    while True:
        seen += [row.number for row in page.rows]
        if page.next is None:
            break
        page = await queue(after=read_cursor(str(page.next)))
    assert len(seen) == len(set(seen)) == 2 * PAGE + 10


async def test_a_full_last_page_has_no_next(db):
    await filed_many(PAGE)
    page = await queue()
    assert (len(page.rows), page.next) == (PAGE, None)


async def test_only_open_cases_are_shown_unless_asked(db):
    opened, ended = await a_case(), await a_case()
    await actions.withdraw(ended.case_id, reason="", now=NOON)
    assert await numbers() == [opened.number]
    assert await numbers(state="withdrawn") == [ended.number]
    assert set(await numbers(state=ALL)) == {opened.number, ended.number}


async def test_mine_are_those_i_took(clerk, colleague):
    mine, theirs = await a_case(), await a_case()
    await desk_actions.take(mine.case_id, clerk=clerk.account.id, seen=1, now=NOON)
    await desk_actions.take(theirs.case_id, clerk=colleague.account.id, seen=1, now=NOON)
    assert await numbers(mine=True, account=clerk.account.id) == [mine.number]


async def test_a_service_and_a_unit_narrow_the_queue(db):
    one, other = (
        await a_case(slug="spatial-observatory"),
        await a_case(slug="yearbook-qom", audience="citizen"),
    )
    assert await numbers(service="yearbook-qom") == [other.number]
    service = await Service.select(Service.unit).where(Service.slug == "spatial-observatory").first()
    unit = await Unit.select(Unit.slug).where(Unit.id == service["unit"]).first()
    assert one.number in await numbers(unit=unit["slug"])
    assert await numbers(unit="no-such-unit") == []
    assert await numbers(service="no-such-service") == []


async def test_soon_due_means_over_three_quarters_of_the_time_and_not_late(db):
    near, far, late = await a_case(), await a_case(), await a_case()
    await due(near, NOON + 4 * HOUR)
    await due(far, NOON + 40 * HOUR)
    await due(late, NOON + HOUR)
    now = NOON + 3 * HOUR + timedelta(seconds=1)
    page = await queue(at_risk=True, now=now)
    assert [(row.number, row.late, row.at_risk) for row in page.rows] == [(near.number, False, True)]
    assert await numbers(at_risk=True, late=True, now=now) == [late.number, near.number]


async def test_late_means_that_the_promise_has_passed(db):
    near, late, ended = await a_case(), await a_case(), await a_case()
    await due(near, NOON + 4 * HOUR)
    await due(late, NOON + HOUR)
    await actions.withdraw(ended.case_id, reason="", now=NOON)
    await due(ended, NOON + HOUR)
    assert await numbers(late=True, state=ALL, now=NOON + 3 * HOUR) == [late.number]


async def test_the_heading_counts_what_its_links_list(clerk):
    ago, now = timedelta(days=30), datetime.now(UTC)
    soon, late = await a_case(now=now - ago), await a_case(now=now - ago)
    await due(soon, now + timedelta(days=3))
    await due(late, now - timedelta(days=3))
    heading = (await clerk.get("/en/desk")).text
    for name, words, filed, other in (
        ("at_risk", "soon due: 1", soon, late),
        ("late", "late: 1", late, soon),
    ):
        assert f'<a href="/en/desk?{name}=1">{words}</a>' in heading
        page = (await clerk.get(f"/en/desk?{name}=1")).text
        assert (codes.show_text(filed.number) in page, codes.show_text(other.number) in page) == (True, False)


async def test_the_heading_counts_open_late_and_soon_due(db):
    for hours in (1, 4, 40):
        await due(await a_case(), NOON + hours * HOUR)
    await actions.withdraw((await a_case()).case_id, reason="", now=NOON)
    counts = await desk_queries.counts(reader=reads_all(), now=NOON + 3 * HOUR + timedelta(seconds=1))
    assert (counts.n_open, counts.n_late, counts.n_at_risk) == (3, 1, 1)


async def test_late_and_soon_due_are_said_in_words(clerk):
    filed = await a_case(now=NOON - timedelta(days=30))
    await due(filed, datetime.now(UTC) - timedelta(days=2, hours=1))  # pages read the real clock
    page = await clerk.get("/en/desk")
    assert "late by 2 days" in page.text
    assert "late: 1" in page.text


async def test_the_queue_says_when_each_case_was_received(clerk):
    await a_case(now=NOON)
    page = await clerk.get("/en/desk")
    assert re.search(r'data-label="Received"><time [^>]+>2026-11-21</time>', page.text)


@pytest.mark.parametrize("after", ["x", "_", "2026-11-21T08:30:00_" + str(UUID(int=1)), "9" * 500, "\u0660_"])
def test_a_made_up_cursor_is_none(after):
    assert read_cursor(after) is None


@pytest.mark.parametrize("due_at", [NOON, None])
def test_a_cursor_survives_the_address(due_at):
    cursor = Cursor(due_at, uuid4())
    assert read_cursor(str(cursor)) == cursor


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "after=x",
        "service=%00",
        "unit='",
        "q=%26%7C%21",
        "mine=1&q=:*",
        "q=%00",
        "q=%ED%A0%80",
    ],
)
async def test_no_address_breaks_the_queue(clerk, query):
    await a_case()
    assert (await clerk.get(f"/en/desk?{query}")).status_code == 200


async def test_the_next_page_keeps_the_filters(clerk):
    await filed_many(PAGE + 1)
    page = await clerk.get("/en/desk?state=registered&service=spatial-observatory")
    assert (
        'rel="next" href="/en/desk?state=registered&amp;service=spatial-observatory&amp;after=' in page.text
    )


async def test_open_cases_by_promise_are_read_from_their_index(db):
    await connection_of_transaction().execute(
        "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
    )
    plan = await Case.raw(
        "EXPLAIN SELECT c.id FROM \"case\" c WHERE c.state IN ('{}')"
        " ORDER BY coalesce(c.next_due_at, 'infinity'::timestamptz), c.id LIMIT 50".replace(
            "{}", "', '".join(rules.OPEN_STATES)
        )
    )
    assert any("case_open_by_promise" in row["QUERY PLAN"] for row in plan)
    assert not any("Sort" in row["QUERY PLAN"] for row in plan)


async def test_a_reply_to_an_answer_is_not_at_risk_the_moment_it_comes(clerk):
    filed = await a_case()
    await desk_actions.answer(filed.case_id, clerk=clerk.account.id, seen=1, body="بفرمایید", now=NOON)
    much_later = NOON + timedelta(days=40)
    await actions.reply(filed.case_id, body="یک پرسش دیگر", now=much_later)

    (row,) = (await queue(now=much_later)).rows

    assert not row.at_risk


async def asked(clerk, filed, *, until):
    account = clerk.account.id
    await desk_actions.ask(filed.case_id, clerk=account, seen=1, body="کدام سال؟", until=until, now=NOON)
    return filed


async def test_the_queue_says_whose_turn_it_is(clerk):
    ours, theirs, done = await a_case(), await a_case(), await a_case()
    await asked(clerk, theirs, until=NOON + timedelta(days=3))
    await desk_actions.answer(done.case_id, clerk=clerk.account.id, seen=1, body="بفرمایید", now=NOON)
    turns = {row.number: (row.turn, row.turn_until) for row in (await queue()).rows}
    assert turns == {
        ours.number: ("desk", None),
        theirs.number: ("applicant", NOON + timedelta(days=3)),
        done.number: ("", None),
    }
    assert await numbers(turn="desk") == [ours.number]
    assert await numbers(turn="applicant") == [theirs.number]
    page = await clerk.get("/en/desk?turn=desk")
    assert "the desk: nobody yet" in page.text


async def test_after_the_applicants_last_day_it_is_the_desks_turn_again(clerk):
    filed = await asked(clerk, await a_case(), until=NOON + timedelta(days=3))
    later = NOON + timedelta(days=4)
    assert await numbers(turn="desk", now=later) == [filed.number]
    assert await numbers(turn="applicant", now=later) == []


async def test_what_we_referred_away_is_another_units_turn(clerk):
    filed, service = await a_case(), await a_service("yearbook-tehran")
    here, other = await Case.select(Case.unit).first(), service.unit_id
    await desk_actions.refer(filed.case_id, clerk=clerk.account.id, seen=1, unit=other, body="لطفاً", now=NOON)
    reader = msgspec.structs.replace(reads_all(), role="staff", units=(here["unit"],))

    async def listed(**filters):
        return (await desk_queries.queue(QueueFilters(**filters), reader=reader, now=NOON)).rows

    assert await listed() == ()
    assert [(row.number, row.turn) for row in await listed(turn="other")] == [(filed.number, "other")]


@pytest.mark.parametrize(
    ("asked_for", "said"), [("late", "No case is late."), ("at_risk", "No case is soon due.")]
)
async def test_an_empty_list_says_that_all_is_well(clerk, asked_for, said):
    await a_case(now=datetime.now(UTC))
    assert said in (await clerk.get(f"/en/desk?{asked_for}=1")).text
    assert said not in (await clerk.get(f"/en/desk?{asked_for}=1&mine=1")).text
