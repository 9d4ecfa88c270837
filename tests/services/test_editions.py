"""Editions of a statement in a row: each has its time, and none stands beside another."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from piccolo.engine import engine_finder

from db.services import Service, SlaVersion
from portal.errors import Conflict
from portal.services import queries
from portal.services.actions import load_service, read_sample
from portal.services.edition_queries import statement_of
from portal.services.editions import NotInOrder, PromisedFree, publish_statement
from portal.services.ending_queries import ending_at_hand
from portal.services.endings import approve_ending, propose_ending, withdraw_ending
from portal.services.queries import catalogue, service_by_slug
from portal.services.statement import Statement
from tests.conftest import NOON
from tests.services.managers import a_manager, a_wish

QOM = "yearbook-qom"
TEHRAN = "yearbook-tehran"  # one office ends its statement
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOON + DAY


def with_lead(hours: int, slug: str = QOM) -> Statement:
    return msgspec.structs.replace(read_sample(slug).statement, notice_lead_hours=hours)


@pytest.fixture
async def qom(db):
    return await load_service(read_sample(QOM), position=0, now=NOON)


async def lead_at(now: datetime) -> int | None:
    """What the statement in force says."""
    service = await service_by_slug(QOM, now=now)
    return service.statement.notice_lead_hours if service.statement else None


async def test_an_edition_for_later_leaves_the_one_in_force_until_then(qom):
    assert await publish_statement(qom, with_lead(72), at=LATER, now=NOON) == 2
    assert await lead_at(LATER - timedelta(microseconds=1)) == 48
    assert await lead_at(LATER) == 72
    assert [(await statement_of(QOM, n, now=NOON)).state for n in (1, 2)] == ["in_force", "future"]
    assert [(await statement_of(QOM, n, now=LATER)).state for n in (1, 2)] == ["superseded", "in_force"]
    assert (await statement_of(QOM, now=NOON)).n == 1
    assert (await statement_of(QOM, now=LATER)).n == 2


async def test_both_editions_meet_at_one_instant(qom):
    await publish_statement(qom, with_lead(72), at=LATER, now=NOON)
    first, second = [await statement_of(QOM, n, now=NOON) for n in (1, 2)]
    assert first.superseded_at == second.in_force_from == LATER


async def test_a_case_is_filed_under_the_edition_of_its_instant(qom):
    await publish_statement(qom, with_lead(72), at=LATER, now=NOON)
    rows = await SlaVersion.select(SlaVersion.id).order_by(SlaVersion.n)
    assert (await service_by_slug(QOM, now=NOON)).sla_id == rows[0]["id"]
    assert (await service_by_slug(QOM, now=LATER)).sla_id == rows[1]["id"]


async def test_the_catalogue_promises_what_holds_at_the_instant(qom):
    shorter = msgspec.structs.replace(with_lead(48), targets=())
    await publish_statement(qom, shorter, at=LATER, now=NOON)
    assert (await catalogue(now=NOON))[0].first_answer
    assert (await catalogue(now=LATER))[0].first_answer is None


async def test_what_is_remembered_does_not_outlive_the_instant(qom, monkeypatch):
    monkeypatch.setattr(queries, "REMEMBER", 3600.0)
    await publish_statement(qom, with_lead(72), at=LATER, now=NOON)
    assert [await lead_at(LATER - HOUR), await lead_at(LATER), await lead_at(NOON)] == [48, 72, 48]


async def test_an_announced_edition_can_be_replaced_before_it_begins(qom):
    await publish_statement(qom, with_lead(72), at=LATER, now=NOON)
    await publish_statement(qom, with_lead(90), at=LATER, now=NOON)
    assert await lead_at(LATER) == 90
    assert (await statement_of(QOM, 2, now=LATER + DAY)).state == "superseded"


async def test_an_edition_begins_after_those_announced(qom):
    await publish_statement(qom, with_lead(72), at=LATER, now=NOON)
    with pytest.raises(NotInOrder) as refusal:
        await publish_statement(qom, with_lead(90), at=LATER - HOUR, now=NOON)
    assert refusal.value.earliest == LATER


async def test_nothing_begins_in_the_past(qom):
    with pytest.raises(NotInOrder):
        await publish_statement(qom, with_lead(72), at=NOON, now=NOON + HOUR)


async def test_the_same_statement_again_publishes_nothing(qom):
    assert await publish_statement(qom, read_sample(QOM).statement, at=LATER, now=NOON) == 1
    assert await SlaVersion.count() == 1


@pytest.mark.parametrize(
    "overlapping",
    [
        {"n": 3, "in_force_from": NOON, "follows": NOON},
        {"n": 2, "in_force_from": LATER, "follows": LATER},
        {"n": 2, "in_force_from": NOON - HOUR, "follows": NOON},
        {"n": 2, "in_force_from": NOON + HOUR, "follows": None},
    ],
)
async def test_the_schema_refuses_what_would_stand_beside_another(qom, overlapping):
    first = await SlaVersion.select().first()
    row = {
        **first,
        "previous": overlapping["n"] - 1,
        **overlapping,
        "superseded_at": LATER + DAY,
        "ending": "superseded",
    }
    del row["id"]
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await SlaVersion.insert(SlaVersion(**row))


async def test_a_free_service_cannot_ask_for_a_fee(qom):
    file = read_sample(QOM)
    with pytest.raises(PromisedFree):
        await load_service(msgspec.structs.replace(file, fee=1), position=0, now=LATER)


async def test_a_service_may_ask_for_a_fee_once_its_statement_does_not_say_free(qom):
    file = read_sample(QOM)
    paid = msgspec.structs.replace(
        file, fee=500, statement=msgspec.structs.replace(file.statement, free=False)
    )
    await load_service(paid, position=0, now=LATER)
    service = await service_by_slug(QOM, now=LATER)
    assert (service.free, service.sheet.fee) == (False, 500)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "propose", "approve", "withdraw"]),
        st.integers(0, 40),
        st.integers(0, 60),
        st.integers(1, 3),
    ),
    max_size=12,
)
"""What is done, days that pass before it, days ahead for which it is done, what the edition says."""


@given(steps=STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_managers_do_one_edition_is_in_force_but_after_an_end(pool, steps):
    async with engine_finder().transaction() as transaction:
        service = await load_service(read_sample(TEHRAN), position=0, now=NOON)
        manager, now = await a_manager("zahra"), NOON
        for verb, passed, ahead, hours in steps:
            now += passed * DAY
            with contextlib.suppress(Conflict):
                await take(verb, service, manager, at=now + ahead * DAY, hours=hours, now=now)
        editions = await SlaVersion.select().order_by(SlaVersion.n)
        instants = {at for row in editions for at in (row["in_force_from"], row["superseded_at"]) if at}
        for instant in sorted(instants | {at - timedelta(microseconds=1) for at in instants if at > NOON}):
            in_force = [row["id"] for row in editions if holds(row, instant)]
            ended = [
                row for row in editions if row["ending"] == "terminated" and row["superseded_at"] <= instant
            ]
            assert len(in_force) == 1 or (ended and not in_force)
            assert (await service_by_slug(TEHRAN, now=instant)).sla_id == next(iter(in_force), None)
        await transaction.rollback()
        queries.forget()


async def take(verb: str, service: UUID, manager: UUID, *, at: datetime, hours: int, now: datetime) -> None:
    at_hand = await ending_at_hand(service)
    if verb == "publish":
        await publish_statement(service, with_lead(hours, TEHRAN), at=at, now=now)
    elif verb == "propose":
        await propose_ending(service, a_wish(effective_at=at), by=manager, now=now)
    elif at_hand and verb == "approve":
        await approve_ending(at_hand.id, office="head", by=manager, now=now)
    elif at_hand:
        await withdraw_ending(at_hand.id, now=now)


def holds(row: dict, instant: datetime) -> bool:
    end = row["superseded_at"]
    return row["in_force_from"] <= instant and (end is None or instant < end)


async def test_publishing_waits_for_whoever_publishes(committed):
    service = await load_service(read_sample(QOM), position=0, now=NOON)
    assert await Service.exists().where(Service.id == service)
    numbers = await asyncio.gather(
        *(publish_statement(service, with_lead(n), at=LATER, now=NOON) for n in (3, 4, 5))
    )
    assert sorted(numbers) == [2, 3, 4]


async def test_a_refused_fee_changes_nothing(committed):
    await load_service(read_sample(QOM), position=0, now=NOON)
    with pytest.raises(PromisedFree):
        await load_service(msgspec.structs.replace(read_sample(QOM), fee=1), position=0, now=LATER)
    service = await service_by_slug(QOM, now=LATER)
    assert (service.free, service.sheet.fee) == (True, 0)
