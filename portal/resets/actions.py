"""What somebody does who forgot the password: ask for a new one, and set it with both halves of the secret."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.engine import atomic
from db.resets import ResetRequest
from portal import audit
from portal.accounts.new_password import WeakPassword
from portal.accounts.queries import account_called
from portal.errors import TooMany
from portal.i18n import _
from portal.resets import halves, mails, requests
from portal.resets.requests import Ended, Request
from portal.resets.rules import ASKED_PER_DAY, ASKED_PER_HOUR, BY_MAIL, TRIES
from portal.security import passwords, throttle
from portal.security.address import network_of
from portal.security.lifetimes import latest_end
from portal.security.usernames import username_key

TRIES_PER_ADDRESS, TRIES_WINDOW = 30, timedelta(minutes=10)
DAY = timedelta(days=1)
_TAKE_TRY = """
    UPDATE reset_request SET tries = tries + 1
    WHERE id = {} AND kind = 'reset' AND state = 'approved' AND b_ends_at > {} AND b_ends_at <= {} AND tries < {}
    RETURNING b_hash, tries
"""


class AskedEnough(TooMany):
    """Under this name no further request is made today; said of every name alike."""


class Asked(msgspec.Struct, frozen=True):
    """What the person gets: the number to say on the telephone, and what their browser keeps."""

    no: int
    cookie: str


class _Asker(msgspec.Struct, frozen=True, kw_only=True):
    account: UUID | None
    by: UUID | None
    address: str
    device: str
    too_often: bool


async def ask(typed: str, *, by: UUID | None, address: str, device: str, key: bytes, now: datetime) -> Asked:
    """A request for the account called ``typed`` (a user name or a confirmed mail address) is open for 72 hours.

    Every mail address on file is told; what was open before is void; the old password keeps working. ``by`` is
    who is signed in in this browser. For a name that is nobody's a request that leads nowhere is made and the answer
    is the same; so for an account that was asked for three times in a day, under its name and addresses together.
    Raises AskedEnough the fourth time in a day under one name, whosever it is: what was made before stays. Raises
    TooMany after ten in an hour from one network.
    """
    from_address = f"reset:address:{network_of(address)}"
    await throttle.hit(from_address, limit=ASKED_PER_HOUR, window=timedelta(hours=1), now=now)
    name = hashlib.sha256(username_key(typed).encode("utf-8", "replace")).hexdigest()[:32]
    if await throttle.count(f"reset:named:{name}", DAY, now) > ASKED_PER_DAY:
        await audit.append("reset_limited", now=now)
        raise AskedEnough(
            _(
                "Today a new password was asked for three times under this name. Please go on with the last request."
            )
        )
    account = await account_called(typed)
    times = await throttle.count(f"reset:of:{account or name}", DAY, now)
    asker = _Asker(account=account, by=by, address=address, device=device, too_often=times > ASKED_PER_DAY)
    return await _open(asker, key=key, now=now)


@atomic
async def _open(asker: _Asker, *, key: bytes, now: datetime) -> Asked:
    secret = halves.new_secret()
    if asker.account and not asker.too_often:
        await requests.supersede(asker.account, kinds=["reset"], now=now)
    made = await requests.add(
        asker.account,
        kind="reset",
        secret_digest=halves.digest(key, halves.BROWSER, secret),
        state="void" if asker.too_often else "open",
        asked_by=asker.by,
        address=asker.address,
        device=asker.device,
        now=now,
    )
    word = "reset_limited" if asker.too_often else "reset_asked"
    about = {"account": str(asker.account) if asker.account else None}
    await audit.append(word, object=made.object, data=about, now=now)
    if asker.account and not asker.too_often:
        await mails.tell_all(asker.account, "asked", no=made.no, cause=f"{made.no}:asked", now=now)
    return Asked(made.no, halves.held(made.no, secret))


async def redeem(
    cookie: str, typed: str, password: str, *, address: str, keys: Sequence[bytes], now: datetime
) -> None:
    """The account of the request behind ``cookie`` (half A) has ``password``; ``typed`` was half B.

    Its sessions have ended, its addresses are told, the request is used; nobody is signed in. Raises Ended for
    wrong halves and for whatever is not (any more) good, always in the same words and as slowly; the fifth wrong
    half B makes the request void. Raises WeakPassword for a password that can't be taken, which costs no try. Not one
    transaction: tries must stay counted, and hashing would hold a connection.
    """
    await throttle.hit(
        f"reset:try:{network_of(address)}", limit=TRIES_PER_ADDRESS, window=TRIES_WINDOW, now=now
    )
    found = await requests.by_secret(cookie, place=halves.BROWSER, keys=keys)
    b_hash = await _take_try(found, now=now) if found else None
    code = halves.read_code(typed)
    if not await passwords.verify(b_hash, code) or not found or not found.username:
        await _note_wrong(found, now=now)
        raise Ended(
            _("This code does not open anything here. Look at it again, or ask for a new password anew.")
        )
    try:
        await requests.refuse_unusable(password, found)
    except WeakPassword:
        await _give_back(found)
        raise
    await requests.finish(found, await passwords.hash_password(password), now=now)


async def of_browser(cookie: str, *, keys: Sequence[bytes]) -> int | None:
    """The number of the request that this browser asked for, whatever became of it; None without one."""
    found = await requests.by_secret(cookie, place=halves.BROWSER, keys=keys)
    return found.no if found and found.kind == "reset" else None


async def _take_try(found: Request, *, now: datetime) -> str | None:
    """Count one try before half B is looked at, so that fifty at once are not fifty guesses."""
    rows = await ResetRequest.raw(_TAKE_TRY, found.id, now, latest_end(BY_MAIL, now), TRIES)
    return rows[0]["b_hash"] if rows else None


async def _give_back(found: Request) -> None:
    await ResetRequest.update({ResetRequest.tries: ResetRequest.tries - 1}).where(
        ResetRequest.id == found.id, ResetRequest.state == "approved"
    )


@atomic
async def _note_wrong(found: Request | None, *, now: datetime) -> None:
    """The log has the wrong try, and a request with five of them is void."""
    await audit.append("reset_failed", object=found.object if found else "", now=now)
    if found is None:
        return
    ended = (
        await ResetRequest.update({ResetRequest.state: "void", ResetRequest.ended_at: now})
        .where(ResetRequest.id == found.id, ResetRequest.state == "approved", ResetRequest.tries >= TRIES)
        .returning(ResetRequest.id)
    )
    if ended:
        await audit.append("reset_void", object=found.object, now=now)
