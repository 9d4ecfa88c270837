"""Finding services."""

from uuid import uuid4

import pytest

from db.services import Service, SlaVersion
from portal.services import queries
from portal.services.actions import SAMPLE_ORDER
from portal.services.edition_queries import statement_of
from portal.services.queries import catalogue, service_by_id, service_by_slug
from tests.conftest import NOON


async def found(q: str) -> list[str]:
    return [card.slug for card in await catalogue(q, now=NOON)]


async def test_the_catalogue_stands_in_the_desks_order(samples):
    assert await found("") == list(SAMPLE_ORDER)


@pytest.mark.parametrize(
    "typed",
    ["ساترا", "SATRA", "آمایش سرزمين", "امایش  سرزمین", "رصد آمایش"],
)
async def test_a_service_is_found_however_its_name_is_typed(samples, typed):
    assert await found(typed) == ["spatial-observatory"]


async def test_half_spaces_make_no_difference(samples):
    assert await found("برنامه ریزی تهران") == await found("برنامه‌ریزی تهران") == ["yearbook-tehran"]


async def test_every_word_must_be_there(samples):
    assert await found("سالنامه قم") == ["yearbook-qom"]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "\x00", "' OR 1=1 --", "ققققق", "{}"])
async def test_signs_mean_only_themselves(samples, typed):
    wanted = list(SAMPLE_ORDER) if typed == "\x00" else []
    assert await found(typed) == wanted


async def test_a_card_says_how_soon_an_answer_is_promised(samples):
    card = next(card for card in await catalogue(now=NOON) if card.slug == "spatial-observatory")
    assert (card.first_answer.amount, card.first_answer.unit) == (4, "working_hours")


async def test_a_draft_is_nowhere_but_under_its_id(samples):
    await Service.update({Service.state: "draft"}).where(Service.slug == "yearbook-qom")
    queries.forget()
    assert "yearbook-qom" not in await found("")
    assert await service_by_slug("yearbook-qom", now=NOON) is None
    assert await statement_of("yearbook-qom", now=NOON) is None
    row = await Service.select(Service.id).where(Service.slug == "yearbook-qom").first()
    assert (await service_by_id(row["id"], now=NOON)).state == "draft"


@pytest.mark.parametrize("slug", ["nothing", "", "..", "a\x00b", "Yearbook-Qom", "a" * 3000])
async def test_an_unknown_slug_finds_nothing(samples, slug):
    assert await service_by_slug(slug, now=NOON) is None
    assert await statement_of(slug, now=NOON) is None


@pytest.mark.parametrize("n", [0, -1, 2, 2**31, 10**30])
async def test_an_edition_that_never_was_finds_nothing(samples, n):
    assert await statement_of("yearbook-qom", n, now=NOON) is None


async def test_a_service_without_a_statement_is_shown_all_the_same(samples):
    await SlaVersion.delete(force=True)
    queries.forget()
    service = await service_by_slug("yearbook-qom", now=NOON)
    assert (service.statement, service.sla_id, service.calendars) == (None, None, {})
    assert (await catalogue(now=NOON))[0].first_answer is None


async def test_a_service_is_remembered_for_a_moment(samples, monkeypatch):
    before = await service_by_slug("yearbook-qom", now=NOON)
    await Service.update({Service.state: "closed"}).where(Service.slug == "yearbook-qom")
    assert await service_by_slug("yearbook-qom", now=NOON) == before
    monkeypatch.setattr(queries, "REMEMBER", -1.0)
    assert (await service_by_slug("yearbook-qom", now=NOON)).state == "closed"


async def test_an_unknown_id_finds_nothing(samples):
    assert await service_by_id(uuid4(), now=NOON) is None
