"""What happens to second factors: they are set up, renamed and removed; and what happens to open sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.accounts import Account, Session
from db.engine import atomic
from db.factors import RecoveryCode, SecondFactor
from portal import audit
from portal.accounts.factor_queries import factors_of, has_factor, recovery_codes_left, secret_of_new_app
from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import _
from portal.security import authenticator, passkeys, sessions
from portal.security.passkeys import Ceremony

MOST = 10
"""Second factors of one account."""


class WrongCode(NotAllowed):
    """The code, or what the device said, does not show that the person has the second factor."""

    @classmethod
    def of_app(cls) -> WrongCode:
        return cls(
            _("This code is not right, or it was used before. Please wait for the next one and type that.")
        )

    @classmethod
    def of_passkey(cls) -> WrongCode:
        return cls(_("The passkey did not work. Please try once more, or choose another way."))


@atomic
async def begin_app(account: UUID, *, key: bytes, now: datetime) -> UUID:
    """An authenticator app waits to be confirmed by its first code; returns its id.

    One that waited before is forgotten. Raises Conflict when there are ten factors.
    """
    await _lock(account)
    await SecondFactor.delete().where(SecondFactor.account == account, SecondFactor.confirmed_at.is_null())
    await _leave_room(account)
    secret = authenticator.sealed(authenticator.new_secret(), account=account, key=key)
    factor = SecondFactor(account=account, kind="totp", secret=secret, created_at=now)
    await SecondFactor.insert(factor)
    return factor.id


@atomic
async def confirm_app(
    account: UUID, factor: UUID, code: str, *, name: str, keys: Sequence[bytes], now: datetime
) -> list[str]:
    """The app called ``name`` is a second factor from now on: it showed ``code``.

    Returns ten new recovery codes where the account has none yet, otherwise nothing. Raises NotFound when no such
    app waits, WrongCode.
    """
    await _lock(account)
    secret = await secret_of_new_app(account, factor, keys=keys)
    if secret is None:
        raise NotFound(_("This app is not waiting to be set up. Please begin again."))
    step = authenticator.step_of(secret, authenticator.typed_digits(code), now=now)
    if step is None:
        raise WrongCode.of_app()
    await SecondFactor.update(
        {SecondFactor.name: name, SecondFactor.counter: step, SecondFactor.confirmed_at: now}
    ).where(SecondFactor.id == factor)
    return await _added(account, factor, "totp", key=keys[0], now=now)


@atomic
async def add_passkey(account: UUID, answer: str, *, name: str, at: Ceremony, now: datetime) -> list[str]:
    """The passkey that gave ``answer`` is a second factor called ``name``.

    Returns recovery codes as ``confirm_app``. Raises WrongCode for an answer to another question than ours,
    Conflict for a passkey that is registered already, and when there are ten factors.
    """
    await _lock(account)
    await _leave_room(account)
    made = passkeys.registered(at, answer, now=now)
    if made is None:
        raise WrongCode.of_passkey()
    factor = SecondFactor(
        account=account,
        kind="passkey",
        name=name,
        secret=made.public_key,
        credential_id=made.credential_id,
        counter=made.counter,
        created_at=now,
        confirmed_at=now,
    )
    if not await SecondFactor.insert(factor).on_conflict(
        action="DO NOTHING", target=SecondFactor.credential_id
    ):
        raise Conflict(_("This passkey is registered already."))
    return await _added(account, factor.id, "passkey", key=at.keys[0], now=now)


@atomic
async def rename_factor(account: UUID, factor: UUID, *, name: str, now: datetime) -> None:
    """The owner calls the factor ``name``. Raises NotFound for a factor the account does not have."""
    renamed = (
        await SecondFactor.update({SecondFactor.name: name})
        .where(SecondFactor.id == factor, SecondFactor.account == account)
        .returning(SecondFactor.id)
    )
    if not renamed:
        raise NotFound
    await audit.append("factor_renamed", object=f"account:{account}", data={"factor": str(factor)}, now=now)


@atomic
async def remove_factor(account: UUID, factor: UUID, *, keep_one: bool, now: datetime) -> None:
    """The account has this factor no more; with the last one the recovery codes go too.

    Raises NotFound for a factor the account does not have, Conflict for the last one when ``keep_one``.
    """
    await _lock(account)
    held = {one.id: one for one in await factors_of(account)}
    if (removed := held.pop(factor, None)) is None:
        raise NotFound
    if keep_one and not held:
        raise Conflict(_("Your account needs a second step. Please add another way before you remove this."))
    await SecondFactor.delete().where(SecondFactor.id == factor)
    if not held:
        await RecoveryCode.delete().where(RecoveryCode.account == account)
    data = {"factor": str(factor), "kind": removed.kind}
    await audit.append("factor_removed", object=f"account:{account}", data=data, now=now)


@atomic
async def renew_recovery_codes(account: UUID, *, key: bytes, now: datetime) -> list[str]:
    """Ten new recovery codes are valid and no older one; returns them, they are kept nowhere.

    Raises Conflict for an account without a second factor.
    """
    await _lock(account)
    if not await has_factor(account):
        raise Conflict(_("Recovery codes belong to a second step. Please set one up first."))
    await RecoveryCode.delete().where(RecoveryCode.account == account)
    codes = authenticator.new_recovery_codes()
    digests = [authenticator.recovery_digest(code, account=account, key=key) for code in codes]
    await RecoveryCode.insert(
        *[RecoveryCode(account=account, code_hmac=digest, made_at=now) for digest in digests]
    )
    await audit.append("recovery_codes_made", object=f"account:{account}", now=now)
    return codes


@atomic
async def remove_factors(account: UUID, *, now: datetime) -> None:
    """``account`` has no second factor, no recovery code and no session: the password alone signs in.

    For somebody who lost the device. Who may order it, and on whose word, is the caller's to decide.
    """
    await _lock(account)
    await SecondFactor.delete().where(SecondFactor.account == account)
    await RecoveryCode.delete().where(RecoveryCode.account == account)
    await sessions.end_all_sessions(account)
    await audit.append("factors_removed", object=f"account:{account}", now=now)


@atomic
async def end_one_session(account: UUID, session: UUID, *, now: datetime) -> None:
    """The session is over, on whatever device it was. Raises NotFound for one the account does not have."""
    ended = (
        await Session.delete().where(Session.id == session, Session.account == account).returning(Session.id)
    )
    if not ended:
        raise NotFound(_("This session has ended already."))
    await audit.append("session_ended", object=f"account:{account}", data={"session": str(session)}, now=now)


@atomic
async def end_other_sessions(account: UUID, session: UUID, *, now: datetime) -> None:
    """The account is signed in nowhere but in ``session``."""
    ended = await sessions.end_all_sessions(account, except_session=session)
    await audit.append("sessions_ended", object=f"account:{account}", data={"sessions": ended}, now=now)


async def _added(account: UUID, factor: UUID, kind: str, *, key: bytes, now: datetime) -> list[str]:
    data = {"factor": str(factor), "kind": kind}
    await audit.append("factor_added", object=f"account:{account}", data=data, now=now)
    if await recovery_codes_left(account):
        return []
    return await renew_recovery_codes(account, key=key, now=now)


async def _leave_room(account: UUID) -> None:
    if len(await factors_of(account)) >= MOST:
        raise Conflict(_("There are ten ways already. Please remove one of them first."))


async def _lock(account: UUID) -> None:
    """What is decided here is decided for one account at a time."""
    await Account.select(Account.id).where(Account.id == account).lock_rows("UPDATE")
