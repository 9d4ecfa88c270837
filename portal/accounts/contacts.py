"""Addresses and numbers of an account: put on file, confirmed, taken off. Nobody is left without a confirmed one."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.accounts import Account, ContactPoint
from db.engine import atomic
from portal import audit
from portal.accounts import mails
from portal.accounts.mails import FOLDER, tell_all
from portal.errors import Conflict, NotFound
from portal.i18n import N_, _
from portal.identifiers import mask_email, mask_phone
from portal.security import throttle
from portal.security.lifetimes import latest_end

MOST = 5
"""Addresses, and numbers, of one account."""
MAILS, MAILS_WINDOW = 10, timedelta(days=1)
LAPSED = N_("This link no longer works. Links are good for one day and for one use.")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """What a link confirms: an e-mail address of the account called ``username``; ``is_new``: it waits for that."""

    username: str
    value: str
    is_new: bool


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One contact point as its owner sees it. ``is_last``: it can't be taken off, nothing confirmed would remain."""

    id: UUID
    kind: str
    value: str
    verified_at: datetime | None
    is_last: bool


async def held_by(account: UUID) -> list[Held]:
    """Every address and number of ``account``, the oldest first."""
    rows = await _rows(account)
    return [
        Held(
            id=row["id"],
            kind=row["kind"],
            value=row["value"],
            verified_at=row["verified_at"],
            is_last=_is_last(row, rows),
        )
        for row in rows
    ]


async def add(account: UUID, kind: str, value: str, *, now: datetime) -> None:
    """``value`` is on file; an address gets a mail with a link, the others one that says so. The cool-off begins.

    An address that is there but not confirmed gets a new link. Raises Conflict for a sixth, TooMany for too many mails.
    """
    if kind == "email":
        await throttle.hit(f"contact:{account}", limit=MAILS, window=MAILS_WINDOW, now=now)
    await _add(account, kind, value, now=now)


@atomic
async def _add(account: UUID, kind: str, value: str, *, now: datetime) -> None:
    owner = await _lock(account)
    rows = [row for row in await _rows(account) if row["kind"] == kind]
    there = next((row for row in rows if row["value"] == value), None)
    if there is None and len(rows) >= MOST:
        raise Conflict(_("Five of a kind are enough. Please take one off first."))
    if there is None:
        contact = ContactPoint(account=account, kind=kind, value=value, changed_at=now)
        await ContactPoint.insert(contact)
        there = {"id": contact.id, "verified_at": None}
        await audit.append("contact_added", object=f"account:{account}", data={"kind": kind}, now=now)
        await _tell(account, "added", kind, value, now)
    if kind == "email" and there["verified_at"] is None:
        await mails.ask_to_confirm(
            there["id"], value, username=owner["username"], locale=owner["locale"], is_new=False, now=now
        )


@atomic
async def remove(account: UUID, contact: UUID, *, now: datetime) -> None:
    """The contact point is off the file, and all addresses were told, it too.

    Raises NotFound for one of somebody else, Conflict for the last confirmed one.
    """
    await _lock(account)
    rows = await _rows(account)
    row = next((row for row in rows if row["id"] == contact), None)
    if row is None:
        raise NotFound(_("There is no such address or number."))
    if _is_last(row, rows):
        raise Conflict(_("Nothing confirmed would remain. Please confirm another address first."))
    await _tell(account, "removed", row["kind"], row["value"], now)
    await ContactPoint.delete().where(ContactPoint.id == contact)
    await audit.append("contact_removed", object=f"account:{account}", data={"kind": row["kind"]}, now=now)


async def address_of_link(token: str, *, now: datetime) -> Address:
    """What the link with ``token`` would confirm; changes nothing. Raises NotFound for one without worth."""
    rows = await ContactPoint.raw(
        "SELECT a.username, c.value, a.state = 'new' AS is_new FROM contact_point c JOIN account a ON a.id = c.account"
        " WHERE c.token_sha256 = {} AND c.token_ends_at > {} AND c.token_ends_at <= {}"
        " AND a.state IN ('new', 'active')",
        mails.digest(token),
        now,
        latest_end(mails.LINK_LASTS, now),
    )
    if not rows:
        raise NotFound(_(LAPSED))
    return Address(**rows[0])


@atomic
async def confirm(token: str, *, now: datetime) -> bool:
    """The address is confirmed and the link used up; returns whether an account was opened by it. Raises NotFound."""
    rows = await ContactPoint.raw(
        "UPDATE contact_point c SET verified_at = {}, token_sha256 = NULL, token_ends_at = NULL FROM account a"
        " WHERE c.token_sha256 = {} AND c.token_ends_at > {} AND c.token_ends_at <= {}"
        " AND a.id = c.account AND a.state IN ('new', 'active')"
        " RETURNING c.account",
        now,
        mails.digest(token),
        now,
        latest_end(mails.LINK_LASTS, now),
    )
    if not rows:
        raise NotFound(_(LAPSED))
    account = rows[0]["account"]
    opened = (
        await Account.update({Account.state: "active"})
        .where(Account.id == account, Account.state == "new")
        .returning(Account.id)
    )
    await audit.append(
        "contact_confirmed",
        object=f"account:{account}",
        data={"kind": "email"},
        actor=(account, "citizen") if opened else None,
        now=now,
    )
    return bool(opened)


@atomic
async def confirm_phone(account: UUID, contact: UUID, *, now: datetime) -> None:
    """An admin called the number and its holder answered: it is confirmed, and the addresses were told."""
    rows = (
        await ContactPoint.update({ContactPoint.verified_at: now})
        .where(
            ContactPoint.id == contact,
            ContactPoint.account == account,
            ContactPoint.kind == "phone",
            ContactPoint.verified_at.is_null(),
        )
        .returning(ContactPoint.value)
    )
    if not rows:
        raise NotFound(_("There is no such address or number."))
    await audit.append("contact_confirmed", object=f"account:{account}", data={"kind": "phone"}, now=now)
    await _tell(account, "confirmed", "phone", rows[0]["value"], now)


async def _lock(account: UUID) -> dict[str, str]:
    """The account's row, locked: what is decided about its contacts is decided one after the other."""
    rows = await Account.raw("SELECT username, locale FROM account WHERE id = {} FOR UPDATE", account)
    if not rows:
        raise NotFound(_("There is no such account."))
    owner: dict[str, str] = rows[0]
    return owner


async def _rows(account: UUID) -> list[dict]:
    rows: list[dict] = (
        await ContactPoint.select(
            ContactPoint.id, ContactPoint.kind, ContactPoint.value, ContactPoint.verified_at
        )
        .where(ContactPoint.account == account)
        .order_by(ContactPoint.id)
    )
    return rows


def _is_last(row: dict, rows: list[dict]) -> bool:
    """Without ``row`` no confirmed address, or nothing confirmed at all, would remain."""
    if row["verified_at"] is None:
        return False
    others = [one for one in rows if one["verified_at"] and one["id"] != row["id"]]
    return not [one for one in others if row["kind"] == "phone" or one["kind"] == "email"]


async def _tell(account: UUID, what: str, kind: str, value: str, now: datetime) -> None:
    shown = mask_email(value) if kind == "email" else mask_phone(value)
    await tell_all(
        account,
        f"{FOLDER}news",
        data={"what": f"{kind}_{what}", "value": shown},
        cause=f"contact:{account}:{what}:{mails.digest(value + now.isoformat())[:16]}",
        now=now,
        but=value if what == "added" else "",
    )
