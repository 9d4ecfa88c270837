"""The PDF of a statement: all of it, tagged, the same to the byte, and never a command."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

import msgspec
import pypdfium2
import pytest

from portal import i18n, pdf
from portal.i18n import Words
from portal.services.actions import load_service, read_sample
from portal.services.edition_queries import statement_of
from portal.services.printed import printed
from portal.services.statement import Clause
from tests.conftest import NOON

HOSTILE = '#read("/etc/passwd") #sys.version *bold* $x$ @ref <tag> \\ // ] #{'


def text_of(made: bytes) -> str:
    """The words of all pages, one space between them."""
    return plain(" ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made)))


def plain(words: str) -> str:
    """Letters and signs without marks above them (extractors put those beside the wrong letter) and half-spaces."""
    composed = unicodedata.normalize("NFKD", words.replace("\u200c", ""))
    kept = (sign for sign in composed if unicodedata.category(sign) not in ("Cf", "Mn"))
    return " ".join("".join(kept).split())


def words_in(text: str) -> set[str]:
    """The words, their letters in one order: the extractor turns the two of a ligature round."""
    return {"".join(sorted(word)) for word in re.findall(r"\w+", text)}


async def the_pdf(settings, language: str, slug: str = "yearbook-qom") -> bytes:
    with i18n.using(language):
        return await printed(await statement_of(slug, now=NOON), settings)


async def test_it_is_tagged_and_has_a_title_and_its_language(samples, settings):
    document = pypdfium2.PdfDocument(await the_pdf(settings, "fa"))
    assert document.is_tagged()
    assert "سالنامهٔ آماری استان قم" in document.get_metadata_dict()["Title"]
    assert b"/Lang" in await the_pdf(settings, "fa")


async def test_every_clause_and_both_parties_stand_in_it(samples, settings):
    text = text_of(await the_pdf(settings, "en"))
    statement = read_sample("yearbook-qom").statement
    for words in [clause.text for clause in statement.clauses] + [part.title for part in statement.sections]:
        assert " ".join(words.en.split()) in text
    for words in ("Our part", "Your part", "First answer", "2 working days", "Page 1 of 3", "Edition 1"):
        assert words in text
    edition = await statement_of("yearbook-qom", now=NOON)
    assert edition.sha256 in text.replace(" ", "")
    assert "/en/services/yearbook-qom/sla/1" in text


async def test_the_persian_one_says_every_clause_and_numbers_its_pages_in_persian(samples, settings):
    text = text_of(await the_pdf(settings, "fa"))
    for clause in read_sample("yearbook-qom").statement.clauses:
        assert words_in(plain(clause.text.fa)) <= words_in(text)
    assert plain("صفحهٔ ۱ از ۳") in text


async def test_the_legal_basis_says_where_a_date_is_none(samples, settings):
    text = text_of(await the_pdf(settings, "en", "performance-evaluation"))
    assert "Legal basis" in text
    for basis in read_sample("performance-evaluation").legal_basis:
        assert basis.title.en in text


async def test_the_same_edition_gives_the_same_bytes(samples, settings):
    first = await the_pdf(settings, "fa")
    pdf._print.cache_clear()
    assert await the_pdf(settings, "fa") == first
    assert await the_pdf(settings, "en") != first


async def test_words_that_look_like_commands_are_printed_as_they_are(db, settings):
    file = read_sample("yearbook-qom")
    clauses = (Clause("X1", "aim", "provider", Words(HOSTILE, HOSTILE)),)
    statement = msgspec.structs.replace(file.statement, clauses=clauses)
    changed = msgspec.structs.replace(file, statement=statement, title=Words(HOSTILE, HOSTILE))
    await load_service(changed, position=0, now=NOON)
    text = text_of(await the_pdf(settings, "en"))
    assert HOSTILE in text
    assert "root:" not in text


@pytest.mark.parametrize(("path", "name"), [("sla.pdf", "1-fa"), ("sla/1/statement.pdf", "1-fa")])
async def test_everybody_may_fetch_it(samples, browser, path, name):
    answer = await browser.get(f"/services/yearbook-qom/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert f'filename="yearbook-qom-{name}.pdf"' in answer.headers["content-disposition"]
    assert answer.content.startswith(b"%PDF-")
    again = {"If-None-Match": answer.headers["etag"]}
    assert (await browser.get(f"/services/yearbook-qom/{path}", headers=again)).status_code == 304
    assert "/sla/1/statement.pdf" in (await browser.get("/services/yearbook-qom/sla")).text


async def test_an_older_edition_keeps_its_pdf(samples, settings, browser):
    before = (await browser.get("/en/services/yearbook-qom/sla/1/statement.pdf")).content
    file = read_sample("yearbook-qom")
    changed = msgspec.structs.replace(file.statement, notice_lead_hours=72)
    later = NOON + timedelta(minutes=1)  # pages read the real clock
    await load_service(msgspec.structs.replace(file, statement=changed), position=0, now=later)
    assert (await browser.get("/en/services/yearbook-qom/sla/1/statement.pdf")).content == before
    assert "72 hours before" in text_of((await browser.get("/en/services/yearbook-qom/sla.pdf")).content)


async def test_what_is_not_there_has_no_pdf(samples, browser):
    for path in ("yearbook-qom/sla/9/statement.pdf", "nothing/sla.pdf"):
        assert (await browser.get(f"/services/{path}")).status_code == 404
