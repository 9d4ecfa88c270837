"""What managers see of the proposals to end a statement."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from db.statements import EndingApproval, SlaEnding
from portal.services.statement import Statement, Words


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """One office; ``by``, ``account`` and ``at`` say who recorded that it agrees, None while nobody did."""

    office: str
    title: Words
    by: str | None
    account: UUID | None
    at: datetime | None


class EndingAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal to end edition ``n``, open or announced (``notice_at``)."""

    id: UUID
    n: int
    kind: str
    reason: str
    notice: Words
    provider_consent: str
    recipient_consent: str
    effective_at: datetime
    proposed_by: str
    proposed_at: datetime
    notice_at: datetime | None
    agreements: tuple[Agreement, ...]


async def ending_at_hand(service: UUID) -> EndingAtHand | None:
    """The newest proposal about a service that was not withdrawn, for the newest edition; None where there is none."""
    row = (
        await SlaEnding.select(
            *SlaEnding.all_columns(),
            SlaEnding.sla_version.n,
            SlaEnding.sla_version.document,
            SlaEnding.proposed_by.display_name,
        )
        .where(SlaEnding.sla_version.service == service, SlaEnding.withdrawn_at.is_null())
        .order_by(SlaEnding.sla_version.n, ascending=False)
        .first()
    )
    if row is None:
        return None
    approvals = await EndingApproval.select(
        EndingApproval.office,
        EndingApproval.approved_at,
        EndingApproval.account,
        EndingApproval.account.display_name,
    ).where(EndingApproval.ending == row["id"])
    agreed = {approval["office"]: approval for approval in approvals}
    rule = msgspec.json.decode(row["sla_version.document"], type=Statement).ending
    same = ("id", "kind", "reason", "provider_consent", "recipient_consent", "effective_at")
    return EndingAtHand(
        **{name: row[name] for name in (*same, "proposed_at", "notice_at")},
        n=row["sla_version.n"],
        notice=Words(fa=row["notice_fa"], en=row["notice_en"]),
        proposed_by=row["proposed_by.display_name"],
        agreements=tuple(
            Agreement(
                office=office.key,
                title=office.title,
                by=agreed.get(office.key, {}).get("account.display_name"),
                account=agreed.get(office.key, {}).get("account"),
                at=agreed.get(office.key, {}).get("approved_at"),
            )
            for office in (rule.offices if rule else ())
        ),
    )
