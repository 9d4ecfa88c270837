"""What the rest of the desk tells about a complaint, it does not tell those whom the complaint is about."""

from __future__ import annotations

import pytest

from db.cases import Case
from db.outbox import OutboxMessage
from portal.audit_log import queries as log
from portal.audit_log.queries import Filters
from portal.cases import desk_actions, watch
from portal.site import queries as mail
from tests.cases.complaining import a_complaint, hearing_units, somebody
from tests.conftest import NOON


@pytest.fixture
async def complaint(db):
    """A complaint about the manager ``barred``, taken by ``inspector``."""
    units = await hearing_units()
    filed = await a_complaint(units["inspection"], topic="person")
    people = {
        name: await somebody(name, units["inspection"], role=role)
        for name, role in (("inspector", "staff"), ("barred", "manager"), ("other", "manager"))
    }
    await Case.update({Case.about_person: people["barred"].account_id}).where(Case.id == filed.case_id)
    await desk_actions.take(filed.case_id, clerk=people["inspector"].account_id, seen=1, now=NOON)
    return filed, people


async def test_the_log_tells_them_that_something_was_done_but_not_what(complaint):
    filed, people = complaint
    about = Filters(object=f"case:{filed.case_id}")
    kept = await log.entries(about, reader=people["barred"].account_id)
    told = await log.entries(about, reader=people["other"].account_id)
    assert {tuple(row.details) for row in kept.rows} == {("kept",)}
    assert [row.details for row in told.rows] == [{"n": 2}, {"n": 1}]
    assert await log.number_of(filed.case_id, reader=people["barred"].account_id) is None
    assert await log.number_of(filed.case_id, reader=people["other"].account_id) == filed.number


async def test_they_find_no_mail_about_it(complaint):
    _filed, people = complaint
    barred, other = people["barred"].account_id, people["other"].account_id
    (row,) = (await mail.newest_letters(other)).rows
    assert (await mail.newest_letters(barred)).rows == []
    assert await mail.letter(row.id, reader=barred) is None
    assert await mail.letter(row.id, reader=other) is not None


@pytest.mark.parametrize("level", ["missed", "escalated_3"])
async def test_the_watch_warns_others(complaint, level):
    filed, people = complaint
    assert people["barred"].account_id not in await watch._who(filed.case_id, level)
    await Case.update({Case.assignee: people["barred"].account_id}).where(Case.id == filed.case_id)
    assert await watch._who(filed.case_id, level) == [people["other"].account_id]


async def test_where_all_are_barred_the_admins_are_warned(complaint):
    filed, people = complaint
    admin = await somebody("admin", role="admin")
    unit = (await Case.select(Case.unit).where(Case.id == filed.case_id).first())["unit"]
    await Case.update({Case.about_unit: unit}).where(Case.id == filed.case_id)
    assert await watch._who(filed.case_id, "missed") == [admin.account_id]
    assert await OutboxMessage.count() == 1
