"""What the desk's forms ask: one form per move on a case, and the form for what came on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from portal.cases import rules
from portal.forms import FormReader
from portal.i18n import N_, _

LONGEST_BODY = 10_000
LONGEST_PAUSE, LONGEST_DELAY = 90, 366  # days
LONGEST_REASON = 2_000
LONGEST_PLACE = 300
LABELS = {
    "assignee": N_("Colleague"),
    "unit": N_("Unit"),
    "outcome": N_("Outcome"),
    "where_to": N_("Where the applicant can go instead"),
    "reason": N_("Reason"),
    "proof": N_("How did you make sure who is asking?"),
    "until": N_("The applicant has until"),
    "expected_on": N_("You expect to answer by"),
    "decision": N_("Decision"),
    "remedy": N_("What we do about it"),
    "person": N_("Person"),
    "attachments": N_("Files"),
}
"""The fields of the moves; "body" is called differently in each (``BODIES``)."""
BODIES = {
    "answer": (N_("Your answer"), N_("The applicant reads this.")),
    "ask": (N_("Question"), N_("The applicant reads this, and the case waits for the reply.")),
    "inform": (N_("Message"), N_("The applicant reads this. It asks nothing and decides nothing.")),
    "extend": (
        N_("Why it takes longer"),
        N_("The applicant reads this, with our apology when the promise is missed."),
    ),
    "decide": (N_("Reason"), N_("The applicant reads this.")),
    "verdict": (N_("Reasons"), N_("The applicant reads this, with whom to turn to next.")),
    "note": (N_("Note"), N_("Only the desk reads this.")),
    "refer": (N_("Word to that unit"), N_("Only the desk reads this.")),
}
DECISIONS = {
    "upheld": N_("The applicant is right: the pause never was, and our time counts on"),
    "denied": N_("The pause stands: we need this answer to go on"),
}
Values = dict[str, Any]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a clerk may do to a case: its event, the words of its form, and what the form asks.

    ``said`` is what the page states afterwards.
    """

    name: str
    kind: str
    label: str
    said: str
    read: Callable[[FormReader, date], Values]

    def is_allowed(self, state: str, kind: str) -> bool:
        """Whether a case of ``kind`` in ``state`` takes it."""
        return rules.allowed(self.kind, state) and rules.fits(self.kind, kind)


class SentMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move as sent. ``seen`` is the version of the case on the page it came from, 0 when that is missing.

    ``typed`` fills the form again; ``files`` are still to be received.
    """

    seen: int
    values: Values
    typed: dict[str, str]
    errors: dict[str, str]
    files: tuple[UploadFile, ...]


def read_move(move: Move, form: FormMultiDict, *, today: date) -> SentMove:
    """The move with its values, or with every mistake in it. ``today`` is the desk's day."""
    reader = FormReader(form)
    values = move.read(reader, today)
    seen = reader.typed("seen")
    files = tuple(reader.files("attachments")) if move.name == "answer" else ()
    if reader.errors and files:
        reader.fail("attachments", choose_again(files))
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


_TYPED = ("body", *(name for name in LABELS if name != "attachments"))


def move_labels(move_name: str) -> dict[str, str]:
    """What the fields of this move's form are called, in the reader's language."""
    own = {"body": BODIES[move_name][0]} if move_name in BODIES else {}
    if move_name == "verdict":
        own["outcome"] = LABELS["decision"]
    return {name: _(label) for name, label in {**LABELS, **own}.items()}


def files_again(files: tuple[UploadFile, ...]) -> dict[str, str]:
    """The mistake to show where files came with a form that comes back; none without files."""
    return {"attachments": choose_again(files)} if files else {}


def choose_again(files: tuple[UploadFile, ...]) -> str:
    names = _(", ").join(f"\u2068{file.filename[:100]}\u2069" for file in files)
    return _("Please choose these files again, since browsers do not keep them: %(names)s") % {"names": names}


def _nothing(reader: FormReader, today: date) -> Values:
    return {}


def _assignee(reader: FormReader, today: date) -> Values:
    return {"assignee": _chosen(reader, "assignee")}


def _body(reader: FormReader, today: date) -> Values:
    return {"body": reader.long_text("body", max_length=LONGEST_BODY)}


