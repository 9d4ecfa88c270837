"""The pages of services as visitors read them, in both languages."""

import re
from html import unescape

import html5lib
import msgspec
import pytest

from db.services import Service
from portal.services import queries
from portal.services.actions import SAMPLE_ORDER, load_service, read_sample
from portal.services.statement import Statement, sha256
from tests.conftest import NOON
from tests.services.managers import without_cover

LANGUAGES = {"fa": "", "en": "/en"}
every_sample = pytest.mark.parametrize("slug", SAMPLE_ORDER)
both_languages = pytest.mark.parametrize("language", LANGUAGES)


def words_of(html: str) -> str:
    """What a reader sees of the page's main part, in one line."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    main = next(tree.iter("main"))
    return " ".join(" ".join(main.itertext()).split())


def heading_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html[html.index("<h1") : html.index("</h1>")])).split())


def outside_markup(html: str) -> str:
    """The page's words without what is Latin by its nature: addresses, e-mails, digests."""
    return re.sub(r"JSON|SHA-256|[\w@-]+(\.[\w-]+)+|\b[0-9a-f]{12}\b", "", words_of(html))


@every_sample
@both_languages
async def test_the_page_of_a_service_says_what_it_is(samples, browser, slug, language):
    page = await browser.get(f"{LANGUAGES[language]}/services/{slug}")
    file = read_sample(slug)
    assert page.status_code == 200
    assert heading_of(page.text) == getattr(file.title, language)
    for part in (file.summary, file.description, file.cost_note, file.frequency, file.unit.name):
        assert getattr(part, language) in words_of(page.text)


@every_sample
@both_languages
async def test_the_page_of_a_service_holds_every_promise_of_both_sides(samples, browser, slug, language):
    words = words_of((await browser.get(f"{LANGUAGES[language]}/services/{slug}")).text)
    for clause in read_sample(slug).statement.clauses:
        assert getattr(clause.text, language) in words


@every_sample
@both_languages
async def test_a_statement_holds_every_section_and_clause_in_order(samples, browser, slug, language):
    words = words_of((await browser.get(f"{LANGUAGES[language]}/services/{slug}/sla")).text)
    statement = read_sample(slug).statement
    expected = []
    for section in statement.sections:
        expected += [getattr(section.title, language), getattr(section.text, language)]
        expected += [getattr(clause.text, language) for clause in statement.clauses_in(section.key)]
    place = 0
    for part in expected:
        place = words.index(part, place) + len(part)


@every_sample
async def test_no_persian_stands_on_an_english_page(samples, browser, slug):
    for path in (f"/en/services/{slug}", f"/en/services/{slug}/sla"):
        page = words_of((await browser.get(path)).text).replace("127675/ت/50642 هـ", "")
        assert not re.search(r"[\u0600-\u06ff]", page)


@every_sample
async def test_no_english_word_stands_on_a_persian_page(samples, browser, slug):
    for path in (f"/services/{slug}", f"/services/{slug}/sla"):
        page = outside_markup((await browser.get(path)).text)
        assert not re.findall(r"[A-Za-z]{2,}", page)


@every_sample
async def test_a_persian_page_shows_persian_digits(samples, browser, slug):
    for path in (f"/services/{slug}", f"/services/{slug}/sla"):
        assert not re.findall(r"[0-9]", outside_markup((await browser.get(path)).text))


async def test_the_promised_times_stand_in_words(samples, browser):
    words = words_of((await browser.get("/en/services/spatial-observatory")).text)
    assert "First answer 4 working hours" in words
    assert "Result 5 working days" in words
    assert "Notice of planned outages 48 hours before" in words


async def test_what_units_owe_each_other_stands_on_the_statement_only(samples, browser):
    service, statement = [
        words_of((await browser.get(f"/en/services/performance-evaluation{path}")).text)
        for path in ("", "/sla")
    ]
    for page in (service, statement):
        assert "A sign of life while it is open, every 10 working days" in page
    inner = "Inner time of the unit it was referred to 3 working days"
    assert (inner in service, inner in statement) == (False, True)


async def test_one_working_day_is_no_plural(samples, browser):
    words = words_of((await browser.get("/en/services/resource-monitoring")).text)
    assert "First answer 1 working day " in words


async def test_a_statement_past_its_date_is_said_to_stand(samples, browser):
    for path in ("/en/services/resource-monitoring", "/en/services/resource-monitoring/sla"):
        words = words_of((await browser.get(path)).text)
        assert "Its date, 20 March 2022, has passed. It stays in force until it is replaced." in words


async def test_a_number_of_a_law_stands_by_itself(samples, browser):
    page = await browser.get("/en/services/performance-evaluation")
    assert "<bdi>127675/ت/50642 هـ</bdi>" in page.text


async def test_an_uncertain_date_of_a_law_is_called_so(samples, browser):
    page = await browser.get("/en/services/spatial-observatory")
    assert "<bdi>1127128</bdi> (18 March 2017, date uncertain)" in page.text
    assert '(dated <bdi dir="ltr">1397/3/1397</bdi> in the source, which is no date)' in page.text


