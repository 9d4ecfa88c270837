"""Cost, monitoring and the end of a statement say the same on page, paper, in the data and beside another edition."""

from __future__ import annotations

import msgspec
import pytest

from portal import i18n
from portal.i18n import Words
from portal.services.actions import SAMPLE_ORDER, load_service, read_sample
from portal.services.comparison import Row, compare
from portal.services.edition_queries import statement_of
from portal.services.printed import printed
from portal.services.rules import blank_draft, differences, missing
from portal.services.statement import Cover, Monitoring, Office, Statement
from portal.services.wording import cost_rows, ending_rows, monitoring_rows
from tests.conftest import NOON
from tests.services.test_editor_pages import EDIT, drafted
from tests.services.test_pages import words_of
from tests.services.test_pdf import plain, text_of, words_in

QOM = read_sample("yearbook-qom").statement
COVER = Cover(
    title=Words("سالنامه", "Yearbook"),
    agency=Words("سازمان", "Agency"),
    legal_basis=read_sample("performance-evaluation").legal_basis,
    cost_note=Words("رایگان", "Free of charge"),
    fee=0,
)
IN_ENGLISH = (
    "Free of charge",
    "None: this statement promises that the service is free",
    "30 days",
    "Head of the organization; Deputy for statistics and information",
    "How it is measured",
    "How often it is reported",
    "Who measures and reports",
)


def changed(**changes) -> Statement:
    return msgspec.structs.replace(QOM, cover=COVER, **changes)


def covered(**changes) -> Statement:
    return msgspec.structs.replace(QOM, cover=msgspec.structs.replace(COVER, **changes))


@pytest.fixture
def english():
    with i18n.using("en"):
        yield


async def test_page_and_paper_say_cost_monitoring_and_end(samples, browser, settings):
    page = words_of((await browser.get("/en/services/yearbook-qom/sla")).text)
    paper = text_of((await browser.get("/en/services/yearbook-qom/sla.pdf")).content)
    for words in IN_ENGLISH:
        assert words in page
        assert words in paper


@pytest.mark.parametrize("slug", SAMPLE_ORDER)
async def test_the_persian_page_and_paper_say_them_too(samples, browser, settings, slug):
    edition = await statement_of(slug, now=NOON)
    page = words_of((await browser.get(f"/services/{slug}/sla")).text)
    paper = words_in(text_of(await printed(edition, settings)))
    for rows in (cost_rows, ending_rows, monitoring_rows):
        assert rows(edition.statement)
        for name, value in rows(edition.statement):
            assert name in page
            assert value in page
            unbroken = " ".join(word for word in f"{name} {value}".split() if "\u200c" not in word)
            assert words_in(plain(unbroken)) <= paper  # a line may end at a half-space


async def test_the_page_says_the_legal_basis_of_the_edition(samples, browser):
    page = words_of((await browser.get("/en/services/performance-evaluation/sla")).text)
    for basis in COVER.legal_basis:
        assert basis.title.en in page


async def test_the_data_hold_them(samples, browser):
    document = (await browser.get("/services/yearbook-qom/sla.json")).json()
    assert document["free"] is True
    assert document["ending"]["notice_days"] == 30
    assert set(document["monitoring"]) == {"measured", "reported", "reporter"}
    assert set(document["cover"]) == {"title", "agency", "legal_basis", "cost_note", "fee"}


async def test_a_fee_stands_on_page_and_paper(db, browser):
    file = read_sample("yearbook-qom")
    paid = msgspec.structs.replace(file, fee=50000, statement=changed(free=False))
    await load_service(paid, position=0, now=NOON)
    page = words_of((await browser.get("/services/yearbook-qom/sla/1")).text)
    assert "۵۰٬۰۰۰ ریال" in page
    assert "50,000 rials" in text_of(
        (await browser.get("/en/services/yearbook-qom/sla/1/statement.pdf")).content
    )


def test_a_longer_notice_and_another_office_are_a_difference(english):
    ending = msgspec.structs.replace(
        QOM.ending, notice_days=60, mutual=True, offices=(Office("head", Words("رئیس", "Head")),)
    )
    assert compare(changed(), changed(ending=ending)).ending == (
        Row("Announced before the end by at least", "30 days", "60 days"),
        Row(
            "Offices that must agree to end it",
            "Head of the organization; Deputy for statistics and information",
            "Head",
        ),
        Row("Both sides may also agree to end it", "No", "Yes"),
    )


def test_a_fee_in_place_of_a_promise_to_be_free_is_a_difference(english):
    paid = msgspec.structs.replace(covered(fee=500), free=False)
    (row,) = compare(changed(), paid).cost
    assert (row.before, row.after) == ("None: this statement promises that the service is free", "500 rials")


def test_a_law_that_came_and_another_name_are_a_difference(english):
    first, *rest = COVER.legal_basis
    found = compare(covered(legal_basis=tuple(rest)), covered(title=Words("آمار", "Numbers"))).cover
    assert [(row.name, row.before) for row in found] == [("Title", "Yearbook"), ("Legal basis", None)]
    assert first.title.en in found[1].after


def test_monitoring_that_came_is_a_difference(english):
    without = changed(monitoring=msgspec.UNSET)
    found = compare(without, changed()).monitoring
    assert len(found) == 3
    assert not any(row.before for row in found)
    assert not compare(without, changed()).is_empty


async def test_another_ending_stands_on_the_page_of_changes(samples, browser):
    ending = msgspec.structs.replace(QOM.ending, notice_days=60)
    file = msgspec.structs.replace(read_sample("yearbook-qom"), statement=changed(ending=ending))
    await load_service(file, position=0, now=NOON)
    page = words_of((await browser.get("/en/services/yearbook-qom/sla/2/changes")).text)
    assert "30 days 60 days" in page
    assert "۶۰ روز" in words_of((await browser.get("/services/yearbook-qom/sla/2/changes")).text)


def test_nothing_is_published_without_a_word_about_monitoring():
    draft = blank_draft()
    assert "terms#measured_fa" in {gap.where for gap in missing(draft)}
    half = Monitoring(Words("سنجش", "Measured"), Words("ماهانه", ""), Words("", ""))
    draft = msgspec.structs.replace(
        draft, statement=msgspec.structs.replace(draft.statement, monitoring=half)
    )
    gaps = {gap.where for gap in missing(draft)}
    assert {"terms#reported_en", "terms#reporter_fa", "terms#reporter_en"} <= gaps
    assert "terms#measured_fa" not in gaps
    assert "monitoring" in differences(None, draft).terms


async def test_monitoring_is_written_in_the_editor(samples, manager):
    new = {"reported_fa": "هر ماه به رئیس", "reported_en": "Every month to the head"}
    assert (await manager.submit(f"{EDIT}/terms", new)).status_code == 303
    assert (await drafted()).statement.monitoring.reported == Words(
        "هر ماه به رئیس", "Every month to the head"
    )
    await manager.submit(f"{EDIT}/publish")
    page = words_of((await manager.get("/en/services/yearbook-qom/sla/2")).text)
    assert "Every month to the head" in page
