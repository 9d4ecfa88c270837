"""What the page for a new request asks: contact, the service's own questions, files and the declaration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from portal import identifiers
from portal.accounts.queries import Contact
from portal.cases.kept_files import Kept
from portal.cases.submission import FilingDraft
from portal.forms import FormReader, named
from portal.i18n import N_, _, current_language
from portal.services.labels import AUDIENCES, audience_words
from portal.services.queries import ServiceView
from portal.services.statement import Field
from portal.text import show_number, without_bidi
from portal.uploads import MAX_FILES, TOO_MANY

ATTACHMENTS = "attachments"
LONGEST_BODY = 5000
LONGEST_NAME = 120
LONGEST_AGENCY = 200
DAYS_BACK, DAYS_AHEAD = -36_525, 3653
"""A day that a question asks for lies between a hundred years before the filing and ten after, unless it says more."""
_LONGEST_ECHO = 100_000
"""Characters of one answer that fill the page again; far more than any question takes."""
LABELS = {
    "audience": N_("For whom are you writing?"),
    "agency_name": N_("Name of the agency"),
    ATTACHMENTS: N_("Files"),
    "contact_name": N_("Your first and last name"),
    "contact_email": N_("E-mail address"),
    "contact_phone": N_("Mobile number"),
    "declaration": N_("Declaration"),
}
_SINGLE = (
    "audience",
    "agency_name",
    "contact_name",
    "contact_email",
    "contact_phone",
    "body",
    "declaration",
    "hear",
)

NOTHING_KEPT = Kept()
Typed = dict[str, str | list[str]]


class FilingForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form as sent, or an empty one.

    ``draft`` is None while there are ``errors`` (message by field name); its files are still to be received:
    ``uploads`` holds (field name, key of the question, file). ``typed`` fills the page again; it comes from a draft
    of ``saved_at``, unless that is None. ``kept`` are files that arrived with an earlier sending of this page.
    ``again``: the visitor knows that the same was sent before.
    """

    submission_id: UUID
    typed: Typed
    errors: dict[str, str]
    draft: FilingDraft | None = None
    uploads: tuple[tuple[str, str, UploadFile], ...] = ()
    kept: Kept = NOTHING_KEPT
    again: bool = False
    saved_at: datetime | None = None


def blank_filing(service: ServiceView, *, name: str = "", contacts: Sequence[Contact] = ()) -> FilingForm:
    """An empty form with a new id and what is known about the visitor: of ``contacts`` the first confirmed ones."""
    typed: Typed = {}
    if len(service.audience) == 1:
        typed["audience"] = service.audience[0]
    if name:
        typed["contact_name"] = name
    for one in sorted(contacts, key=lambda one: not one.verified):
        typed.setdefault(f"contact_{one.kind}", identifiers.local_phone(one.value))
    return FilingForm(submission_id=uuid4(), typed=typed, errors={})


def read_filing(
    form: FormMultiDict, service: ServiceView, locale: str, *, today: date, kept: Kept = NOTHING_KEPT
) -> FilingForm:
    """The form with its draft, or with every mistake in it; ``locale`` is the language to answer in."""
    reader = FormReader(form)
    fields = questions(service)
    _refuse_odd_fields(reader, fields)
    audience = read_audience(reader, service)
    agency_name = reader.text("agency_name", max_length=LONGEST_AGENCY, required=audience == "agency")
    answers = {field.key: _read(reader, field, today) for field in fields if field.kind != "file"}
    body = reader.long_text("body", max_length=LONGEST_BODY, required=needs_body(service))
    uploads = _uploads(reader, service, fields, kept)
    name = reader.text("contact_name", max_length=LONGEST_NAME)
    email, phone = read_contact(reader)
    if not reader.checked("declaration"):
        reader.fail("declaration", _("Please confirm that what you wrote is true and complete."))
    submission_id = reader.uuid("submission_id")
    if submission_id is None:
        reader.fail("form", _("The page did not arrive as a whole. Please send it again."))
        submission_id = uuid4()
    draft = FilingDraft(
        submission_id=submission_id,
        audience=audience,
        agency_name=agency_name,
        contact_name=name,
        contact_email=email,
        contact_phone=phone,
        locale=locale,
        body=body,
        answers={key: value for key, value in answers.items() if value not in (None, "", [])},
    )
    return FilingForm(
        submission_id=submission_id,
        typed=_typed(reader, fields),
        errors=reader.errors,
        draft=None if reader.errors else draft,
        uploads=uploads,
        kept=kept,
        again=reader.typed("again") != "",
    )


def with_errors(filing: FilingForm, errors: dict[str, str]) -> FilingForm:
    """The same form with what only showed later, and no draft. It asks for chosen files again.

    A browser keeps no chosen files when the page comes back: unsaid, they would go missing unnoticed.
    """
    again = _("Please choose your files here again: browsers do not keep them.")
    told = {**dict.fromkeys((name for name, _key, _file in filing.uploads), again), **errors, **filing.errors}
    return msgspec.structs.replace(filing, draft=None, errors=told)


def labels(service: ServiceView) -> dict[str, str]:
    """What each field of the page is called, in the reader's language and in the order of the page."""
    body = _("What do you need from us?") if needs_body(service) else _("Anything else we should know?")
    own = {field.name: str(field.label) for field in service.fields}
    common = {name: _(label) for name, label in LABELS.items()}
    first = {name: common.pop(name) for name in ("audience", "agency_name")}
    return {**first, **own, "body": body, **common}


