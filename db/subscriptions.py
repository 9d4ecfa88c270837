"""Tables of reaching people with notices: who wants to hear, what is told when, and other machines that listen."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.accounts import Account
from db.cases import Case
from db.keys import uuid7
from db.notices import Notice
from db.services import KEEP, Service
from db.statements import SlaEnding


class Subscription(Table, tablename="subscription"):
    """An address that hears of notices. ``service`` NULL means all; ``kinds`` is a JSON list of planned, incident.

    ``origin``: asked (double opt-in: ``confirmed_at`` is NULL until the address has confirmed) or case (an open case
    of the service: confirmed at once, ended with the case; its id is the case's). ``token_sha256`` is the digest of
    the confirming link's secret; leaving needs no secret but a signed link, and removes the row. ``bounces`` counts
    messages in a row that could not be delivered; after too many it ends. The index of whom to tell is in a migration.
    """

    id = UUID(primary_key=True, default=uuid7)
    channel = Varchar(length=4, default="mail")
    address = Varchar(length=254)
    locale = Varchar(length=2)
    service = ForeignKey(Service, on_delete=KEEP, null=True, default=None)
    kinds = JSONB()
    origin = Varchar(length=5, default="asked")
    case = ForeignKey(Case, on_delete=KEEP, null=True, default=None, index=True)
    account = ForeignKey(Account, on_delete=KEEP, null=True, default=None, index=True)
    token_sha256 = Varchar(length=64, null=True, default=None, index=True)
    made_at = Timestamptz(default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    bounces = SmallInt(default=0)
    known_channel = Check("channel IN ('mail', 'sms')")
    known_origin = Check("origin = 'asked' AND \"case\" IS NULL OR origin = 'case' AND \"case\" IS NOT NULL")


class NoticeMailing(Table, tablename="notice_mailing"):
    """One round of telling subscribers of a notice: due at ``due_at``, done at ``done_at``, NULL until then.

    ``kind``: published, ahead_72, ahead_24, ahead_1, started, changed, cancelled, ended. ``n`` is the notice's version
    that it tells of, so that each is told once. ``told_through`` is the last subscription that has its message: a
    worker that died is followed by one that goes on there. ``told`` counts messages. ``dropped_at``: it came too late
    to be worth telling, or the notice changed first. A round without a notice tells of the end of a statement,
    ``ending``: kind ending, or goes_on when that is called off.
    """

    id = UUID(primary_key=True, default=uuid7)
    notice = ForeignKey(Notice, on_delete=KEEP, null=True)
    ending = ForeignKey(SlaEnding, on_delete=KEEP, null=True, default=None)
    kind = Varchar(length=9)
    n = Integer()
    due_at = Timestamptz(default=None)
    done_at = Timestamptz(null=True, default=None)
    dropped_at = Timestamptz(null=True, default=None)
    told_through = UUID(null=True, default=None)
    told = Integer(default=0)
    data = JSONB()
    notice_mailing_once = Unique([notice, kind, n])
    notice_mailing_ending_once = Unique([ending, kind])
    notice_mailing_of_one = Check("(notice IS NULL) <> (ending IS NULL)")


class Webhook(Table, tablename="webhook"):
    """Another machine that is told of notices by a signed POST to ``url`` (https). ``secret`` signs; shown once.

    ``ended_at``: nobody is told any more.
    """

    id = UUID(primary_key=True, default=uuid7)
    url = Varchar(length=500)
    secret = Varchar(length=64)
    made_by = ForeignKey(Account, on_delete=KEEP, null=False)
    made_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)


class WebhookCall(Table, tablename="webhook_call"):
    """One change for one webhook: ``state`` is queued, done or failed; ``due_at`` is when it is tried next.

    ``n`` and ``event`` are the change's. ``attempts``, the last ``status`` and ``error`` say how it went.
    """

    id = UUID(primary_key=True, default=uuid7)
    webhook = ForeignKey(Webhook, on_delete=KEEP, null=False, index=True)
    notice = ForeignKey(Notice, on_delete=KEEP, null=False)
    n = Integer()
    event = Varchar(length=13)
    state = Varchar(length=6, default="queued")
    attempts = SmallInt(default=0)
    status = SmallInt(null=True, default=None)
    error = Text(default="")
    made_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    known_state = Check("state IN ('queued', 'done', 'failed')")
    webhook_call_once = Unique([webhook, notice, n, event])
