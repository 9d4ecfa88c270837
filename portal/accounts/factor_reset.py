"""Taking away second factors that their owner has lost."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.engine import atomic
from db.factors import RecoveryCode, SecondFactor
from portal import audit


@atomic
async def remove_factors(account: UUID, *, now: datetime) -> None:
    """The account has no second factor and no recovery codes: a new one is set up after the next sign-in."""
    await SecondFactor.delete().where(SecondFactor.account == account)
    await RecoveryCode.delete().where(RecoveryCode.account == account)
    await audit.append("factors_removed", object=f"account:{account}", now=now)
