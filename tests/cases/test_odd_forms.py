"""Forms as no page of ours sends them, files in them, and the empty page."""

import pytest

from portal.cases.forms import blank_filing, with_errors
from tests.cases.test_file_case import (  # noqa: F401
    ALL,
    OPTIONS,
    SUBMISSION,
    WORDS,
    a_file,
    a_service,
    english,
    question,
    sent,
)


def test_files_stay_with_the_question_they_answer():
    filing = sent(question("file"), more=[("attachments", a_file()), ("f_file", a_file("b.pdf"))])
    assert [(name, key, file.filename) for name, key, file in filing.uploads] == [
        ("f_file", "file", "b.pdf"),
        ("attachments", "", "a.pdf"),
    ]


def test_after_a_mistake_files_must_be_chosen_again_and_the_page_says_so():
    filing = sent(question("file"), body="", more=[("attachments", a_file()), ("f_file", a_file())])
    filing = with_errors(filing, {})
    assert "again" in filing.errors["f_file"]
    assert "again" in filing.errors["attachments"]


def test_where_documents_come_another_way_no_file_is_asked_for_or_taken():
    service = a_service(question("file", required=True), intake_channels=("fax",))
    assert sent(service=service).errors == {}
    assert sent(service=service, more=[("attachments", a_file())]).errors["form"]


# ---- What no page of ours sends ----


def test_an_answer_to_no_question_is_refused_by_name():
    assert "\u2068f_secret\u2069" in sent(f_secret="1").errors["form"]


@pytest.mark.parametrize("name", ["body", "contact_name", "audience", "f_text", "submission_id"])
def test_two_answers_to_one_question_are_refused(name):
    value = SUBMISSION if name == "submission_id" else "citizen"
    filing = sent(question("text"), f_text="x", more=[(name, value)])
    assert "twice" in filing.errors[name]


def test_a_file_is_no_answer_to_another_question():
    assert sent(question("text", required=True), f_text=a_file()).errors["f_text"]


@pytest.mark.parametrize("given", [None, "", "1", "x" * 5000])
def test_a_form_without_its_id_gets_a_new_one(given):
    filing = sent(submission_id=given)
    assert filing.errors["form"]
    assert filing.submission_id


def test_a_huge_text_does_not_come_back_whole():
    assert len(sent(body="x" * 1_000_000).typed["body"]) == 100_000


# ---- The empty page ----


def test_an_only_audience_is_chosen_already():
    assert blank_filing(a_service(audience=("agency",))).typed == {"audience": "agency"}


def test_every_page_has_an_id_of_its_own():
    service = a_service()
    assert blank_filing(service).submission_id != blank_filing(service).submission_id
