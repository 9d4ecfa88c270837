"""Append to the audit log, in the caller's transaction: who did what to what, from where, when.

Who and where belong to the request, not to the verb: ``acting`` says it once for everything done inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.audit import AuditEntry
from portal.i18n import N_

ACTIONS: dict[str, str] = {
    "signed_in": N_("Signed in"),
    "sign_in_failed": N_("Sign-in failed"),
    "signed_out": N_("Signed out"),
    "denied": N_("Was refused a page"),
    "account_made": N_("Made an account"),
    "signed_up": N_("Signed up"),
    "password_changed": N_("Changed the password"),
    "contact_added": N_("Put an address or number on file"),
    "contact_removed": N_("Took an address or number off file"),
    "contact_confirmed": N_("Confirmed an address or number"),
    "account_read": N_("Looked at an account"),
    "introduction_read": N_("Opened a letter of introduction"),
    "account_locked": N_("Locked an account"),
    "account_unlocked": N_("Unlocked an account"),
    "role_changed": N_("Changed a role"),
    "sessions_ended": N_("Ended all sessions of an account"),
    "proposed": N_("Proposed what takes two admins"),
    "proposal_agreed": N_("Agreed to a proposal"),
    "proposal_refused": N_("Refused a proposal"),
}
"""Every word an entry may carry, with what the log's page says for it."""
_APPEND = """
    INSERT INTO audit_entry (actor, role, action, object, address, data, at)
    VALUES ({}, {}, {}, {}, {}, {}::jsonb, {})
"""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts and from where. ``actor`` is None for guests (role ``guest``) and the portal (``system``)."""

    actor: UUID | None = None
    role: str = "system"
    address: str = ""


_PORTAL = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_PORTAL)


@contextmanager
def acting(origin: Origin) -> Iterator[None]:
    """What is appended inside is said to come from ``origin``; outside of any it is the portal itself."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


async def append(
    action: str,
    *,
    object: str = "",
    data: Mapping[str, Any] | None = None,
    now: datetime,
    actor: tuple[UUID, str] | None = None,
) -> None:
    """The log says that ``action`` was done to ``object`` (``case:<id>``, ``account:<id>``, a path).

    ``data`` holds ids and words of our own vocabulary, never a secret or what people wrote. ``actor`` (account
    and role) names who acted where the request does not know it yet, as at sign-in. Raises KeyError for a word
    that ACTIONS lacks.
    """
    ACTIONS[action]  # a word without a label would be unreadable later
    origin = _origin.get()
    who, role = actor or (origin.actor, origin.role)
    await AuditEntry.raw(
        _APPEND, who, role, action, object[:80], origin.address[:50], json.dumps(dict(data or {})), now
    )