def summary(filing: FilingForm, service: ServiceView) -> dict[str, str]:
    """The mistakes in the order of the page, each with the name of its field: "Please fill this in" tells little."""
    titles = labels(service)
    about_fields = {name: filing.errors[name] for name in titles if name in filing.errors}
    about_all = {name: message for name, message in filing.errors.items() if name not in titles}
    return about_all | named(about_fields, titles)


def questions(service: ServiceView) -> tuple[Field, ...]:
    """The service's own questions that this portal may ask: none for files where they come another way."""
    return tuple(field for field in service.fields if field.kind != "file" or takes_files(service))


def takes_files(service: ServiceView) -> bool:
    return "portal" in service.intake_channels


def needs_body(service: ServiceView) -> bool:
    """Whether people must say in their own words what they want: no other question gives them room."""
    return all(field.kind != "long_text" for field in service.fields)


def _typed(reader: FormReader, fields: Iterable[Field]) -> Typed:
    typed: Typed = {name: reader.typed(name)[:_LONGEST_ECHO] for name in _SINGLE}
    for field in fields:
        if field.kind == "choices":
            values = [value for value in reader.form.getall(field.name, []) if isinstance(value, str)]
            typed[field.name] = values[: len(field.options)]
        elif field.kind != "file":
            typed[field.name] = reader.typed(field.name)[:_LONGEST_ECHO]
    return typed


# ---- One question ----


def _read(reader: FormReader, field: Field, today: date) -> Any:
    if field.kind != "date":
        return _READERS[field.kind](reader, field)
    least, most = field.minimum, field.maximum
    span = (
        today + timedelta(days=DAYS_BACK if least is None else least),
        today + timedelta(days=DAYS_AHEAD if most is None else most),
    )
    day = reader.date(field.name, span=span, required=field.required)
    return day.isoformat() if day else None


def _text(reader: FormReader, field: Field) -> str:
    return reader.text(field.name, max_length=field.max_length, required=field.required)


def _long_text(reader: FormReader, field: Field) -> str:
    return reader.long_text(field.name, max_length=field.max_length, required=field.required)


def _number(reader: FormReader, field: Field) -> int | None:
    return reader.number(field.name, minimum=field.minimum, maximum=field.maximum, required=field.required)


def _choice(reader: FormReader, field: Field) -> str:
    return reader.choice(field.name, [option.value for option in field.options], required=field.required)


def _choices(reader: FormReader, field: Field) -> list[str]:
    return reader.choices(field.name, [option.value for option in field.options], required=field.required)


_READERS: dict[str, Callable[[FormReader, Field], Any]] = {
    "text": _text,
    "long_text": _long_text,
    "number": _number,
    "choice": _choice,
    "choices": _choices,
    "national_id": lambda reader, field: reader.national_id(field.name, required=field.required),
    "legal_id": lambda reader, field: reader.legal_id(field.name, required=field.required),
    "phone": lambda reader, field: reader.mobile(field.name, required=field.required),
    "email": lambda reader, field: reader.email(field.name, required=field.required),
}


# ---- What every service asks ----


def read_audience(reader: FormReader, service: ServiceView) -> str:
    """For whom somebody writes: one of those the service is for."""
    audience = reader.choice("audience", AUDIENCES)
    if audience and audience not in service.audience:
        words = _(", ").join(audience_words(service.audience))
        message = _(
            "This service is only for: %(audience)s. For others, please look among our other services."
        )
        reader.fail("audience", message % {"audience": words})
    return audience


def read_contact(reader: FormReader) -> tuple[str | None, str | None]:
    """E-mail address and mobile number; one of them is enough, and needed."""
    email = reader.email("contact_email", required=False)
    phone = reader.mobile("contact_phone", required=False)
    if not (email or phone or {"contact_email", "contact_phone"} & reader.errors.keys()):
        reader.fail(
            "contact_email", _("Please give an e-mail address or a mobile number, so that we can answer.")
        )
    return email, phone


# ---- Files ----


def _uploads(
    reader: FormReader, service: ServiceView, fields: Iterable[Field], kept: Kept
) -> tuple[tuple[str, str, UploadFile], ...]:
    """The chosen files, those of the questions first."""
    there = {file.field for file in kept.files}
    uploads = []
    for field in fields:
        chosen = reader.files(field.name) if field.kind == "file" else []
        uploads += [(field.name, field.key, file) for file in chosen]
        if field.kind == "file" and field.required and not chosen and field.key not in there:
            reader.fail(field.name, _("Please choose a file."))
    attached = reader.files(ATTACHMENTS)
    if attached and not takes_files(service):
        reader.fail("form", _("This form takes no files."))
    if kept.files and len(uploads) + len(attached) + len(kept.files) > MAX_FILES:
        reader.fail(ATTACHMENTS, _(TOO_MANY) % {"most": show_number(MAX_FILES, current_language())})
    return (*uploads, *((ATTACHMENTS, "", file) for file in attached))


# ---- What no page of ours sends ----


def _refuse_odd_fields(reader: FormReader, fields: Iterable[Field]) -> None:
    """An answer to no question, and two answers to one, are refused: we could only guess what was meant."""
    kinds = {field.name: field.kind for field in fields}
    sent = Counter(name for name, _value in reader.form.multi_items())
    for name, times in sent.items():
        if name.startswith("f_") and name not in kinds:
            shown = f"\u2068{without_bidi(name)[:60]}\u2069"
            message = _("The form was sent with an answer to a question it does not have: %(name)s.")
            reader.fail("form", message % {"name": shown})
        elif times > 1 and (
            name in (*_SINGLE, "submission_id") or kinds.get(name, "file") not in ("choices", "file")
        ):
            reader.fail(name, _("This was answered twice. Please answer it once."))
