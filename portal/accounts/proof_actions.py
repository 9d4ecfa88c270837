"""People show that they have their second factor: at sign-in, and again before what is sensitive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.engine import atomic
from db.factors import RecoveryCode, SecondFactor
from portal import audit
from portal.accounts.actions import prove
from portal.accounts.factor_actions import WrongCode
from portal.accounts.factor_queries import has_factor
from portal.security import attempts, authenticator, passkeys, sessions
from portal.security.passkeys import Ceremony, Passkey
from portal.security.sessions import Pending, SignedIn


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a person offers: a ``code`` as typed, from the app or the recovery sheet, or a passkey's ``answer``."""

    code: str = ""
    answer: str = ""


async def complete_sign_in(pending: Pending, given: Given, *, at: Ceremony, now: datetime) -> str | None:
    """The waiting session is an open one; returns its new token, None when it waited too long.

    The token before is worthless then. Raises WrongCode; TooMany while a wait is not over, as after wrong passwords
    (5 codes per account, then 30 s doubling to an hour). Not one transaction: the tries must stay counted.
    """
    async with _counted(pending.account_id, pending.role, given, now=now):
        return await _complete(pending, given, at=at, now=now)


async def confirm(who: SignedIn, password: str, given: Given, *, at: Ceremony, now: datetime) -> str | None:
    """``who`` proved who they are ``now``; returns the new token of their session, None when that has ended.

    By the password, and where the account has a second factor by that too. Raises WrongPassword, and as
    ``complete_sign_in``.
    """
    await prove(who.account_id, password, now=now)
    if not await has_factor(who.account_id):
        return await _confirm(who, None, at=at, now=now)
    async with _counted(who.account_id, who.role, given, now=now):
        return await _confirm(who, given, at=at, now=now)


@asynccontextmanager
async def _counted(account: UUID, role: str, given: Given, *, now: datetime) -> AsyncIterator[None]:
    """What is tried inside is counted where it can be guessed: no passkey can, so nobody is kept from theirs."""
    turn = f"second-step:{account}"
    if not given.answer:
        await attempts.take_turn(turn, now=now)
    try:
        yield
    except WrongCode:
        await audit.append("second_step_failed", actor=(account, role), object=f"account:{account}", now=now)
        raise
    await attempts.forgive(turn)


@atomic
async def _complete(pending: Pending, given: Given, *, at: Ceremony, now: datetime) -> str | None:
    who = pending.account_id, pending.role
    kind = await _use(who, given, at=at, now=now)
    token = await sessions.complete_session(pending.session_id, now=now)
    if token:
        await audit.append("signed_in", actor=who, data={"second": kind}, now=now)
    return token


@atomic
async def _confirm(who: SignedIn, given: Given | None, *, at: Ceremony, now: datetime) -> str | None:
    kind = await _use((who.account_id, who.role), given, at=at, now=now) if given else ""
    token = await sessions.prove_again(who.session_id, now=now)
    if token:
        await audit.append("confirmed", object=f"account:{who.account_id}", data={"second": kind}, now=now)
    return token


async def _use(who: tuple[UUID, str], given: Given, *, at: Ceremony, now: datetime) -> str:
    """What was given is used up; returns its kind. Raises WrongCode when it is wrong, or was used before."""
    account, digits, keys = who[0], authenticator.typed_digits(given.code), at.keys
    if given.answer:
        if not await _use_passkey(account, given.answer, at=at, now=now):
            raise WrongCode.of_passkey()
        return "passkey"
    if len(digits) == authenticator.APP_DIGITS and await _use_app(account, digits, keys, now=now):
        return "totp"
    if len(digits) == authenticator.RECOVERY_DIGITS and await _use_recovery(account, digits, keys, now=now):
        await audit.append("recovery_code_used", actor=who, object=f"account:{account}", now=now)
        return "recovery"
    raise WrongCode.of_app()


async def _use_app(account: UUID, digits: str, keys: Sequence[bytes], *, now: datetime) -> bool:
    for row in await _kept(account, "totp"):
        secret = authenticator.opened(row["secret"], account=account, keys=keys)
        step = authenticator.step_of(secret, digits, now=now) if secret else None
        if not secret or step is None:
            continue
        # Sealed anew at each use: so whatever is used needs an older key no more.
        kept = {SecondFactor.secret: authenticator.sealed(secret, account=account, key=keys[0])}
        # A step once used is behind the counter: the same code does not work twice, not even at the same time.
        if await _advance(row["id"], step, SecondFactor.counter < step, also=kept, now=now):
            return True
    return False


async def _use_passkey(account: UUID, answer: str, *, at: Ceremony, now: datetime) -> bool:
    claimed = passkeys.named_in(answer)
    for row in await _kept(account, "passkey"):
        if row["credential_id"] == claimed:
            kept = Passkey(credential_id=claimed, public_key=row["secret"], counter=row["counter"])
            counter = passkeys.counter_after(at, answer, kept, now=now)
            unchanged = SecondFactor.counter == kept.counter
            return counter is not None and await _advance(row["id"], counter, unchanged, also={}, now=now)
    return False


async def _use_recovery(account: UUID, digits: str, keys: Sequence[bytes], *, now: datetime) -> bool:
    digests = [authenticator.recovery_digest(digits, account=account, key=key) for key in keys]
    used = RecoveryCode.update({RecoveryCode.used_at: now}).where(
        RecoveryCode.account == account, RecoveryCode.code_hmac.is_in(digests), RecoveryCode.used_at.is_null()
    )
    return bool(await used.returning(RecoveryCode.id))


async def _kept(account: UUID, kind: str) -> list[dict[str, Any]]:
    return await SecondFactor.select(
        SecondFactor.id, SecondFactor.secret, SecondFactor.credential_id, SecondFactor.counter
    ).where(
        SecondFactor.account == account, SecondFactor.kind == kind, SecondFactor.confirmed_at.is_not_null()
    )


async def _advance(factor: UUID, counter: int, still: Any, *, also: dict[Any, Any], now: datetime) -> bool:
    moved = SecondFactor.update({SecondFactor.counter: counter, SecondFactor.used_at: now, **also})
    return bool(await moved.where(SecondFactor.id == factor, still).returning(SecondFactor.id))
