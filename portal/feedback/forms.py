"""What the page for feedback asks: whom it is about, the words, who writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from portal import identifiers
from portal.accounts.queries import Contact
from portal.cases.forms import (
    ATTACHMENTS,
    LONGEST_AGENCY,
    LONGEST_BODY,
    LONGEST_NAME,
    read_audience,
    read_contact,
)
from portal.cases.submission import FilingDraft
from portal.feedback.queries import OfferedUnit
from portal.feedback.rules import TIP, Sort
from portal.forms import FormReader
from portal.i18n import N_, _
from portal.services.labels import AUDIENCES
from portal.services.queries import ServiceView

LONGEST_SUBJECT = 150
IDENTITIES = {
    "contact": N_("Only how to reach me; my name stays with me."),
    "identified": N_("My name and how to reach me."),
}
LABELS = {
    "about_code": N_("Tracking code of the request"),
    "service": N_("About which service?"),
    "unit": N_("Which unit?"),
    "audience": N_("For whom are you writing?"),
    "agency_name": N_("Name of the agency"),
    "subject": N_("Subject"),
    "body": N_("Your words"),
    ATTACHMENTS: N_("Files"),
    "identity": N_("What may we know of you?"),
    "contact_name": N_("Your first and last name"),
    "contact_email": N_("E-mail address"),
    "contact_phone": N_("Mobile number"),
}
_TYPED = tuple(name for name in LABELS if name != ATTACHMENTS)
_LONGEST_ECHO = 20_000


class FeedbackForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form as sent, or an empty one. ``draft`` is None while there are ``errors`` (message by field name).

    ``uploads`` are still to be received. ``identified``: the sender may be known by name. ``again``: the sender knows
    that the same was sent before.
    """

    submission_id: UUID
    typed: dict[str, str]
    errors: dict[str, str]
    draft: FilingDraft | None = None
    uploads: tuple[tuple[str, str, UploadFile], ...] = ()
    identified: bool = False
    again: bool = False


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What feedback is about. ``service`` is None where none was found; ``wrong`` says why, by field name.

    With ``case``, ``audience`` and ``agency_name`` are those of the request that is complained about.
    """

    service: ServiceView | None
    case: UUID | None = None
    audience: str = ""
    agency_name: str = ""
    wrong: dict[str, str] = {}
    status: int = 422


def blank(given: Mapping[str, str], *, name: str = "", contacts: Sequence[Contact] = ()) -> FeedbackForm:
    """An empty form with a new id, what is ``given`` by field, and what is known of whoever is signed in."""
    typed = {**dict.fromkeys(_TYPED, ""), **given, "contact_name": name}
    typed["identity"] = "identified" if name else "contact"
    for one in sorted(contacts, key=lambda one: one.verified):
        typed[f"contact_{one.kind}"] = identifiers.local_phone(one.value)
    return FeedbackForm(submission_id=uuid4(), typed=typed, errors={})


def typed_in(form: FormMultiDict) -> FeedbackForm:
    """What was typed, to show it again; nothing of it is checked."""
    reader = FormReader(form)
    typed = {name: reader.typed(name)[:_LONGEST_ECHO] for name in _TYPED}
    return FeedbackForm(submission_id=uuid4(), typed=typed, errors={})


def read_feedback(
    form: FormMultiDict, sort: Sort, about: About, units: Sequence[OfferedUnit], locale: str
) -> FeedbackForm:
    """The form with its draft, or with every mistake in it; ``locale`` is the language to answer in."""
    reader = FormReader(form)
    for field, message in about.wrong.items():
        reader.fail(field, message)
    audience, agency_name = _on_whose_behalf(reader, about)
    unit = reader.choice("unit", [one.slug for one in units]) if sort.topic == "unit" else ""
    identified = reader.choice("identity", IDENTITIES) == "identified"
    name = reader.text("contact_name", max_length=LONGEST_NAME, required=identified)
    email, phone = read_contact(reader)
    body = _words(reader)
    filled = typed_in(form)
    submission_id = _submission(reader)
    draft = FilingDraft(
        submission_id=submission_id,
        audience=audience,
        agency_name=agency_name,
        contact_name=name if identified else "",
        contact_email=email,
        contact_phone=phone,
        locale=locale,
        kind=sort.kind,
        topic=sort.topic,
        about_case=about.case,
        about_unit=next((one.id for one in units if one.slug == unit), None),
        body=body,
        answers={},
    )
    return FeedbackForm(
        again=reader.typed("again") != "",
        submission_id=submission_id,
        typed=filled.typed,
        errors=reader.errors,
        draft=None if reader.errors else draft,
        uploads=tuple((ATTACHMENTS, "", file) for file in reader.files(ATTACHMENTS)),
        identified=identified,
    )


def read_tip(form: FormMultiDict, about: About) -> tuple[FeedbackForm, str]:
    """A tip as sent and its words; it has nothing else, whatever was sent."""
    reader = FormReader(form)
    for field, message in about.wrong.items():
        reader.fail(field, message)
    body = reader.long_text("body", max_length=LONGEST_BODY)
    filled = FeedbackForm(submission_id=_submission(reader), typed=typed_in(form).typed, errors=reader.errors)
    return filled, body


def labels(word: str) -> dict[str, str]:
    """What each field is called on the page for this sort of feedback."""
    named = {name: _(label) for name, label in LABELS.items()}
    return named | {"service": _("About which service, if any?")} if word == TIP else named


def _on_whose_behalf(reader: FormReader, about: About) -> tuple[str, str]:
    """Audience and agency: those of the request that is complained about, else as filled in."""
    if about.case:
        return about.audience, about.agency_name
    if about.service:
        audience = read_audience(reader, about.service)
    else:
        audience = reader.choice("audience", AUDIENCES, required=not about.wrong)
    agency = reader.text("agency_name", max_length=LONGEST_AGENCY, required=audience == "agency")
    return audience, agency


def _words(reader: FormReader) -> str:
    """Subject and text as one: the desk reads, searches and seals them together."""
    subject = reader.text("subject", max_length=LONGEST_SUBJECT)
    return f"{subject}\n\n{reader.long_text('body', max_length=LONGEST_BODY)}"


def _submission(reader: FormReader) -> UUID:
    submission_id = reader.uuid("submission_id")
    if submission_id is None:
        reader.fail("form", _("The page did not arrive as a whole. Please send it again."))
    return submission_id or uuid4()
