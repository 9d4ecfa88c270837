"""Record of every message that leaves: who was told what, and whether it arrived."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from db.cases import Case
from db.keys import uuid7
from db.services import KEEP


class OutboxMessage(Table, tablename="outbox_message"):
    """One message to one recipient, written in the transaction of its cause and delivered by a job.

    ``state``: queued; sent (the mail server took it, ``ended_at``); failed (never again, see ``error``); dropped (it
    never left: nobody waits for it any more); kept (no mail server is configured: readable at /admin/mail).
    ``cause`` is unique per channel, so that one event mails once. ``template`` names templates/<feature>/mail/<name>;
    ``data`` is what it shows. The text is made when it is sent.
    """

    id = UUID(primary_key=True, default=uuid7)
    channel = Varchar(length=8, default="mail")
    recipient = Varchar(length=254)
    template = Varchar(length=80)
    locale = Varchar(length=2)
    data = JSONB()
    cause = Varchar(length=120, unique=True)
    case = ForeignKey(Case, on_delete=KEEP, null=True, index=True)
    state = Varchar(length=8, default="queued")
    attempts = SmallInt(default=0)
    created_at = Timestamptz(default=None, index=True)
    ended_at = Timestamptz(null=True, default=None)
    error = Text(default="")
    known_state = Check("state IN ('queued', 'sent', 'failed', 'dropped', 'kept')")
