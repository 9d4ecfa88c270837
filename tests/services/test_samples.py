"""The five sample services are complete documents."""

import pytest

from portal.office_hours import IRAN_OFFICE
from portal.services.actions import SAMPLE_ORDER, SAMPLES, read_sample
from portal.sla import due_at
from tests.conftest import NOON

CUSTOMARY = ["introduction", "aim", "responsibility", "commitments", "cost", "validity", "termination"]

every_sample = pytest.mark.parametrize("slug", SAMPLE_ORDER)


def test_every_file_has_its_place_in_the_order():
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(SAMPLE_ORDER)


@every_sample
def test_a_file_is_called_like_its_service(slug):
    assert read_sample(slug).slug == slug


@every_sample
def test_a_statement_begins_with_its_seven_customary_sections(slug):
    assert [section.key for section in read_sample(slug).statement.sections][:7] == CUSTOMARY


@every_sample
def test_a_clause_stands_in_a_section_and_its_name_is_its_own(slug):
    statement = read_sample(slug).statement
    sections = {section.key for section in statement.sections}
    assert {clause.section for clause in statement.clauses} <= sections
    assert len({clause.id for clause in statement.clauses}) == len(statement.clauses)


@every_sample
def test_both_sides_promise_something(slug):
    statement = read_sample(slug).statement
    assert statement.promised_by("provider")
    assert statement.promised_by("recipient") or statement.promised_by("both")


@every_sample
def test_the_first_answer_is_promised_before_the_result(slug):
    statement = read_sample(slug).statement
    first, result = (due_at(statement.target(key), IRAN_OFFICE, NOON) for key in ("first_answer", "result"))
    assert NOON < first < result


@every_sample
def test_whoever_may_send_no_files_is_told_why(slug):
    file = read_sample(slug)
    assert ("portal" in file.intake_channels) == (file.files_note is None)


@every_sample
def test_a_field_is_asked_once(slug):
    keys = [field.key for field in read_sample(slug).form]
    assert len(keys) == len(set(keys))


def test_a_sample_promises_a_sign_of_life_and_one_has_an_inner_time():
    kept = {slug: [target.key for target in read_sample(slug).statement.targets] for slug in SAMPLE_ORDER}
    assert {slug for slug, keys in kept.items() if "keep_in_touch" in keys} == {
        "performance-evaluation",
        "yearbook-tehran",
    }
    assert [slug for slug, keys in kept.items() if "referral" in keys] == ["performance-evaluation"]


@every_sample
def test_a_sign_of_life_comes_before_the_result_is_due(slug):
    statement = read_sample(slug).statement
    touch, result = statement.target("keep_in_touch"), statement.target("result")
    assert touch is None or due_at(touch, IRAN_OFFICE, NOON) < due_at(result, IRAN_OFFICE, NOON)
