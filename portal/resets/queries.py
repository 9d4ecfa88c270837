"""What is asked about requests for a new password."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from db.accounts import Account
from db.resets import ResetApproval, ResetRequest
from portal.accounts.queries import contacts_of
from portal.i18n import current_language
from portal.identifiers import local_phone
from portal.resets import halves
from portal.resets.rules import Subject, stage

_FIND = """
    SELECT r.id, r.no, r.kind, r.state, r.account, r.a_hmac, r.asked_by, r.asked_at, r.ends_at, r.address, r.device,
           r.handed_over, r.b_hash, r.b_ends_at, r.tries, r.ended_at,
           a.username, a.display_name, a.role, a.password_hash
    FROM reset_request r LEFT JOIN account a ON a.id = r.account AND a.state = 'active'
        AND (r.state NOT IN ('open', 'approved') OR coalesce(a.password_changed_at <= r.asked_at, true))
    WHERE r.no = {}
"""
_SUBJECT = """
    SELECT a.display_name, a.created_at, g.name_fa AS agency_fa, g.name_en AS agency_en,
           u.name_fa AS unit_fa, u.name_en AS unit_en,
           (SELECT c.number FROM "case" c WHERE c.applicant = a.id ORDER BY c.filed_at DESC LIMIT 1) AS case_number
    FROM account a LEFT JOIN agency g ON g.id = a.agency LEFT JOIN unit u ON u.id = a.unit
    WHERE a.id = {}
"""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it is now; see ``db.resets.ResetRequest``.

    ``username`` and what follows are None when nobody has the name that was typed, the account is not active, or its
    password was changed since.
    """

    id: UUID
    no: int
    kind: str
    state: str
    account: UUID | None
    a_hmac: str
    asked_by: UUID | None
    asked_at: datetime
    ends_at: datetime
    address: str
    device: str
    handed_over: str | None
    b_hash: str | None
    b_ends_at: datetime | None
    tries: int
    ended_at: datetime | None
    username: str | None
    display_name: str | None
    role: str | None
    password_hash: str | None

    @property
    def object(self) -> str:
        """What the audit log calls it."""
        return f"reset:{self.no}"

    def stage(self, now: datetime) -> str:
        """Its state as people should hear it."""
        return stage(self.state, self.b_ends_at, self.ends_at, now)


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """One admin's word for a request."""

    admin: UUID
    admin_name: str
    method: str
    evidence: str
    checks: list[str]
    note: str
    remove_factors: bool
    at: datetime


async def by_number(no: int) -> Request | None:
    """The request with that number, or None."""
    rows = await ResetRequest.raw(_FIND, no)
    return Request(**rows[0]) if rows else None


async def by_secret(held: str, *, place: str, keys: Sequence[bytes]) -> Request | None:
    """The request whose half A (``place`` BROWSER) or link (LINK) is ``held``; None for any other secret."""
    read = halves.read_held(held)
    if read is None:
        return None
    no, secret = read
    found = await by_number(no)
    kept = found.a_hmac if found else ""
    fits = any(hmac.compare_digest(halves.digest(key, place, secret), kept) for key in keys)
    return found if fits else None


async def newer_than(request: Request) -> int | None:
    """The number of the newest request of the same account and kind, when it is another one."""
    row = (
        await ResetRequest.select(ResetRequest.no)
        .where(ResetRequest.account == request.account, ResetRequest.kind == request.kind)
        .order_by(ResetRequest.id, ascending=False)
        .first()
    )
    return row["no"] if row and row["no"] != request.no else None


async def approvals_of(request: UUID) -> list[Approval]:
    """Who approved it, the first first."""
    columns = (
        ResetApproval.admin,
        ResetApproval.admin.display_name.as_alias("admin_name"),
        ResetApproval.method,
        ResetApproval.evidence,
        ResetApproval.checks,
        ResetApproval.note,
        ResetApproval.remove_factors,
        ResetApproval.at,
    )
    rows = (
        await ResetApproval.select(*columns)
        .where(ResetApproval.request == request)
        .order_by(ResetApproval.at)
        .output(load_json=True)
    )
    return [Approval(**row) for row in rows]


async def subject_of(account: UUID) -> Subject:
    """What the account holds, to compare with what the person says."""
    row = (await Account.raw(_SUBJECT, account))[0]
    language = current_language()
    values: dict[str, list[str]] = {"email": [], "phone": []}
    for contact in await contacts_of(account):
        values[contact.kind].append(local_phone(contact.value))
    return Subject(
        name=row["display_name"],
        email="، ".join(values["email"]) if language == "fa" else ", ".join(values["email"]),
        phone="، ".join(values["phone"]) if language == "fa" else ", ".join(values["phone"]),
        agency=row[f"agency_{language}"] or "",
        unit=row[f"unit_{language}"] or "",
        case=str(row["case_number"] or ""),
        made_at=row["created_at"],
    )


async def approvals_by(admin: UUID, *, since: datetime) -> int:
    """How many requests the admin has approved after ``since``."""
    n: int = await ResetApproval.count().where(ResetApproval.admin == admin, ResetApproval.at > since)
    return n
