"""Warnings that a service changes hold for its open cases: in the queue, and for the clock's next look."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from db.cases import Case, CaseEvent
from db.clocks import ClockAlarm
from portal import ticks
from portal.cases import desk_actions, recount
from portal.forms import version_of
from portal.services import queries
from portal.services.statement import Watch
from portal.services.watch_actions import change_watch
from tests.cases.factories import NOON, a_case, a_clerk
from tests.cases.test_moving import NAME, a_closure
from tests.cases.test_watch import the_case

EARLY, LATE = Watch(warnings=(10, 20)), Watch(warnings=(95, 99))
SOON = NOON + timedelta(minutes=1)


async def warns(case_id, watch: Watch, *, before: Watch = Watch()) -> int:  # noqa: B008 - frozen
    """The service of the case warns as ``watch`` says and the job has run; how many cases that changed."""
    service = (await the_case(case_id)).service
    await change_watch(service, watch, seen=version_of(before), enqueue=recount.enqueue_watch, now=SOON)
    return await recount.run(f"watch:{service}".encode(), now=SOON)


async def test_open_cases_are_at_risk_and_looked_at_by_the_new_warnings(db):
    filed = await a_case()
    before = await the_case(filed.case_id)
    assert await warns(filed.case_id, LATE) == 1
    after = await the_case(filed.case_id)
    assert before.risk_at < after.risk_at < after.next_due_at == before.next_due_at
    assert before.next_check_at < after.next_check_at
    await warns(filed.case_id, EARLY, before=LATE)
    assert (await the_case(filed.case_id)).risk_at < before.risk_at


async def test_counting_again_changes_nothing_and_is_no_event(db):
    filed = await a_case()
    await warns(filed.case_id, LATE)
    service = (await the_case(filed.case_id)).service
    assert await recount.run(f"watch:{service}".encode(), now=SOON) == 0
    assert await CaseEvent.count().where(CaseEvent.case == filed.case_id) == 1


async def test_what_is_late_by_the_new_warnings_is_warned_of_at_once_and_once(db):
    filed = await a_case(now=NOON - timedelta(minutes=150))
    assert (await the_case(filed.case_id)).risk_at > SOON
    await warns(filed.case_id, Watch(warnings=(1, 99)))
    assert (await the_case(filed.case_id)).next_check_at == SOON
    await ticks.watch_cases(SOON)
    assert (await the_case(filed.case_id)).next_check_at > SOON
    await recount.run(f"watch:{(await the_case(filed.case_id)).service}".encode(), now=SOON)
    assert (await the_case(filed.case_id)).next_check_at > SOON
    assert "warned_1" in {row["level"] for row in await ClockAlarm.select(ClockAlarm.level)}


async def test_this_process_may_have_remembered_the_old_warnings(db):
    filed = await a_case()
    service = (await the_case(filed.case_id)).service
    await queries.service_by_id(service, now=NOON)
    document = msgspec.json.encode(LATE).decode()
    await Case.raw("UPDATE service SET watch = {} WHERE id = {}", document, service)
    assert await recount.run(f"watch:{service}".encode(), now=SOON) == 1


async def test_ended_cases_and_other_services_are_left_alone(db):
    filed, other, clerk = await a_case(), await a_case(slug="yearbook-qom"), await a_clerk()
    await desk_actions.reject(filed.case_id, clerk=clerk, seen=1, reason="نه", now=NOON)
    assert await warns(filed.case_id, LATE) == 0
    assert (await the_case(other.case_id)).version == 1


async def test_a_look_that_is_due_already_stays_due_when_the_calendar_moves(db):
    filed = await a_case()
    due = NOON - timedelta(minutes=1)
    await Case.update({Case.next_check_at: due}).where(Case.id == filed.case_id)
    await recount.run(f"{await a_closure()}:{NAME}".encode(), now=SOON)
    assert (await the_case(filed.case_id)).next_check_at == due
