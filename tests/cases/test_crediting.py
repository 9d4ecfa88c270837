"""Downtime that was measured is given back: to the applicant always, to us where the cause was outside our power."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from db.cases import Case
from db.outbox import OutboxMessage
from portal.cases import actions, bulk, clock, clock_terms, crediting, desk_actions, record
from portal.cases.events import fold
from portal.cases.record import standing_of
from portal.notices import actions as notices
from portal.services import queries as services
from tests.cases.downtime import MINUTE, an_incident, credit, credits_of, down, n_credits, seen
from tests.cases.factories import NOON, a_case, a_clerk, a_service
from tests.cases.test_history import history

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LAST_DAY = NOON + 4 * DAY
OUTAGE = NOON + 1.5 * HOUR


@pytest.fixture
async def asked(db):
    """A case that waits for its applicant from an hour after its filing on."""
    return await an_asked_case()


async def an_asked_case(until=LAST_DAY, **changed):
    filed, clerk = await a_case(**changed), await a_clerk(f"desk-{await Case.count()}")
    await desk_actions.ask(filed.case_id, clerk=clerk, seen=1, body="?", until=until, now=NOON + HOUR)
    return filed


async def the_case(filed) -> Case:
    return await Case.objects().get(Case.id == filed.case_id).output(load_json=True)


async def recounted(case, now):
    past, _hash = await clock_terms.past_of(case.id)
    terms = await clock_terms.terms_of(case.service, case.sla_version, past, now=now)
    return clock.dues(terms, past, now=now)


async def test_a_reply_date_moves_by_what_was_measured(asked):
    before = await the_case(asked)
    await down(OUTAGE, 42)
    assert await credit(OUTAGE + HOUR) == 1
    after = await the_case(asked)
    assert after.paused_until - before.paused_until == 42 * MINUTE
    assert after.result_due_at > before.result_due_at
    assert (await credits_of(asked.case_id))[0].data["for"] == ["applicant"]


async def test_a_credited_case_still_is_what_its_events_say(asked):
    await down(OUTAGE, 42)
    await credit(OUTAGE + HOUR)
    case, events = await the_case(asked), await history(asked.case_id)
    assert standing_of(case) == fold(event for event, _hash in events)
    assert (events[-1][0].prev_hash, events[-1][0].hash) == (events[-2][1], events[-1][1])
    dues = await recounted(case, OUTAGE + HOUR)
    assert (dues.paused_until, dues.result_due_at) == (case.paused_until, case.result_due_at)


async def test_four_minutes_are_no_outage(asked):
    await down(OUTAGE, 4)
    assert await credit(OUTAGE + HOUR) == 0


async def test_parts_that_fail_one_after_the_other_are_one_outage(asked):
    await seen("down", OUTAGE, OUTAGE + 3 * MINUTE)
    await down(OUTAGE + 3 * MINUTE, 3)
    assert await credit(OUTAGE + HOUR) == 1
    assert (await the_case(asked)).paused_until == LAST_DAY + 6 * MINUTE


async def test_each_outage_is_credited_once(asked):
    await down(OUTAGE, 42)
    assert [await credit(OUTAGE + HOUR), await credit(OUTAGE + HOUR)] == [1, 0]
    await crediting.CreditedDowntime.delete(force=True)  # as after a kill, before it was written down
    assert await credit(OUTAGE + HOUR) == 0


async def test_two_workers_credit_a_case_once(committed):
    for _n in range(3):
        await an_asked_case()
    await down(OUTAGE, 42)
    now = OUTAGE + HOUR
    assert sum(await asyncio.gather(credit(now), credit(now), credit(now))) == 3
    assert await n_credits() == 3


async def test_a_worker_that_is_killed_leaves_the_rest_to_the_next(committed, monkeypatch):
    for _n in range(3):
        await an_asked_case()
    await down(OUTAGE, 42)
    monkeypatch.setattr(bulk, "BATCH", 1)
    real, n = crediting.outbox.enqueue_all, 0

    async def enqueue_all(template, letters, *, now):
        nonlocal n
        n += 1
        if n == 3:
            raise ConnectionError
        await real(template, letters, now=now)

    monkeypatch.setattr(crediting.outbox, "enqueue_all", enqueue_all)
    with pytest.raises(ConnectionError):
        await credit(OUTAGE + HOUR)
    assert await credit(OUTAGE + HOUR) == 1
    assert (
        await n_credits()
        == await OutboxMessage.count().where(OutboxMessage.template == crediting.TEMPLATE)
        == 3
    )


async def test_whoever_was_asked_during_the_outage_is_credited_the_rest_of_it(asked):
    await down(NOON, 90)
    await credit(NOON + 3 * HOUR)
    assert (await the_case(asked)).paused_until == LAST_DAY + 30 * MINUTE


@pytest.mark.parametrize("since", [LAST_DAY + HOUR, NOON - HOUR])
async def test_downtime_outside_the_pause_moves_no_reply_date(asked, since):
    await down(since, 30)
    assert await credit(LAST_DAY + DAY) == 0


async def test_whoever_answered_in_the_meantime_needs_no_credit(asked):
    await down(OUTAGE, 42)
    await actions.reply(asked.case_id, body="!", now=OUTAGE + 50 * MINUTE)
    assert await credit(OUTAGE + HOUR) == 0


async def test_while_the_outage_goes_on_only_a_date_that_runs_out_is_moved(db):
    near, far = await an_asked_case(OUTAGE + 20 * MINUTE), await an_asked_case()
    await down(OUTAGE, 15, goes_on=True)
    assert await credit(OUTAGE + 15 * MINUTE) == 1
    assert (await the_case(near)).paused_until == OUTAGE + 35 * MINUTE
    assert await credit(OUTAGE + 26 * MINUTE) == 0  # told an hour ago at the earliest
    await down(OUTAGE + 15 * MINUTE, 45)
    assert await credit(OUTAGE + 65 * MINUTE) == 2
    assert (await the_case(near)).paused_until == OUTAGE + 80 * MINUTE
    assert (await the_case(far)).paused_until == LAST_DAY + 60 * MINUTE
    assert len(await credits_of(near.case_id)) == 2


async def test_our_own_fault_moves_no_promise_of_ours(db):
    filed = await a_case()
    before = await the_case(filed)
    await an_incident(OUTAGE, cause="software", now=OUTAGE)
    await down(OUTAGE, 42)
    assert await credit(OUTAGE + HOUR) == 0
    assert (await the_case(filed)).result_due_at == before.result_due_at


async def test_our_promises_stand_still_for_what_was_outside_our_power(db):
    filed = await a_case()
    before = await the_case(filed)
    no = await an_incident(OUTAGE, cause="infrastructure", now=OUTAGE)
    await down(OUTAGE, 42)
    now = OUTAGE + HOUR
    assert [await credit(now), await credit(now)] == [1, 0]
    after = await the_case(filed)
    assert after.result_due_at - before.result_due_at == 42 * MINUTE
    event = (await credits_of(filed.case_id))[0]
    assert (event.data["for"], event.data["notice"]) == (["agency"], no)
    assert (await recounted(after, now)).result_due_at == after.result_due_at


async def test_only_downtime_inside_the_incident_counts_for_us(db):
    filed = await a_case()
    before = await the_case(filed)
    await an_incident(OUTAGE + 20 * MINUTE, cause="infrastructure", now=OUTAGE + 20 * MINUTE)
    await down(OUTAGE, 42)
    await credit(OUTAGE + HOUR)
    assert (await the_case(filed)).result_due_at - before.result_due_at == 22 * MINUTE


async def test_a_cause_that_is_named_afterwards_is_credited_then_and_not_taken_back(db):
    filed, clerk = await a_case(), await a_clerk()
    before = await the_case(filed)
    no = await an_incident(OUTAGE, cause="unknown", now=OUTAGE)
    await down(OUTAGE, 42)
    assert await credit(OUTAGE + HOUR) == 0
    await notices.name_cause(no, "infrastructure", seen=1, by=clerk, now=NOON + DAY)
    assert await credit(NOON + DAY) == 1
    await notices.name_cause(no, "software", seen=2, by=clerk, now=NOON + DAY + HOUR)
    assert await credit(NOON + DAY + HOUR) == 0
    assert (await the_case(filed)).result_due_at > before.result_due_at


async def test_an_outage_by_night_moves_no_promise_and_leaves_no_event(db):
    filed = await a_case()
    night = NOON + 12 * HOUR
    await an_incident(night, cause="infrastructure", now=night)
    await down(night, 42)
    assert await credit(night + HOUR) == 0
    assert await credits_of(filed.case_id) == []


async def test_cases_filed_after_it_or_ended_before_it_was_credited_get_nothing(db):
    ended, clerk = await a_case(), await a_clerk()
    await an_incident(OUTAGE, cause="infrastructure", now=OUTAGE)
    await down(OUTAGE, 42)
    await a_case(now=OUTAGE + HOUR)
    await desk_actions.reject(ended.case_id, clerk=clerk, seen=1, reason="نه", now=OUTAGE + HOUR)
    assert await credit(OUTAGE + 2 * HOUR) == 0


async def test_a_miss_that_was_recorded_stays_one(db):
    filed = await a_case()
    case = await the_case(filed)
    late = case.result_due_at + MINUTE
    about = {"target": "result", "round": 1}
    await record_miss(filed, about, late)
    await an_incident(OUTAGE, cause="infrastructure", now=OUTAGE)
    await down(OUTAGE, 42)
    assert await credit(late + MINUTE) == 1
    past, _hash = await clock_terms.past_of(filed.case_id)
    terms = await clock_terms.terms_of(case.service, case.sla_version, past, now=late)
    found = clock.readings(terms, past, now=late + MINUTE)
    result = next(reading for reading in found if reading.target.key == "result")
    assert result.due_at == case.result_due_at + 42 * MINUTE
    assert result.state == "missed"


async def record_miss(filed, about, now):
    @crediting.atomic
    async def miss():
        case = await record.locked(filed.case_id)
        await record.append(case, "missed", record.Actor("system"), data=about, now=now)

    await miss()


async def test_the_applicant_hears_of_the_new_date_once_in_their_language(asked):
    await down(OUTAGE, 42)
    for _again in range(2):
        await credit(OUTAGE + HOUR)
    sent = (
        await OutboxMessage.objects()
        .where(OutboxMessage.template == crediting.TEMPLATE)
        .output(load_json=True)
    )
    assert [(one.recipient, one.locale) for one in sent] == [("maryam@agency.example", "fa")]
    assert sent[0].data["paused_until"].startswith((LAST_DAY + 42 * MINUTE).isoformat()[:19])


async def test_another_services_downtime_is_none_of_ours(asked):
    other = await a_service("yearbook-qom")
    services.forget()
    await crediting.Case.raw(
        "INSERT INTO availability_span (id, service, state, parts, since, until) "
        "VALUES (gen_random_uuid(), {}, 'down', 'form', {}, {})",
        other.id,
        OUTAGE,
        OUTAGE + HOUR,
    )
    assert await credit(OUTAGE + 2 * HOUR) == 0
