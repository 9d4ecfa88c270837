"""Who is signed in: rows of our own table, found by the SHA-256 of a random token in the browser's cookie.

Only a token found there counts, so one that somebody planted before sign-in stays worthless; a visitor
without the cookie costs no row and no query.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.accounts import Session
from portal.security.lifetimes import latest_start

COOKIE = "session"
STAFF_ROLES = frozenset({"staff", "manager", "admin"})
OUTSIDE_ROLES = frozenset({"citizen", "agency", "liaison"})
ROLES = STAFF_ROLES | OUTSIDE_ROLES | {"evaluator", "auditor"}
FACTOR_ROLES = ROLES - OUTSIDE_ROLES
"""Whose password alone is not enough, once the grace period is over."""
ABSOLUTE_LIMIT = timedelta(hours=12)
SECOND_STEP_LIMIT = timedelta(minutes=10)
"""How long after the right password the second step may follow."""
SEEN_EVERY = timedelta(minutes=1)
FRESH = timedelta(minutes=15)
"""How long after a proof of who they are a person may do what needs one."""
# In SQL because every page of a signed-in visitor asks it: 0.2 ms, and 1.2 ms when Piccolo builds the join.
_FIND = """
    SELECT s.id AS session_id, s.seen_at, s.proved_at,
           a.id AS account_id, a.username, a.display_name, a.role, a.locale, a.created_at,
           EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id AND f.confirmed_at IS NOT NULL) AS has_factor,
           array_remove(ARRAY(SELECT m.unit FROM membership m WHERE m.account = a.id) || a.unit, NULL) AS units
    FROM session s JOIN account a ON a.id = s.account
    WHERE s.token_sha256 = {} AND s.ends_at > {} AND s.seen_at <= {} AND s.complete AND a.state = 'active'
"""
_PENDING = """
    SELECT s.id AS session_id, a.id AS account_id, a.username, a.role
    FROM session s JOIN account a ON a.id = s.account
    WHERE s.token_sha256 = {} AND s.ends_at > {} AND s.seen_at <= {} AND NOT s.complete AND a.state = 'active'
"""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The account behind this request, as it is now. ``units`` are those whose cases it works on.

    ``is_staff``: may work at the desk (staff, manager, admin). ``is_fresh``: proved who they are within the last
    quarter of an hour. ``factor_due_at``: from when on nothing opens before a second factor is added, None where
    none is asked for or there is one; ``factor_overdue``: that moment has passed.
    """

    session_id: UUID

    account_id: UUID
    username: str
    display_name: str
    role: str
    units: tuple[UUID, ...]
    locale: str
    is_staff: bool
    is_fresh: bool
    factor_due_at: datetime | None = None
    factor_overdue: bool = False

    @property
    def reads_all(self) -> bool:
        """Auditors read the cases of every unit and change none."""
        return self.role == "auditor"


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A session that opens nothing yet: the password was right, the second step has not come."""

    session_id: UUID
    account_id: UUID
    username: str
    role: str


async def open_session(
    account: UUID, *, device: str, address: str = "", complete: bool = True, now: datetime
) -> str:
    """A new session of ``account`` exists until 12 hours from ``now``; returns its token.

    The token is kept nowhere else. ``device`` is what the browser calls itself, ``address`` where it is. Not
    ``complete``, it opens nothing and is over after 10 minutes.
    """
    token = secrets.token_urlsafe(32)
    await Session.insert(
        Session(
            token_sha256=_digest(token),
            account=account,
            device=device[:200],
            address=address[:50],
            complete=complete,
            started_at=now,
            seen_at=now,
            proved_at=now,
            ends_at=now + (ABSOLUTE_LIMIT if complete else SECOND_STEP_LIMIT),
        )
    )
    return token


async def pending_of(token: str, now: datetime) -> Pending | None:
    """Whose password was right, though the second step is missing; None when nobody waits with ``token``."""
    rows = await Session.raw(_PENDING, _digest(token), now, latest_start(now))
    return Pending(**rows[0]) if rows else None


async def complete_session(session: UUID, *, now: datetime) -> str | None:
    """The waiting ``session`` is an open one from ``now`` on, under the new token that is returned.

    None when it no longer waits.
    """
    return await _renew(
        {Session.complete: True, Session.seen_at: now, Session.ends_at: now + ABSOLUTE_LIMIT},
        Session.id == session,
        Session.complete.eq(False),
        now=now,
    )


async def prove_again(session: UUID, *, now: datetime) -> str | None:
    """The person of ``session`` proved who they are ``now``; returns its new token, None when it has ended."""
    return await _renew({}, Session.id == session, Session.complete.eq(True), now=now)


async def _renew(changes: dict[Any, Any], *where: Any, now: datetime) -> str | None:
    token = secrets.token_urlsafe(32)
    renewed = {**changes, Session.token_sha256: _digest(token), Session.proved_at: now}
    return token if await Session.update(renewed).where(*where).returning(Session.id) else None


async def account_of(token: str, now: datetime, *, grace: timedelta | None = None) -> SignedIn | None:
    """The active account whose open session has ``token``; None when there is none (any more).

    Name, role and state are read each time: a lock or a new role holds from the next request on. Unused for
    30 minutes (people of the desk) or 60 minutes (citizens and liaisons), a session is over. ``grace`` is how long
    people of the desk may do without a second factor, None: for ever.
    """
    rows = await Session.raw(_FIND, _digest(token), now, latest_start(now))
    if not rows or now - rows[0]["seen_at"] >= idle_limit(rows[0]["role"]):
        return None
    row = rows[0]
    if now - row["seen_at"] >= SEEN_EVERY:
        await Session.update({Session.seen_at: now}).where(
            Session.id == row["session_id"], Session.seen_at == row["seen_at"]
        )
    due_at = _factor_due_at(row, grace)
    fields = {name: row[name] for name in SignedIn.__struct_fields__ if name in row and name != "units"}
    return SignedIn(
        **fields,
        units=tuple(row["units"]),
        is_staff=row["role"] in STAFF_ROLES,
        is_fresh=now - row["proved_at"] < FRESH,
        factor_due_at=due_at,
        factor_overdue=due_at is not None and due_at <= now,
    )


async def end_session(token: str) -> None:
    """No session with ``token`` exists any more."""
    await Session.delete().where(Session.token_sha256 == _digest(token))


async def end_all_sessions(account: UUID, except_session: UUID | None = None) -> int:
    """No session of ``account`` exists any more, but for the one with the id ``except_session``; returns how many.

    The caller's log entry says why.
    """
    ended = Session.delete().where(Session.account == account)
    if except_session is not None:
        ended = ended.where(Session.id != except_session)
    return len(await ended.returning(Session.id))


async def forget_ended(now: datetime) -> None:
    """No session that is past its absolute limit is kept."""
    await Session.delete().where(Session.ends_at <= now)


def idle_limit(role: str) -> timedelta:
    """How long a session of ``role`` may go unused."""
    return timedelta(minutes=60 if role in OUTSIDE_ROLES else 30)


def _factor_due_at(row: dict[str, Any], grace: timedelta | None) -> datetime | None:
    if grace is None or row["has_factor"] or row["role"] not in FACTOR_ROLES:
        return None
    made_at: datetime = row["created_at"]
    return made_at + grace


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
