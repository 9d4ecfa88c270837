"""What is asked about accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from db.accounts import Account, ContactPoint
from portal import identifiers
from portal.security.usernames import username_key

# A user name wins over an address; an address that two people share names nobody.
_CALLED = """
    SELECT a.id, a.username = {} AS by_name FROM account a
    WHERE a.state = 'active' AND (a.username = {} OR EXISTS (
        SELECT FROM contact_point c
        WHERE c.account = a.id AND c.kind = 'email' AND c.verified_at IS NOT NULL AND c.value = {}))
    ORDER BY by_name DESC LIMIT 2
"""
_ADMINS = "SELECT id FROM account WHERE role = 'admin' AND state = 'active' ORDER BY id"


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


async def account_called(typed: str) -> UUID | None:
    """The active account whose user name or confirmed mail address was typed, however it is written; else None."""
    name, mail = username_key(typed), identifiers.email(typed) or ""
    rows = await Account.raw(_CALLED, name, name, mail)
    if not rows or (len(rows) > 1 and not rows[0]["by_name"]):
        return None
    account: UUID = rows[0]["id"]
    return account


async def active_admins() -> set[UUID]:
    """The accounts that are site admins now."""
    return {row["id"] for row in await Account.raw(_ADMINS)}


async def lock_admins() -> set[UUID]:
    """The active admins, locked in one order before anything else: of two who lock each other, one finds it done."""
    return {row["id"] for row in await Account.raw(f"{_ADMINS} FOR UPDATE")}
