"""A citizen signs up: the account waits until its e-mail address is confirmed.

Whoever signs up learns nothing about others: the page's answer and its time are the same whether the address or the
user name is known. What happened is told by mail, to the owner of the address alone.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.accounts import Account, ContactPoint
from db.engine import atomic
from db.keys import uuid7
from portal import audit, outbox
from portal.accounts import mails
from portal.accounts.mails import FOLDER
from portal.accounts.new_password import WeakPassword, problem_of_new
from portal.security import passwords, throttle
from portal.security.address import network_of

LIMIT, WINDOW = 10, timedelta(hours=1)
MAILS, MAILS_WINDOW = 3, timedelta(days=1)
FORGOTTEN_AFTER = timedelta(days=3)
"""How long a name stays taken by a sign-up that nobody confirmed."""
_KNOWN = """
    SELECT EXISTS (SELECT FROM contact_point WHERE kind = 'email' AND value = {} AND verified_at IS NOT NULL) AS known,
           (SELECT a.username FROM contact_point c JOIN account a ON a.id = c.account
            WHERE c.kind = 'email' AND c.value = {} AND c.verified_at IS NOT NULL
            ORDER BY c.verified_at LIMIT 1) AS called
"""
_ADD = """
    INSERT INTO account
        (id, username, display_name, role, password_hash, password_changed_at, state, locale, created_at)
    SELECT {}::uuid, {}::varchar, {}::varchar, 'citizen', {}::varchar, {}::timestamptz, 'new', {}::varchar,
           {}::timestamptz
    WHERE NOT {}::boolean
    ON CONFLICT (username) DO NOTHING RETURNING id
"""
_ADD_CONTACTS = """
    INSERT INTO contact_point (id, account, kind, value, changed_at)
    SELECT given.id, a.id, given.kind, given.value, {}::timestamptz
    FROM account a,
         (VALUES ({}::uuid, 'email', {}::varchar), ({}::uuid, 'phone', {}::varchar)) AS given (id, kind, value)
    WHERE a.id = {}::uuid AND given.value <> ''
"""


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed, right by itself. ``username`` is a key (``usernames.username_key``), ``phone`` may be empty."""

    username: str
    display_name: str
    email: str
    phone: str
    password: str


async def sign_up(draft: SignUp, *, locale: str, address: str, base_url: str, now: datetime) -> None:
    """A citizen's account waits for its mail's link, or a mail says why there is none; one mail in each case.

    Raises WeakPassword, TooMany (ten from one network in an hour), Busy. To one address go three such mails a day
    at most; what is beyond is answered alike and sends nothing.
    """
    await passwords.expect_room()
    others = (draft.display_name, draft.email)
    if problem := await problem_of_new(draft.password, draft.username, others, base_url=base_url):
        raise WeakPassword(problem)
    await throttle.hit(f"sign-up:{network_of(address)}", limit=LIMIT, window=WINDOW, now=now)
    reader = hashlib.sha256(draft.email.casefold().encode()).hexdigest()[:32]
    told = await throttle.count(f"sign-up:mail:{reader}", MAILS_WINDOW, now)
    kept = await passwords.hash_password(draft.password)
    if told <= MAILS:
        await _begin(draft, kept, locale=locale, now=now)


@atomic
async def _begin(draft: SignUp, kept: str, *, locale: str, now: datetime) -> None:
    """The same statements in each case, so that none takes longer than another."""
    account, email, phone = uuid7(), uuid7(), uuid7()
    found = (await Account.raw(_KNOWN, draft.email, draft.email))[0]
    made = await Account.raw(
        _ADD, account, draft.username, draft.display_name, kept, now, locale, now, found["known"]
    )
    await ContactPoint.raw(_ADD_CONTACTS, now, email, draft.email, phone, draft.phone, account)
    outcome = "made" if made else "known" if found["known"] else "taken"
    await audit.append(
        "signed_up", object=f"account:{account}" if made else "", data={"outcome": outcome}, now=now
    )
    if made:
        await mails.ask_to_confirm(
            email, draft.email, username=draft.username, locale=locale, is_new=True, now=now
        )
        return
    await outbox.enqueue(
        f"{FOLDER}{outcome}",
        recipient=draft.email,
        locale=locale,
        data={"username": found["called"] if found["known"] else draft.username},
        cause=f"sign-up:{account}",
        case=None,
        now=now,
    )


@atomic
async def forget_unconfirmed(*, now: datetime) -> None:
    """Sign-ups that nobody confirmed within three days are gone, and their names are free again."""
    rows = await Account.raw(
        "SELECT id FROM account WHERE state = 'new' AND created_at < {} FOR UPDATE", now - FORGOTTEN_AFTER
    )
    lapsed: list[UUID] = [row["id"] for row in rows]
    if lapsed:
        await ContactPoint.delete().where(ContactPoint.account.is_in(lapsed))
        await Account.delete().where(Account.id.is_in(lapsed))