async def test_where_the_portal_takes_no_documents_it_says_how_they_come(samples, browser):
    words = words_of((await browser.get("/en/services/yearbook-qom")).text)
    assert "Documents via Office automation Fax Official e-mail" in words
    assert "This form takes no files." in words


async def test_an_open_service_can_be_asked_for(samples, browser):
    page = await browser.get("/en/services/yearbook-qom")
    assert 'href="/en/cases/new/yearbook-qom"' in page.text


async def test_a_closed_service_is_shown_but_not_asked_for(samples, browser):
    await Service.update({Service.state: "closed"}).where(Service.slug == "yearbook-qom")
    page = await browser.get("/en/services/yearbook-qom")
    assert page.status_code == 200
    assert "/cases/new/" not in page.text
    assert "This service takes no new requests at present." in words_of(page.text)


@pytest.mark.parametrize(
    "path",
    ["", "/sla", "/sla.json", "/sla/1", "/sla/1/statement.json"],
)
async def test_a_draft_has_no_address(samples, browser, path):
    await Service.update({Service.state: "draft"}).where(Service.slug == "yearbook-qom")
    queries.forget()
    assert (await browser.get(f"/services/yearbook-qom{path}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/services/nothing",
        "/services/%00",
        "/services/yearbook-qom/sla/9",
        "/services/yearbook-qom/sla/99999999999",
    ],
)
async def test_an_unknown_service_or_edition_is_not_found(samples, browser, path):
    page = await browser.get(path)
    assert page.status_code == 404
    assert heading_of(page.text)


async def test_the_document_is_what_its_digest_says(samples, browser):
    answer = await browser.get("/services/yearbook-qom/sla.json")
    statement = msgspec.json.decode(answer.content, type=Statement)
    assert without_cover(statement) == read_sample("yearbook-qom").statement
    assert answer.headers["etag"] == f'"{sha256(statement)}"'


async def test_an_unchanged_document_is_not_sent_again(samples, browser):
    first = await browser.get("/services/yearbook-qom/sla/1/statement.json")
    again = await browser.get(
        "/services/yearbook-qom/sla/1/statement.json", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_a_replaced_edition_says_so_and_leads_to_the_one_in_force(samples, browser):
    file = read_sample("yearbook-qom")
    changed = msgspec.structs.replace(file.statement, notice_lead_hours=72)
    await load_service(msgspec.structs.replace(file, statement=changed), position=0, now=NOON)
    page = await browser.get("/en/services/yearbook-qom/sla/1")
    assert "This edition was replaced on 21 November 2026." in words_of(page.text)
    assert 'href="/en/services/yearbook-qom/sla"' in page.text
    assert "72 hours before" in words_of((await browser.get("/en/services/yearbook-qom/sla")).text)


@both_languages
async def test_the_catalogue_lists_every_service(samples, browser, language):
    words = words_of((await browser.get(f"{LANGUAGES[language]}/services")).text)
    for slug in SAMPLE_ORDER:
        assert getattr(read_sample(slug).title, language) in words


async def test_a_search_keeps_its_words_and_counts_what_it_found(samples, browser):
    page = await browser.get("/en/services", params={"q": '"><b>Qom'})
    assert 'value="&#34;&gt;&lt;b&gt;Qom"' in page.text
    found = words_of((await browser.get("/en/services", params={"q": "Qom statistical yearbook"})).text)
    assert "Services found for “ Qom statistical yearbook ”: 1" in found


async def test_a_search_without_result_says_what_may_help(samples, browser):
    words = words_of((await browser.get("/en/services", params={"q": "passport renewal"})).text)
    assert "No service holds all these words. A single word often finds more." in words


async def test_who_promises_is_named_once_for_each_run_of_clauses(samples, browser):
    page = (await browser.get("/en/services/performance-evaluation/sla")).text
    commitments = page[page.index('<section id="commitments">') :].split("</section>")[0]
    named = re.findall(r'<p class="party">([^<]+)</p>', commitments)
    assert named == ["Your part", "Both sides", "Our part"]
    assert re.findall(r'<ol start="(\d+)">', commitments) == ["1", "5", "7"]


@pytest.mark.parametrize(
    ("slug", "folded"),
    [("resource-monitoring", ["12 more promises"]), ("spatial-observatory", ["5 more promises"])],
)
async def test_after_five_promises_the_others_are_folded_away(samples, browser, slug, folded):
    page = (await browser.get(f"/en/services/{slug}")).text
    assert re.findall(r"<summary>([^<]+)</summary>", page) == folded
    inside = page[page.index("<details>") : page.index("</details>")]
    clauses = read_sample(slug).statement.promised_by("provider")
    assert [clause.text.en in unescape(inside) for clause in clauses] == [False] * 5 + [True] * (
        len(clauses) - 5
    )


async def test_the_masthead_leads_to_the_same_page_in_the_other_language(samples, browser):
    for page, other in (
        ("/services?q=data", "/en/services?q=data"),
        ("/en/services/yearbook-qom", "/services/yearbook-qom"),
    ):
        masthead = (await browser.get(page)).text.split("</header>")[0]
        assert f'<a href="{other}" lang=' in masthead
