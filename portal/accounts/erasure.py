"""Forgetting the holder of an account: the account stays as something that signed entries and events, nameless."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from db.accounts import Account, ContactPoint, Introduction, Session
from db.engine import atomic
from db.factors import RecoveryCode, SecondFactor
from db.outbox import OutboxMessage
from db.people import Draft, Proposal
from db.resets import ResetRequest
from db.subscriptions import Subscription
from portal import audit
from portal.accounts import mails
from portal.accounts.queries import lock_admins
from portal.accounts.staff_actions import LAST_ADMIN
from portal.errors import Conflict
from portal.i18n import _

OWNED = (Session, ContactPoint, RecoveryCode, SecondFactor, Draft)
_FORGET_LETTERS = """
    WITH kept AS (SELECT id, stored_as FROM introduction WHERE account = {} AND stored_as NOT LIKE 'gone:%')
    UPDATE introduction SET name = '', letter_no = '', stored_as = 'gone:' || kept.id
    FROM kept WHERE introduction.id = kept.id
    RETURNING kept.stored_as
"""
# Mails to the account name it; an older one only its address. Mails about cases go with their cases.
_FORGET_MAILS = """
    UPDATE outbox_message SET recipient = '', data = jsonb_build_object(), error = '', cause = 'gone:' || id,
        state = CASE state WHEN 'queued' THEN 'dropped' ELSE state END, ended_at = coalesce(ended_at, {})
    WHERE "case" IS NULL
        AND (data->>'username' = {} OR (data->>'username' IS NULL AND state <> 'queued' AND recipient = ANY({})))
"""
_FORGET_RESETS = """
    WITH asked AS (
        UPDATE reset_request SET address = '', device = '', b_hash = NULL,
            state = CASE WHEN state IN ('open', 'approved') THEN 'void' ELSE state END,
            ended_at = coalesce(ended_at, {})
        WHERE account = {} RETURNING id)
    UPDATE reset_approval SET note = '' FROM asked WHERE reset_approval.request = asked.id
"""
_FORGET_SUBSCRIPTIONS = """
    DELETE FROM subscription WHERE account = {} OR (origin = 'asked' AND address = ANY({}))
"""


@atomic
async def erase_account(account: UUID, *, now: datetime) -> list[str]:
    """Nobody can tell whose account it was, and nobody signs in to it; its role and what it did stay.

    A last mail says so to its confirmed addresses; their record forgets them as soon as it has left or failed.

    Returns the stored names of its letters' scans, which the caller removes from the disk after the commit. Doing it
    again changes nothing. Raises Conflict for the last active admin.
    """
    if await lock_admins() == {account}:
        raise Conflict(_(LAST_ADMIN))
    rows = await Account.raw("SELECT username, state, locale FROM account WHERE id = {} FOR UPDATE", account)
    if not rows or rows[0]["state"] == "erased":
        return []
    of_account = ContactPoint.account == account
    addresses = await ContactPoint.select(ContactPoint.value).where(of_account).output(as_list=True)
    await OutboxMessage.raw(_FORGET_MAILS, now, rows[0]["username"], addresses)
    await mails.take_leave(account, rows[0]["locale"], now=now)
    await ResetRequest.raw(_FORGET_RESETS, now, account)
    await Subscription.raw(_FORGET_SUBSCRIPTIONS, account, addresses)
    for table in OWNED:
        await table.delete().where(table.account == account)
    await Proposal.update({Proposal.reason: "", Proposal.data: "{}"}).where(Proposal.subject == account)
    await Account.update(
        {
            Account.username: f"erased-{secrets.token_hex(8)}",
            Account.display_name: "",
            Account.agency: None,
            Account.password_hash: "",
            Account.password_changed_at: None,
            Account.state: "erased",
            Account.locked_because: "",
        }
    ).where(Account.id == account)
    await audit.append("account_erased", object=f"account:{account}", now=now)
    return [row["stored_as"] for row in await Introduction.raw(_FORGET_LETTERS, account)]