def _question(reader: FormReader, today: date) -> Values:
    span = (today + timedelta(days=1), today + timedelta(days=LONGEST_PAUSE))
    return {"until": reader.date("until", span=span), **_body(reader, today)}


def _delay(reader: FormReader, today: date) -> Values:
    span = (today, today + timedelta(days=LONGEST_DELAY))
    return {"expected_on": reader.date("expected_on", span=span), **_body(reader, today)}


def _judgement(reader: FormReader, today: date) -> Values:
    return {"decision": reader.choice("decision", tuple(DECISIONS)), **_body(reader, today)}


def _verdict(reader: FormReader, today: date) -> Values:
    outcome = reader.choice("outcome", rules.DECISIONS)
    return {
        "outcome": outcome,
        "reasons": reader.long_text("body", max_length=LONGEST_BODY),
        "remedy": reader.long_text(
            "remedy", max_length=LONGEST_REASON, required=outcome in ("upheld", "partly_upheld")
        ),
    }


def _person(reader: FormReader, today: date) -> Values:
    return {"person": _chosen(reader, "person")}


def _unit_and_body(reader: FormReader, today: date) -> Values:
    return {"unit": _chosen(reader, "unit"), **_body(reader, today)}


def _rejection(reader: FormReader, today: date) -> Values:
    return _ended(reader, "reject")


def _closing(reader: FormReader, today: date) -> Values:
    outcome = reader.choice("outcome", rules.OUTCOMES)
    where_to = reader.text("where_to", max_length=LONGEST_PLACE, required=outcome == rules.NOT_OURS)
    return {
        "outcome": outcome,
        "where_to": where_to if outcome == rules.NOT_OURS else "",
        **_ended(reader, "close"),
    }


def _ended(reader: FormReader, move_name: str) -> Values:
    """The reason; the tick's name carries the move, since both forms stand on one page."""
    reason = reader.long_text("reason", max_length=LONGEST_REASON)
    if not reader.checked(f"{move_name}-sure"):
        reader.fail(
            "sure",
            _("Please tick the box to confirm: only the applicant can open the case again."),
        )
    return {"reason": reason}


def _proof(reader: FormReader, today: date) -> Values:
    return {"proof": reader.long_text("proof", max_length=LONGEST_REASON)}


def _chosen(reader: FormReader, name: str) -> UUID | None:
    value = reader.uuid(name)
    if value is None:
        reader.fail(name, _("Choose one."))
    return value


_ALL = (
    ("take", "taken", N_("Take the case"), N_("You have taken this case."), _nothing),
    ("answer", "answered", N_("Answer the applicant"), N_("Your answer was sent."), _body),
    (
        "ask",
        "asked",
        N_("Ask the applicant"),
        N_("Your question was sent. The clock rests until the answer."),
        _question,
    ),
    ("inform", "informed", N_("Tell the applicant how it stands"), N_("Your message was sent."), _body),
    ("extend", "extended", N_("Announce a delay"), N_("The applicant was told of the delay."), _delay),
    (
        "decide",
        "contest_denied",
        N_("Decide about the contested pause"),
        N_("The applicant was told your decision."),
        _judgement,
    ),
    (
        "verdict",
        "decided",
        N_("Decide the complaint"),
        N_("The applicant was told your decision."),
        _verdict,
    ),
    (
        "person",
        "named",
        N_("Record whom the complaint is about"),
        N_("It is recorded. This person has nothing to do with the complaint from now on."),
        _person,
    ),
    ("note", "noted", N_("Internal note"), N_("Your note was added. Only the desk can read it."), _body),
    ("assign", "assigned", N_("Assign to a colleague"), N_("The case was assigned."), _assignee),
    ("refer", "referred", N_("Refer to another unit"), N_("The case was referred."), _unit_and_body),
    ("close", "closed", N_("Close the case"), N_("The case was closed."), _closing),
    ("reject", "rejected", N_("Reject the request"), N_("The request was rejected."), _rejection),
    ("passcode", "passcode", N_("Give a new passcode"), N_("A new passcode was made."), _proof),
    ("number", "renumbered", N_("Give a new tracking code"), N_("A new tracking code was made."), _proof),
)
MOVES = {
    name: Move(name=name, kind=kind, label=label, said=said, read=read)
    for name, kind, label, said, read in _ALL
}
"""In the order in which the page offers them."""
