"""The row of a request: how one begins, gives way to a newer one, and ends with a new password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from db.accounts import Account
from db.engine import atomic
from db.resets import ResetApproval, ResetRequest
from portal import audit
from portal.accounts.factor_actions import remove_factors
from portal.accounts.new_password import WeakPassword, problem_alone
from portal.errors import NotAllowed
from portal.i18n import _
from portal.resets import halves, mails
from portal.resets.labels import KINDS
from portal.resets.queries import Request, by_number, by_secret
from portal.resets.rules import BY_MAIL, IN_PERSON, OPEN_FOR
from portal.security import passwords, sessions

__all__ = ["Ended", "Request", "add", "by_secret", "finish", "refuse_unusable", "supersede"]


class Ended(NotAllowed):
    """What was used does not open anything (any more)."""


async def add(
    account: UUID | None,
    *,
    kind: str,
    now: datetime,
    secret_digest: str = "",
    state: str = "",
    asked_by: UUID | None = None,
    address: str = "",
    device: str = "",
) -> Request:
    """A new request with a free number is there; ``secret_digest`` is empty until its secret is made.

    A reset is open for 72 hours; a link counts as approved from the start and is good for 24 hours.
    """
    is_link = kind != "reset"
    lasts: timedelta = BY_MAIL if is_link else OPEN_FOR
    row = ResetRequest(
        kind=kind,
        account=account,
        state=state or ("approved" if is_link else "open"),
        a_hmac=secret_digest,
        asked_by=asked_by,
        asked_at=now,
        ends_at=now + lasts,
        b_ends_at=now + lasts if is_link else None,
        ended_at=now if state == "void" else None,
        address=address[:50],
        device=device[:200],
    )
    made: list[dict[str, UUID]] = []
    while not made:
        row.no = halves.new_number()
        made = await ResetRequest.insert(row).on_conflict(action="DO NOTHING", target=ResetRequest.no)
    found = await by_number(row.no)
    assert found, "it was inserted just now"
    return found


async def supersede(account: UUID, *, kinds: Sequence[str] = tuple(KINDS), now: datetime) -> None:
    """No request of these kinds of the account waits any more: what was told or mailed for one opens nothing."""
    await ResetRequest.update({ResetRequest.state: "superseded", ResetRequest.ended_at: now}).where(
        ResetRequest.account == account,
        ResetRequest.kind.is_in(list(kinds)),
        ResetRequest.state.is_in(["open", "approved"]),
    )


async def refuse_unusable(password: str, found: Request) -> None:
    """Raises WeakPassword for a password that is too easy or is the present one; Busy as ``passwords.verify``."""
    assert found.account is not None, "only a request of an active account comes this far"
    if problem := await problem_alone(password, account=found.account):
        raise WeakPassword(problem)
    if found.password_hash and await passwords.verify(found.password_hash, password):
        raise WeakPassword(_("This is the password you have now. Please choose another one."))


@atomic
async def finish(found: Request, password_hash: str, *, now: datetime) -> None:
    """The account has the new password, its sessions have ended, its addresses are told, the request is used.

    A second factor stays, unless every admin said in person that it was lost. Raises Ended when the request
    was used, refused or superseded meanwhile, or its time is over.
    """
    used = (
        await ResetRequest.update({ResetRequest.state: "used", ResetRequest.ended_at: now})
        .where(ResetRequest.id == found.id, ResetRequest.state == "approved", ResetRequest.b_ends_at > now)
        .returning(ResetRequest.account)
    )
    if not used:
        raise Ended(_("This is no longer good. Please ask for a new one."))
    account: UUID = used[0]["account"]
    await Account.update({Account.password_hash: password_hash, Account.password_changed_at: now}).where(
        Account.id == account
    )
    await sessions.end_all_sessions(account)
    if await _factors_lost(found.id):
        await remove_factors(account, now=now)
    await audit.append("reset_used", object=found.object, data={"account": str(account)}, now=now)
    await mails.tell_all(account, "changed", no=found.no, cause=f"{found.no}:changed", now=now)


async def _factors_lost(request: UUID) -> bool:
    """Whether all who approved saw the person and heard that the second factor is gone."""
    rows = await ResetApproval.select(ResetApproval.method, ResetApproval.remove_factors).where(
        ResetApproval.request == request
    )
    return bool(rows) and all(row["method"] == IN_PERSON and row["remove_factors"] for row in rows)
