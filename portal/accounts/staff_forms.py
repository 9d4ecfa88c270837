"""What the site admin's forms about accounts ask."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from portal.accounts.forms import read_username
from portal.accounts.staff_actions import GIVEN, INTRODUCED, OF_A_UNIT
from portal.forms import FormReader
from portal.i18n import _

NEW_ROLES = (*sorted(INTRODUCED), *GIVEN, "admin")
FIELDS = (
    *(
        "role",
        "username",
        "display_name",
        "email",
        "phone",
        "unit",
        "agency",
        "letter_no",
        "letter_date",
        "reason",
    ),
    "one_person",
)


class SentAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A new account as sent; ``values`` count only without ``errors``. ``scan`` is still to be received."""

    values: dict[str, Any]
    typed: dict[str, str]
    errors: dict[str, str]
    scan: UploadFile | None


def read_account(
    form: FormMultiDict, *, units: Collection[str], agencies: Collection[str], today: date
) -> SentAccount:
    """The account with every mistake in it. ``today`` is the desk's day: letters come from before."""
    reader = FormReader(form)
    role = reader.choice("role", NEW_ROLES)
    values: dict[str, Any] = {
        "role": role,
        "username": read_username(reader, reserved=False),
        "display_name": _full_name(reader),
        "email": reader.email("email") or "",
        "phone": reader.mobile("phone", required=False) or "",
        "unit": _chosen(reader, "unit", units, required=role in OF_A_UNIT or role == "admin"),
        "reason": reader.text("reason", max_length=500, required=role == "admin"),
    }
    scan = None
    if role in INTRODUCED:
        values |= _letter(reader, agencies, today)
        scan = _scan(reader)
    if not reader.checked("one_person"):
        reader.fail(
            "one_person", _("An account belongs to one person, who never lends it. Please confirm that.")
        )
    typed = {name: reader.typed(name) for name in FIELDS}
    return SentAccount(values=values, typed=typed, errors=reader.errors, scan=scan)


def read_role(form: FormMultiDict, *, units: Collection[str]) -> tuple[str, UUID | None, dict[str, str]]:
    """The new role, the unit and the errors by field name."""
    reader = FormReader(form)
    role = reader.choice("role", GIVEN)
    unit = _chosen(reader, "unit", units, required=role in OF_A_UNIT)
    return role, unit, reader.errors


def read_reason(form: FormMultiDict, name: str = "reason") -> tuple[str, dict[str, str]]:
    """Why something is done, as the field ``name`` says, and the errors by field name."""
    reader = FormReader(form)
    return reader.text(name, max_length=500), reader.errors


def _letter(reader: FormReader, agencies: Collection[str], today: date) -> dict[str, Any]:
    written = reader.date("letter_date")
    if written and written > today:
        reader.fail("letter_date", _("This day is still to come."))
    return {
        "agency": _chosen(reader, "agency", agencies, required=True),
        "letter_no": reader.text("letter_no", max_length=60),
        "letter_date": written,
    }


def _scan(reader: FormReader) -> UploadFile | None:
    files = reader.files("scan")
    if len(files) != 1:
        reader.fail("scan", _("Choose the scan of the letter, one file."))
        return None
    if reader.errors:
        reader.fail("scan", _("Please choose the scan again, since browsers do not keep files."))
    return files[0]


def _full_name(reader: FormReader) -> str:
    name = reader.text("display_name", max_length=120)
    if name and len(name.split()) < 2:
        reader.fail("display_name", _("Write the first and the last name of the one person it is for."))
    return name


def _chosen(reader: FormReader, name: str, offered: Collection[str], *, required: bool) -> UUID | None:
    value = reader.choice(name, offered, required=required)
    return UUID(value) if value else None
