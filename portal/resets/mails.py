"""Mails around a reset: three notices to every address on file, half B to one of them, and invitations.

No secret stands in a message's record: half B and an invitation's link are made when the mail is sent, and only
their digest is kept. A mail that leaves twice brings a second one, and the newest counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from db.accounts import Account
from db.outbox import OutboxMessage
from db.resets import ResetRequest
from portal import outbox, place, smtp
from portal.accounts import mails as account_mails
from portal.resets import halves
from portal.security import passwords
from portal.settings import Settings

FOLDER = "resets/mail/"
CODE, INVITED = f"{FOLDER}code", f"{FOLDER}invited"
HIDDEN = "•" * halves.LENGTH


async def tell_all(account: UUID, notice: str, *, no: int, cause: str, now: datetime) -> None:
    """Every mail address of the account is told ``notice`` about the request ``no``."""
    told = {"no": no, "at": now}
    await account_mails.tell_all(account, f"{FOLDER}{notice}", data=told, cause=f"reset:{cause}", now=now)


async def send_secret(
    template: str, recipient: str, *, no: int, account: UUID, until: datetime, now: datetime
) -> None:
    """A mail with half B (CODE) or an invitation's link (INVITED) is queued."""
    row = await Account.select(Account.username, Account.locale).where(Account.id == account).first()
    assert row, "a request's account is never deleted"
    await outbox.enqueue(
        template,
        recipient=recipient,
        locale=row["locale"],
        data={"no": no, "username": row["username"], "at": now, "until": until},
        cause=f"reset:{no}:{template.removeprefix(FOLDER)}",
        case=None,
        now=now,
    )


async def prepared(message: OutboxMessage, settings: Settings, *, now: datetime) -> Mapping[str, Any]:
    """What the mail's templates show, with the secret where it carries one.

    Raises smtp.Permanent when the request has ended meanwhile: then nothing is sent.
    """
    no = int(cast(Mapping[str, Any], message.data)["no"])
    if message.template == CODE:
        code = halves.new_code()
        await _keep(no, {ResetRequest.b_hash: await passwords.hash_password(code)}, now=now)
        return await shown(message, settings, code=halves.show_code(code))
    if message.template == INVITED:
        secret = halves.new_secret()
        digest = halves.digest(settings.secret_key, halves.LINK, secret)
        await _keep(no, {ResetRequest.a_hmac: digest}, now=now)
        return await shown(message, settings, query=f"?key={halves.held(no, secret)}")
    return await shown(message, settings)


async def shown(
    message: OutboxMessage, settings: Settings, *, code: str = HIDDEN, query: str = ""
) -> Mapping[str, Any]:
    """What the mail's templates show; without ``code`` and ``query`` the mail is of no use to anybody."""
    data = cast(Mapping[str, Any], message.data)
    prefix = "/en" if message.locale == "en" else ""
    return {
        "no": data["no"],
        "username": data["username"],
        "at": datetime.fromisoformat(data["at"]),
        "until": datetime.fromisoformat(data["until"]) if "until" in data else None,
        "code": code,
        "reset_page": f"{settings.base_url}{prefix}/accounts/reset",
        "link": f"{settings.base_url}{prefix}/accounts/set-password{query}",
        "call": await place.whom_to_call(message.locale),
        "desk": settings.base_url + prefix,
    }


async def _keep(no: int, digest: dict[Any, Any], *, now: datetime) -> None:
    kept = (
        await ResetRequest.update(digest)
        .where(ResetRequest.no == no, ResetRequest.state == "approved", ResetRequest.b_ends_at > now)
        .returning(ResetRequest.id)
    )
    if not kept:
        raise smtp.Permanent("The request has ended; nothing was sent.")
