"""The form for what came on paper: by letter, fax, office automation or official e-mail."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from portal.cases.staff_forms import LONGEST_BODY, choose_again
from portal.cases.submission import FilingDraft
from portal.forms import FormReader
from portal.i18n import DEFAULT, N_, _
from portal.services.labels import CHANNELS, channel_words
from portal.services.queries import ServiceView

LONGEST_LETTER_NO = 60
NUMBERED = ("letter", "office_automation")
"""Channels whose papers always carry a number."""
REGISTRATION_LABELS = {
    "service": N_("Service"),
    "channel": N_("Channel"),
    "letter_no": N_("Number of the letter"),
    "letter_date": N_("Date of the letter"),
    "audience": N_("Applies as"),
    "agency_name": N_("Name of the agency"),
    "contact_name": N_("Name of the person"),
    "contact_email": N_("E-mail"),
    "contact_phone": N_("Mobile"),
    "body": N_("Text of the request"),
    "attachments": N_("Scan and enclosures"),
}
BY_POST = tuple(channel for channel in CHANNELS if channel != "portal")


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What came on paper, read and checked; ``draft`` is None while there are ``errors``."""

    channel: str
    letter_no: str
    letter_date: date | None
    typed: dict[str, str]
    errors: dict[str, str]
    draft: FilingDraft | None
    files: tuple[UploadFile, ...]


def registration_labels() -> dict[str, str]:
    """What the fields of the form for letters are called, in the reader's language."""
    return {name: _(label) for name, label in REGISTRATION_LABELS.items()}


def read_registration(
    form: FormMultiDict, service: ServiceView | None, *, today: date, base_url: str
) -> Registration:
    """What the clerk entered; ``service`` is the one chosen, None when none was. ``today`` is the desk's day.

    ``base_url`` is the address of the portal, for senders who have to go there.
    """
    reader = FormReader(form)
    if service is None:
        reader.fail("service", _("Choose one."))
    channel = _channel(reader, service, base_url)
    letter_no = reader.text("letter_no", max_length=LONGEST_LETTER_NO, required=channel in NUMBERED)
    letter_date = reader.date("letter_date", required=False)
    if letter_date and letter_date > today:
        reader.fail("letter_date", _("This day is still to come."))
    audience = reader.choice("audience", service.audience if service else ("citizen", "business", "agency"))
    draft = FilingDraft(
        submission_id=_submission_id(reader),
        audience=audience,
        agency_name=reader.text("agency_name", max_length=200, required=audience == "agency"),
        contact_name=reader.text("contact_name", max_length=120),
        contact_email=reader.email("contact_email", required=False),
        contact_phone=reader.mobile("contact_phone", required=False),
        locale=DEFAULT,  # who writes on paper here reads Persian
        body=reader.long_text("body", max_length=LONGEST_BODY),
        answers={},
    )
    files = tuple(reader.files("attachments"))
    if reader.errors and files:
        reader.fail("attachments", choose_again(files))
    return Registration(
        channel=channel,
        letter_no=letter_no,
        letter_date=letter_date,
        typed={name: reader.typed(name) for name in REGISTRATION_FIELDS},
        errors=reader.errors,
        draft=None if reader.errors else draft,
        files=files,
    )


REGISTRATION_FIELDS = (
    "service",
    "channel",
    "letter_no",
    "letter_date",
    "audience",
    "agency_name",
    "contact_name",
    "contact_email",
    "contact_phone",
    "body",
    "submission_id",
)


def _channel(reader: FormReader, service: ServiceView | None, base_url: str) -> str:
    """How it came, if the service's statement takes it that way; else the reason says which ways there are."""
    channel = reader.choice("channel", BY_POST)
    if not channel or service is None or channel in service.intake_channels:
        return channel
    ways = [way for way in service.intake_channels if way != "portal"]
    if ways:
        message = _("By its statement, this service takes requests outside the portal only by: %(ways)s.")
        reader.fail("channel", message % {"ways": _(", ").join(channel_words(ways))})
    else:
        message = _(
            "By its statement, this service takes requests through the portal only."
            " Please give the sender the address of its form: %(address)s"
        )
        form = f"\u2066{base_url}/cases/new/{service.slug}\u2069"
        reader.fail("channel", message % {"address": form})
    return channel


def _submission_id(reader: FormReader) -> UUID:
    submission_id = reader.uuid("submission_id")
    if submission_id is None:
        reader.fail("form", _("The page did not arrive as a whole. Please send it again."))
        return UUID(int=0)
    return submission_id
