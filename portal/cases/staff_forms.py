"""What the desk's forms ask: one form per move on a case, and the form for what came on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from portal.cases import rules
from portal.cases.actions import FilingDraft
from portal.forms import FormReader
from portal.i18n import DEFAULT, N_, _
from portal.services.labels import CHANNELS, channel_words
from portal.services.queries import ServiceView

LONGEST_BODY = 10_000
LONGEST_REASON = 2_000
LONGEST_LETTER_NO = 60
NUMBERED = ("letter", "office_automation")
"""Channels whose papers always carry a number."""
LABELS = {
    "assignee": N_("Colleague"),
    "unit": N_("Unit"),
    "outcome": N_("Outcome"),
    "reason": N_("Reason"),
    "proof": N_("How did you make sure who is asking?"),
    "attachments": N_("Files"),
}
"""The fields of the moves; "body" is called differently in each (``BODIES``)."""
BODIES = {
    "answer": (N_("Your answer"), N_("The applicant reads this.")),
    "ask": (N_("Question"), N_("The applicant reads this, and the case waits for the reply.")),
    "note": (N_("Note"), N_("Only the desk reads this.")),
    "refer": (N_("Word to that unit"), N_("Only the desk reads this.")),
}
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

Values = dict[str, Any]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a clerk may do to a case: its event, the words of its form, and what the form asks.

    ``said`` is what the page states afterwards.
    """

    name: str
    kind: str
    label: str
    said: str
    read: Callable[[FormReader], Values]

    def is_allowed(self, state: str) -> bool:
        """Whether a case in ``state`` takes it."""
        return rules.allowed(self.kind, state)


class SentMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move as sent. ``seen`` is the version of the case on the page it came from, 0 when that is missing.

    ``typed`` fills the form again; ``files`` are still to be received.
    """

    seen: int
    values: Values
    typed: dict[str, str]
    errors: dict[str, str]
    files: tuple[UploadFile, ...]


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What came on paper, read and checked; ``draft`` is None while there are ``errors``."""

    channel: str
    letter_no: str
    letter_date: date | None
    typed: dict[str, str]
    errors: dict[str, str]
    draft: FilingDraft | None
    files: tuple[UploadFile, ...]


def read_move(move: Move, form: FormMultiDict) -> SentMove:
    """The move with its values, or with every mistake in it."""
    reader = FormReader(form)
    values = move.read(reader)
    seen = reader.typed("seen")
    files = tuple(reader.files("attachments")) if move.name == "answer" else ()
    if reader.errors and files:
        reader.fail("attachments", _choose_again(files))
    return SentMove(
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0,
        values=values,
        typed={
            **{name: reader.typed(name) for name in _TYPED},
            "sure": reader.typed(f"{move.name}-sure"),
        },
        errors=reader.errors,
        files=files,
    )


_TYPED = ("assignee", "body", "unit", "outcome", "reason", "proof")


def move_labels(move_name: str) -> dict[str, str]:
    """What the fields of this move's form are called, in the reader's language."""
    own = {"body": BODIES[move_name][0]} if move_name in BODIES else {}
    return {name: _(label) for name, label in {**LABELS, **own}.items()}


def registration_labels() -> dict[str, str]:
    """What the fields of the form for letters are called, in the reader's language."""
    return {name: _(label) for name, label in REGISTRATION_LABELS.items()}


def files_again(files: tuple[UploadFile, ...]) -> dict[str, str]:
    """The mistake to show where files came with a form that comes back; none without files."""
    return {"attachments": _choose_again(files)} if files else {}


def _choose_again(files: tuple[UploadFile, ...]) -> str:
    names = _(", ").join(f"\u2068{file.filename[:100]}\u2069" for file in files)
    return _("Please choose these files again, since browsers do not keep them: %(names)s") % {"names": names}


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
        reader.fail("attachments", _choose_again(files))
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


def _nothing(reader: FormReader) -> Values:
    return {}


def _assignee(reader: FormReader) -> Values:
    return {"assignee": _chosen(reader, "assignee")}


def _body(reader: FormReader) -> Values:
    return {"body": reader.long_text("body", max_length=LONGEST_BODY)}


def _unit_and_body(reader: FormReader) -> Values:
    return {"unit": _chosen(reader, "unit"), **_body(reader)}


def _rejection(reader: FormReader) -> Values:
    return _ended(reader, "reject")


def _closing(reader: FormReader) -> Values:
    return {"outcome": reader.choice("outcome", rules.OUTCOMES), **_ended(reader, "close")}


def _ended(reader: FormReader, move_name: str) -> Values:
    """The reason; the tick's name carries the move, since both forms stand on one page."""
    reason = reader.long_text("reason", max_length=LONGEST_REASON)
    if not reader.checked(f"{move_name}-sure"):
        reader.fail("sure", _("Please tick the box to confirm: nobody can open the case again."))
    return {"reason": reason}


def _proof(reader: FormReader) -> Values:
    return {"proof": reader.long_text("proof", max_length=LONGEST_REASON)}


def _chosen(reader: FormReader, name: str) -> UUID | None:
    value = reader.uuid(name)
    if value is None:
        reader.fail(name, _("Choose one."))
    return value


_ALL = (
    ("take", "taken", N_("Take the case"), N_("You have taken this case."), _nothing),
    ("answer", "answered", N_("Answer the applicant"), N_("Your answer was sent."), _body),
    ("ask", "asked", N_("Ask the applicant"), N_("Your question was sent."), _body),
    ("note", "noted", N_("Internal note"), N_("Your note was added. Only the desk can read it."), _body),
    ("assign", "assigned", N_("Assign to a colleague"), N_("The case was assigned."), _assignee),
    ("refer", "referred", N_("Refer to another unit"), N_("The case was referred."), _unit_and_body),
    ("close", "closed", N_("Close the case"), N_("The case was closed."), _closing),
    ("reject", "rejected", N_("Reject the request"), N_("The request was rejected."), _rejection),
    ("passcode", "passcode", N_("Give a new passcode"), N_("A new passcode was made."), _proof),
)
MOVES = {
    name: Move(name=name, kind=kind, label=label, said=said, read=read)
    for name, kind, label, said, read in _ALL
}
"""In the order in which the page offers them."""
