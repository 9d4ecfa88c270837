"""What people change about their own account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.accounts import Account
from db.engine import atomic
from portal import audit


@atomic
async def correct(account: UUID, *, display_name: str, locale: str, now: datetime) -> None:
    """Colleagues and pages call the person ``display_name``; mails to them come in ``locale``."""
    await Account.update({Account.display_name: display_name, Account.locale: locale}).where(
        Account.id == account
    )
    await audit.append("account_corrected", object=f"account:{account}", now=now)
