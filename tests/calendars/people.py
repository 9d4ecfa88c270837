"""Who edits calendars in tests."""

from __future__ import annotations

from uuid import UUID

from db.accounts import Account
from tests.conftest import NOON


async def somebody(username: str = "planner", role: str = "manager") -> UUID:
    """A new account that may edit calendars; its password is nobody's."""
    account = Account(
        username=username, display_name=username.title(), role=role, password_hash="!", created_at=NOON
    )
    await account.save()
    return account.id
