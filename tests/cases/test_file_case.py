"""The form of a new request: every kind of question, every mistake, all of them at once."""

import io
from datetime import date
from uuid import UUID, uuid4

import msgspec
import pytest
from litestar.datastructures import FormMultiDict, UploadFile

from portal.cases.forms import FilingForm, read_filing, summary
from portal.i18n import using
from portal.services.queries import ServiceView
from portal.services.statement import Field, Option, Sheet, Words

TODAY = date(2026, 11, 21)  # 1405/08/30
WORDS = Words(fa="ف", en="E")
OPTIONS = (Option("north", WORDS), Option("south", WORDS))
SUBMISSION = "5f0f5a2e-6f0e-4e56-9f5e-0a8f6f2f3c11"


def question(kind: str, *, required: bool = False, **limits) -> Field:
    options = OPTIONS if kind in ("choice", "choices") else ()
    return Field(key=kind, kind=kind, label=WORDS, required=required, options=options, **limits)


ALL = tuple(
    question(kind)
    for kind in (
        "text",
        "long_text",
        "number",
        "date",
        "choice",
        "choices",
        "national_id",
        "legal_id",
        "phone",
        "email",
        "file",
    )
)


def a_service(*fields: Field, **changed) -> ServiceView:
    service = ServiceView(
        id=uuid4(),
        slug="a-service",
        title=WORDS,
        agency=WORDS,
        unit_id=uuid4(),
        unit=WORDS,
        unit_phone="",
        unit_email="",
        audience=("citizen", "agency"),
        intake_channels=("portal",),
        sheet=Sheet(summary=WORDS, description=WORDS, cost_note=WORDS, frequency=WORDS),
        free=True,
        sensitive=False,
        retention_months=None,
        state="open",
        form_id=uuid4(),
        fields=fields,
        sla_id=None,
        statement=None,
        sha256="",
        calendars={},
    )
    return msgspec.structs.replace(service, **changed)


def sent(*fields: Field, service: ServiceView | None = None, more=(), **typed) -> FilingForm:
    """What a page with ``fields`` sends when it is filled rightly, but for ``typed`` (None: left out)."""
    filled = {
        "submission_id": SUBMISSION,
        "audience": "citizen",
        "contact_name": "مریم رضایی",
        "contact_email": "maryam@example.org",
        "body": "آمار جمعیت را لازم دارم.",
        "declaration": "yes",
    }
    pairs = [(name, value) for name, value in {**filled, **typed}.items() if value is not None]
    return read_filing(FormMultiDict([*pairs, *more]), service or a_service(*fields), "fa", today=TODAY)


def a_file(name: str = "a.pdf") -> UploadFile:
    upload = UploadFile(content_type="", filename=name)
    upload.file.close()
    upload.file = io.BytesIO(b"x")
    return upload


@pytest.fixture(autouse=True)
def english():
    with using("en"):
        yield


def test_a_form_filled_rightly_is_a_draft():
    filing = sent()
    assert filing.errors == {}
    draft = filing.draft
    assert draft.submission_id == UUID(SUBMISSION)
    assert (draft.contact_name, draft.contact_email, draft.contact_phone) == (
        "مریم رضایی",
        "maryam@example.org",
        None,
    )
    assert (draft.audience, draft.locale, draft.body) == ("citizen", "fa", "آمار جمعیت را لازم دارم.")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", "  كتاب ي  ", "کتاب ی"),
        ("long_text", "یک\r\n\r\n\r\nدو", "یک\n\nدو"),
        ("number", "۱٬۴۰۲", 1402),
        ("number", "١٤٠٢", 1402),
        ("number", "-5", -5),
        ("date", "۱۴۰۵/۰۹/۱۴", "2026-12-05"),
        ("date", "2026-12-05", "2026-12-05"),
        ("choice", "north", "north"),
        ("national_id", "۰۰۱-۲۳۴۵۶۷۹", "0012345679"),
        ("phone", "۰۹۱۲ ۳۴۵ ۶۷۸۹", "+989123456789"),
        ("email", "Reza@Example.ORG", "Reza@example.org"),
    ],
)
def test_each_kind_of_answer_is_kept_in_one_spelling(kind, typed, kept):
    filing = sent(*ALL, **{f"f_{kind}": typed})
    assert filing.errors == {}
    assert filing.draft.answers == {kind: kept}


def test_a_legal_id_is_kept_in_latin_digits():
    assert sent(*ALL, f_legal_id="۱۰۳۸۰۲۸۴۷۹۰").draft.answers == {"legal_id": "10380284790"}


def test_several_choices_are_kept_in_the_order_they_came():
    filing = sent(*ALL, more=[("f_choices", "south"), ("f_choices", "north")])
    assert filing.draft.answers == {"choices": ["south", "north"]}


def test_a_single_choice_of_several_is_still_a_list():
    assert sent(*ALL, f_choices="south").draft.answers == {"choices": ["south"]}


