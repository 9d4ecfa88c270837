"""Tables of the assisted reset: who asked, who approved, what became of it."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.accounts import Account
from db.keys import uuid7
from db.services import KEEP


class ResetRequest(Table, tablename="reset_request"):
    """One wish for a new password, with its secret in two halves: A in the browser that asked, B told by an admin.

    ``no`` is the number of six digits that the person names on the telephone. ``kind``: reset, invitation, or
    recovery (made on the server's console). ``account`` is NULL when nobody has the name that was typed.
    ``state``: open, approved (B exists), used, void (too many wrong tries, or refused), superseded. ``a_hmac`` and
    ``b_hash`` are all that is kept of the halves; ``handed_over`` is voice or mail. Times are UTC.
    """

    id = UUID(primary_key=True, default=uuid7)
    no = Integer(unique=True)
    kind = Varchar(length=10, default="reset")
    account = ForeignKey(Account, on_delete=KEEP, null=True, index=True)
    state = Varchar(length=10, default="open")
    a_hmac = Varchar(length=64)
    asked_by = ForeignKey(Account, on_delete=KEEP, null=True)
    asked_at = Timestamptz(default=None, index=True)
    ends_at = Timestamptz(default=None)
    address = Varchar(length=50, default="")
    device = Text(default="")
    handed_over = Varchar(length=5, null=True, default=None)
    b_hash = Varchar(length=200, null=True, default=None)
    b_ends_at = Timestamptz(null=True, default=None)
    tries = SmallInt(default=0)
    ended_at = Timestamptz(null=True, default=None)
    reset_state = Check("state IN ('open', 'approved', 'used', 'void', 'superseded')")
    reset_kind = Check("kind IN ('reset', 'invitation', 'recovery')")


class ResetApproval(Table, tablename="reset_approval"):
    """One admin's word that the person is who they say, with how it was proved. Never changed; one per admin.

    ``method``: in_person, call_back (to the number on file) or video. ``checks`` are the two facts compared.
    ``remove_factors``: the person has also lost the second factor.
    """

    id = UUID(primary_key=True, default=uuid7)
    request = ForeignKey(ResetRequest, on_delete=KEEP, null=False)
    admin = ForeignKey(Account, on_delete=KEEP, null=False)
    method = Varchar(length=10)
    evidence = Varchar(length=20)
    checks = JSONB()
    note = Text()
    remove_factors = Boolean(default=False)
    at = Timestamptz(default=None, index=True)
    reset_approval_once = Unique([request, admin])
