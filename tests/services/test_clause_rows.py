"""What the five sample statements say about cost, validity and their end: one test per clause."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from db.services import SlaVersion
from portal.services.actions import load_service, read_sample
from portal.services.edition_queries import statement_of
from portal.services.editions import PromisedFree, publish_statement
from portal.services.endings import (
    CantEnd,
    OnePersonTwice,
    TooSoon,
    approve_ending,
    propose_ending,
)
from portal.services.queries import catalogue, service_by_slug
from tests.conftest import NOON, OPENED
from tests.services.managers import END, a_manager, a_wish, without_cover
from tests.services.test_pages import words_of

SATRA, QOM, TEHRAN = "spatial-observatory", "yearbook-qom", "yearbook-tehran"
RESOURCES, EVALUATION = "resource-monitoring", "performance-evaluation"
SECOND = timedelta(seconds=1)
LAST_INSTANT = datetime(2022, 3, 20, 20, 30, tzinfo=UTC)  # 29 Esfand 1400, 24:00 in Tehran


async def load(slug: str):
    return await load_service(read_sample(slug), position=0, now=OPENED)


async def says_free_and_asks_nothing(slug: str, browser) -> None:
    """K-FREE"""
    await load(slug)
    page = words_of((await browser.get("/services")).text)
    assert "رایگان" in page
    assert (await catalogue(now=NOON))[0].free
    service = await service_by_slug(slug, now=NOON)
    assert (service.free, service.sheet.fee, service.statement.free) == (True, 0, True)
    with pytest.raises(PromisedFree):
        await load_service(msgspec.structs.replace(read_sample(slug), fee=1), position=0, now=NOON)


async def stays_in_force_until_amended(slug: str) -> None:
    """K-AMEND"""
    service = await load(slug)
    statement = read_sample(slug).statement
    amended = msgspec.structs.replace(statement, notice_lead_hours=statement.notice_lead_hours + 1)
    far = NOON + timedelta(days=3650)
    assert without_cover((await service_by_slug(slug, now=far)).statement) == statement
    await publish_statement(service, amended, at=END, now=NOON)
    first, second = [await statement_of(slug, n, now=END) for n in (1, 2)]
    assert first.superseded_at == second.in_force_from == END
    assert second.editions == (2, 1)
    assert (await service_by_slug(slug, now=END - SECOND)).statement.version == 1
    assert (await service_by_slug(slug, now=END)).statement.version == 2


async def ends_only_when_these_agree(slug: str, *offices: str) -> None:
    """K-TERM: refused while an office is missing, without a reason or a notice, and too soon."""
    service = await load(slug)
    managers = {office: await a_manager(office) for office in offices}
    assert {office.key for office in read_sample(slug).statement.ending.offices} == set(offices)
    anybody = managers["head"]
    with pytest.raises(CantEnd):
        await propose_ending(service, a_wish(reason=""), by=anybody, now=NOON)
    with pytest.raises(TooSoon):
        await propose_ending(service, a_wish(effective_at=NOON + SECOND), by=anybody, now=NOON)
    ending = await propose_ending(service, a_wish(), by=anybody, now=NOON)
    for place, (office, manager) in enumerate(managers.items()):
        assert (await service_by_slug(slug, now=END)).is_open
        if place:
            with pytest.raises(OnePersonTwice):
                await approve_ending(ending, office=office, by=anybody, now=NOON)
        await approve_ending(ending, office=office, by=manager, now=NOON)
    assert (await service_by_slug(slug, now=END - SECOND)).is_open
    assert not (await service_by_slug(slug, now=END)).is_open


async def test_a15_all_services_of_satra_are_free(db, browser):
    await says_free_and_asks_nothing(SATRA, browser)


async def test_a16_satra_is_valid_until_an_amendment(db):
    await stays_in_force_until_amended(SATRA)


async def test_a17_satra_ends_when_the_head_and_the_deputy_agree(db):
    await ends_only_when_these_agree(SATRA, "head", "deputy")


async def test_b18_the_yearbook_of_qom_is_free(db, browser):
    await says_free_and_asks_nothing(QOM, browser)


async def test_b19_the_yearbook_of_qom_is_valid_until_an_amendment(db):
    await stays_in_force_until_amended(QOM)


async def test_b20_the_yearbook_of_qom_ends_when_the_head_and_the_deputy_agree(db):
    await ends_only_when_these_agree(QOM, "head", "deputy")


async def test_c21_the_yearbook_of_tehran_is_free(db, browser):
    await says_free_and_asks_nothing(TEHRAN, browser)


async def test_c22_the_yearbook_of_tehran_is_valid_until_an_amendment(db):
    await stays_in_force_until_amended(TEHRAN)


async def test_c23_the_yearbook_of_tehran_ends_when_the_head_alone_agrees(db):
    await ends_only_when_these_agree(TEHRAN, "head")


async def test_d22_the_resources_report_costs_nothing(db, browser):
    await says_free_and_asks_nothing(RESOURCES, browser)


async def test_d23_the_date_passes_with_the_last_second_of_29_esfand_1400():
    statement = read_sample(RESOURCES).statement
    tehran = ZoneInfo("Asia/Tehran")
    before, after = [
        statement.validity(instant.astimezone(tehran).date())
        for instant in (LAST_INSTANT - SECOND, LAST_INSTANT)
    ]
    assert (before, after) == ("in_force", "date_passed")


async def test_d24_past_its_date_it_stands_until_replaced_and_both_sides_may_end_it(db, browser):
    await stays_in_force_until_amended(RESOURCES)
    for path in ("/en/services", f"/en/services/{RESOURCES}/sla"):
        assert "has passed. It stays in force until it is replaced." in words_of(
            (await browser.get(path)).text
        )
    service = (await service_by_slug(RESOURCES, now=END)).id
    manager = await a_manager("zahra")
    late = END + timedelta(days=31)
    mutual = a_wish(kind="mutual", effective_at=late, provider_consent="Letter 12 of 1 Azar")
    with pytest.raises(CantEnd, match="رضایت هر دو طرف"):
        await propose_ending(service, mutual, by=manager, now=END)
    both = msgspec.structs.replace(mutual, recipient_consent="Letter 77 of 3 Azar")
    ending = await propose_ending(service, both, by=manager, now=END)
    assert await approve_ending(ending, office="head", by=manager, now=END)


async def test_d25_it_ends_only_by_a_recorded_notice(db):
    service, manager = await load(RESOURCES), await a_manager("zahra")
    silent = a_wish(notice=msgspec.structs.replace(a_wish().notice, fa=""))
    with pytest.raises(CantEnd, match="متن اعلام"):
        await propose_ending(service, silent, by=manager, now=NOON)
    ending = await propose_ending(service, a_wish(), by=manager, now=NOON)
    await approve_ending(ending, office="head", by=manager, now=NOON)
    assert (await statement_of(RESOURCES, now=END)).notice == a_wish().notice
    assert await SlaVersion.count().where(SlaVersion.ending == "terminated") == 1


async def test_e23_the_evaluation_costs_agencies_nothing(db, browser):
    await says_free_and_asks_nothing(EVALUATION, browser)


async def test_e24_the_evaluation_is_valid_until_an_amendment(db):
    await stays_in_force_until_amended(EVALUATION)


async def test_e25_the_evaluation_ends_when_the_head_and_the_deputy_agree(db):
    await ends_only_when_these_agree(EVALUATION, "head", "deputy")
