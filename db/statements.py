"""Tables of what is on its way to a service: its draft, and the wish to end its statement."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.accounts import Account
from db.keys import uuid7
from db.services import KEEP, Service, SlaVersion


class ServiceDraft(Table, tablename="service_draft"):
    """What managers are writing for one service; ``document`` is a ``services.rules.Draft`` as JSON.

    A service without a row has nothing drafted.
    """

    id = UUID(primary_key=True, default=uuid7)
    service = ForeignKey(Service, on_delete=KEEP, null=False, unique=True)
    document = JSONB()
    changed_at = Timestamptz(default=None)
    changed_by = ForeignKey(Account, on_delete=KEEP, null=True)


class SlaEnding(Table, tablename="sla_ending"):
    """The wish to end an edition at ``effective_at``, announced from ``notice_at`` on (NULL: approvals are missing).

    ``kind`` is notice or mutual; a mutual ending names the recorded consent of both parties. ``withdrawn_at`` is
    when it was given up; at most one per edition is not.
    """

    id = UUID(primary_key=True, default=uuid7)
    sla_version = ForeignKey(SlaVersion, on_delete=KEEP, null=False)
    kind = Varchar(length=10)
    reason = Text()
    notice_fa = Text()
    notice_en = Text()
    provider_consent = Text(default="")
    recipient_consent = Text(default="")
    effective_at = Timestamptz(default=None)
    proposed_by = ForeignKey(Account, on_delete=KEEP, null=False)
    proposed_at = Timestamptz(default=None)
    notice_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    known_kind = Check("kind IN ('notice', 'mutual')")
    both_parties_agree = Check("kind = 'notice' OR (provider_consent <> '' AND recipient_consent <> '')")
    says_why = Check("reason <> '' AND notice_fa <> '' AND notice_en <> ''")
    told_beforehand = Check("notice_at <= effective_at")


class EndingApproval(Table, tablename="ending_approval"):
    """One office agrees to an ending, by one account. Two offices need two people."""

    id = UUID(primary_key=True, default=uuid7)
    ending = ForeignKey(SlaEnding, on_delete=KEEP, null=False)
    office = Varchar(length=40)
    account = ForeignKey(Account, on_delete=KEEP, null=False)
    approved_at = Timestamptz(default=None)
    ending_approval_office = Unique([ending, office])
    ending_approval_person = Unique([ending, account])
