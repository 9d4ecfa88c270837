"""A calendar that changes: open cases keep their dates unless somebody chooses to move them."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from db.calendars import Calendar as CalendarTable
from db.calendars import CalendarRevision
from db.cases import Case, CaseEvent
from db.engine import atomic
from portal.calendars import queries as calendar_queries
from portal.cases import actions, clock, clock_terms, desk_actions, recount
from portal.cases.actions import file_case
from portal.cases.events import fold
from portal.cases.moving import Shifter
from portal.cases.record import standing_of
from portal.office_hours import Day
from portal.services import queries
from tests.cases.factories import KEY, NOON, a_case, a_clerk, a_draft, a_service
from tests.cases.test_history import history

NAME = "iran-office"
CLOSED = {date(2026, 11, day): Day(fa="آلودگی هوا", en="Smog") for day in (22, 23, 24)}


async def a_closure() -> int:
    """The next revision of the office's calendar, which closes three days; its number."""
    days = (await calendar_queries.newest())[NAME].calendar.days
    return await a_revision(days={**days, **CLOSED})


async def a_revision(**changed) -> int:
    newest = (await calendar_queries.newest())[NAME]
    closed = msgspec.structs.replace(newest.calendar, **changed)
    row = await CalendarTable.select(CalendarTable.id).where(CalendarTable.name == NAME).first()
    document = msgspec.json.encode(closed).decode()
    await CalendarRevision.insert(
        CalendarRevision(calendar=row["id"], n=newest.n + 1, document=document, made_at=NOON, note="")
    )
    calendar_queries.forget()
    queries.forget()
    return newest.n + 1


async def move(n: int) -> int:
    return await recount.run(f"{n}:{NAME}".encode(), now=NOON + timedelta(hours=1))


async def the_case(case_id) -> Case:
    return await Case.objects().get(Case.id == case_id).output(load_json=True)


async def test_a_closure_moves_no_open_case_by_itself(db):
    filed = await a_case()
    before = (await the_case(filed.case_id)).next_due_at
    await a_closure()
    clerk = await a_clerk()
    await desk_actions.take(filed.case_id, clerk=clerk, seen=1, now=NOON + timedelta(hours=1))
    assert (await the_case(filed.case_id)).next_due_at == before
    assert (await the_case((await a_case()).case_id)).next_due_at > before


async def test_moved_cases_count_by_the_new_revision_and_say_so(db):
    filed = await a_case()
    before = (await the_case(filed.case_id)).next_due_at
    n = await a_closure()
    assert await move(n) == 1
    case = await the_case(filed.case_id)
    assert case.next_due_at > before
    assert case.risk_at < case.next_due_at
    last = (
        await CaseEvent.select()
        .where(CaseEvent.case == case.id)
        .order_by(CaseEvent.n, ascending=False)
        .first()
    )
    assert (last["kind"], last["actor_role"]) == ("recounted", "system")


async def test_a_moved_case_still_is_what_its_events_say(db):
    filed = await a_case()
    await move(await a_closure())
    case, events = await the_case(filed.case_id), await history(filed.case_id)
    assert standing_of(case) == fold(event for event, _hash in events)
    assert events[-1][0].prev_hash == events[-2][1]
    assert events[-1][0].hash == events[-1][1]
    past, _hash = await clock_terms.past_of(case.id)
    terms = await clock_terms.terms_of(case.service, case.sla_version, past, now=NOON)
    assert clock.dues(terms, past, now=NOON + timedelta(hours=1)).next_due_at == case.next_due_at


async def test_moving_twice_moves_nobody_twice(db):
    await a_case()
    n = await a_closure()
    assert [await move(n), await move(n)] == [1, 0]


async def test_ended_cases_stay_as_they_ended(db):
    filed, clerk = await a_case(), await a_clerk()
    await desk_actions.reject(filed.case_id, clerk=clerk, seen=1, reason="نه", now=NOON)
    assert await move(await a_closure()) == 0


@pytest.mark.parametrize("closed", [True, False])
async def test_the_preview_names_the_cases_whose_date_would_move(db, closed):
    now = datetime.now(UTC)
    filed = await a_case(now=now)
    before = (await the_case(filed.case_id)).next_due_at
    calendar = (await calendar_queries.newest())[NAME].calendar
    days = {before.date() + timedelta(days=n): Day() for n in range(-3, 1)} if closed else {}
    found = await Shifter().preview(
        NAME, msgspec.structs.replace(calendar, days={**calendar.days, **days}), now=now
    )
    assert [(moved.n, [example.code for example in moved.examples]) for moved in found] == (
        [(1, [filed.number])] if closed else []
    )
    if closed:
        assert found[0].examples[0].before == before < found[0].examples[0].after
    assert (await the_case(filed.case_id)).next_due_at == before


async def test_the_preview_counts_nobody_whose_date_stays(db):
    filed, clerk = await a_case(), await a_clerk()
    await desk_actions.ask(
        filed.case_id, clerk=clerk, seen=1, body="?", until=NOON + timedelta(days=4), now=NOON
    )
    calendar = (await calendar_queries.newest())[NAME].calendar
    shut = msgspec.structs.replace(calendar, days={**calendar.days, date(2026, 11, 23): Day()})
    assert await Shifter().preview(NAME, shut, now=NOON) == []


async def test_a_calendar_that_never_opens_stops_neither_the_preview_nor_the_job(db):
    await a_case()
    never = {date(2026, 11, 22): Day()}
    calendar = msgspec.structs.replace((await calendar_queries.newest())[NAME].calendar, week={}, days=never)
    assert await Shifter().preview(NAME, calendar, now=NOON) == []
    assert await move(await a_revision(week={}, days=never)) == 0


async def test_the_job_is_queued_with_the_revision(db):
    @atomic
    async def publish() -> None:
        await Shifter().enqueue(NAME, 7)

    await publish()
    jobs = await Case.raw(
        "SELECT payload, execute_after - created AS late FROM pgqueuer ORDER BY execute_after"
    )
    assert [job["payload"] for job in jobs] == [b"7:iran-office"] * 2
    assert [job["late"] for job in jobs] == [timedelta(), recount.AGAIN_AFTER]


async def test_a_case_filed_from_a_page_of_before_the_change_counts_by_the_new_revision(db):
    service = await a_service()
    n = await a_closure()
    filed = await file_case(a_draft(), service=service, browser="", applicant=None, key=KEY, now=NOON)
    assert (await history(filed.case_id))[0][0].data["calendars"] == {NAME: n}


async def test_a_case_filed_under_the_revision_before_is_found_a_minute_later(db):
    service = await a_service()
    n = await a_closure()
    assert await move(n) == 0
    with pytest.MonkeyPatch.context() as still:
        still.setattr(actions, "_with_calendars_of_now", _as_it_is)  # up to 2 seconds, and the filing itself
        await file_case(a_draft(), service=service, browser="", applicant=None, key=KEY, now=NOON)
    assert await move(n) == 1


async def _as_it_is(service):
    return service


async def test_two_workers_move_a_case_once(committed):
    for _n in range(3):
        await a_case()
    n = await a_closure()
    assert sum(await asyncio.gather(move(n), move(n), move(n))) == 3
    assert await CaseEvent.count().where(CaseEvent.kind == "recounted") == 3
