"""Loading services from files."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from db.calendars import CalendarRevision
from db.services import Agency, FormVersion, Service, SlaVersion
from portal.calendars import actions as calendar_actions
from portal.calendars.queries import calendar_at_hand
from portal.services.actions import load_samples, load_service, read_sample
from portal.services.edition_queries import statement_of
from portal.services.queries import service_by_slug
from portal.services.statement import ServiceFile, Words, sha256
from tests.calendars.people import somebody
from tests.conftest import NOON
from tests.services.managers import without_cover

LATER = NOON + timedelta(days=1)


def qom(**changes) -> ServiceFile:
    return msgspec.structs.replace(read_sample("yearbook-qom"), **changes)


def with_lead(hours: int) -> ServiceFile:
    statement = read_sample("yearbook-qom").statement
    return qom(statement=msgspec.structs.replace(statement, notice_lead_hours=hours))


async def everything() -> list[list[dict]]:
    tables = (Agency, Service, FormVersion, SlaVersion, CalendarRevision)
    return [await table.select().order_by(table.id) for table in tables]


async def test_a_loaded_service_is_open_and_has_its_form_and_its_statement(db):
    await load_service(qom(), position=0, now=NOON)
    service = await service_by_slug("yearbook-qom", now=LATER)
    assert service.is_open
    assert service.fields == qom().form
    assert without_cover(service.statement) == qom().statement


async def test_the_calendars_of_its_targets_come_with_a_service(db):
    await load_service(qom(), position=0, now=NOON)
    service = await service_by_slug("yearbook-qom", now=LATER)
    calendar = service.calendars["iran-office"]
    assert (calendar.name, calendar.zone, calendar.holidays) == ("iran-office", "Asia/Tehran", "IR")
    assert calendar.week == dict.fromkeys((5, 6, 0, 1, 2), ((450, 870),))


async def test_loading_all_samples_twice_changes_nothing(db):
    await load_samples(NOON)
    before = await everything()
    await load_samples(LATER)
    assert await everything() == before


async def test_a_changed_statement_becomes_the_next_edition(db):
    await load_service(qom(), position=0, now=NOON)
    await load_service(with_lead(72), position=0, now=LATER)
    edition = await statement_of("yearbook-qom", now=LATER)
    assert (edition.n, edition.statement.version, edition.in_force_from) == (2, 2, LATER)
    assert edition.statement.notice_lead_hours == 72


async def test_the_edition_before_is_superseded_at_the_same_instant(db):
    await load_service(qom(), position=0, now=NOON)
    await load_service(with_lead(72), position=0, now=LATER)
    first = await statement_of("yearbook-qom", 1, now=LATER)
    assert first.superseded_at == LATER
    assert without_cover(first.statement) == qom().statement


async def test_a_changed_form_leaves_the_statement_alone(db):
    await load_service(qom(), position=0, now=NOON)
    shorter = qom(form=qom().form[:2])
    await load_service(shorter, position=0, now=LATER)
    service = await service_by_slug("yearbook-qom", now=LATER)
    assert service.fields == shorter.form
    assert service.statement.version == 1


async def test_a_closed_service_stays_closed_when_its_file_comes_again(db):
    await load_service(qom(), position=0, now=NOON)
    await Service.update({Service.state: "closed"}).where(Service.slug == "yearbook-qom")
    await load_service(qom(title=Words("آمار قم", "Statistics of Qom")), position=0, now=LATER)
    service = await service_by_slug("yearbook-qom", now=LATER)
    assert (service.state, service.title.en) == ("closed", "Statistics of Qom")


async def test_an_edited_calendar_stays_as_it_is(db):
    await load_samples(NOON)
    author = await somebody()
    await calendar_actions.set_week("iran-office", None, {5: ((480, 720),)}, by=author, now=NOON)
    seen = (await calendar_at_hand("iran-office")).draft.seen
    await calendar_actions.publish("iran-office", seen=seen, note="", enqueue=None, by=author, now=NOON)
    await load_samples(LATER)
    service = await service_by_slug("yearbook-qom", now=LATER)
    assert service.calendars["iran-office"].week == {5: ((480, 720),)}
    assert service.calendar_revisions == {"iran-office": 2}


async def test_the_digest_is_of_the_document_that_is_sent(db):
    await load_service(qom(), position=0, now=NOON)
    edition = await statement_of("yearbook-qom", now=LATER)
    assert edition.sha256 == sha256(msgspec.json.decode(edition.canonical, type=type(edition.statement)))


async def test_two_loads_at_once_make_one_edition_of_each(committed):
    await asyncio.gather(*(load_samples(NOON) for _ in range(4)))
    assert await Service.count() == 5
    assert await SlaVersion.count() == 5
    assert await FormVersion.count() == 5


async def test_two_changes_at_once_leave_one_statement_in_force(committed):
    await load_service(qom(), position=0, now=NOON)
    await asyncio.gather(*(load_service(with_lead(hours), position=0, now=LATER) for hours in (50, 60, 70)))
    assert await SlaVersion.count().where(SlaVersion.superseded_at.is_null()) == 1
    assert [row["n"] for row in await SlaVersion.select(SlaVersion.n).order_by(SlaVersion.n)] == [1, 2, 3, 4]


async def test_a_retention_is_kept_and_taken_away_with_the_file(db):
    for months in (18, None):
        await load_service(qom(retention_months=months), position=0, now=NOON)
        row = await Service.select(Service.retention_months).first()
        assert row == {"retention_months": months}


def test_a_retention_of_no_month_is_refused():
    file = msgspec.structs.asdict(qom()) | {"retention_months": 0}
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(file), type=ServiceFile)
