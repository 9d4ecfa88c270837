"""Tables of receipts: what the portal signed about cases, and the keys that it signed with."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Text, Timestamptz, Varchar
from piccolo.table import Table

from db.cases import Case
from db.services import KEEP


class ReceiptKey(Table, tablename="receipt_key"):
    """A key that has signed receipts or is about to; never removed, so that old receipts can be checked.

    ``id`` is how receipts name it, ``public_key`` its 32 bytes as hex (``portal.signing``).
    """

    id = Varchar(length=16, primary_key=True)
    public_key = Varchar(length=64, unique=True)
    made_at = Timestamptz(default=None)


class Receipt(Table, tablename="receipt"):
    """What the portal said about a case at ``at``, signed; never updated or deleted.

    ``number`` is random like a tracking number. ``document`` is the canonical JSON (``portal.cases.attest``), exactly
    the bytes that ``signature`` (base64) signs. It holds digests, never what people wrote or a salt.
    """

    number = BigInt(primary_key=True, default=None)
    case = ForeignKey(Case, on_delete=KEEP, null=False, index=True)
    at = Timestamptz(default=None)
    document = Text()
    signature = Varchar(length=88)
