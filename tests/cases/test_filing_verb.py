"""Filing a case: one transaction, one number, however often it is sent."""

import asyncio
from uuid import uuid4

import pytest

from db.cases import AccessGrant, Case, CaseEvent
from db.outbox import OutboxMessage
from portal import codes
from portal.cases import access
from portal.cases.actions import DifferentSubmission, file_case
from portal.services.queries import service_by_slug
from tests.cases.factories import BROWSER, KEY, SLUG, a_case, a_draft, a_service
from tests.conftest import NOON


async def test_a_filed_case_has_number_event_passcode_and_mail(db):
    filed = await a_case()

    case = await Case.objects().get(Case.id == filed.case_id)
    assert codes.parse(codes.show_text(filed.number)) == case.number
    assert await CaseEvent.count().where(CaseEvent.case == filed.case_id) == 1
    assert await OutboxMessage.count().where(OutboxMessage.case == filed.case_id) == 1
    kinds = await AccessGrant.select(AccessGrant.kind).order_by(AccessGrant.kind)
    assert [row["kind"] for row in kinds] == ["browser", "passcode"]


async def test_due_dates_are_counted_in_the_services_calendar(db):
    case = await Case.objects().get(Case.id == (await a_case()).case_id)
    # Filed on Saturday at 12:00; four working hours later it is Sunday 09:00 in Tehran.
    assert case.first_answer_due_at.isoformat() == "2026-11-22T05:30:00+00:00"
    assert case.next_due_at == case.first_answer_due_at


async def test_the_same_submission_is_the_same_case(db):
    service, draft = await a_service(), a_draft()
    first = await file_case(draft, service=service, browser=BROWSER, applicant=None, key=KEY, now=NOON)
    again = await file_case(draft, service=service, browser=BROWSER, applicant=None, key=KEY, now=NOON)
    assert (again.number, again.replayed, again.same_browser) == (first.number, True, True)
    assert await Case.count() == await OutboxMessage.count() == 1


async def test_a_replay_from_another_browser_is_told_apart(db):
    service, draft = await a_service(), a_draft()
    await file_case(draft, service=service, browser=BROWSER, applicant=None, key=KEY, now=NOON)
    other = await file_case(
        draft, service=service, browser="token-of-somebody-else", applicant=None, key=KEY, now=NOON
    )
    assert other.replayed
    assert not other.same_browser


async def test_the_same_id_with_other_content_makes_no_case(db):
    service, draft = await a_service(), a_draft()
    first = await file_case(draft, service=service, browser=BROWSER, applicant=None, key=KEY, now=NOON)
    changed = a_draft(submission_id=draft.submission_id, body="چیز دیگری")
    with pytest.raises(DifferentSubmission) as refusal:
        await file_case(changed, service=service, browser=BROWSER, applicant=None, key=KEY, now=NOON)
    assert refusal.value.number == first.number
    assert await Case.count() == 1


async def test_fifty_at_once_make_one_case(committed):
    await a_service()
    service = await service_by_slug(SLUG, now=NOON)
    draft = a_draft(submission_id=uuid4())
    filed = await asyncio.gather(
        *[
            file_case(draft, service=service, browser=BROWSER, applicant=None, key=KEY, now=NOON)
            for _ in range(50)
        ]
    )
    assert len({one.number for one in filed}) == 1
    assert sum(not one.replayed for one in filed) == 1
    assert await Case.count() == await OutboxMessage.count() == 1


async def test_a_number_that_is_taken_is_drawn_again(db, monkeypatch):
    taken = (await a_case()).number
    draws = iter([taken, taken, taken + 1, taken + 2])  # the last one is the receipt's
    monkeypatch.setattr(codes, "new_number", lambda: next(draws))
    assert (await a_case()).number == taken + 1


async def test_the_passcode_of_the_receipt_opens_the_case(db):
    filed = await a_case()
    code = await access.receipt_passcode(filed.case_id, keys=[KEY], now=NOON)
    assert code.isdecimal()
    assert len(code) == 8

    await access.unlock_with_passcode(
        filed.case_id, code, browser="another-phone-token", keys=[KEY], now=NOON
    )

    tier = await access.tier_of(
        filed.case_id, tokens=["another-phone-token"], account=None, applicant=None, keys=[KEY], now=NOON
    )
    assert tier == 2


async def test_the_receipt_forgets_the_passcode_after_a_quarter_of_an_hour(db):
    filed = await a_case()
    later = NOON + access.PASSCODE_SHOWN
    assert await access.receipt_passcode(filed.case_id, keys=[KEY], now=later) is None
