"""What is asked about receipts: one by its number, the keys that signed, what else belongs to a proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from db.receipts import Receipt, ReceiptKey
from portal.cases.events import filed_text
from portal.cases.titles import title_of
from portal.services.statement import Words

_RECEIPT = """
    SELECT r.number, r."case" AS case_id, r.at, r.document, r.signature, k.public_key, c.kind, s.title_fa, s.title_en,
           s.sensitive, a.name_fa AS agency_fa, a.name_en AS agency_en
    FROM receipt r
    JOIN receipt_key k ON k.id = r.document::json->>'key'
    JOIN "case" c ON c.id = r."case"
    JOIN service s ON s.id = c.service
    JOIN agency a ON a.id = s.agency
    WHERE r.number = {}
"""
_FIRST_OF_CASE = """
    SELECT number FROM receipt WHERE "case" = {} ORDER BY at, number LIMIT 1
"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One receipt as it was signed, with what its page and its paper say beside it.

    ``kind`` is that of the case, ``service`` its title of today, for people who may know it: ``sensitive`` ones are
    named to nobody else.
    """

    number: int
    case_id: UUID
    at: datetime
    document: str
    signature: str
    public_key: str
    kind: str
    service: Words
    agency: Words
    sensitive: bool


class Key(msgspec.Struct, frozen=True):
    """A public key, as hex, and since when it signs."""

    id: str
    public_key: str
    made_at: datetime


class FiledText(msgspec.Struct, frozen=True):
    """What the digest of a case's answers was made of: ``salt`` and then ``text``, both in UTF-8."""

    salt: str
    text: str


async def receipt_by_number(number: int) -> Kept | None:
    """The receipt with this number; None when it is nobody's. One query."""
    rows: list[dict[str, Any]] = await Receipt.raw(_RECEIPT, number)
    if not rows:
        return None
    row = rows[0]
    return Kept(
        **{name: row[name] for name in ("number", "case_id", "at", "document", "signature", "public_key")},
        kind=row["kind"],
        service=title_of(row["kind"], Words(fa=row["title_fa"], en=row["title_en"])),
        agency=Words(fa=row["agency_fa"], en=row["agency_en"]),
        sensitive=row["sensitive"],
    )


async def receipt_of_case(case_id: UUID, number: int | None) -> Kept | None:
    """The receipt ``number`` of this very case, without a number the one of its filing; None where there is none."""
    if number is None:
        rows = await Receipt.raw(_FIRST_OF_CASE, case_id)
        number = rows[0]["number"] if rows else None
    kept = await receipt_by_number(number) if number is not None else None
    return kept if kept and kept.case_id == case_id else None


async def keys() -> list[Key]:
    """Every key that has signed receipts, the newest first."""
    rows = await ReceiptKey.select(ReceiptKey.id, ReceiptKey.public_key, ReceiptKey.made_at).order_by(
        ReceiptKey.made_at, ascending=False
    )
    return [Key(**row) for row in rows]


async def filed_text_of(case_id: UUID) -> FiledText | None:
    """What was filed, to prove it by its digest; None once it was erased."""
    row = (
        await Case.select(Case.salt, Case.answers, Case.body)
        .where(Case.id == case_id, Case.erased_at.is_null())
        .first()
        .output(load_json=True)
    )
    return FiledText(row["salt"], filed_text(row["answers"], row["body"])) if row else None
