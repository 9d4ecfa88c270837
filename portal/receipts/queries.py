"""What is asked about receipts: one by its number, the keys that signed, what else belongs to a proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case, Message
from db.receipts import Receipt, ReceiptKey
from portal.cases import attest
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
_WORDS = """
    SELECT m.salt, m.body FROM message m JOIN case_event e ON e.id = m.event
    WHERE e."case" = {} AND e.n = {} AND m.visible_to = 'applicant' AND m.salt <> ''
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


class Salted(msgspec.Struct, frozen=True):
    """What a digest was made of: ``salt`` and then ``text``, both in UTF-8."""

    salt: str
    text: str


class Secrets(msgspec.Struct, frozen=True):
    """What only the applicant has beside a receipt: what its digests of answers and words were made of, each None once
    it was erased or where there is none.
    """

    answers: Salted | None = None
    words: Salted | None = None


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


async def secrets_of(kept: Kept) -> Secrets:
    """What the digests of the receipt were made of, as far as it still stands."""
    attested = attest.read(kept.document)
    words = await words_of(kept.case_id, attested.head.n) if attested.words else None
    return Secrets(await filed_text_of(kept.case_id), words)


async def filed_text_of(case_id: UUID) -> Salted | None:
    """What the digest of the answers was made of; None once it was erased."""
    row = (
        await Case.select(Case.salt, Case.answers, Case.body)
        .where(Case.id == case_id, Case.erased_at.is_null())
        .first()
        .output(load_json=True)
    )
    return Salted(row["salt"], filed_text(row["answers"], row["body"])) if row else None


async def words_of(case_id: UUID, n: int) -> Salted | None:
    """What the digest of the words of event ``n`` was made of; None where the applicant reads none."""
    rows = await Message.raw(_WORDS, case_id, n)
    return Salted(rows[0]["salt"], rows[0]["body"]) if rows else None
