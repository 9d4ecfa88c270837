"""What is asked about accounts."""

from __future__ import annotations

from uuid import UUID

import msgspec

from db.accounts import Account


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in is checked against."""

    account_id: UUID
    password_hash: str


async def credentials_of(username: str) -> Credentials | None:
    """Those of the active account called ``username`` (as ``actions.username_key`` writes it), or None."""
    row = (
        await Account.select(Account.id, Account.password_hash)
        .where(Account.username == username, Account.state == "active")
        .first()
    )
    return Credentials(account_id=row["id"], password_hash=row["password_hash"]) if row else None
