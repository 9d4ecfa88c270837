"""What is asked about second factors and about sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from db.accounts import Session
from db.factors import RecoveryCode, SecondFactor
from portal.security import authenticator
from portal.security.sessions import idle_limit


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """One confirmed second factor; see ``db.factors.SecondFactor``. ``credential_id`` is None for an app."""

    id: UUID
    kind: str
    name: str
    created_at: datetime
    used_at: datetime | None
    credential_id: str | None


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """One device on which somebody is signed in; see ``db.accounts.Session``."""

    id: UUID
    device: str
    address: str
    started_at: datetime
    seen_at: datetime


async def has_factor(account: UUID) -> bool:
    """Whether a sign-in of ``account`` has a second step."""
    return await SecondFactor.exists().where(
        SecondFactor.account == account, SecondFactor.confirmed_at.is_not_null()
    )


async def factors_of(account: UUID) -> list[Factor]:
    """The confirmed ones, the oldest first."""
    rows = (
        await SecondFactor.select(*(getattr(SecondFactor, name) for name in Factor.__struct_fields__))
        .where(SecondFactor.account == account, SecondFactor.confirmed_at.is_not_null())
        .order_by(SecondFactor.id)
    )
    return [Factor(**row) for row in rows]


async def recovery_codes_left(account: UUID) -> int:
    """How many recovery codes of ``account`` were not used yet."""
    left: int = await RecoveryCode.count().where(
        RecoveryCode.account == account, RecoveryCode.used_at.is_null()
    )
    return left


async def secret_of_new_app(account: UUID, factor: UUID, *, keys: Sequence[bytes]) -> str | None:
    """The key of an app that is being set up; None once it was confirmed, and for others' apps."""
    row = (
        await SecondFactor.select(SecondFactor.secret)
        .where(
            SecondFactor.id == factor,
            SecondFactor.account == account,
            SecondFactor.kind == "totp",
            SecondFactor.confirmed_at.is_null(),
        )
        .first()
    )
    return authenticator.opened(row["secret"], account=account, keys=keys) if row else None


async def sessions_of(account: UUID, role: str, *, now: datetime) -> list[OpenSession]:
    """The sessions of ``account`` that still open something, the one used last first."""
    rows = (
        await Session.select(*(getattr(Session, name) for name in OpenSession.__struct_fields__))
        .where(
            Session.account == account,
            Session.complete.eq(True),
            Session.ends_at > now,
            Session.seen_at > now - idle_limit(role),
        )
        .order_by(Session.seen_at, ascending=False)
    )
    return [OpenSession(**row) for row in rows]
