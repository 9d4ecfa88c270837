"""Forgetting the people of a case without forgetting the case."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.cases import AccessGrant, Attachment, Case, CaseEvent, Message
from db.outbox import OutboxMessage
from db.services import Service
from portal.cases import actions, erasure
from portal.cases.events import Event, broken_link
from portal.errors import Conflict
from tests.cases.factories import a_case
from tests.cases.visitors import FILE
from tests.conftest import NOON

LATER = NOON + timedelta(days=400)


async def an_ended_case():
    filed = await a_case(files=(FILE,))
    await actions.withdraw(filed.case_id, reason="دیگر لازم نیست", now=NOON)
    return filed


async def test_an_erased_case_names_nobody(db):
    filed = await an_ended_case()
    assert await erasure.erase(filed.case_id, now=LATER) == [FILE.stored_as]
    row = await Case.select().where(Case.id == filed.case_id).first()
    kept = [row[name] for name in ("contact_name", "agency_name", "body", "search_key", "salt")]
    assert kept == [""] * 5
    assert (row["contact_email"], row["contact_phone"], row["erased_at"]) == (None, None, LATER)
    assert [m["body"] + m["salt"] for m in await Message.select().where(Message.case == filed.case_id)] == [
        ""
    ]
    assert [m["recipient"] for m in await OutboxMessage.select()] == [""] * await OutboxMessage.count()
    assert [a["name"] for a in await Attachment.select()] == [""]
    assert not await AccessGrant.exists().where(AccessGrant.case == filed.case_id)


async def test_code_dates_outcome_and_hashes_stay(db):
    filed = await an_ended_case()
    before = await Case.select(Case.number, Case.filed_at, Case.state).where(Case.id == filed.case_id).first()
    await erasure.erase(filed.case_id, now=LATER)
    after = await Case.select(Case.number, Case.filed_at, Case.state).where(Case.id == filed.case_id).first()
    assert after == before
    assert [a["sha256"] for a in await Attachment.select()] == [FILE.sha256]
    rows = (
        await CaseEvent.select()
        .where(CaseEvent.case == filed.case_id)
        .order_by(CaseEvent.n)
        .output(load_json=True)
    )
    chain = [(Event(**{n: row[n] for n in Event.__struct_fields__}), row["hash"]) for row in rows]
    assert broken_link(chain) is None


async def test_erasing_twice_changes_nothing(db):
    filed = await an_ended_case()
    await erasure.erase(filed.case_id, now=LATER)
    n_events = await CaseEvent.count()
    assert await erasure.erase(filed.case_id, now=LATER) == []
    assert await CaseEvent.count() == n_events


async def test_an_open_case_is_not_erased(db):
    filed = await a_case()
    with pytest.raises(Conflict):
        await erasure.erase(filed.case_id, now=LATER)


async def test_a_case_outlives_its_people_by_the_retention_of_its_service(db):
    await an_ended_case()
    await Service.update({Service.retention_months: 6}).where(Service.slug == "spatial-observatory")
    assert await erasure.erase_outlived(now=NOON + timedelta(days=170)) == []
    assert await erasure.erase_outlived(now=NOON + timedelta(days=190)) == [FILE.stored_as]


async def test_without_a_retention_nothing_is_erased_by_itself(db):
    await an_ended_case()
    assert await erasure.erase_outlived(now=NOON + timedelta(days=9999)) == []
