"""Agencies and units as their verbs leave them."""

import asyncio

import msgspec
import pytest

from db.audit import AuditEntry
from db.services import Agency, Unit
from portal import place
from portal.errors import NotFound
from portal.forms import version_of
from portal.services import agency_actions, agency_queries
from portal.services.actions import load_samples, load_service, read_sample
from portal.services.agency_actions import AgencyDraft, ChangedMeanwhile, SlugTaken, StillUsed, UnitDraft
from portal.services.queries import catalogue, service_by_slug
from tests.conftest import NOON

MUSEUM = AgencyDraft(name_fa="موزه", name_en="Museum")
QOM_UNIT, QOM_AGENCY = (read_sample("yearbook-qom").unit.slug, read_sample("yearbook-qom").agency.slug)
TEHRAN_AGENCY = read_sample("yearbook-tehran").agency.slug


def archive(agency="museum", **changes) -> UnitDraft:
    unit = UnitDraft(agency=agency, name_fa="بایگانی", name_en="Archive", phone="02537700000", email="")
    return msgspec.structs.replace(unit, **changes)


async def unit_as_draft(slug: str, **changes) -> UnitDraft:
    return UnitDraft(**{**(await agency_queries.unit_by_slug(slug)).values, **changes})


async def change(slug: str, draft: UnitDraft, *, seen: str | None = None) -> list[str]:
    unit = await agency_queries.unit_by_slug(slug)
    seen = version_of(unit.values) if seen is None else seen
    return await agency_actions.change_unit(unit.id, draft, seen=seen, now=NOON)


async def logged(action: str) -> list[dict]:
    rows = await AuditEntry.select(AuditEntry.data).where(AuditEntry.action == action)
    return [msgspec.json.decode(row["data"]) for row in rows]


async def add_both() -> None:
    await agency_actions.add_agency("museum", MUSEUM, now=NOON)
    await agency_actions.add_unit("archive", archive(), now=NOON)


async def test_an_added_agency_and_its_unit_stand_in_the_list_and_the_log(db):
    await add_both()
    (agency,) = await agency_queries.agencies()
    assert (agency.slug, agency.name.en, [unit.slug for unit in agency.units]) == (
        "museum",
        "Museum",
        ["archive"],
    )
    assert await logged("agency_added") == [{"slug": "museum"}]
    assert await logged("unit_added") == [{"slug": "archive"}]


async def test_an_address_is_given_once(db):
    await add_both()
    with pytest.raises(SlugTaken):
        await agency_actions.add_agency("museum", MUSEUM, now=NOON)
    with pytest.raises(SlugTaken):
        await agency_actions.add_unit("archive", archive(), now=NOON)


async def test_a_unit_needs_an_agency_that_exists(db):
    with pytest.raises(NotFound):
        await agency_actions.add_unit("archive", archive("nobody"), now=NOON)


async def test_a_changed_telephone_stands_on_the_service_at_once(samples):
    assert (await service_by_slug("yearbook-qom", now=NOON)).unit_phone == "02500000001"
    assert await place.get("reset_contact_phone") == "02500000001"
    changed = await change(QOM_UNIT, await unit_as_draft(QOM_UNIT, phone="02537700000"))
    assert changed == ["phone"]
    assert (await service_by_slug("yearbook-qom", now=NOON)).unit_phone == "02537700000"
    assert await place.get("reset_contact_phone") == "02537700000"
    assert await logged("unit_changed") == [
        {"old": {"phone": "02500000001"}, "new": {"phone": "02537700000"}}
    ]


async def test_services_are_found_by_the_new_names_and_no_longer_by_the_old(samples):
    agency = await agency_queries.agency_by_slug(TEHRAN_AGENCY)
    draft = AgencyDraft(name_fa="سازمان زرافه", name_en="Giraffe House")
    await agency_actions.change_agency(agency.id, draft, seen=version_of(agency.values), now=NOON)
    assert [card.slug for card in await catalogue("giraffe", now=NOON)] == ["yearbook-tehran"]
    await change(QOM_UNIT, await unit_as_draft(QOM_UNIT, name_en="Penguin Office"))
    assert [card.slug for card in await catalogue("penguin", now=NOON)] == ["yearbook-qom"]


