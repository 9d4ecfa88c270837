"""What a receipt shows of a case, and the square code that leads a telephone back to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import segno

from db.cases import Case
from portal import codes
from portal.cases.titles import title_of
from portal.services.statement import Words

# In SQL because it joins four tables for one row that every filing asks for.
_RECEIPT = """
    SELECT c.id AS case_id, c.number, c.kind, c.applicant, c.agency_name, c.contact_name, c.contact_email,
           c.filed_at, c.first_answer_due_at, c.result_due_at, s.title_fa, s.title_en,
           a.name_fa AS agency_fa, a.name_en AS agency_en, u.name_fa AS unit_fa, u.name_en AS unit_en,
           u.phone AS unit_phone
    FROM "case" c
    JOIN service s ON s.id = c.service
    JOIN agency a ON a.id = s.agency
    JOIN unit u ON u.id = c.unit
    WHERE c.number = {}
"""
_SAME = (
    "case_id",
    "number",
    "kind",
    "applicant",
    "agency_name",
    "contact_name",
    "unit_phone",
    "filed_at",
    "first_answer_due_at",
    "result_due_at",
)


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """One filed case as its receipt shows it. ``mailed``: its applicant gets mails about it.

    ``service`` is what the case is called; due dates are None where no statement promises one. ``applicant`` is
    None for guests. ``agency_name`` is the one that was written for, or empty.
    """

    case_id: UUID
    number: int
    kind: str
    applicant: UUID | None
    agency_name: str
    contact_name: str
    mailed: bool
    service: Words
    agency: Words
    unit: Words
    unit_phone: str
    filed_at: datetime
    first_answer_due_at: datetime | None
    result_due_at: datetime | None


async def receipt_of(number: int) -> Receipt | None:
    """The receipt of the case with this tracking number, None when there is no such case."""
    rows: list[dict[str, Any]] = await Case.raw(_RECEIPT, number)
    if not rows:
        return None
    row = rows[0]
    return Receipt(
        **{name: row[name] for name in _SAME},
        mailed=bool(row["contact_email"]),
        service=title_of(row["kind"], Words(fa=row["title_fa"], en=row["title_en"])),
        agency=Words(fa=row["agency_fa"], en=row["agency_en"]),
        unit=Words(fa=row["unit_fa"], en=row["unit_en"]),
    )


def square_code(base_url: str, number: int) -> str:
    """A ``data:`` address of the QR picture (SVG) of the case's short address."""
    address = f"{base_url}/T/{codes.text(number)}"
    return str(square(address).svg_data_uri(border=4, light="#fff", omitsize=True))


def square(address: str) -> segno.QRCode:
    """The QR code of an address.

    All capitals, the only letters in QR's compact mode: the squares stay large enough for an old phone. White goes
    behind it, since a dark page would hide it from scanners. Any mask can be read: trying all eight for the prettiest
    takes three times as long as drawing.
    """
    return segno.make_qr(address.upper(), error="m", mask=3)
