"""Mails about accounts: what stands in them, and to which addresses news of an account goes.

The link that confirms an address is made when its mail is sent; only the SHA-256 of its token is kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from db.accounts import Account, ContactPoint
from db.outbox import OutboxMessage
from portal import outbox, place
from portal.i18n import using
from portal.security.roles import role_words
from portal.settings import Settings

FOLDER = "accounts/mail/"
LINK_LASTS = timedelta(hours=24)
_LEADS_TO = {"confirm": "/accounts/address", "taken": "/accounts/sign-up"}


async def tell_all(
    account: UUID,
    template: str,
    *,
    data: Mapping[str, Any],
    cause: str,
    now: datetime,
    but: str = "",
) -> None:
    """A mail is queued to every e-mail address on file of ``account``, confirmed or not, except ``but``.

    ``cause`` names the event; each address gets it once. Call it inside the verb's transaction.
    """
    row = await Account.select(Account.locale, Account.username).where(Account.id == account).first()
    addresses = (
        await ContactPoint.select(ContactPoint.value)
        .where(ContactPoint.account == account, ContactPoint.kind == "email", ContactPoint.value != but)
        .output(as_list=True)
    )
    if row is None:
        return
    for address in addresses:
        await outbox.enqueue(
            template,
            recipient=address,
            locale=row["locale"],
            data={"username": row["username"], **data},
            cause=f"{cause}:{hashlib.sha256(address.encode()).hexdigest()[:16]}",
            case=None,
            now=now,
        )


async def take_leave(account: UUID, locale: str, *, now: datetime) -> None:
    """A mail to each confirmed address of ``account`` says that it was erased; afterwards no record has the address."""
    addresses = (
        await ContactPoint.select(ContactPoint.value)
        .where(
            ContactPoint.account == account,
            ContactPoint.kind == "email",
            ContactPoint.verified_at.is_not_null(),
        )
        .output(as_list=True)
    )
    for n, address in enumerate(addresses):
        await outbox.enqueue(
            f"{FOLDER}erased",
            recipient=address,
            locale=locale,
            data={"at": now, outbox.ONCE: True},
            cause=f"erased:{account}:{n}",
            case=None,
            now=now,
        )


async def ask_to_confirm(
    contact: UUID, address: str, *, username: str, locale: str, is_new: bool, now: datetime
) -> None:
    """A mail with the link that confirms ``contact`` is queued; ``is_new``: it opens a new account, too."""
    await outbox.enqueue(
        f"{FOLDER}confirm",
        recipient=address,
        locale=locale,
        data={"username": username, "contact": str(contact), "is_new": is_new},
        cause=f"confirm:{contact}:{now.isoformat()}",
        case=None,
        now=now,
    )


async def with_link(message: OutboxMessage, settings: Settings, *, now: datetime) -> Mapping[str, Any]:
    """What the mail's templates show, with a link that works where the mail needs one."""
    data = cast(Mapping[str, Any], message.data)
    token = await _new_token(UUID(data["contact"]), now) if "contact" in data else ""
    return await shown(message, settings, token=token)


async def shown(message: OutboxMessage, settings: Settings, *, token: str = "") -> Mapping[str, Any]:
    """What the mail's templates show; without ``token`` a link that confirms nothing."""
    data = cast(Mapping[str, Any], message.data)
    desk = settings.base_url + ("/en" if message.locale == "en" else "")
    path = _LEADS_TO.get(message.template.removeprefix(FOLDER), "/accounts/sign-in")
    query = f"?key={token}" if token else ""
    if data.get("what") == "role_changed":
        with using(message.locale):
            data = {**data, "value": role_words(data["value"])}
    if "at" in data:
        data = {**data, "at": datetime.fromisoformat(data["at"])}
    call = await place.whom_to_call(message.locale)
    return {**data, "link": f"{desk}{path}{query}", "desk": desk, "call": call}


def digest(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def _new_token(contact: UUID, now: datetime) -> str:
    """A fresh token confirms ``contact`` for a day; the one before is worth nothing any more."""
    token = secrets.token_urlsafe(24)
    await ContactPoint.update(
        {ContactPoint.token_sha256: digest(token), ContactPoint.token_ends_at: now + LINK_LASTS}
    ).where(ContactPoint.id == contact, ContactPoint.verified_at.is_null())
    return token
