"""Tables around people: drafts, proposals that two must carry, settings of the place."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.accounts import Account
from db.keys import uuid7
from db.services import KEEP


class Draft(Table, tablename="draft"):
    """What a signed-in person typed into ``form`` (a path of ours, once each) and has not sent; gone at ``ends_at``."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, on_delete=KEEP, null=False, index=True)
    form = Varchar(length=120)
    data = JSONB()
    saved_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None, index=True)
    draft_once = Unique([account, form])


class Proposal(Table, tablename="proposal"):
    """A deed that takes two different people: one asks, another one agrees or refuses.

    ``kind``: grant_admin, export or erasure; ``subject`` is the account it is about, NULL for none; ``data`` what
    exactly is asked. ``state``: open, agreed, refused. ``decided_by`` is never ``asked_by``. What people ask for
    themselves (erasure) an admin takes up first (``taken_up_by``, NULL before), and a second one agrees.
    """

    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=12)
    subject = ForeignKey(Account, on_delete=KEEP, null=True, index=True)
    data = JSONB()
    reason = Text(default="")
    state = Varchar(length=8, default="open")
    asked_by = ForeignKey(Account, on_delete=KEEP, null=False)
    asked_at = Timestamptz(default=None)
    taken_up_by = ForeignKey(Account, on_delete=KEEP, null=True)
    decided_by = ForeignKey(Account, on_delete=KEEP, null=True)
    decided_at = Timestamptz(null=True, default=None)
    proposal_kind = Check("kind IN ('grant_admin', 'export', 'erasure')")
    proposal_state = Check("state IN ('open', 'agreed', 'refused')")
    proposal_by_two = Check("decided_by IS NULL OR decided_by <> asked_by")
    proposal_taken_up = Check(
        "CASE WHEN kind = 'erasure' AND state = 'agreed'"
        " THEN coalesce(taken_up_by NOT IN (decided_by, asked_by), false) ELSE true END"
    )


class Setting(Table, tablename="setting"):
    """One choice made in the browser; a missing row means what the code says. ``key`` is in ``portal.place``."""

    key = Varchar(length=60, primary_key=True)
    value = JSONB()
    changed_by = ForeignKey(Account, on_delete=KEEP, null=True)
    at = Timestamptz(default=None)