def test_what_was_left_empty_is_no_answer():
    assert sent(*ALL, f_text=" ", f_number="", f_choice="").draft.answers == {}


@pytest.mark.parametrize("kind", [field.kind for field in ALL])
def test_a_required_question_must_be_answered(kind):
    filing = sent(question(kind, required=True))
    assert list(filing.errors) == [f"f_{kind}"]
    assert filing.draft is None


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("text", "x" * 21, "at most 20"),
        ("long_text", "x" * 21, "at most 20"),
        ("number", "12.5", "whole number"),
        ("number", "abc", "whole number"),
        ("number", "9", "from 10 to 20"),
        ("number", "۲۱", "from 10 to 20"),
        ("date", "yesterday", "year/month/day"),
        ("date", "1404/12/30", "1404"),
        ("choice", "west", "offered"),
        ("choices", "west", "offered"),
        ("national_id", "0012345678", "ten digits"),
        ("legal_id", "10380284791", "eleven digits"),
        ("phone", "025-31234567", "09"),
        ("email", "Reza <r@x.org>", "name@example.org"),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(kind, typed, says):
    field = question(kind, max_length=20, minimum=10, maximum=20)
    filing = sent(field, **{field.name: typed})
    assert says in filing.errors[field.name]
    assert list(filing.errors) == [field.name]


def test_a_number_nobody_can_hold_is_refused():
    assert "largest" in sent(*ALL, f_number="9" * 30).errors["f_number"]


@pytest.mark.parametrize(
    ("typed", "limits", "says"),
    [
        ("1300/01/01", {}, "Write a day from 21 November 1926 to"),
        ("1500/01/01", {}, "to 21 November 2036"),
        ("1405/08/29", {"minimum": 0}, "Write a day from 21 November 2026 to"),
        ("1405/09/01", {"maximum": 0}, "to 21 November 2026."),
        ("1405/13/40", {}, "There is no month 13"),
    ],
)
def test_a_day_far_from_what_is_asked_is_refused(typed, limits, says):
    filing = sent(question("date", **limits), f_date=typed)
    assert says in filing.errors["f_date"]


def test_the_first_and_the_last_day_of_a_limit_fit():
    limits = {"minimum": 0, "maximum": 1}
    assert not sent(question("date", **limits), f_date="1405/08/30").errors
    assert not sent(question("date", **limits), f_date="14050901").errors


def test_all_mistakes_are_told_at_once():
    filing = sent(
        question("number"),
        f_number="x",
        body="",
        audience=None,
        contact_name="",
        contact_email="x",
        contact_phone="x",
        declaration=None,
    )
    assert list(filing.errors) == [
        "audience",
        "f_number",
        "body",
        "contact_name",
        "contact_email",
        "contact_phone",
        "declaration",
    ]


def test_what_was_typed_comes_back_as_it_was_typed():
    filing = sent(*ALL, f_number="دوازده", f_choices="north", contact_name="")
    assert filing.typed["f_number"] == "دوازده"
    assert filing.typed["f_choices"] == ["north"]
    assert filing.typed["body"] == "آمار جمعیت را لازم دارم."
    assert filing.submission_id == UUID(SUBMISSION)


def test_the_summary_names_the_field_of_each_mistake():
    service = a_service(question("text", required=True))
    told = summary(sent(service=service, contact_name="", f_odd="1"), service)
    assert told["f_text"] == "E — Please fill this in."
    assert told["contact_name"] == "Your first and last name — Please fill this in."
    assert told["form"].startswith("The form was sent")


# ---- Contact, audience, words ----


@pytest.mark.parametrize(
    "contact", [{"contact_email": "", "contact_phone": "09123456789"}, {"contact_email": "a@example.org"}]
)
def test_one_way_to_answer_is_enough(contact):
    assert sent(**contact).errors == {}


def test_without_any_way_to_answer_one_is_asked_for():
    assert "e-mail address or a mobile" in sent(contact_email="").errors["contact_email"]


def test_a_wrong_address_is_told_once():
    assert list(sent(contact_email="nobody").errors) == ["contact_email"]


def test_an_audience_the_service_is_not_for_is_explained():
    message = sent(audience="business").errors["audience"]
    assert "only for: Citizens, Executive agencies" in message


def test_an_agency_says_its_name():
    assert list(sent(audience="agency").errors) == ["agency_name"]
    assert sent(audience="agency", agency_name="شهرداری").draft.agency_name == "شهرداری"


def test_own_words_are_needed_only_where_no_question_gives_room_for_them():
    assert list(sent(body="").errors) == ["body"]
    assert sent(question("long_text"), body="").errors == {}


def test_too_many_words_are_refused_with_the_number_that_fits():
    assert "5,000" in sent(body="x" * 5001).errors["body"]


def test_nothing_is_filed_without_the_declaration():
    assert "true and complete" in sent(declaration=None).errors["declaration"]
