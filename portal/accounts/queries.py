"""What is asked about accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from db.accounts import Account, ContactPoint


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Where an account can be told something; see ``db.accounts.ContactPoint``."""

    kind: str
    value: str
    verified: bool
    changed_at: datetime


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in is checked against."""

    account_id: UUID
    role: str
    password_hash: str


async def credentials_of(username: str) -> Credentials | None:
    """Those of the active account called ``username`` (as ``usernames.username_key`` writes it), or None."""
    row = (
        await Account.select(Account.id, Account.role, Account.password_hash)
        .where(Account.username == username, Account.state == "active")
        .first()
    )
    return (
        Credentials(account_id=row["id"], role=row["role"], password_hash=row["password_hash"])
        if row
        else None
    )


async def contacts_of(account: UUID) -> list[Contact]:
    """Every address and number on file, the oldest first, also those not yet confirmed."""
    rows = (
        await ContactPoint.select(
            ContactPoint.kind, ContactPoint.value, ContactPoint.verified_at, ContactPoint.changed_at
        )
        .where(ContactPoint.account == account)
        .order_by(ContactPoint.id)
    )
    return [
        Contact(
            kind=row["kind"],
            value=row["value"],
            verified=row["verified_at"] is not None,
            changed_at=row["changed_at"],
        )
        for row in rows
    ]
