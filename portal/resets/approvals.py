"""What an admin does with a request: approve it on a proof, or refuse it. No admin learns what opens an account.

Half B alone opens nothing: half A is in the browser that asked. An admin who asks in somebody's name is betrayed by
the notices, barred from approving by the browser, and alone never enough for people of the desk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.accounts import Account
from db.engine import atomic
from db.resets import ResetApproval, ResetRequest
from portal import audit, place
from portal.accounts import actions as account_actions
from portal.accounts.queries import contacts_of
from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import N_, _
from portal.resets import halves, mails, queries, rules
from portal.resets.queries import Request
from portal.resets.rules import BY_MAIL, BY_VOICE, MAIL, Proof
from portal.security import passwords
from portal.security.address import UNKNOWN, network_of

CLOSED = N_("This request is not open any more.")
WHY = {
    "not_admin": N_("Only a site admin may approve this."),
    "nobody": N_("This request belongs to no account that could get a new password."),
    "closed": CLOSED,
    "expired": N_("This request is older than 72 hours. The person has to ask anew."),
    "own": N_("Nobody approves a new password for themselves. Another admin has to do it."),
    "same_device": N_("This request was made in this browser or by you. Another admin has to look at it."),
    "proof": N_("The proof is not complete."),
    "cool_off": N_(
        "An address or number was changed lately, so this can be approved a day after it was asked."
    ),
    "no_address": N_("There is no confirmed mail address on file. Tell the code by voice."),
    "twice": N_("You have approved this already. A second, different admin has to do it."),
}
"""Why an approval is refused: the word in the log, and what is said."""


class Barred(NotAllowed):
    """The approval is refused and nothing was changed. ``why`` is a key of WHY, ``field`` of the form or empty."""

    def __init__(self, why: str, field: str = "") -> None:
        super().__init__(_(WHY[why]))
        self.why, self.field = why, field


class Approver(msgspec.Struct, frozen=True, kw_only=True):
    """Who approves, from where. ``cookie`` is what their browser holds as half A of a request, if anything."""

    account: UUID
    cookie: str
    address: str


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``missing``: how many more admins it takes. ``code``: half B, to be told by voice and shown
    only now; empty when it goes by mail or somebody is missing.
    """

    missing: int
    code: str
    until: datetime


async def approve(
    no: int,
    *,
    approver: Approver,
    password: str,
    proof: Proof,
    hand_over: str,
    keys: Sequence[bytes],
    now: datetime,
) -> Approved:
    """The admin's word and its proof are recorded; with the last one needed, half B exists.

    All addresses of the account are told. Half B is told by voice within ten minutes, or mailed to a confirmed
    address and good for 24 hours. Raises Barred, WrongPassword and TooMany (the admin's own password, as at
    sign-in), NotFound. Every refusal is in the log.
    """
    code = halves.new_code()
    try:
        # First who asks: another's password must not be tried in the name of approving.
        await account_actions.prove(approver.account, password, now=now)
        b_hash = await passwords.hash_password(code)
        return await _approve(
            no, approver, proof, hand_over=hand_over, code=code, b_hash=b_hash, keys=keys, now=now
        )
    except (Barred, account_actions.WrongPassword) as refusal:
        why = refusal.why if isinstance(refusal, Barred) else "password"
        await audit.append("reset_not_approved", object=f"reset:{no}", data={"why": why}, now=now)
        raise


@atomic
async def _approve(
    no: int,
    approver: Approver,
    proof: Proof,
    *,
    hand_over: str,
    code: str,
    b_hash: str,
    keys: Sequence[bytes],
    now: datetime,
) -> Approved:
    request, role = await _locked(no), await _role_of(approver.account)
    if role != "admin":
        raise Barred("not_admin")
    await _refuse_closed(request, now=now)
    account, subject_role = request.account, request.role
    if account is None or subject_role is None:
        raise Barred("nobody")
    await _refuse_partial(request, approver, keys=keys)
    await _refuse_unproved(account, request, proof, hand_over, now=now)
    await _record(request, approver, proof, now=now)
    given = len(await queries.approvals_of(request.id))
    missing = rules.needed_approvers(subject_role, await place.get("reset_approvers")) - given
    await mails.tell_all(account, "approved", no=no, cause=f"{no}:approved:{given}", now=now)
    if missing > 0:
        return Approved(missing=missing, code="", until=request.ends_at)
    until = await _hand_over(request, account, hand_over, b_hash, now=now)
    return Approved(missing=0, code="" if hand_over == MAIL else halves.show_code(code), until=until)


