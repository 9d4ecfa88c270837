"""What changed between two editions, as a pure comparison and as a page."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import i18n
from portal.i18n import Words
from portal.services.actions import load_service, read_sample
from portal.services.comparison import Piece, Row, compare, word_changes
from portal.services.statement import Clause, Section, Statement
from portal.sla import Target
from tests.conftest import NOON
from tests.services.test_pages import words_of

OLD = read_sample("yearbook-qom").statement
PAGE = "/en/services/yearbook-qom/sla/2/changes?from=1"


@pytest.fixture(autouse=True)
def english():
    with i18n.using("en"):
        yield


def changed(**changes) -> Statement:
    return msgspec.structs.replace(OLD, **changes)


def reworded(text: str) -> Statement:
    first = OLD.clauses[0]
    clause = msgspec.structs.replace(first, text=Words(first.text.fa, text))
    return changed(clauses=(clause, *OLD.clauses[1:]))


def test_an_edition_and_itself_say_the_same():
    assert compare(OLD, OLD).is_empty


def test_a_changed_target_stands_beside_the_old_one():
    targets = (Target("first_answer", 3, "working_days", "iran-office"),)
    assert compare(OLD, changed(targets=targets)).times == (
        Row("First answer", "2 working days", "3 working days"),
        Row("Result", "10 working days", None),
        Row("Answer to a complaint", "15 working days", None),
        Row("Answer to a suggestion or comment", "10 working days", None),
        Row("Result: calendar", "iran-office", None),
        Row("Answer to a complaint: calendar", "iran-office", None),
        Row("Answer to a suggestion or comment: calendar", "iran-office", None),
    )


def test_the_notice_before_outages_is_a_promised_time_too():
    found = compare(OLD, changed(notice_lead_hours=72)).times
    assert found == (Row("Notice of planned outages", "48 hours before", "72 hours before"),)


def test_another_validity_is_said():
    found = compare(OLD, changed(valid_until=date(2027, 3, 20), until_superseded=False)).validity
    assert [row.name for row in found] == ["Valid until", "Once its date has passed"]
    assert (found[0].before, found[0].after) == ("Not set", "20 March 2027")


def test_another_calendar_stands_there_by_its_title():
    targets = tuple(msgspec.structs.replace(target, calendar="tehran") for target in OLD.targets)
    found = compare(OLD, changed(targets=targets), {"tehran": Words("تهران", "Tehran province")}).times
    assert {row.after for row in found} >= {"Tehran province"}


def test_a_reworded_clause_shows_the_words_that_went_and_came():
    text = OLD.clauses[0].text.en
    last = text.rsplit(" ", 1)[1]
    (section,) = compare(OLD, reworded(text.replace(last, "today."))).sections
    (clause,) = section.clauses
    assert (section.fate, section.text, clause.fate) == ("changed", (), "changed")
    assert clause.text[-2:] == (Piece("removed", f"{last} "), Piece("added", "today. "))


def test_a_clause_can_change_hands():
    first = OLD.clauses[0]
    other = msgspec.structs.replace(first, party="recipient" if first.party == "provider" else "provider")
    (section,) = compare(OLD, changed(clauses=(other, *OLD.clauses[1:]))).sections
    assert {section.clauses[0].party, section.clauses[0].party_before} == {"Our part", "Your part"}


def test_added_and_removed_clauses_and_sections_are_told_apart():
    section = Section("monitoring", Words("پایش", "Monitoring"), Words("هر سال", "Every year"))
    clause = Clause("M1", "monitoring", "provider", Words("می‌سنجیم", "We measure"))
    more = changed(sections=(*OLD.sections, section), clauses=(*OLD.clauses, clause))
    (added,) = compare(OLD, more).sections
    assert (added.fate, added.clauses[0].fate, added.text) == (
        "added",
        "added",
        (Piece("added", "Every year "),),
    )
    (removed,) = compare(more, OLD).sections
    assert (removed.fate, removed.clauses[0].fate) == ("removed", "removed")


@given(st.text(alphabet="ab \n", max_size=40), st.text(alphabet="ab \n", max_size=40))
def test_the_pieces_hold_every_word_of_both_texts(old, new):
    pieces = word_changes(old, new)
    for text, other in ((old, "added"), (new, "removed")):
        assert "".join(piece.words for piece in pieces if piece.fate != other).split() == text.split()


async def publish_second(statement: Statement) -> None:
    file = msgspec.structs.replace(read_sample("yearbook-qom"), statement=statement)
    await load_service(file, position=0, now=NOON + timedelta(days=1))


async def test_the_page_names_what_came_and_went_in_words_too(samples, browser):
    await publish_second(reworded("Entirely other words <b>."))
    page = await browser.get(PAGE)
    assert "<ins>" in page.text
    assert "<del>" in page.text
    assert "added: Entirely other words <b>." in re.sub(
        r"\s+", " ", words_of(page.text).replace("&lt;", "<").replace("&gt;", ">")
    )
    assert PAGE.removeprefix("/en") in (await browser.get("/services/yearbook-qom/sla")).text


async def test_without_another_one_the_edition_before_is_meant(samples, browser):
    await publish_second(changed(notice_lead_hours=72))
    text = words_of((await browser.get("/en/services/yearbook-qom/sla/2/changes")).text)
    assert "Changes from edition 1 to edition 2" in text
    assert "72 hours before" in text


async def test_two_that_say_the_same_say_so_and_the_first_has_none_before(samples, browser):
    assert "Both say the same." in (await browser.get("/en/services/yearbook-qom/sla/1/changes?from=1")).text
    for path in ("1/changes", "1/changes?from=9", "9/changes"):
        assert (await browser.get(f"/services/yearbook-qom/sla/{path}")).status_code == 404
