"""One-time links with which somebody sets a password: invitations, and recovery made on the server's console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from db.accounts import Account
from db.engine import atomic
from portal import audit
from portal.accounts import actions as account_actions
from portal.accounts import mails as account_mails
from portal.accounts.factor_actions import remove_factors
from portal.accounts.factor_queries import has_factor
from portal.accounts.queries import contacts_of
from portal.errors import BadRequest, Conflict, NotFound
from portal.i18n import _
from portal.resets import halves, mails, requests
from portal.resets.rules import BY_MAIL
from portal.security import passwords
from portal.security.usernames import username_key
from portal.settings import Settings

INVITATION, RECOVERY = "invitation", "recovery"
LASTS: timedelta = BY_MAIL


@atomic
async def invite(account: UUID, *, by: UUID, now: datetime) -> None:
    """A mail with a one-time link, good for 24 hours, is queued to the account's newest mail address.

    The link lets its reader set the password; it is made when the mail is sent. An earlier one is void. Raises
    BadRequest when no mail address is on file, NotFound for an account that is not active, Conflict for one with
    a password: a new one then takes what a forgotten one takes.
    """
    row = (
        await Account.select(Account.password_hash)
        .where(Account.id == account, Account.state == "active")
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such account."))
    if row["password_hash"]:
        raise Conflict(_("This account has a password already. A forgotten one is asked for at the sign-in."))
    addresses = [one for one in await contacts_of(account) if one.kind == "email"]
    if not addresses:
        raise BadRequest(_("An invitation needs an e-mail address on file."))
    await requests.supersede(account, now=now)
    made = await requests.add(account, kind=INVITATION, asked_by=by, now=now)
    newest = max(addresses, key=lambda one: one.changed_at).value
    await mails.send_secret(mails.INVITED, newest, no=made.no, account=account, until=now + LASTS, now=now)
    await audit.append("invited", object=made.object, data={"account": str(account)}, now=now)


@atomic
async def recover(username: str, *, settings: Settings, now: datetime) -> str:
    """The address of a page where the password of ``username`` can be set once, within 24 hours.

    For the server's console, where no second admin is there to help. Every mail address on file is told, and
    the log keeps it. Raises NotFound for an account that is not there or not active.
    """
    account, locale = await _active(username)
    await requests.supersede(account, now=now)
    secret = halves.new_secret()
    digest = halves.digest(settings.secret_key, halves.LINK, secret)
    made = await requests.add(account, kind=RECOVERY, secret_digest=digest, now=now)
    await audit.append("recovery_made", object=made.object, data={"account": str(account)}, now=now)
    await mails.tell_all(account, "recovery", no=made.no, cause=f"{made.no}:recovery", now=now)
    prefix = "/en" if locale == "en" else ""
    return f"{settings.base_url}{prefix}/accounts/set-password?key={halves.held(made.no, secret)}"


@atomic
async def remove_second_step(username: str, *, now: datetime) -> None:
    """The password of ``username`` alone signs in, every session is over, every mail address on file is told.

    For the server's console and whoever lost the password and the second step, with no other admin to help.
    Raises NotFound as ``recover``, Conflict where there is no second step.
    """
    account, _locale = await _active(username)
    if not await has_factor(account):
        raise Conflict(_("This account has no second step. Run the command without --remove-second-step."))
    await remove_factors(account, now=now)
    told = {"what": "factors_removed", "value": ""}
    cause = f"factors_removed:{account}:{now.isoformat()}"
    await account_mails.tell_all(account, f"{account_mails.FOLDER}news", data=told, cause=cause, now=now)


@atomic
async def make_admin(username: str, *, display_name: str, settings: Settings, now: datetime) -> str:
    """An administrator's account without a password exists; returns the address where it is set once.

    Done again before that, it returns a new address and the one before is void. Raises Conflict for an account
    that has another role or a password already, BadRequest for an unusable name.
    """
    name = username_key(username)
    found = (
        await Account.select(Account.role, Account.password_hash, Account.state)
        .where(Account.username == name)
        .first()
    )
    if found is None:
        await account_actions.make_account(
            username, display_name=display_name, role="admin", password=None, now=now
        )
    elif found["role"] != "admin" or found["state"] != "active":
        raise Conflict(_("This user name is taken."))
    elif found["password_hash"]:
        raise Conflict(
            _("%(name)s is an administrator already. If the password is lost: portal recover %(name)s")
            % {"name": name}
        )
    return await recover(name, settings=settings, now=now)


async def _active(username: str) -> tuple[UUID, str]:
    """Id and language of the active account of that name. Raises NotFound."""
    row = (
        await Account.select(Account.id, Account.locale)
        .where(Account.username == username_key(username), Account.state == "active")
        .first()
    )
    if row is None:
        raise NotFound(_("There is no active account of that name."))
    return row["id"], row["locale"]


async def set_by_link(held: str, password: str, *, keys: Sequence[bytes], now: datetime) -> None:
    """The password of the account that the link is for is ``password``; the link opens nothing any more.

    Every session of the account has ended and its mail addresses are told. Raises NotFound for a link that is
    not (any more) good, WeakPassword for a password that can't be taken.
    """
    found = await of_link(held, keys=keys, now=now)
    if found is None:
        await audit.append("reset_failed", data={"by": "link"}, now=now)
        raise NotFound(_("This link is no longer good. Please ask for a new one."))
    await requests.refuse_unusable(password, found)
    await requests.finish(found, await passwords.hash_password(password), now=now)


async def of_link(held: str, *, keys: Sequence[bytes], now: datetime) -> requests.Request | None:
    """The invitation or recovery whose link this is, while it is good; else None."""
    found = await requests.by_secret(held, place=halves.LINK, keys=keys)
    good = found and found.stage(now) == "approved" and found.username is not None
    return found if good else None
