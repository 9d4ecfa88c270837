"""What happens to accounts: they are made, and people sign in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from db.accounts import Account, Membership
from db.engine import atomic
from portal import audit
from portal.accounts.factor_queries import has_factor
from portal.accounts.queries import Credentials, credentials_of
from portal.errors import BadRequest, Conflict, NotAllowed
from portal.i18n import _
from portal.security import attempts, passwords, sessions, throttle
from portal.security.address import network_of
from portal.security.usernames import username_key

ADDRESS_LIMIT, ADDRESS_WINDOW = 30, timedelta(minutes=10)
KNOWN_FOR, KNOWN_BY = timedelta(days=30), timedelta(days=1)


class WrongPassword(NotAllowed):
    """User name and password don't match. Says the same for an unknown name and a locked account."""


async def sign_in(username: str, password: str, *, device: str, address: str, now: datetime) -> str:
    """A new session of the account exists; returns its token for the cookie.

    With a second factor it opens nothing until ``proof_actions.complete_sign_in``. Raises WrongPassword; TooMany
    while a wait is not over (5 tries per account, then 30 s doubling to an hour; 30 wrong ones per address in ten
    minutes); Busy when too many sign in. Every answer takes as long for unknown names. Not one transaction: the
    tries must stay counted, and hashing would hold a connection.
    """
    await passwords.expect_room()  # a flood must not queue for the database either
    name = username_key(username)
    from_address = f"sign-in:address:{network_of(address)}"
    await throttle.hit(from_address, limit=ADDRESS_LIMIT, window=ADDRESS_WINDOW, now=now)
    known = f"sign-in:known:{_digest(name)}:{network_of(address)}"
    turn = await _turn(name, address, known, now)
    await attempts.take_turn(turn, now=now)
    found = await credentials_of(name)
    if not await passwords.verify(found.password_hash if found else None, password) or found is None:
        about = f"account:{found.account_id}" if found else ""
        await audit.append("sign_in_failed", object=about, now=now)
        raise WrongPassword(_("User name and password don't match. Please look at both again."))
    await throttle.count(from_address, ADDRESS_WINDOW, now, times=-1)
    await attempts.forgive(turn)
    await throttle.count(known, KNOWN_BY, now)
    if passwords.needs_rehash(found.password_hash):
        await _rehash(found.account_id, found.password_hash, password)
    return await _open(found, device=device, address=address, now=now)


@atomic
async def sign_out(token: str, *, now: datetime) -> None:
    """No session with ``token`` exists any more, and the log says so."""
    await sessions.end_session(token)
    await audit.append("signed_out", now=now)


async def prove(account: UUID, password: str, *, now: datetime) -> None:
    """``password`` is that of the signed-in ``account``. Raises WrongPassword, TooMany, Busy as ``sign_in``."""
    turn = f"prove:{account}"
    await attempts.take_turn(turn, now=now)
    row = await Account.select(Account.password_hash).where(Account.id == account).first()
    if not await passwords.verify(row["password_hash"] if row else None, password):
        await audit.append("sign_in_failed", object=f"account:{account}", now=now)
        raise WrongPassword(_("This is not your password. Please look at it again."))
    await attempts.forgive(turn)


async def make_account(
    username: str,
    *,
    display_name: str,
    role: str,
    password: str | None,
    now: datetime,
    units: Sequence[UUID] = (),
    agency: UUID | None = None,
    locale: str = "fa",
) -> UUID:
    """An active account exists that works on the cases of ``units``, the first being its own; returns its id.

    With ``password`` None nobody can sign in before one is set.

    Raises BadRequest for an unknown role, an unusable name or a password that is too easy, Conflict when the
    user name is taken.
    """
    name = username_key(username)
    if role not in sessions.ROLES or not 0 < len(name) <= 80:
        raise BadRequest(_("An account needs one of our roles and a user name of at most 80 characters."))
    if password is not None and (problem := passwords.weakness(password, username=name)):
        raise BadRequest(problem)
    account = Account(
        username=name,
        display_name=display_name,
        role=role,
        unit=units[0] if units else None,
        agency=agency,
        password_hash="" if password is None else await passwords.hash_password(password),
        password_changed_at=None if password is None else now,
        locale=locale,
        created_at=now,
    )
    await _add(account, units[1:], now=now)
    return account.id


@atomic
async def _open(found: Credentials, *, device: str, address: str, now: datetime) -> str:
    """The session is complete unless the account has a second factor: then ``proof_actions`` completes it."""
    complete = not await has_factor(found.account_id)
    word = "signed_in" if complete else "second_step_asked"
    await audit.append(word, actor=(found.account_id, found.role), now=now)
    return await sessions.open_session(
        found.account_id, device=device, address=address, complete=complete, now=now
    )


@atomic
async def _add(account: Account, further_units: Sequence[UUID], *, now: datetime) -> None:
    made = await Account.insert(account).on_conflict(action="DO NOTHING", target=Account.username)
    if not made:
        raise Conflict(_("This user name is taken."))
    if further_units:
        await Membership.insert(*[Membership(account=account.id, unit=unit) for unit in further_units])
    await audit.append("account_made", object=f"account:{account.id}", data={"role": account.role}, now=now)


async def _turn(name: str, address: str, known: str, now: datetime) -> str:
    """Whose wrong tries count together.

    Tries from where this account signed in during the last month are counted by themselves: so a stranger who
    keeps guessing elsewhere slows down everybody but the owner.
    """
    everywhere = f"sign-in:{_digest(name)}"
    if await throttle.within(known, KNOWN_FOR, now):
        return f"{everywhere}:{network_of(address)}"
    return everywhere


async def _rehash(account: UUID, kept: str, password: str) -> None:
    """Keep the right password with today's parameters, unless it was changed meanwhile."""
    fresh = await passwords.hash_password(password)
    await Account.update({Account.password_hash: fresh}).where(
        Account.id == account, Account.password_hash == kept
    )


def _digest(name: str) -> str:
    """What stands for a user name in a counter's key: people type passwords into that field by mistake."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
