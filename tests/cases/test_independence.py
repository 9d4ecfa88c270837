"""Complaints are handled by others than those they are about, and everybody sees who handles them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.cases import Case
from portal import codes
from portal.cases import complaints, desk_actions, desk_queries, independence
from portal.cases.desk_queries import QueueFilters
from portal.cases.independence import Barred
from portal.errors import BadRequest, NotAllowed, NotFound
from portal.security import sessions
from tests.cases.complaining import SECRET, a_complaint, hearing_units, somebody
from tests.cases.factories import a_case
from tests.cases.visitors import right_now
from tests.conftest import NOON
from tests.support.browser import Browser, client_of

HOUR = timedelta(hours=1)


@pytest.fixture
async def units(db):
    return await hearing_units()


@pytest.fixture
async def signed_in_as(application):
    clients = []

    async def sign_in(person):
        client = client_of(application)
        clients.append(client)
        token = await sessions.open_session(person.account_id, device="test", now=right_now())
        client.cookies.set("session", token)
        return Browser(client)

    yield sign_in
    for client in clients:
        await client.aclose()


def page_of(filed) -> str:
    return f"/en/desk/cases/{codes.show_text(filed.number)}"


async def works_on(person, filed, seen=1):
    await desk_actions.take(filed.case_id, clerk=person.account_id, seen=seen, now=NOON)


async def decided(complaint, by, *, outcome="not_upheld", seen=1, now=NOON):
    await desk_actions.decide(
        complaint.case_id,
        clerk=by.account_id,
        seen=seen,
        outcome=outcome,
        reasons="بررسی شد.",
        remedy="پوزش خواستیم." if outcome != "not_upheld" else "",
        now=now,
    )


async def test_who_acted_on_the_case_neither_reads_nor_takes_the_complaint(units, signed_in_as):
    filed, clerk = await a_case(), await somebody("both", units["desk"], units["inspection"])
    await works_on(clerk, filed)
    complaint = await a_complaint(units["inspection"], about_case=filed.case_id)
    with pytest.raises(Barred):
        await works_on(clerk, complaint)
    refused = await (await signed_in_as(clerk)).get(page_of(complaint))
    assert refused.status_code == 403
    assert "Somebody independent of it has to handle it." in refused.text
    assert SECRET not in refused.text


async def test_whoever_acts_on_the_case_later_is_barred_from_then_on(units):
    filed, clerk = await a_case(), await somebody("both", units["desk"], units["inspection"])
    complaint = await a_complaint(units["inspection"], about_case=filed.case_id)
    await works_on(clerk, complaint)
    await works_on(clerk, filed)
    with pytest.raises(Barred):
        await desk_actions.note(complaint.case_id, clerk=clerk.account_id, seen=2, body="x", now=NOON)


async def test_who_was_given_the_case_and_did_nothing_is_barred_too(units):
    filed, idle = await a_case(), await somebody("idle", units["desk"], units["inspection"])
    chief = await somebody("chief", units["desk"])
    await desk_actions.assign(
        filed.case_id, clerk=chief.account_id, seen=1, assignee=idle.account_id, now=NOON
    )
    complaint = await a_complaint(units["inspection"], about_case=filed.case_id)
    assert await independence.is_barred(idle.account_id, complaint.case_id)


@pytest.mark.parametrize("role", ["staff", "manager", "admin", "auditor"])
async def test_it_holds_for_every_role(units, role):
    person = await somebody("somebody", units["inspection"], role=role)
    complaint = await a_complaint(units["inspection"], topic="person")
    inspector = await somebody("inspector", units["inspection"], units["desk"])
    await Case.update({Case.about_person: person.account_id}).where(Case.id == complaint.case_id)
    assert await independence.is_barred(person.account_id, complaint.case_id)
    assert not await independence.is_barred(inspector.account_id, complaint.case_id)
    page = await desk_queries.queue(QueueFilters(), reader=person, now=NOON)
    found = await desk_queries.queue(QueueFilters(q="گم کرده"), reader=person, now=NOON)
    assert (page.rows, found.rows) == ((), ())
    assert (await desk_queries.counts(reader=person, now=NOON)).n_open == 0
    assert (await desk_queries.counts(reader=inspector, now=NOON)).n_open == 1


async def test_the_people_of_the_unit_complained_about_are_barred(units):
    clerk = await somebody("clerk", units["inspection"], units["desk"])
    complaint = await a_complaint(units["inspection"], topic="unit", about_unit=units["desk"])
    with pytest.raises(Barred):
        await works_on(clerk, complaint)


async def test_nobody_handles_what_they_complained_about_themselves(units):
    clerk = await somebody("clerk", units["inspection"])
    complaint = await a_complaint(units["inspection"], topic="service")
    await Case.update({Case.applicant: clerk.account_id}).where(Case.id == complaint.case_id)
    with pytest.raises(Barred):
        await works_on(clerk, complaint)


async def test_a_complaint_about_a_complaint_is_kept_from_those_of_the_first_case_too(units):
    filed, clerk = await a_case(), await somebody("both", units["desk"], units["inspection"])
    await works_on(clerk, filed)
    first = await a_complaint(units["inspection"], about_case=filed.case_id)
    second = await a_complaint(units["inspection"], about_case=first.case_id)
    assert await independence.is_barred(clerk.account_id, second.case_id)


async def test_a_complaint_is_given_to_nobody_who_is_barred(units, signed_in_as):
    filed, clerk = await a_case(), await somebody("both", units["desk"], units["inspection"])
    inspector = await somebody("inspector", units["inspection"])
    await works_on(clerk, filed)
    complaint = await a_complaint(units["inspection"], about_case=filed.case_id)
    with pytest.raises(NotAllowed):
        await desk_actions.assign(
            complaint.case_id, clerk=inspector.account_id, seen=1, assignee=clerk.account_id, now=NOON
        )
    page = await (await signed_in_as(inspector)).get(page_of(complaint))
    assert 'value="' + str(inspector.account_id) in page.text
    assert 'id="assign-assignee"' in page.text
    assign = page.text.split('id="assign-assignee"')[1].split("</select>")[0]
    assert str(clerk.account_id) not in assign


async def test_at_the_case_everybody_sees_who_handles_the_complaint_and_no_more(units, signed_in_as):
    filed, clerk = await a_case(), await somebody("clerk", units["desk"])
    await works_on(clerk, filed)
    complaint = await a_complaint(units["inspection"], about_case=filed.case_id)
    page = await (await signed_in_as(clerk)).get(page_of(filed))
    assert "A complaint about this is handled by: Inspection" in page.text
    assert codes.show_text(complaint.number) not in page.text
    assert SECRET not in page.text


async def test_who_handles_the_complaint_reads_the_case_it_is_about(units, signed_in_as):
    filed, inspector = await a_case(), await somebody("inspector", units["inspection"])
    colleague = await signed_in_as(inspector)
    assert (await colleague.get(page_of(filed))).status_code == 403
    complaint = await a_complaint(units["inspection"], about_case=filed.case_id)
    page = await colleague.get(page_of(filed))
    assert "You can read this case. It is worked on by:" in page.text
    assert "To the complaint" in page.text
    assert codes.show_text(filed.number) in (await colleague.get(page_of(complaint))).text
    await decided(complaint, inspector)
    assert (await colleague.get(page_of(filed))).status_code == 403


async def test_after_an_appeal_other_people_go_on(units):
    inspector = await somebody("inspector", units["inspection"], units["appeals"])
    other = await somebody("other", units["appeals"])
    complaint = await a_complaint(units["inspection"], topic="service")
    await decided(complaint, inspector)
    await complaints.appeal(complaint.case_id, reason="نپذیرفتم.", now=NOON + HOUR)
    case = await Case.objects().get(Case.id == complaint.case_id)
    assert (case.unit, case.level, case.assignee) == (units["appeals"], 2, None)
    with pytest.raises(Barred):
        await works_on(inspector, complaint, seen=3)
    await decided(complaint, other, seen=3)


async def test_whom_it_is_about_is_recorded_once_that_is_known(units):
    inspector = await somebody("inspector", units["inspection"])
    culprit = await somebody("culprit", units["desk"], units["inspection"])
    complaint = await a_complaint(units["inspection"], topic="person")
    stranger = await somebody("stranger")
    await works_on(culprit, complaint)
    name = {"clerk": inspector.account_id, "seen": 2, "now": NOON}
    with pytest.raises(NotFound):
        await desk_actions.name_person(complaint.case_id, person=stranger.account_id, **name)
    await desk_actions.name_person(complaint.case_id, person=culprit.account_id, **name)
    case = await Case.objects().get(Case.id == complaint.case_id)
    assert (case.about_person, case.assignee) == (culprit.account_id, None)
    with pytest.raises(Barred):
        await works_on(culprit, complaint, seen=3)


async def test_a_complaint_goes_only_to_units_that_hear_complaints(units):
    inspector = await somebody("inspector", units["inspection"])
    complaint = await a_complaint(units["inspection"], topic="service")
    refer = {"clerk": inspector.account_id, "seen": 1, "body": "برای شما", "now": NOON}
    with pytest.raises(NotFound):
        await desk_actions.refer(complaint.case_id, unit=units["desk"], **refer)
    await desk_actions.refer(complaint.case_id, unit=units["appeals"], **refer)


async def test_an_admin_passes_on_what_nobody_of_the_unit_may_handle(units, signed_in_as):
    await somebody("clerk", units["desk"])
    complaint = await a_complaint(units["desk"], topic="unit", about_unit=units["desk"])
    admin = await somebody("admin", role="admin")
    page = await (await signed_in_as(admin)).get(page_of(complaint))
    assert 'id="refer-unit"' in page.text
    assert 'id="verdict"' not in page.text
    await desk_actions.refer(
        complaint.case_id, clerk=admin.account_id, seen=1, unit=units["inspection"], body="به شما", now=NOON
    )
    with pytest.raises(NotAllowed):
        await works_on(admin, complaint, seen=2)


async def test_a_decision_without_an_outcome_is_asked_for_by_the_name_it_has_there(units, signed_in_as):
    complaint = await a_complaint(units["inspection"], topic="service")
    inspector = await signed_in_as(await somebody("inspector", units["inspection"]))
    address = page_of(complaint)
    page = await inspector.submit(address, {"outcome": "", "body": ""}, to=f"{address}/verdict")
    assert "Decision — Choose one." in page.text


async def test_the_desk_reads_that_an_applicant_gave_no_name(units, signed_in_as):
    complaint = await a_complaint(units["inspection"], topic="service", contact_name="")
    inspector = await signed_in_as(await somebody("inspector", units["inspection"]))
    assert "no name" in (await inspector.get(page_of(complaint))).text


async def test_what_is_upheld_has_a_remedy(units):
    inspector = await somebody("inspector", units["inspection"])
    complaint = await a_complaint(units["inspection"], topic="service")
    with pytest.raises(BadRequest):
        await desk_actions.decide(
            complaint.case_id,
            clerk=inspector.account_id,
            seen=1,
            outcome="partly_upheld",
            reasons="بررسی شد.",
            now=NOON,
        )
