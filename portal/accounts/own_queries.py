"""What people ask about their own account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from db.accounts import Account
from portal.accounts.queries import Contact, contacts_of


class OwnAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the portal holds about an account but its secrets; see ``db.accounts``."""

    username: str
    display_name: str
    role: str
    locale: str
    created_at: datetime
    password_changed_at: datetime | None
    contacts: tuple[Contact, ...]


async def own_account(account: UUID) -> OwnAccount:
    """The account, which must exist, with its addresses and numbers."""
    row = (
        await Account.select(
            Account.username,
            Account.display_name,
            Account.role,
            Account.locale,
            Account.created_at,
            Account.password_changed_at,
        )
        .where(Account.id == account)
        .first()
    )
    assert row, "the account of a session exists"
    return OwnAccount(**row, contacts=tuple(await contacts_of(account)))
