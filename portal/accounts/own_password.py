"""People change their own password."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.accounts import Account
from db.engine import atomic
from portal import audit
from portal.accounts.actions import prove
from portal.accounts.mails import FOLDER, tell_all
from portal.accounts.new_password import WeakPassword, problem_of
from portal.errors import Conflict
from portal.i18n import _
from portal.security import passwords, sessions


async def change_password(
    account: UUID, current: str, new: str, *, base_url: str, device: str, address: str, now: datetime
) -> str:
    """``new`` is the account's password; every session ended, and a new one is open for this browser: its token.

    Every address on file is told. Raises WrongPassword for ``current``, WeakPassword, TooMany, Busy, and Conflict
    when it was changed elsewhere meanwhile.
    """
    row = await Account.select(Account.password_hash).where(Account.id == account).first()
    await prove(account, current, now=now)
    if passwords.folded(new) == passwords.folded(current):
        raise WeakPassword(_("This is the password you have. Please take another one."))
    if problem := await problem_of(new, account=account, base_url=base_url):
        raise WeakPassword(problem)
    kept = await passwords.hash_password(new)
    return await _set(
        account, row["password_hash"] if row else "", kept, device=device, address=address, now=now
    )


@atomic
async def _set(account: UUID, before: str, kept: str, *, device: str, address: str, now: datetime) -> str:
    changed = (
        await Account.update({Account.password_hash: kept, Account.password_changed_at: now})
        .where(Account.id == account, Account.password_hash == before, Account.state == "active")
        .returning(Account.id)
    )
    if not changed:
        raise Conflict(_("Your password was changed elsewhere a moment ago."))
    await sessions.end_all_sessions(account)
    await audit.append("password_changed", object=f"account:{account}", now=now)
    told = {"what": "password_changed", "value": ""}
    await tell_all(
        account, f"{FOLDER}news", data=told, cause=f"password:{account}:{now.isoformat()}", now=now
    )
    return await sessions.open_session(account, device=device, address=address, now=now)
