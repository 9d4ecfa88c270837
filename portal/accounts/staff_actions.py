"""What site admins do to accounts: make them for named people, lock and unlock them, change roles, end sessions.

Nobody does any of this to their own account, and one active admin always remains.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from db.accounts import Account, ContactPoint, Introduction
from db.engine import atomic
from portal import audit, uploads
from portal.accounts.mails import FOLDER, tell_all
from portal.accounts.queries import lock_admins
from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import N_, _
from portal.security import sessions
from portal.uploads import StoredFile

INTRODUCED = frozenset({"agency", "liaison"})
"""Roles of people whom an agency names in a letter."""
OF_A_UNIT = frozenset({"staff", "manager"})
GIVEN = ("staff", "manager", "evaluator", "auditor")
"""Roles that one admin may give; admin takes two (``proposals``), and an agency's people a letter."""

LAST_ADMIN = N_("This is the last active admin. Please make another one first.")


Invite = Callable[..., Awaitable[None]]
"""Invites the account given to choose a password: ``await invite(account, by=, now=)``."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """The letter in which an agency names a person, with its scan."""

    agency: UUID
    letter_no: str
    letter_date: date
    scan: StoredFile


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A named person who is to get an account. ``role`` is never admin; ``letter`` only for roles of an agency."""

    username: str
    display_name: str
    email: str
    phone: str
    role: str
    unit: UUID | None
    letter: Letter | None


async def make_named_account(
    new: NewAccount, *, by: UUID, locale: str, invite: Invite, folder: Path, now: datetime
) -> UUID:
    """The account exists without a password, and its holder was invited; returns its id.

    Raises Conflict when the user name is taken; then the scan is gone from ``folder``.
    """
    try:
        return await _make(new, by=by, locale=locale, invite=invite, now=now)
    except Conflict:
        if new.letter:
            await uploads.discard_all([new.letter.scan], folder)
        raise


@atomic
async def _make(new: NewAccount, *, by: UUID, locale: str, invite: Invite, now: datetime) -> UUID:
    account = Account(
        username=new.username,
        display_name=new.display_name,
        role=new.role,
        unit=new.unit,
        agency=new.letter.agency if new.letter else None,
        password_hash="",
        locale=locale,
        created_at=now,
    )
    if not await Account.insert(account).on_conflict(action="DO NOTHING", target=Account.username):
        raise Conflict(_("This user name is taken."))
    for kind, value in (("email", new.email), ("phone", new.phone)):
        if value:
            await ContactPoint.insert(
                ContactPoint(account=account.id, kind=kind, value=value, changed_at=now)
            )
    if new.letter:
        await _add_letter(account.id, new.letter, by=by, now=now)
    await audit.append("account_made", object=f"account:{account.id}", data={"role": new.role}, now=now)
    await invite(account.id, by=by, now=now)
    return account.id


async def _add_letter(account: UUID, letter: Letter, *, by: UUID, now: datetime) -> None:
    await Introduction.insert(
        Introduction(
            account=account,
            letter_no=letter.letter_no,
            letter_date=letter.letter_date,
            name=letter.scan.name,
            media_type=letter.scan.media_type,
            size=letter.scan.size,
            sha256=letter.scan.sha256,
            stored_as=letter.scan.stored_as,
            scan_state=letter.scan.scan_state,
            made_by=by,
            at=now,
        )
    )


@atomic
async def lock(account: UUID, reason: str, *, by: UUID, now: datetime) -> None:
    """The account can't sign in, its sessions are over, and its addresses were told why.

    Raises NotAllowed for one's own, Conflict for the last active admin or one that is not active.
    """
    change = {Account.state: "locked", Account.locked_because: reason}
    await _change(account, change, by=by, state="active")
    await _end(account)
    await _note("account_locked", account, now=now, value=reason)


@atomic
async def unlock(account: UUID, *, by: UUID, now: datetime) -> None:
    """The account can sign in again. Raises NotAllowed for one's own, Conflict when it is not locked."""
    change = {Account.state: "active", Account.locked_because: ""}
    await _change(account, change, by=by, state="locked")
    await _note("account_unlocked", account, now=now)


@atomic
async def change_role(account: UUID, role: str, unit: UUID | None, *, by: UUID, now: datetime) -> None:
    """The account has ``role`` and works in ``unit``, speaks for no agency, its sessions are over, it was told.

    Raises NotAllowed for one's own and for a role that takes more than one admin's word, Conflict for the last
    active admin.
    """
    if role not in GIVEN:
        raise NotAllowed(_("One admin alone can't give this role."))
    if role in OF_A_UNIT and unit is None:
        raise Conflict(_("Choose the unit this person works in."))
    change = {Account.role: role, Account.unit: unit, Account.agency: None}
    await _change(account, change, by=by, state="active")
    await _end(account)
    await _note("role_changed", account, {"role": role}, now=now, value=role)


@atomic
async def end_sessions(account: UUID, *, by: UUID, now: datetime) -> None:
    """No session of the account is open any more."""
    await _end(account)
    await audit.append("sessions_ended", object=f"account:{account}", now=now)


@atomic
async def make_admin(account: UUID, *, now: datetime) -> None:
    """The account is a site admin; its sessions are over. Only ``proposals`` calls this, after two have agreed.

    Raises Conflict when it is not active any more.
    """
    changed = (
        await Account.update({Account.role: "admin"})
        .where(Account.id == account, Account.state == "active", Account.role.is_in([*GIVEN, "citizen"]))
        .returning(Account.id)
    )
    if not changed:
        raise Conflict(_("This account can't become an admin (any more)."))
    await _end(account)
    await _note("role_changed", account, {"role": "admin"}, now=now, value="admin")


async def _change(account: UUID, change: dict[Any, Any], *, by: UUID, state: str) -> None:
    """``change`` is written to an account in ``state``, unless it is one's own or the last active admin."""
    if account == by:
        raise NotAllowed(_("Nobody changes their own account here. Please ask another admin."))
    admins = await lock_admins()
    if by not in admins:
        raise NotAllowed(_("You are not an admin any more."))
    if admins == {account}:
        raise Conflict(_(LAST_ADMIN))
    changed = (
        await Account.update(change)
        .where(Account.id == account, Account.state == state)
        .returning(Account.id)
    )
    if not changed:
        raise Conflict(_("It has changed meanwhile. Please look at the account again."))


async def _end(account: UUID) -> None:
    if not await Account.exists().where(Account.id == account):
        raise NotFound(_("There is no such account."))
    await sessions.end_all_sessions(account)


async def _note(
    action: str, account: UUID, data: dict[str, str] | None = None, *, now: datetime, value: str = ""
) -> None:
    """The log has ``action`` with ``data``; the account's addresses are told it with ``value``."""
    await audit.append(action, object=f"account:{account}", data=data, now=now)
    told = {"what": action, "value": value}
    await tell_all(
        account, f"{FOLDER}news", data=told, cause=f"{action}:{account}:{now.isoformat()}", now=now
    )
