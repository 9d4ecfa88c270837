"""The machine's clock jumps an hour or a year and back: nothing lives too long, nobody waits too long, time never runs
backwards on a case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.accounts import ContactPoint
from db.audit import AuditEntry
from db.cases import AccessGrant, Case, CaseEvent
from db.clocks import ClockFact
from db.lost_codes import LostCode
from portal import audit
from portal.accounts import contacts, mails
from portal.audit_log.actions import seal
from portal.audit_log.verify import check_chain
from portal.cases import access, actions, desk_actions
from portal.cases.events import fold
from portal.cases.record import standing_of
from portal.errors import NotFound, TooMany
from portal.feedback import lost_codes
from portal.resets import rules
from portal.security import attempts, misses, sessions, throttle
from portal.security.lifetimes import AHEAD
from tests.cases.factories import BROWSER, KEY, a_case, a_clerk
from tests.cases.test_history import history
from tests.conftest import NOON
from tests.resets.people import person

SECOND, HOUR, YEAR = timedelta(seconds=1), timedelta(hours=1), timedelta(days=365)
AHEAD_BY = pytest.mark.parametrize("ahead", [HOUR, YEAR])


@AHEAD_BY
async def test_a_session_begun_while_the_clock_ran_ahead_is_over_when_it_is_right(db, ahead):
    clerk = await a_clerk()
    for complete, read in ((True, sessions.account_of), (False, sessions.pending_of)):
        token = await sessions.open_session(clerk, device="", complete=complete, now=NOON + ahead)
        assert await read(token, NOON + ahead)
        assert await read(token, NOON) is None


async def test_a_clock_that_is_put_right_by_minutes_ends_nothing(db):
    token = await sessions.open_session(await a_clerk(), device="", now=NOON)
    filed = await a_case()
    assert await sessions.account_of(token, NOON - AHEAD)
    assert await access.receipt_passcode(filed.case_id, keys=[KEY], now=NOON - AHEAD)
    assert await tier(filed, BROWSER, now=NOON - AHEAD) == 2


async def test_no_session_outlives_a_clock_that_jumps_ahead(db):
    for jump in (HOUR, YEAR):
        token = await sessions.open_session(await a_clerk(f"desk{jump.days}"), device="", now=NOON)
        assert await sessions.account_of(token, NOON + jump) is None


@AHEAD_BY
async def test_what_opened_a_case_while_the_clock_ran_ahead_opens_nothing_when_it_is_right(db, ahead):
    filed = await a_case(now=NOON + ahead)
    link = await access.new_link(KEY, filed.case_id, now=NOON + ahead)
    assert await tier(filed, BROWSER, link, now=NOON + ahead) == 2
    assert await tier(filed, BROWSER, link, now=NOON) == 0
    assert await access.receipt_passcode(filed.case_id, keys=[KEY], now=NOON) is None
    grant = await AccessGrant.objects().get(AccessGrant.kind == "passcode")
    await access.check_passcode(filed.case_id, access.passcode(KEY, grant.id), keys=[KEY], now=NOON)


@AHEAD_BY
async def test_a_link_that_confirms_an_address_dies_with_the_wrong_clock(db, ahead):
    account = await person("maryam", "citizen")
    contact = ContactPoint(account=account, kind="email", value="new@example.org", changed_at=NOON)
    await contact.save()
    token = await mails._new_token(contact.id, NOON + ahead)
    for opens in (contacts.address_of_link, contacts.confirm):
        with pytest.raises(NotFound):
            await opens(token, now=NOON)


@AHEAD_BY
async def test_a_link_for_a_lost_code_dies_with_the_wrong_clock(db, ahead):
    await a_case()
    asked = {"locale": "fa", "network": "192.0.2.7", "key": KEY, "now": NOON + ahead}
    await lost_codes.ask("mail", "maryam@agency.example", **asked)
    wish = (await LostCode.select(LostCode.id).first())["id"]
    token = await lost_codes.new_token(wish, key=KEY, now=NOON + ahead)
    with pytest.raises(NotFound):
        await lost_codes.check(token, keys=[KEY], now=NOON)
    with pytest.raises(NotFound):
        await lost_codes.redeem(token, browser=BROWSER, keys=[KEY], now=NOON)


@AHEAD_BY
@pytest.mark.parametrize(("state", "lasts"), [("open", rules.OPEN_FOR), ("approved", rules.BY_MAIL)])
def test_a_reset_asked_for_or_approved_by_a_wrong_clock_is_over(state, lasts, ahead):
    until = NOON + ahead + lasts
    assert rules.stage(state, until, until, NOON + ahead) == state
    assert rules.stage(state, until, until, NOON) == "expired"


@AHEAD_BY
async def test_nobody_waits_longer_than_two_hours_for_tries_that_a_wrong_clock_counted(db, ahead):
    for _ in range(attempts.FREE_TRIES):
        await attempts.take_turn("sign-in:maryam", now=NOON + ahead)
    with pytest.raises(TooMany):
        await attempts.take_turn("sign-in:maryam", now=NOON + ahead)
    await attempts.take_turn("sign-in:maryam", now=NOON + 2 * attempts.LONGEST_WAIT)


@pytest.mark.parametrize("jump", [HOUR, -HOUR, YEAR, -YEAR])
async def test_a_full_window_of_a_wrong_clock_closes_nothing_in_the_right_one(db, jump):
    for _ in range(3):
        await throttle.count("file:192.0.2.0", HOUR / 2, NOON + jump)
    with pytest.raises(TooMany) as refusal:
        await throttle.hit("file:192.0.2.0", limit=3, window=HOUR / 2, now=NOON + jump)
    assert 0 < refusal.value.retry_after <= 1800
    await throttle.hit("file:192.0.2.0", limit=3, window=HOUR / 2, now=NOON)


@AHEAD_BY
async def test_guessed_codes_of_a_wrong_clock_are_not_held_against_anybody(db, monkeypatch, ahead):
    monkeypatch.setattr(misses, "_memory", misses._Memory())
    await throttle.count(misses._ALL, SECOND, NOON + ahead, times=misses.BREAKER_LIMIT + 1)
    assert await misses.breaker_open(NOON + ahead + SECOND)
    for _ in range(10):
        await misses.note_miss("192.0.2.7", NOON + ahead)
    with pytest.raises(TooMany):
        await misses.note_miss("192.0.2.7", NOON + ahead)
    assert misses.over_limit("192.0.2.7", NOON + ahead)
    assert not await misses.breaker_open(NOON)
    assert not misses.over_limit("192.0.2.7", NOON - YEAR)


async def test_the_audit_log_counts_on_whatever_the_clock_says(db):
    for jump in (timedelta(), YEAR, -HOUR, HOUR, -YEAR, timedelta()):
        await audit.append("signed_out", object="", now=NOON + jump)
        await seal(KEY, everything=True)
    verdict = await check_chain([KEY])
    assert (verdict.broken, verdict.head.seq, verdict.n_unsealed) == (None, 6, 0)
    rows = await AuditEntry.raw("SELECT s.seq FROM audit_seal s ORDER BY s.entry")
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("jump", [HOUR, -HOUR, YEAR, -YEAR])
async def test_no_time_of_a_case_is_negative_after_a_jump(db, jump):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    steps = (NOON + HOUR, NOON + jump, NOON + 2 * HOUR, NOON + jump + 2 * HOUR, NOON + 3 * HOUR)
    await desk_actions.take(case_id, clerk=clerk, seen=1, now=steps[0])
    await desk_actions.ask(case_id, clerk=clerk, seen=2, body="کدام سال؟", now=steps[1])
    await actions.reply(case_id, body="۱۴۰۴", now=steps[2])
    await desk_actions.answer(case_id, clerk=clerk, seen=4, body="پیوست شد.", now=steps[3])
    await desk_actions.close(case_id, clerk=clerk, seen=5, outcome="done", reason="تحویل شد.", now=steps[4])
    case = await Case.objects().get(Case.id == case_id)
    events = [event for event, _hash in await history(case_id)]
    facts = await ClockFact.select().where(ClockFact.case == case_id)
    assert standing_of(case) == fold(events)
    assert await CaseEvent.count().where(CaseEvent.case == case_id) == 6
    assert facts
    for fact in facts:
        assert fact["started_at"] <= fact["stopped_at"]
        assert (fact["used"] >= 0, fact["paused_s"] >= 0, fact["promised"] > 0) == (True, True, True)
    assert case.first_answer_at >= case.filed_at
    assert case.result_at >= case.filed_at


async def tier(filed, *tokens, now) -> int:
    return await access.tier_of(
        filed.case_id, tokens=list(tokens), account=None, applicant=None, keys=[KEY], now=now
    )
