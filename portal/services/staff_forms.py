"""What the pages of agencies and units ask."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, TypeVar

import msgspec
from litestar.datastructures import FormMultiDict

from portal import text
from portal.forms import FormReader
from portal.i18n import N_, _
from portal.services.agency_actions import AgencyDraft, UnitDraft
from portal.services.queries import is_slug

Draft = TypeVar("Draft", AgencyDraft, UnitDraft)
LONGEST_NAME = 200
LONGEST_OUTSIDE = 1000
LONGEST_ADDRESS = 300
AGENCY_FIELDS = ("slug", "name_fa", "name_en", "outside_fa", "outside_en", "outside_url")
UNIT_FIELDS = ("slug", "agency", "kind", "name_fa", "name_en", "phone", "email")
LABELS = {
    "slug": N_("Address"),
    "agency": N_("Agency"),
    "kind": N_("What is this unit for?"),
    "name_fa": N_("Name in Persian"),
    "name_en": N_("Name in English"),
    "phone": N_("Telephone"),
    "email": N_("E-mail"),
    "outside_fa": N_("Who outside hears complaints, in Persian"),
    "outside_en": N_("Who outside hears complaints, in English"),
    "outside_url": N_("Its web address"),
}
UNIT_KINDS = {
    "desk": N_("Works on requests"),
    "inspection": N_("Hears complaints (inspection)"),
    "appeals": N_("Hears appeals against what inspection decided"),
    "technical": N_("Technical"),
}
_TAKEN_BY_PAGES = {"new"}
"""/admin/units/new is the page that adds one."""


class Sent(msgspec.Struct, Generic[Draft], frozen=True, kw_only=True):
    """A form as sent: good once there are no ``errors``; ``typed`` fills it again.

    ``slug`` is empty on the form of what exists: an address never changes. ``seen`` is the version it was filled
    from, empty on the form of something new.
    """

    slug: str
    draft: Draft
    seen: str
    typed: dict[str, str]
    errors: dict[str, str]


def read_new_agency(form: FormMultiDict) -> Sent[AgencyDraft]:
    """The form that adds an agency."""
    reader = FormReader(form)
    return _sent(reader, _agency(reader), AGENCY_FIELDS, slug=read_slug(reader))


def read_agency(form: FormMultiDict) -> Sent[AgencyDraft]:
    """The form that changes an agency."""
    reader = FormReader(form)
    return _sent(reader, _agency(reader), AGENCY_FIELDS)


def read_new_unit(form: FormMultiDict, agencies: Collection[str]) -> Sent[UnitDraft]:
    """The form that adds a unit to one of ``agencies`` (slugs)."""
    reader = FormReader(form)
    slug = read_slug(reader)
    return _sent(reader, _unit(reader, reader.choice("agency", agencies)), UNIT_FIELDS, slug=slug)


def read_unit(form: FormMultiDict, agencies: Collection[str]) -> Sent[UnitDraft]:
    """The form that changes a unit; ``agencies`` are those that it may belong to."""
    reader = FormReader(form)
    return _sent(reader, _unit(reader, reader.choice("agency", agencies)), UNIT_FIELDS)


def _agency(reader: FormReader) -> AgencyDraft:
    return AgencyDraft(
        name_fa=reader.text("name_fa", max_length=LONGEST_NAME),
        name_en=reader.text("name_en", max_length=LONGEST_NAME),
        outside_fa=reader.long_text("outside_fa", max_length=LONGEST_OUTSIDE, required=False),
        outside_en=reader.long_text("outside_en", max_length=LONGEST_OUTSIDE, required=False),
        outside_url=_web_address(reader),
    )


def _web_address(reader: FormReader) -> str:
    address = reader.text("outside_url", max_length=LONGEST_ADDRESS, required=False)
    if address and not address.startswith(("https://", "http://")):
        reader.fail("outside_url", _("A web address begins with https://"))
    return address


def _unit(reader: FormReader, agency: str) -> UnitDraft:
    return UnitDraft(
        agency=agency,
        kind=reader.choice("kind", UNIT_KINDS),
        name_fa=reader.text("name_fa", max_length=LONGEST_NAME),
        name_en=reader.text("name_en", max_length=LONGEST_NAME),
        phone=reader.telephone("phone", required=False) or "",
        email=reader.email("email", required=False) or "",
    )


def read_slug(reader: FormReader) -> str:
    """What stands in an address and never changes."""
    slug = text.latin_digits(reader.text("slug", max_length=80)).lower()
    if slug and not is_slug(slug):
        reader.fail("slug", _("Use small Latin letters, digits and single dashes, like qom-statistics."))
    if slug in _TAKEN_BY_PAGES:
        reader.fail("slug", _("This address is taken. Please choose another."))
    return slug


def _sent(reader: FormReader, draft: Draft, fields: Collection[str], *, slug: str = "") -> Sent[Draft]:
    typed = {name: reader.typed(name) for name in fields}
    return Sent(slug=slug, draft=draft, seen=reader.typed("seen"), typed=typed, errors=reader.errors)