async def test_what_was_edited_here_stays_when_a_service_is_loaded_again(samples):
    await change(QOM_UNIT, await unit_as_draft(QOM_UNIT, name_en="Penguin Office", phone="111"))
    await load_service(read_sample("yearbook-qom"), position=0, now=NOON)
    service = await service_by_slug("yearbook-qom", now=NOON)
    assert (service.unit.en, service.unit_phone) == ("Penguin Office", "111")
    assert [card.slug for card in await catalogue("penguin", now=NOON)] == ["yearbook-qom"]


async def test_who_saw_older_words_overwrites_nothing(samples):
    seen = version_of((await agency_queries.unit_by_slug(QOM_UNIT)).values)
    late = await unit_as_draft(QOM_UNIT, email="late@qom.example")
    await change(QOM_UNIT, await unit_as_draft(QOM_UNIT, phone="111"))
    with pytest.raises(ChangedMeanwhile):
        await change(QOM_UNIT, late, seen=seen)
    assert (await agency_queries.unit_by_slug(QOM_UNIT)).values["phone"] == "111"


async def test_saving_what_already_stands_there_changes_nothing(samples):
    assert await change(QOM_UNIT, await unit_as_draft(QOM_UNIT), seen="old") == []
    assert await logged("unit_changed") == []


async def test_of_two_who_save_at_once_one_is_told(committed):
    await add_both()
    drafts = [archive(phone="111"), archive(phone="112")]
    seen = version_of((await agency_queries.unit_by_slug("archive")).values)
    saves = [change("archive", draft, seen=seen) for draft in drafts]
    ended = await asyncio.gather(*saves, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["ChangedMeanwhile", "list"]


async def test_a_unit_with_services_stays_with_its_agency(samples):
    with pytest.raises(StillUsed):
        await change(QOM_UNIT, await unit_as_draft(QOM_UNIT, agency=TEHRAN_AGENCY))


async def test_a_unit_without_services_can_move(samples):
    await agency_actions.add_unit("archive", archive(QOM_AGENCY), now=NOON)
    assert await change("archive", archive(TEHRAN_AGENCY)) == ["agency"]
    assert (await agency_queries.unit_by_slug("archive")).agency == TEHRAN_AGENCY


async def test_what_nothing_belongs_to_can_be_removed(db):
    await add_both()
    unit = await agency_queries.unit_by_slug("archive")
    assert not unit.used
    assert (await agency_queries.agency_by_slug("museum")).used
    await agency_actions.remove_unit(unit.id, now=NOON)
    agency = await agency_queries.agency_by_slug("museum")
    assert not agency.used
    await agency_actions.remove_agency(agency.id, now=NOON)
    assert (await Agency.count(), await Unit.count()) == (0, 0)
    assert await logged("unit_removed") == [{"slug": "archive"}]


async def test_what_has_gone_is_not_found(db):
    await add_both()
    unit = await agency_queries.unit_by_slug("archive")
    await agency_actions.remove_unit(unit.id, now=NOON)
    with pytest.raises(NotFound):
        await agency_actions.remove_unit(unit.id, now=NOON)
    with pytest.raises(NotFound):
        await agency_actions.change_unit(unit.id, archive(), seen="", now=NOON)


async def test_what_is_used_stays_however_it_is_asked_for(committed):
    await load_samples(NOON)
    unit = await agency_queries.unit_by_slug(QOM_UNIT)
    agency = await agency_queries.agency_by_slug(QOM_AGENCY)
    assert unit.used
    with pytest.raises(StillUsed):
        await agency_actions.remove_unit(unit.id, now=NOON)
    with pytest.raises(StillUsed):
        await agency_actions.remove_agency(agency.id, now=NOON)


@pytest.mark.parametrize("slug", ["nothing", "", "a\x00b", "A" * 3000])
async def test_an_odd_address_finds_nothing(db, slug):
    assert await agency_queries.agency_by_slug(slug) is None
    assert await agency_queries.unit_by_slug(slug) is None
