"""Being forgotten: a person asks, one admin takes it up, another one agrees, and then nothing names the person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.accounts import Account
from db.engine import atomic
from portal.accounts import proposals
from portal.accounts.erasure import erase_account
from portal.accounts.proposals import Kind, Open
from portal.cases import erasure
from portal.cases.own_queries import standing_of
from portal.errors import Conflict
from portal.i18n import N_, _

WISH = "erasure"


@atomic
async def ask(account: UUID, *, reason: str, now: datetime) -> None:
    """The wish of ``account`` to be forgotten waits for two admins; ``reason`` may be empty.

    Raises Conflict while a case of the account is open, and when the wish waits already.
    """
    if (await standing_of(account)).open:
        raise Conflict(_("A request of yours is still open. It has to end first."))
    await proposals.propose(WISH, by=account, subject=account, data={}, reason=reason, now=now)


@atomic
async def erase_person(account: UUID, *, now: datetime) -> list[str]:
    """No case of ``account`` and not the account itself names anybody. Returns the files to remove from the disk.

    Raises Conflict while a case is open, and for the last active admin.
    """
    # No case can be added to the account while it is locked.
    await Account.raw("SELECT id FROM account WHERE id = {} FOR UPDATE", account)
    standing = await standing_of(account)
    if standing.open:
        raise Conflict(_("A request of this person is still open. It has to end first."))
    files = await erase_account(account, now=now)
    for case in standing.ended:
        files += await erasure.erase(case, now=now)
    return files


async def _carry(proposal: Open, now: datetime) -> Sequence[str]:
    assert proposal.subject, "a wish names whom it is for"
    return await erase_person(proposal.subject, now=now)


KIND = Kind(
    label=N_("Erase what names a person"),
    effect=N_(
        "What names this person in the account and in all their requests is gone at once and for good."
    ),
    carry=_carry,
    is_wish=True,
)