@atomic
async def refuse(no: int, *, admin: UUID, now: datetime) -> None:
    """The request is void: nothing that was told or mailed for it opens anything. Raises NotFound, Conflict."""
    request = await _locked(no)
    if await _role_of(admin) != "admin":
        raise Barred("not_admin")
    ended = (
        await ResetRequest.update({ResetRequest.state: "void", ResetRequest.ended_at: now})
        .where(ResetRequest.id == request.id, ResetRequest.state.is_in(["open", "approved"]))
        .returning(ResetRequest.id)
    )
    if not ended:
        raise Conflict(_(CLOSED))
    await audit.append("reset_refused", object=request.object, data=_about(request), now=now)


async def _locked(no: int) -> Request:
    """The request, which nobody else changes until this transaction ends."""
    await ResetRequest.raw("SELECT FROM reset_request WHERE no = {} FOR UPDATE", no)
    request = await queries.by_number(no)
    if request is None:
        raise NotFound(_("There is no request with this number."))
    return request


async def _role_of(account: UUID) -> str:
    row = await Account.select(Account.role).where(Account.id == account, Account.state == "active").first()
    return row["role"] if row else ""


async def _refuse_closed(request: Request, *, now: datetime) -> None:
    if request.kind != "reset" or request.state != "open":
        raise Barred("closed")
    if request.ends_at <= now:
        raise Barred("expired")


async def _refuse_partial(request: Request, approver: Approver, *, keys: Sequence[bytes]) -> None:
    """Nobody helps themselves, and nobody approves what was asked in their own browser."""
    if request.account == approver.account:
        raise Barred("own")
    asked_here = await queries.by_secret(approver.cookie, place=halves.BROWSER, keys=keys)
    if request.asked_by == approver.account or (asked_here and asked_here.id == request.id):
        raise Barred("same_device")


async def _refuse_unproved(
    account: UUID, request: Request, proof: Proof, hand_over: str, *, now: datetime
) -> None:
    subject, contacts = await queries.subject_of(account), await contacts_of(account)
    if field := rules.gap(proof, subject.facts()):
        raise Barred("proof", field)
    if rules.opens_at(request.asked_at, contacts, made_at=subject.made_at, now=now) > now:
        raise Barred("cool_off")
    if hand_over not in rules.HAND_OVER:
        raise Barred("proof", "hand_over")
    if hand_over == MAIL and not rules.mail_address(contacts):
        raise Barred("no_address", "hand_over")


async def _record(request: Request, approver: Approver, proof: Proof, *, now: datetime) -> None:
    row = ResetApproval(
        request=request.id,
        admin=approver.account,
        method=proof.method,
        evidence=proof.evidence,
        checks=list(proof.checks),
        note=proof.note,
        remove_factors=proof.remove_factors,
        at=now,
    )
    target = (ResetApproval.request, ResetApproval.admin)
    if not await ResetApproval.insert(row).on_conflict(action="DO NOTHING", target=target):
        raise Barred("twice")
    words = {"method": proof.method, "evidence": proof.evidence, "remove_factors": proof.remove_factors}
    await audit.append("reset_approved", object=request.object, data={**_about(request), **words}, now=now)
    if same_network(approver.address, request.address):
        await audit.append("reset_same_address", object=request.object, data=_about(request), now=now)
    lately = await queries.approvals_by(approver.account, since=now - timedelta(days=1))
    if lately > rules.USUAL_APPROVALS:
        await audit.append("reset_many", object=request.object, data={"approvals": lately}, now=now)


async def _hand_over(
    request: Request, account: UUID, hand_over: str, b_hash: str, *, now: datetime
) -> datetime:
    """Half B is there and good until the moment returned; when it goes by mail, it is made on the way."""
    by_mail = hand_over == MAIL
    until = now + (BY_MAIL if by_mail else BY_VOICE)
    await ResetRequest.update(
        {
            ResetRequest.state: "approved",
            ResetRequest.handed_over: hand_over,
            ResetRequest.b_hash: None if by_mail else b_hash,
            ResetRequest.b_ends_at: until,
        }
    ).where(ResetRequest.id == request.id)
    if by_mail:
        to = rules.mail_address(await contacts_of(account))
        await mails.send_secret(mails.CODE, to, no=request.no, account=account, until=until, now=now)
    return until


async def bar(
    request: Request, approver: Approver, *, opens_at: datetime, keys: Sequence[bytes], now: datetime
) -> str:
    """Why this admin can't approve the request now, whatever the proof: a key of WHY; empty when they can."""
    try:
        await _refuse_closed(request, now=now)
        if request.account is None or request.role is None:
            return "nobody"
        await _refuse_partial(request, approver, keys=keys)
    except Barred as refusal:
        return refusal.why
    given = [one.admin for one in await queries.approvals_of(request.id)]
    return "twice" if approver.account in given else "cool_off" if opens_at > now else ""


def same_network(one: str, other: str) -> bool:
    """Whether two addresses are neighbours, so that they may well be one person's."""
    return network_of(one) != UNKNOWN and network_of(one) == network_of(other)


def _about(request: Request) -> dict[str, str | None]:
    return {"account": str(request.account) if request.account else None}
