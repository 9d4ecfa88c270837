"""Managers, and the end of a statement as they bring it about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.accounts import Account
from portal.services.endings import EndingDraft, approve_ending, propose_ending
from portal.services.statement import Statement, Words
from tests.conftest import NOON

END = NOON + timedelta(days=31)
NOTICE = Words("این خدمت پایان می‌یابد.", "This service comes to its end.")


async def a_manager(name: str, role: str = "manager") -> UUID:
    account = Account(username=name, display_name=name.title(), role=role, password_hash="!", created_at=NOON)
    await Account.insert(account)
    return account.id


def a_wish(**changed: Any) -> EndingDraft:
    """To end a statement in 31 days."""
    wish = EndingDraft(kind="notice", reason="The law has changed.", notice=NOTICE, effective_at=END)
    return msgspec.structs.replace(wish, **changed)


async def end(service: UUID, wish: EndingDraft, offices: dict[str, UUID], *, now: datetime = NOON) -> UUID:
    """The wish, with the approval of each office by its manager."""
    first = next(iter(offices.values()))
    ending = await propose_ending(service, wish, by=first, now=now)
    for office, manager in offices.items():
        await approve_ending(ending, office=office, by=manager, now=now)
    return ending


def without_cover(statement: Statement) -> Statement:
    """What was published, as it was written: the cover comes with the publication."""
    return msgspec.structs.replace(statement, cover=msgspec.UNSET)
