"""Tables of the audit log: what happened, and the seals that show it was not changed since."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, BigSerial, Timestamptz, Varchar
from piccolo.table import Table


class AuditEntry(Table, tablename="audit_entry"):
    """One thing somebody did or tried, written in the transaction of the deed. The app can only add and read.

    ``actor`` is NULL for guests and for the portal itself; ``role`` says which: guest, system, or the account's.
    ``action`` is a word of ``portal.audit.ACTIONS``; ``object`` what it was done to (``case:<id>``,
    ``account:<id>``), ``address`` where it came from. ``data`` holds ids and our own vocabulary, never
    secrets or personal text. Ids have gaps; the seals have none.

    Read by ``at``, then ``id``, the newest first; each filter of /admin/audit has its index in that order.
    """

    id = BigSerial(primary_key=True)
    actor = UUID(null=True, default=None)
    role = Varchar(length=12)
    action = Varchar(length=40)
    object = Varchar(length=80, default="")
    address = Varchar(length=50, default="")
    data = JSONB()
    at = Timestamptz(default=None)


class AuditSeal(Table, tablename="audit_seal"):
    """The place of one entry in the gapless chain.

    ``seq`` counts from 1 without gaps, in the order of sealing. ``mac`` is HMAC-SHA256 over ``seq``, the MAC
    before and the entry, in hexadecimal digits; ``portal.audit_log.chain`` says over which bytes.
    """

    seq = BigInt(primary_key=True)
    entry = BigInt(unique=True)
    mac = Varchar(length=64)
