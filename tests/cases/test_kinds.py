"""A complaint is decided and appealed, everything else is answered; each is counted by its own promise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.cases import Case, CaseEvent
from db.engine import atomic
from portal.cases import clock, record
from portal.cases.record import Actor
from portal.errors import Conflict
from portal.marks import Target
from tests.cases.factories import a_case as filed
from tests.conftest import NOON

PROMISED = tuple(
    Target(key, 3, "working_days", "iran-office")
    for key in ("first_answer", "result", "keep_in_touch", "complaint_answer", "feedback_answer", "referral")
)
STAFF, APPLICANT = Actor("staff"), Actor("applicant")


@pytest.mark.parametrize(
    ("kind", "owed"),
    [
        ("request", ["first_answer", "result", "keep_in_touch", "referral"]),
        ("complaint", ["keep_in_touch", "complaint_answer", "referral"]),
        ("suggestion", ["feedback_answer"]),
        ("thanks", ["feedback_answer"]),
    ],
)
def test_each_kind_is_counted_by_its_own_promises(kind, owed):
    assert [target.key for target in clock.targets_of(kind, PROMISED)] == owed


@atomic
async def happens(case_id, *steps):
    case = await record.locked(case_id)
    for n, (kind, actor, data) in enumerate(steps, start=1):
        await record.append(case, kind, actor, data=data, now=NOON + timedelta(hours=n))
    return case


DECIDED = ("decided", STAFF, {"outcome": "not_upheld"})
APPEALED = ("appealed", APPLICANT, {})


async def test_a_complaint_is_decided_and_goes_to_the_next_level_once(db):
    case = await happens((await filed(kind="complaint", topic="service")).case_id, DECIDED, APPEALED)
    assert (case.state, case.level, case.outcome) == ("in_review", 2, None)
    again = await happens(case.id, ("decided", STAFF, {"outcome": "upheld"}))
    assert (again.state, again.level, again.outcome) == ("closed", 2, "upheld")


@pytest.mark.parametrize("step", ["answered", "closed"])
async def test_a_complaint_is_never_simply_answered_or_closed(db, step):
    complaint = await filed(kind="complaint", topic="service")
    with pytest.raises(Conflict):
        await happens(complaint.case_id, (step, STAFF, {"outcome": "done"}))


@pytest.mark.parametrize("kind", ["request", "suggestion", "comment", "thanks"])
async def test_only_complaints_are_decided(db, kind):
    with pytest.raises(Conflict):
        await happens((await filed(kind=kind)).case_id, DECIDED)


async def test_the_first_event_says_what_kind_of_case_it_begins(db):
    complaint = await filed(kind="complaint", topic="accessibility")
    first = await CaseEvent.objects().get(CaseEvent.case == complaint.case_id).output(load_json=True)
    case = await Case.objects().get(Case.id == complaint.case_id)
    assert (first.data["kind"], case.kind, case.topic) == ("complaint", "complaint", "accessibility")
