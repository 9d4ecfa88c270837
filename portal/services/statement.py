"""The shapes a service is written in: its sheet, its form fields, its service-level statement.

A statement's seven customary sections come first, extra sections after them; a clause says what one party promises;
a target is a clause a clock can read. The same shapes are stored, shown, exported and edited.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec

from portal.i18n import Words as Words
from portal.marks import Target

Audience = Literal["citizen", "business", "agency"]
Channel = Literal["portal", "office_automation", "fax", "official_email", "letter"]
FieldKind = Literal[
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
]

MOST_REOPEN_DAYS = 250
"""About a year of working days."""
MOST_RECHECK_DAYS = 366


class Option(msgspec.Struct, frozen=True):
    """One choice; ``value`` is what is stored."""

    value: str
    label: Words


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One question of a service's form, posted as ``f_<key>``.

    Limits are characters, the number's range or, for a date, days from the day of filing (0: that day, -30: a month
    before).
    """

    key: str
    kind: FieldKind
    label: Words
    help: Words | None = None
    required: bool = False
    max_length: int = 200
    minimum: int | None = None
    maximum: int | None = None
    options: tuple[Option, ...] = ()

    @property
    def name(self) -> str:
        return f"f_{self.key}"

    @property
    def personal(self) -> bool:
        """The answer is masked for whoever has only proven a phone number or an address."""
        return self.kind in ("text", "long_text", "national_id", "legal_id", "phone", "email")

    def label_of(self, value: str) -> str:
        """The words of a stored choice; the value itself where the option is gone."""
        return next((str(option.label) for option in self.options if option.value == value), value)


class LegalBasis(msgspec.Struct, frozen=True, kw_only=True):
    """A law or circular as found. ``date`` is None where ``date_raw`` is no date that can exist."""

    title: Words
    number: str
    date_raw: str
    date: date | None = None
    date_uncertain: bool = False


class Section(msgspec.Struct, frozen=True):
    """One part of a statement in running text."""

    key: str
    title: Words
    text: Words


class Clause(msgspec.Struct, frozen=True):
    """What one party (or both) promises; ``section`` is the key of the part it stands in."""

    id: str
    section: str
    party: Literal["provider", "recipient", "both"]
    text: Words


class Office(msgspec.Struct, frozen=True):
    """An office that has a say in ending a statement."""

    key: str
    title: Words


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to end a statement: each office agrees, by another person, and the notice is long enough.

    ``mutual``: both parties may end it together, too.
    """

    offices: tuple[Office, ...]
    notice_days: int
    mutual: bool = False

    @property
    def notice(self) -> timedelta:
        return timedelta(days=self.notice_days)


class Monitoring(msgspec.Struct, frozen=True):
    """How the promises are watched: how that is measured, how often it is reported, and who does both."""

    measured: Words
    reported: Words
    reporter: Words


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """What an edition says of the service itself, as it was when the edition was published. ``fee`` is in rials."""

    title: Words
    agency: Words
    legal_basis: tuple[LegalBasis, ...]
    cost_note: Words
    fee: int


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One edition of a service-level statement. Dates are local days, ``valid_until`` the last one, inclusive.

    What is UNSET is not in the document, so that the digest of an older edition stays: ``free`` says that the
    service costs nothing, ``reopen_days`` within how many working days after its end a request can be opened again,
    ``ending`` what it takes to end the statement, ``monitoring`` how its promises are watched.
    ``cover`` comes with the publication.
    """

    version: int
    valid_from: date | None = None
    valid_until: date | None = None
    until_superseded: bool = True
    notice_lead_hours: int
    targets: tuple[Target, ...]
    sections: tuple[Section, ...]
    clauses: tuple[Clause, ...]
    free: bool | msgspec.UnsetType = msgspec.UNSET
    reopen_days: Annotated[int, msgspec.Meta(ge=1, le=MOST_REOPEN_DAYS)] | msgspec.UnsetType = msgspec.UNSET
    ending: Ending | msgspec.UnsetType = msgspec.UNSET
    monitoring: Monitoring | msgspec.UnsetType = msgspec.UNSET
    cover: Cover | msgspec.UnsetType = msgspec.UNSET

    def target(self, key: str) -> Target | None:
        return next((target for target in self.targets if target.key == key), None)

    def clauses_in(self, section: str) -> list[Clause]:
        return [clause for clause in self.clauses if clause.section == section]

    def promised_by(self, party: str) -> list[Clause]:
        """The clauses of ``party``: provider, recipient, or both."""
        return [clause for clause in self.clauses if clause.party == party]

    def validity(self, today: date) -> str:
        """in_force, not_yet, date_passed (past its last day but standing until replaced) or over."""
        if self.valid_from and today < self.valid_from:
            return "not_yet"
        if self.valid_until and today > self.valid_until:
            return "date_passed" if self.until_superseded else "over"
        return "in_force"


class Watch(msgspec.Struct, frozen=True):
    """Whom a service warns about its promises, and when.

    ``warnings`` are percentages of the promised time. ``offsets`` are working hours after the due date, at which the
    clerk, the head of the unit and the managers are told. Usually: at three quarters and nine tenths; late, the
    clerk at once, the head after a working day, the managers after three.
    """

    warnings: tuple[int, int] = (75, 90)
    offsets: tuple[int, int, int] = (0, 7, 21)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An agency or a unit as a service file names it."""

    slug: str
    name: Words
    phone: str = ""
    email: str = ""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the service page shows and nobody filters by. ``fee`` is in rials, 0 where nothing is asked."""

    summary: Words
    description: Words
    documents: tuple[Words, ...] = ()
    cost_note: Words
    frequency: Words
    files_note: Words | None = None
    legal_basis: tuple[LegalBasis, ...] = ()
    fee: Annotated[int, msgspec.Meta(ge=0)] = 0


class Offer(Sheet, frozen=True, kw_only=True):
    """A whole service but for its address and who works on it.

    ``retention_months`` and ``recheck_days`` as in ``db.services.Service``.
    """

    title: Words
    audience: tuple[Audience, ...]
    intake_channels: tuple[Channel, ...]
    sensitive: bool = False
    retention_months: Annotated[int, msgspec.Meta(ge=1, le=1200)] | None = None
    recheck_days: Annotated[int, msgspec.Meta(ge=1, le=MOST_RECHECK_DAYS)] | None = None
    form: tuple[Field, ...]
    statement: Statement

    @property
    def sheet(self) -> Sheet:
        return Sheet(**{name: getattr(self, name) for name in Sheet.__struct_fields__})


class ServiceFile(Offer, frozen=True, kw_only=True):
    """A whole service as one file, for samples and transfer between desks."""

    slug: str
    agency: Place
    unit: Place


def canonical(statement: Statement) -> bytes:
    """The statement as canonical JSON: no spaces, one order of keys."""
    return msgspec.json.encode(statement, order="deterministic")


def sha256(statement: Statement) -> str:
    """Digest of the canonical JSON: the same document, the same digest."""
    return hashlib.sha256(canonical(statement)).hexdigest()
