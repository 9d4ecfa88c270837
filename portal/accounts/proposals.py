"""What takes two: one admin proposes, a different one agrees, and only then it happens, in the same transaction.

A wish is what somebody proposes for themselves: one admin takes it up, a different one agrees.

``KINDS`` says for each kind what it is called and which verb carries it out. A feature adds its own with ``register``
when the application is put together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from db.accounts import Account
from db.engine import atomic
from db.people import Proposal
from portal import audit
from portal.accounts import staff_actions
from portal.accounts.queries import active_admins
from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import N_, _
from portal.paging import PAGE

Carry = Callable[["Open", datetime], Awaitable[Sequence[str]]]
"""Returns the stored names of files that nothing names any more: they go from the disk after the commit."""
Answer = Callable[..., Awaitable[Sequence[str]]]
"""What an admin does with a proposal (by id; ``by``, ``now``); returns what ``Carry`` does."""
OTHERS = N_("Another admin has to agree: nobody agrees to their own proposal or for themselves.")
_FIND = """
    SELECT p.id, p.kind, p.subject, p.data::text AS data, p.reason, p.state, p.asked_by, p.asked_at, p.decided_at,
           p.taken_up_by, taker.display_name AS taker, asker.display_name AS asker, decider.display_name AS decider,
           subject.display_name AS subject_name, subject.username AS subject_username
    FROM proposal p
    JOIN account asker ON asker.id = p.asked_by
    LEFT JOIN account taker ON taker.id = p.taken_up_by
    LEFT JOIN account decider ON decider.id = p.decided_by
    LEFT JOIN account subject ON subject.id = p.subject
"""


class OwnProposal(NotAllowed):
    """Who asked, or whom it is about, can't agree."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """``label`` says what is asked, ``effect`` what agreeing does; ``carry`` does it, in the transaction of the
    second admin's agreement.

    ``is_wish``: people ask it for themselves, so that it needs an admin who takes it up.
    """

    label: str
    effect: str
    carry: Carry
    is_wish: bool = False


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal that is being carried out."""

    id: UUID
    subject: UUID | None
    data: Mapping[str, Any]
    asked_by: UUID
    agreed_by: UUID


