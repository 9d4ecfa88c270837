"""What an edition says of its service stays as it was when the edition was published."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import msgspec
import pytest

from db.services import Agency, Service, SlaVersion
from portal import pdf
from portal.i18n import Words
from portal.services.actions import load_service, read_sample
from portal.services.edition_queries import statement_of
from portal.services.queries import service_by_slug
from portal.services.rules import blank_draft, differences
from portal.services.statement import Cover, Statement, canonical, sha256
from tests.conftest import NOON
from tests.services.test_pages import words_of

EVALUATION = "performance-evaluation"
HERE = f"/en/services/{EVALUATION}/sla/1"
LATER = NOON + timedelta(minutes=1)  # pages read the real clock
BACK_FILL = import_module("db.migrations.portal_2026_11_21t11_20_10_000000")
PARTS = ("statement.pdf", "statement.json")


async def seen(browser) -> list[bytes]:
    """Paper, data, and what the page says of the service."""
    pdf._print.cache_clear()
    page = words_of((await browser.get(HERE)).text)
    name, rest = (
        page.split("This edition was replaced")[0].split("Back to the service")[0],
        page.split("JSON")[1],
    )
    terms = rest[: rest.index("About this edition")]
    return [(await browser.get(f"{HERE}/{part}")).content for part in PARTS] + [name.encode(), terms.encode()]


async def correct_the_sheet() -> None:
    """Another title, another law, another note about the cost; the statement itself stays."""
    file = read_sample(EVALUATION)
    (first, *_others) = file.legal_basis
    law = msgspec.structs.replace(first, number="999", date=None, date_raw="1397/3/1397")
    other = msgspec.structs.replace(
        file, title=Words("ارزیابی", "Scores"), legal_basis=(law,), cost_note=Words("هیچ", "Nothing")
    )
    await load_service(other, position=0, now=LATER)


async def test_a_corrected_sheet_leaves_an_older_edition_as_it_was(samples, browser):
    before = await seen(browser)
    await correct_the_sheet()
    await Agency.update({Agency.name_en: "Another agency"}, force=True)
    assert await seen(browser) == before


async def test_a_corrected_sheet_is_a_new_edition(samples, browser):
    await correct_the_sheet()
    edition = await statement_of(EVALUATION, now=LATER)
    assert (edition.n, edition.title.en, edition.cover.legal_basis[0].number) == (2, "Scores", "999")
    assert "Scores" in words_of((await browser.get(f"/en/services/{EVALUATION}/sla/2")).text)


async def test_what_is_no_part_of_the_statement_makes_no_edition(samples):
    file = msgspec.structs.replace(read_sample(EVALUATION), summary=Words("کوتاه", "Short"))
    await load_service(file, position=0, now=LATER)
    assert (await statement_of(EVALUATION, now=LATER)).n == 1


async def test_the_document_holds_the_cover_and_the_digest_covers_it(samples, browser):
    answer = await browser.get(f"{HERE}/statement.json")
    statement = msgspec.json.decode(answer.content, type=Statement)
    file = read_sample(EVALUATION)
    assert statement.cover == Cover(
        title=file.title,
        agency=file.agency.name,
        legal_basis=file.legal_basis,
        cost_note=file.cost_note,
        fee=0,
    )
    assert answer.headers["etag"] == f'"{sha256(statement)}"'


def test_a_preview_tells_that_a_corrected_sheet_makes_an_edition():
    before = msgspec.structs.replace(blank_draft(), title=Words("نقشه", "Maps"))
    costly, shorter = [
        msgspec.structs.replace(before, **{n: Words("ک", "A")}) for n in ("cost_note", "summary")
    ]
    found = differences(before, costly)
    assert (found.statement, found.terms, found.sheet) == (True, ("cost_note",), ("cost_note",))
    assert not differences(before, shorter).statement


@pytest.fixture
async def old_edition(samples):
    """The edition as it was stored before documents had a cover, after the migration."""
    bare = read_sample(EVALUATION).statement
    service = (await service_by_slug(EVALUATION, now=NOON)).id
    old = {SlaVersion.document: canonical(bare).decode(), SlaVersion.sha256: sha256(bare)}
    await SlaVersion.update(old).where(SlaVersion.service == service)
    await Service.raw(BACK_FILL.FILL)
    return bare


async def test_an_edition_from_before_keeps_its_document_and_its_digest(old_edition, browser):
    answer = await browser.get(f"{HERE}/statement.json")
    assert answer.content == canonical(old_edition)
    assert answer.headers["etag"] == f'"{sha256(old_edition)}"'


async def test_an_edition_from_before_stays_as_it_was_when_covers_came(old_edition, browser):
    before = await seen(browser)
    assert (await statement_of(EVALUATION, now=NOON)).cover.legal_basis == read_sample(EVALUATION).legal_basis
    await correct_the_sheet()
    assert await seen(browser) == before


async def test_the_same_file_after_an_edition_from_before_changes_nothing(old_edition):
    await load_service(read_sample(EVALUATION), position=0, now=LATER)
    assert (await statement_of(EVALUATION, now=LATER)).n == 1


async def test_covers_that_are_there_are_not_filled_again(samples):
    await Service.raw(BACK_FILL.FILL)
    assert not await SlaVersion.exists().where(SlaVersion.cover.is_not_null())
