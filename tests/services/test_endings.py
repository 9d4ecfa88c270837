"""Ending a statement: who must agree, how long before it is told, and what goes on until then."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from db.services import SlaVersion
from db.statements import SlaEnding
from portal.errors import NotAllowed
from portal.services.actions import load_service, read_sample
from portal.services.edition_queries import statement_of
from portal.services.editions import NotInOrder, publish_statement
from portal.services.ending_queries import ending_at_hand
from portal.services.endings import (
    CantEnd,
    OnePersonTwice,
    TooSoon,
    approve_ending,
    propose_ending,
    withdraw_ending,
)
from portal.services.queries import catalogue, service_by_slug
from tests.conftest import NOON
from tests.services.managers import END, NOTICE, a_manager, a_wish, end

QOM = "yearbook-qom"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def qom(db):
    return await load_service(read_sample(QOM), position=0, now=NOON)


@pytest.fixture
async def offices(db):
    return {"head": await a_manager("zahra"), "deputy": await a_manager("hamid")}


async def is_open(now, slug=QOM) -> bool:
    return (await service_by_slug(slug, now=now)).is_open


async def test_the_service_takes_requests_up_to_the_end_and_none_after_it(qom, offices):
    await end(qom, a_wish(), offices)
    assert await is_open(END - SECOND)
    assert not await is_open(END)
    assert [card.is_open for card in await catalogue(now=END - SECOND)] == [True]
    assert [card.is_open for card in await catalogue(now=END)] == [False]


async def test_after_the_end_no_statement_is_in_force_but_the_last_one_can_be_read(qom, offices):
    await end(qom, a_wish(), offices)
    service = await service_by_slug(QOM, now=END)
    assert (service.statement, service.sla_id, service.ends_at) == (None, None, END)
    edition = await statement_of(QOM, now=END)
    assert (edition.n, edition.state, edition.notice) == (1, "terminated", NOTICE)


async def test_the_notice_is_public_once_all_have_agreed_and_not_before(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    assert not await approve_ending(ending, office="head", by=offices["head"], now=NOON)
    assert (await statement_of(QOM, now=NOON)).state == "in_force"
    assert await approve_ending(ending, office="deputy", by=offices["deputy"], now=NOON)
    edition = await statement_of(QOM, now=NOON)
    assert (edition.state, edition.notice) == ("ending", NOTICE)


async def test_one_person_cannot_agree_for_two_offices(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    await approve_ending(ending, office="head", by=offices["head"], now=NOON)
    with pytest.raises(OnePersonTwice):
        await approve_ending(ending, office="deputy", by=offices["head"], now=NOON)


async def test_an_office_agrees_once(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    await approve_ending(ending, office="head", by=offices["head"], now=NOON)
    with pytest.raises(CantEnd, match="پیش‌تر ثبت شده"):
        await approve_ending(ending, office="head", by=offices["deputy"], now=NOON)


@pytest.mark.parametrize("role", ["admin", "staff", "auditor"])
async def test_only_managers_record_that_an_office_agrees(qom, role):
    other = await a_manager("other", role)
    ending = await propose_ending(qom, a_wish(), by=other, now=NOON)
    with pytest.raises(NotAllowed):
        await approve_ending(ending, office="head", by=other, now=NOON)


async def test_an_office_that_the_statement_does_not_name_has_no_say(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    with pytest.raises(CantEnd, match="نامی از این مقام نیست"):
        await approve_ending(ending, office="porter", by=offices["head"], now=NOON)


async def test_the_notice_is_as_long_as_the_statement_says_to_the_second(qom, offices):
    earliest = NOON + timedelta(days=30)
    with pytest.raises(TooSoon) as refusal:
        await propose_ending(qom, a_wish(effective_at=earliest - SECOND), by=offices["head"], now=NOON)
    assert refusal.value.earliest == earliest
    await end(qom, a_wish(effective_at=earliest), offices)
    assert not await is_open(earliest)


async def test_a_late_approval_does_not_shorten_the_notice(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    late = NOON + timedelta(days=2)
    await approve_ending(ending, office="head", by=offices["head"], now=late)
    with pytest.raises(TooSoon):
        await approve_ending(ending, office="deputy", by=offices["deputy"], now=late)
    assert await is_open(END)


@pytest.mark.parametrize("missing", [{"reason": ""}, {"notice": msgspec.structs.replace(NOTICE, en="")}])
async def test_a_reason_and_a_notice_are_needed(qom, offices, missing):
    with pytest.raises(CantEnd, match="دلیل و متن اعلام"):
        await propose_ending(qom, a_wish(**missing), by=offices["head"], now=NOON)


async def test_a_second_proposal_waits_for_the_first(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    with pytest.raises(CantEnd, match="پیش‌تر کسی"):
        await propose_ending(qom, a_wish(), by=offices["deputy"], now=NOON)
    await withdraw_ending(ending, now=NOON)
    await propose_ending(qom, a_wish(), by=offices["deputy"], now=NOON)


async def test_an_announced_end_can_be_called_off_before_it_comes(qom, offices):
    ending = await end(qom, a_wish(), offices)
    await withdraw_ending(ending, now=END - SECOND)
    assert await is_open(END)
    assert (await statement_of(QOM, now=END)).state == "in_force"
    assert await ending_at_hand(qom) is None


async def test_an_end_that_has_come_stays(qom, offices):
    ending = await end(qom, a_wish(), offices)
    with pytest.raises(CantEnd):
        await withdraw_ending(ending, now=END)


async def test_a_new_edition_opens_the_service_again_after_the_end(qom, offices):
    await end(qom, a_wish(), offices)
    changed = msgspec.structs.replace(read_sample(QOM).statement, notice_lead_hours=9)
    with pytest.raises(NotInOrder):
        await publish_statement(qom, changed, at=END - SECOND, now=NOON)
    later = END + timedelta(days=3)
    await publish_statement(qom, changed, at=later, now=END)
    assert not await is_open(later - SECOND)
    assert await is_open(later)


async def test_a_proposal_for_an_edition_that_was_replaced_is_void(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    changed = msgspec.structs.replace(read_sample(QOM).statement, notice_lead_hours=9)
    await publish_statement(qom, changed, at=NOON, now=NOON)
    with pytest.raises(CantEnd, match="دیگر باز نیست"):
        await approve_ending(ending, office="head", by=offices["head"], now=NOON)
    await end(qom, a_wish(), offices)


async def test_a_statement_that_names_nobody_cannot_be_ended(db, offices):
    file = read_sample(QOM)
    silent = msgspec.structs.replace(file.statement, ending=msgspec.UNSET)
    service = await load_service(msgspec.structs.replace(file, statement=silent), position=0, now=NOON)
    with pytest.raises(CantEnd, match="نمی‌گوید چه کسی"):
        await propose_ending(service, a_wish(), by=offices["head"], now=NOON)


async def test_two_approvals_at_once_announce_the_end_once(committed):
    service = await load_service(read_sample(QOM), position=0, now=NOON)
    first, second = await a_manager("zahra"), await a_manager("hamid")
    ending = await propose_ending(service, a_wish(), by=first, now=NOON)
    last = await asyncio.gather(
        approve_ending(ending, office="head", by=first, now=NOON),
        approve_ending(ending, office="deputy", by=second, now=NOON),
    )
    assert sorted(last) == [False, True]
    assert await SlaEnding.count().where(SlaEnding.notice_at.is_not_null()) == 1
    assert await SlaVersion.count().where(SlaVersion.ending == "terminated") == 1


async def test_managers_see_who_has_agreed_and_who_is_missing(qom, offices):
    ending = await propose_ending(qom, a_wish(), by=offices["head"], now=NOON)
    await approve_ending(ending, office="deputy", by=offices["deputy"], now=NOON)
    at_hand = await ending_at_hand(qom)
    assert [(agreed.office, agreed.by) for agreed in at_hand.agreements] == [
        ("head", None),
        ("deputy", "Hamid"),
    ]
    assert (at_hand.proposed_by, at_hand.notice_at) == ("Zahra", None)