class Wish(msgspec.Struct, frozen=True):
    """What somebody asked for themselves and nobody has decided."""

    id: UUID
    asked_at: datetime


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal as the list shows it; names are None where there is nobody (yet)."""

    id: UUID
    kind: str
    subject: UUID | None
    data: str
    reason: str
    state: str
    asked_by: UUID
    asked_at: datetime
    decided_at: datetime | None
    asker: str
    taken_up_by: UUID | None
    taker: str | None
    decider: str | None
    subject_name: str | None
    subject_username: str | None


async def _grant_admin(proposal: Open, now: datetime) -> Sequence[str]:
    assert proposal.subject, "a grant names whom it is for"
    await staff_actions.make_admin(proposal.subject, now=now)
    return ()


KINDS: dict[str, Kind] = {
    "grant_admin": Kind(
        label=N_("Make somebody a site admin"),
        effect=N_("The person is a site admin at once, and has to sign in again."),
        carry=_grant_admin,
    ),
}


def register(name: str, kind: Kind) -> None:
    """Proposals of kind ``name`` (one the table knows) can be made and carried out from now on."""
    KINDS[name] = kind


@atomic
async def propose(
    kind: str,
    *,
    by: UUID,
    subject: UUID | None,
    data: Mapping[str, Any],
    reason: str,
    now: datetime,
) -> UUID:
    """A proposal waits for another admin; returns its id. The same one that still waits is not made twice.

    Raises NotFound for an unknown kind or subject, Conflict where the same is proposed already.
    """
    if kind not in KINDS:
        raise NotFound(_("There is no such proposal."))
    if subject:  # the row lock makes two equal proposals queue
        rows = await Account.raw("SELECT id FROM account WHERE id = {} FOR UPDATE", subject)
        if not rows:
            raise NotFound(_("There is no such account."))
        if await Proposal.exists().where(
            Proposal.kind == kind, Proposal.subject == subject, Proposal.state == "open"
        ):
            raise Conflict(_("This is proposed already and waits for another admin."))
    proposal = Proposal(kind=kind, subject=subject, data=dict(data), reason=reason, asked_by=by, asked_at=now)
    await Proposal.insert(proposal)
    await audit.append("proposed", object=f"proposal:{proposal.id}", data={"kind": kind}, now=now)
    return proposal.id


async def take_up(proposal: UUID, *, by: UUID, now: datetime) -> Sequence[str]:
    """The wish has its first admin and waits for a second one. Raises as ``agree``, Conflict when somebody has it."""
    return await _noting_refusals(_take_up, proposal, by=by, now=now)


async def agree(proposal: UUID, *, by: UUID, now: datetime) -> Sequence[str]:
    """What was proposed has happened; returns the files to remove, see ``Carry``.

    Raises OwnProposal (noted in the log), NotFound, Conflict when it was decided.
    """
    return await _noting_refusals(_agree, proposal, by=by, now=now)


async def _noting_refusals(verb: Answer, proposal: UUID, *, by: UUID, now: datetime) -> Sequence[str]:
    try:
        return await verb(proposal, by=by, now=now)
    except OwnProposal:
        await audit.append("denied", object=f"proposal:{proposal}", now=now)
        raise


@atomic
async def _take_up(proposal: UUID, *, by: UUID, now: datetime) -> Sequence[str]:
    found = await _waiting(proposal)
    if by in (found.asked_by, found.subject):
        raise OwnProposal(_(OTHERS))
    if not KINDS[found.kind].is_wish or found.taken_up_by in await active_admins():
        raise Conflict(_("This waits for a second admin already."))
    await Proposal.update({Proposal.taken_up_by: by}).where(Proposal.id == proposal)
    await audit.append("proposal_taken_up", object=f"proposal:{proposal}", data={"kind": found.kind}, now=now)
    return ()


@atomic
async def _agree(proposal: UUID, *, by: UUID, now: datetime) -> Sequence[str]:
    found = await _waiting(proposal)
    kind = KINDS[found.kind]
    first = found.taken_up_by if kind.is_wish else found.asked_by
    if by in (found.asked_by, found.subject, first):
        raise OwnProposal(_(OTHERS))
    if first is None:
        raise Conflict(_("One admin has to take this up first, then another one can agree."))
    if first not in await active_admins():
        raise Conflict(_("Who proposed this is not an admin any more. Please propose it anew."))
    unnamed = await kind.carry(
        Open(
            id=proposal,
            subject=found.subject,
            data=cast(Mapping[str, Any], found.data),
            asked_by=found.asked_by,
            agreed_by=by,
        ),
        now,
    )
    await _decide(found, "agreed", by=by, now=now)
    return unnamed


@atomic
async def refuse(proposal: UUID, *, by: UUID, now: datetime) -> Sequence[str]:
    """The proposal is off the list; who made it may take it back this way, too. Raises NotFound, Conflict."""
    await _decide(await _waiting(proposal), "refused", by=by, now=now)
    return ()


@atomic
async def withdraw(kind: str, *, by: UUID, now: datetime) -> None:
    """No wish of ``by`` of this kind waits any more; one that did not changes nothing."""
    waiting = await waiting_since(kind, by)
    if waiting:
        await refuse(waiting.id, by=by, now=now)


async def waiting_since(kind: str, asked_by: UUID) -> Wish | None:
    """The wish of ``asked_by`` that waits, or None."""
    row = (
        await Proposal.select(Proposal.id, Proposal.asked_at)
        .where(Proposal.kind == kind, Proposal.asked_by == asked_by, Proposal.state == "open")
        .first()
    )
    return Wish(**row) if row else None


async def listed() -> list[Row]:
    """Proposals that wait, the oldest first, then those decided lately; 50 at most of each."""
    waiting = await Proposal.raw(f"{_FIND} WHERE p.state = 'open' ORDER BY p.id LIMIT {PAGE}")
    decided = await Proposal.raw(f"{_FIND} WHERE p.state <> 'open' ORDER BY p.decided_at DESC LIMIT {PAGE}")
    return [Row(**row) for row in (*waiting, *decided)]


async def _waiting(proposal: UUID) -> Proposal:
    """The proposal, locked; it is still open. Raises NotFound, Conflict."""
    rows = await Proposal.raw("SELECT id FROM proposal WHERE id = {} AND state = 'open' FOR UPDATE", proposal)
    found = await Proposal.objects().get(Proposal.id == proposal).output(load_json=True)
    if found is None:
        raise NotFound(_("There is no such proposal."))
    if not rows:
        raise Conflict(_("This was decided already."))
    return cast(Proposal, found)


async def _decide(found: Proposal, state: str, *, by: UUID, now: datetime) -> None:
    """The proposal is decided. Taken back by its own maker, nobody else has decided it."""
    decider = None if by == found.asked_by else by
    await Proposal.update(
        {Proposal.state: state, Proposal.decided_by: decider, Proposal.decided_at: now}
    ).where(Proposal.id == found.id)
    await audit.append(f"proposal_{state}", object=f"proposal:{found.id}", data={"kind": found.kind}, now=now)
