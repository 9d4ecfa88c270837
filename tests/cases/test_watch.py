"""Watching the promises: who is warned and when, a miss recorded once, a standstill without a storm of mails."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from db.accounts import Account, ContactPoint, Membership
from db.cases import Case, CaseEvent
from db.clocks import ClockAlarm, UnitHead
from db.outbox import OutboxMessage
from portal import ticks
from portal.cases import desk_actions, page, queries, record, watch
from portal.i18n import using
from tests.cases.factories import NOON, a_case, a_clerk

DAY = timedelta(days=1)


async def an_address(account, value: str) -> None:
    await ContactPoint(account=account, kind="email", value=value, verified_at=NOON, changed_at=NOON).save()


@pytest.fixture
async def case_id(db):
    """A case that a clerk with an address works on."""
    filed, clerk = await a_case(), await a_clerk()
    await an_address(clerk, "clerk@desk.example")
    await desk_actions.take(filed.case_id, clerk=clerk, seen=1, now=NOON)
    return filed.case_id


async def the_case(case_id) -> Case:
    return await Case.objects().get(Case.id == case_id)


async def next_look(case_id) -> datetime:
    return (await the_case(case_id)).next_check_at


async def mails() -> list[tuple[str, str]]:
    rows = (
        await OutboxMessage.select()
        .where(OutboxMessage.template == watch.MAIL)
        .order_by(OutboxMessage.created_at, OutboxMessage.recipient)
        .output(load_json=True)
    )
    return [(row["recipient"], row["data"]["level"]) for row in rows]


async def levels(case_id) -> list[tuple[str, str]]:
    rows = await ClockAlarm.select().where(ClockAlarm.case == case_id).order_by(ClockAlarm.due_at)
    return [(row["target"], row["level"]) for row in rows]


async def test_before_its_time_nobody_looks_at_a_case(case_id):
    assert await watch.due(now=NOON) == []
    assert await watch.due(now=await next_look(case_id)) == [case_id]


async def test_the_clerk_is_warned_before_the_promise_falls_due(case_id):
    at = await next_look(case_id)
    await ticks.watch_cases(at)
    assert await levels(case_id) == [("first_answer", "warned_1")]
    assert await mails() == [("clerk@desk.example", "warned_1")]
    assert at < await next_look(case_id) <= (await the_case(case_id)).first_answer_due_at


async def test_a_miss_stands_in_the_history_once(case_id):
    due = (await the_case(case_id)).first_answer_due_at
    for minutes in (1, 2, 3):
        await ticks.watch_cases(due + timedelta(minutes=minutes))
    misses = await CaseEvent.select().where(CaseEvent.case == case_id, CaseEvent.kind == "missed")
    assert [row["actor_role"] for row in misses] == ["system"]


async def test_after_a_standstill_each_promise_is_mailed_about_once(case_id):
    await ticks.watch_cases(NOON + 200 * DAY)
    told = await mails()
    assert len(told) == len({target for target, _level in await levels(case_id)})
    assert {level for _recipient, level in told} == {"escalated_3"}
    await ticks.watch_cases(NOON + 201 * DAY)
    assert await mails() == told


async def test_a_long_miss_reaches_the_head_of_the_unit_and_then_managers(case_id):
    case, head = await the_case(case_id), await a_clerk("head")
    await an_address(head, "head@desk.example")
    await UnitHead.insert(UnitHead(unit=case.unit, account=head))
    manager = Account(
        username="boss", display_name="Boss", role="manager", password_hash="!", created_at=NOON
    )
    manager.unit = case.unit
    await manager.save()
    await an_address(manager.id, "boss@desk.example")
    for days in range(30):
        await ticks.watch_cases(case.first_answer_due_at + days * DAY)
    told = [entry for entry in await mails() if entry[1].startswith("escalated")]
    assert [level for _to, level in told[:3]] == ["escalated_1", "escalated_2", "escalated_3"]
    assert [to for to, _level in told[:3]] == ["clerk@desk.example", "head@desk.example", "boss@desk.example"]


async def test_while_nobody_has_the_case_its_whole_unit_is_warned(db):
    filed = await a_case()
    for name in ("one", "two"):
        await an_address(await a_clerk(name), f"{name}@desk.example")
    await ticks.watch_cases(await next_look(filed.case_id))
    assert {to for to, _level in await mails()} == {"one@desk.example", "two@desk.example"}


async def test_a_case_that_waits_for_its_applicant_is_not_warned_about(case_id):
    case = await the_case(case_id)
    await desk_actions.ask(
        case_id, clerk=case.assignee, seen=case.version, body="?", until=NOON + 60 * DAY, now=NOON + DAY / 24
    )
    await ticks.watch_cases(NOON + 50 * DAY)
    assert await mails() == []


async def test_an_answered_case_needs_nobodys_look(case_id):
    case = await the_case(case_id)
    await desk_actions.answer(case_id, clerk=case.assignee, seen=case.version, body="!", now=NOON + DAY / 24)
    assert await next_look(case_id) is None


async def test_a_word_about_a_delay_leaves_the_miss_a_miss(case_id):
    due = (await the_case(case_id)).result_due_at
    await ticks.watch_cases(due + DAY)
    case = await the_case(case_id)
    await desk_actions.extend(
        case_id,
        clerk=case.assignee,
        seen=case.version,
        expected_on=date(2027, 3, 1),
        body="ببخشید",
        now=due + DAY,
    )
    mail = (
        await OutboxMessage.select()
        .where(OutboxMessage.template == "cases/mail/extended")
        .output(load_json=True)
        .first()
    )
    assert (mail["data"]["late"], mail["data"]["expected_on"]) == (True, "2027-03-01")
    assert (await the_case(case_id)).result_due_at == due


async def test_a_case_that_can_not_be_counted_holds_up_no_other(case_id, monkeypatch):
    other = (await a_case()).case_id
    at = max(await next_look(case_id), await next_look(other))
    real = watch.look_at

    async def look_at(case, *, now):
        if case == case_id:
            raise ValueError("odd")
        await real(case, now=now)

    monkeypatch.setattr(watch, "look_at", look_at)
    await ticks.watch_cases(at)
    assert await levels(other) != []
    assert await next_look(case_id) == at + timedelta(hours=1)


async def test_a_head_who_left_the_unit_hears_of_it_no_more(case_id):
    case, head = await the_case(case_id), await a_clerk("head")
    await an_address(head, "head@desk.example")
    await UnitHead.insert(UnitHead(unit=case.unit, account=head))
    await Membership.delete().where(Membership.account == head)
    for days in range(30):
        await ticks.watch_cases(case.first_answer_due_at + days * DAY)
    assert {to for to, _level in await mails()} == {"clerk@desk.example"}


async def test_a_miss_says_which_promise_was_missed(case_id):
    await ticks.watch_cases((await the_case(case_id)).result_due_at + DAY)
    misses = [step for step in await queries.timeline(case_id, 2) if step.kind == "missed"]
    with using("en"):
        told = [page.step_words(step.kind, step.target) for step in misses]
    assert "The promised time for a first answer has passed" in told
    assert "The promised time for the result has passed" in told
    assert len(set(told)) == len(told)


async def test_what_an_inner_unit_owes_the_desk_is_not_told_to_the_applicant(case_id):
    case, about = await the_case(case_id), {"target": "referral", "round": 1}
    await record.append(case, "missed", record.Actor("system"), data=about, now=NOON)
    assert "missed" not in {step.kind for step in await queries.timeline(case_id, 2)}
