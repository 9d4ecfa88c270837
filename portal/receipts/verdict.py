"""Whether a receipt is genuine, and what it attests. Nothing that somebody brought is believed unchecked."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal

import msgspec

from portal import signing
from portal.cases import attest, history
from portal.cases.attest import Attested
from portal.codes import Mistake
from portal.receipts import queries
from portal.receipts.queries import Kept
from portal.services.statement import Words

State = Literal["genuine", "changed", "unlisted"]
MARK = "rahgir-receipt-1"
# A PDF carries the receipt among its keywords, which stand in plain letters: nothing of the file has to be parsed.
_MARKED = re.compile(MARK.encode() + rb"\.([A-Za-z0-9_-]{100,20000}+)\.([A-Za-z0-9_-]{86})(?![A-Za-z0-9_-])")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``genuine``: signed here and in our register; ``unlisted``: signed here, yet the register lacks it (a backup was
    restored); ``changed``: not what was signed, then nothing of it is told.

    ``kind`` is that of the case, ``service`` is None where its name says too much. ``continues``: the case's
    history still holds what the receipt names as its last event; None where no case is known.
    """

    state: State
    attested: Attested | None = None
    number: int | None = None
    kind: str = "request"
    service: Words | None = None
    continues: bool | None = None
    signature: str = ""


async def of_number(number: int) -> Verdict | None:
    """About the receipt in our register; None when no receipt has this number."""
    kept = await queries.receipt_by_number(number)
    return await _of_kept(kept) if kept else None


async def of_file(content: bytes) -> Verdict | None:
    """About the receipt that a PDF of ours carries; None when it carries none."""
    found = {(match[1], match[2]) for match in _MARKED.finditer(content)}
    if not found:
        return None
    if len(found) > 1:
        return Verdict(state="changed")
    try:
        document, signature = map(_plain, found.pop())
    except binascii.Error:
        return Verdict(state="changed")
    return await of_signed(document, signature)


async def of_signed(document: bytes, signature: bytes) -> Verdict:
    """About a document and its signature, as somebody brought them."""
    if not any(signing.is_signed(document, signature, key.public_key) for key in await queries.keys()):
        return Verdict(state="changed")
    attested = attest.read(document.decode())
    number = attest.parse_number(attested.receipt)
    assert not isinstance(number, Mistake), "we signed it"
    kept = await queries.receipt_by_number(number)
    if kept is None or kept.document.encode() != document:
        return Verdict(state="unlisted", attested=attested, number=number)
    return await _of_kept(kept)


def marked(document: str, signature: str) -> str:
    """How a PDF carries the receipt; ``signature`` is base64."""
    return f"{MARK}.{_letters(document.encode())}.{_letters(base64.b64decode(signature))}"


async def _of_kept(kept: Kept) -> Verdict:
    signature = base64.b64decode(kept.signature)
    if not signing.is_signed(kept.document.encode(), signature, kept.public_key):
        return Verdict(state="changed")
    attested = attest.read(kept.document)
    return Verdict(
        state="genuine",
        attested=attested,
        number=kept.number,
        kind=kept.kind,
        service=None if kept.sensitive else kept.service,
        continues=await history.continues_from(kept.case_id, attested.head),
        signature=kept.signature,
    )


def _letters(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _plain(letters: bytes) -> bytes:
    return base64.urlsafe_b64decode(letters + b"=" * (-len(letters) % 4))
