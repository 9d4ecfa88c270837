"""The clock of a case: what every event makes of the row's dates, recounted from the events alone."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from db.cases import Case
from db.clocks import ClockFact
from portal.cases import actions, clock, clock_terms, contests, desk_actions, record, rules
from portal.cases.clock import Past
from portal.errors import Conflict, NotAllowed
from tests.cases.downtime import an_incident, credit, down
from tests.cases.factories import NOON, a_case, a_clerk

DAY = timedelta(days=1)


async def the_case(case_id) -> Case:
    return await Case.objects().get(Case.id == case_id)


async def recounted(case_id, now: datetime) -> clock.Dues:
    case = await the_case(case_id)
    events, _hash = await clock_terms.past_of(case_id)
    terms = await clock_terms.terms_of(case.service, case.sla_version, events, now=now)
    return clock.dues(terms, events, now=now)


def dates_of(found) -> list[datetime | None]:
    return [
        getattr(found, name)
        for name in ("first_answer_due_at", "result_due_at", "next_due_at", "paused_until")
    ]


MOVES = {
    "ask": lambda case, clerk, now: desk_actions.ask(
        case.id, clerk=clerk, seen=case.version, body="?", until=now + 5 * DAY, now=now
    ),
    "answer": lambda case, clerk, now: desk_actions.answer(
        case.id, clerk=clerk, seen=case.version, body="!", now=now
    ),
    "inform": lambda case, clerk, now: desk_actions.inform(
        case.id, clerk=clerk, seen=case.version, body="…", now=now
    ),
    "extend": lambda case, clerk, now: desk_actions.extend(
        case.id, clerk=clerk, seen=case.version, expected_on=date(2027, 1, 9), body="…", now=now
    ),
    "reply": lambda case, clerk, now: actions.reply(case.id, body="…", now=now),
    "contest": lambda case, clerk, now: actions.contest(case.id, reason="…", now=now),
    "close": lambda case, clerk, now: desk_actions.close(
        case.id, clerk=clerk, seen=case.version, outcome="done", reason="…", now=now
    ),
    "reopen": lambda case, clerk, now: actions.reopen(case.id, reason="…", now=now),
    "uphold": lambda case, clerk, now: desk_actions.decide_contest(
        case.id, clerk=clerk, seen=case.version, decision="upheld", body="…", now=now
    ),
    "outage": lambda case, clerk, now: an_outage(now),
    "outage_outside": lambda case, clerk, now: an_outage(now, cause="infrastructure"),
}


async def an_outage(now: datetime, cause: str = "software") -> None:
    """Half an hour that has just ended, credited."""
    since = now - timedelta(minutes=40)
    await an_incident(since, cause=cause, now=since)
    await down(since, 30)
    await credit(now)


@pytest.mark.parametrize("seed", range(12))
async def test_the_dates_of_the_row_are_those_its_events_give_whatever_happened(db, seed):
    draw = random.Random(seed)
    case_id, clerk, other = (await a_case()).case_id, await a_clerk(), await a_clerk("other")
    now = NOON
    for _ in range(14):
        now += timedelta(hours=draw.randrange(1, 60))
        case, name = await the_case(case_id), draw.choice(sorted(MOVES))
        try:
            await MOVES[name](case, other if name == "uphold" else clerk, now)
        except (Conflict, NotAllowed):
            continue
        assert dates_of(await recounted(case_id, now)) == dates_of(await the_case(case_id)), name


async def test_a_question_stops_the_clock_of_the_result_until_its_answer(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    before = (await the_case(case_id)).result_due_at
    await desk_actions.ask(case_id, clerk=clerk, seen=1, body="?", until=NOON + 10 * DAY, now=NOON + DAY)
    waiting = await the_case(case_id)
    assert (waiting.paused_until, waiting.next_due_at) == (NOON + 10 * DAY, waiting.result_due_at)
    assert waiting.result_due_at > before
    await actions.reply(case_id, body="!", now=NOON + 2 * DAY)
    answered = await the_case(case_id)
    assert answered.paused_until is None
    assert before < answered.result_due_at < waiting.result_due_at


async def test_a_pause_that_was_wrong_never_was(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    before = (await the_case(case_id)).result_due_at
    await desk_actions.ask(case_id, clerk=clerk, seen=1, body="?", now=NOON + DAY)
    await actions.contest(case_id, reason="همه چیز را فرستاده بودم", now=NOON + 2 * DAY)
    other = await a_clerk("other")
    await desk_actions.decide_contest(
        case_id, clerk=other, seen=3, decision="upheld", body="درست است", now=NOON + 3 * DAY
    )
    case = await the_case(case_id)
    assert (case.state, case.result_due_at, case.paused_until) == ("in_review", before, None)


async def test_who_began_a_pause_does_not_judge_it(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    await desk_actions.ask(case_id, clerk=clerk, seen=1, body="?", now=NOON + DAY)
    await actions.contest(case_id, reason="نه", now=NOON + 2 * DAY)
    with pytest.raises(NotAllowed):
        await desk_actions.decide_contest(
            case_id, clerk=clerk, seen=3, decision="denied", body="چرا", now=NOON + 3 * DAY
        )


async def test_a_pause_is_contested_once(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    with pytest.raises(Conflict):
        await actions.contest(case_id, reason="هنوز هیچ", now=NOON)
    await desk_actions.ask(case_id, clerk=clerk, seen=1, body="?", now=NOON + DAY)
    await actions.contest(case_id, reason="نه", now=NOON + 2 * DAY)
    with pytest.raises(Conflict):
        await actions.contest(case_id, reason="باز هم نه", now=NOON + 2 * DAY)
    assert contests.undecided(await contests.pauses_of(case_id)).n == 2


async def test_a_reopened_case_owes_its_result_anew(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    await desk_actions.close(case_id, clerk=clerk, seen=1, outcome="done", reason="شد", now=NOON + DAY)
    assert (await the_case(case_id)).next_due_at is None
    await actions.reopen(case_id, reason="نشد", now=NOON + 2 * DAY)
    case = await the_case(case_id)
    assert (case.state, case.outcome) == ("in_review", None)
    assert case.next_due_at > NOON + 2 * DAY


async def test_a_case_that_ended_long_ago_is_not_opened_again(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    await desk_actions.close(case_id, clerk=clerk, seen=1, outcome="done", reason="شد", now=NOON)
    with pytest.raises(Conflict):
        await actions.reopen(case_id, reason="نشد", now=NOON + 31 * DAY)


async def test_each_promise_that_stops_leaves_one_fact(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    await desk_actions.ask(case_id, clerk=clerk, seen=1, body="?", now=NOON + timedelta(hours=1))
    await actions.reply(case_id, body="!", now=NOON + 2 * DAY)
    await desk_actions.answer(case_id, clerk=clerk, seen=3, body="این", now=NOON + 60 * DAY)
    facts = await ClockFact.select().order_by(ClockFact.stopped_at)
    assert [(fact["target"], fact["state"], fact["kept"]) for fact in facts] == [
        ("first_answer", "met", True),
        ("result", "missed", True),
    ]
    assert facts[1]["paused_s"] == 47 * 3600


async def test_a_word_about_a_delay_moves_no_promise(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    before = dates_of(await the_case(case_id))
    await desk_actions.extend(
        case_id, clerk=clerk, seen=1, expected_on=date(2027, 2, 1), body="بایگانی بسته است", now=NOON + DAY
    )
    case = await the_case(case_id)
    assert (dates_of(case), case.expected_on) == (before, date(2027, 2, 1))


async def test_what_the_clock_recorded_collides_with_no_clerk(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    case = await the_case(case_id)
    await record.append(
        case,
        "missed",
        record.Actor("system"),
        data={"target": "first_answer", "round": 1},
        now=NOON + 20 * DAY,
    )
    await desk_actions.take(case_id, clerk=clerk, seen=1, now=NOON + 21 * DAY)
    assert (await the_case(case_id)).state == "in_review"


def test_every_kind_of_event_is_known_to_the_clock():
    known = (
        clock.SILENT
        | set(clock._WHAT)
        | {"taken", "replied", "contested", "contest_upheld", "contest_denied", "recounted", "credited"}
    )
    assert {kind for kind, _state in rules.MOVES} | set(rules.FIRST) <= known | {"missed"}


def test_leaving_the_wait_in_any_way_ends_the_pause():
    asked = Past(2, "asked", NOON + DAY, {"until": (NOON + 9 * DAY).isoformat()})
    events = [Past(1, "filed", NOON, {}), asked, Past(3, "referred", NOON + 2 * DAY, {})]
    marks = clock.history_of(events).marks
    assert [mark.what for mark in marks] == ["started", "told", "paused", "resumed", "referred"]
    assert marks[2].until == datetime(2026, 11, 30, NOON.hour, NOON.minute, tzinfo=UTC)


def credited(n: int, since: datetime, minutes: int, *sides: str) -> Past:
    until = since + timedelta(minutes=minutes)
    data = {"since": since.isoformat(), "until": until.isoformat(), "for": sides, "notice": None}
    return Past(n, "credited", until, data)


def asked_once() -> list[Past]:
    return [
        Past(1, "filed", NOON, {}),
        Past(2, "asked", NOON + DAY, {"until": (NOON + 9 * DAY).isoformat()}),
    ]


def test_downtime_in_pieces_moves_a_reply_date_as_much_as_in_one():
    at = NOON + 2 * DAY
    whole = [*asked_once(), credited(3, at, 42, "applicant")]
    pieces = [*asked_once(), credited(3, at, 12, "applicant"), credited(4, at, 30, "applicant")]
    ends = [clock.open_pause(events, now=at).until for events in (whole, pieces)]
    assert ends == [NOON + 9 * DAY + timedelta(minutes=42)] * 2


def test_what_is_credited_to_us_is_a_break_and_moves_no_reply_date():
    events = [*asked_once(), credited(3, NOON + 2 * DAY, 42, "agency")]
    history = clock.history_of(events)
    assert history.credits == ((NOON + 2 * DAY, NOON + 2 * DAY + timedelta(minutes=42)),)
    assert clock.open_pause(events, now=NOON + 3 * DAY).until == NOON + 9 * DAY


def test_a_pause_that_never_was_takes_what_was_credited_in_it_along():
    events = [*asked_once(), credited(3, NOON + 2 * DAY, 42, "applicant")]
    events += [
        Past(4, "contested", NOON + 3 * DAY, {}),
        Past(5, "contest_upheld", NOON + 3 * DAY, {"pause": 2}),
    ]
    assert [mark.what for mark in clock.history_of(events).marks] == ["started", "told", "resumed"]


def test_a_later_pause_is_as_long_as_it_was_asked_to_be():
    events = [
        *asked_once(),
        credited(3, NOON + 2 * DAY, 42, "applicant"),
        Past(4, "replied", NOON + 3 * DAY, {}),
    ]
    events.append(Past(5, "asked", NOON + 4 * DAY, {"until": (NOON + 6 * DAY).isoformat()}))
    assert clock.open_pause(events, now=NOON + 5 * DAY).until == NOON + 6 * DAY
