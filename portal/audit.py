"""Append to the audit log, in the caller's transaction: who did what to what, from where, when.

Who and where belong to the request, not to the verb: ``acting`` says it once for everything done inside.
"""

from __future__ import annotations

import json
import re
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
    "webhook_added": N_("Added a webhook"),
    "webhook_removed": N_("Removed a webhook"),
    "notice_posted": N_("Posted a notice"),
    "notice_changed": N_("Changed a notice"),
    "notice_series_begun": N_("Posted windows that come again"),
    "notice_series_ended": N_("Ended windows that come again"),
    "signed_in": N_("Signed in"),
    "sign_in_failed": N_("Sign-in failed"),
    "second_step_asked": N_("Gave the right password, was asked for the second step"),
    "second_step_failed": N_("Second step failed"),
    "signed_out": N_("Signed out"),
    "confirmed": N_("Confirmed who they are"),
    "session_ended": N_("Ended a session"),
    "sessions_ended": N_("Ended all other sessions"),
    "factor_added": N_("Added a way for the second step"),
    "factor_renamed": N_("Renamed a way for the second step"),
    "factor_removed": N_("Removed a way for the second step"),
    "factors_removed": N_("Removed all ways for the second step of an account"),
    "recovery_codes_made": N_("Made new recovery codes"),
    "recovery_code_used": N_("Used a recovery code"),
    "denied": N_("Was refused a page"),
    "account_made": N_("Made an account"),
    "invited": N_("Invited to set a password"),
    "recovery_made": N_("Made a link on the server's console"),
    "reset_asked": N_("Asked for a new password"),
    "reset_limited": N_("Asked for a new password too often"),
    "reset_viewed": N_("Opened a request for a new password"),
    "reset_approved": N_("Approved a new password"),
    "reset_not_approved": N_("Was not allowed to approve a new password"),
    "reset_same_address": N_("Approved from where the request came"),
    "reset_many": N_("Approved unusually many new passwords"),
    "reset_refused": N_("Refused a new password"),
    "reset_failed": N_("Tried a wrong code for a new password"),
    "reset_void": N_("Wrong codes made a request void"),
    "reset_used": N_("Set a new password"),
    "reset_report": N_("Opened the list of resets"),
    "account_corrected": N_("Corrected their own account"),
    "data_exported": N_("Took their own data"),
    "case_filed": N_("Filed a request"),
    "case_taken": N_("Took a case into work"),
    "case_assigned": N_("Assigned a case"),
    "case_asked": N_("Asked the applicant a question"),
    "case_noted": N_("Wrote an internal note"),
    "case_referred": N_("Referred a case to another unit"),
    "case_answered": N_("Answered a case"),
    "case_closed": N_("Closed a case"),
    "case_rejected": N_("Rejected a case"),
    "case_replied": N_("Wrote back to the desk"),
    "case_withdrawn": N_("Withdrew a request"),
    "case_informed": N_("Applicant told how a case stands"),
    "case_extended": N_("Applicant told of a delay"),
    "case_contested": N_("Pause of a case contested"),
    "case_contest_upheld": N_("Contested pause undone"),
    "case_contest_denied": N_("Contested pause confirmed"),
    "case_decided": N_("Complaint decided"),
    "case_named": N_("Person whom a complaint is about recorded"),
    "case_appealed": N_("Decision on a complaint appealed by its applicant"),
    "case_reopened": N_("Case opened again by its applicant"),
    "case_rated": N_("Said how a case was handled"),
    "case_recounted": N_("Dates of a case counted anew"),
    "cases_recounted": N_("Dates of open cases counted anew"),
    "case_infected": N_("Virus found in a file of a case"),
    "letter_infected": N_("Virus found in a letter of introduction"),
    "case_credited": N_("Downtime credited to a case"),
    "cases_credited": N_("Downtime credited to open cases"),
    "case_missed": N_("Promise of a case missed"),
    "case_passcode": N_("Gave out a new passcode"),
    "case_renumbered": N_("Gave out a new tracking code"),
    "case_claimed": N_("Put a request under an account"),
    "case_erased": N_("Erased what names the people of a case"),
    "account_erased": N_("Erased what names the holder of an account"),
    "receipt_issued": N_("Had a receipt made"),
    "receipt_key_changed": N_("Changed the key that signs receipts"),
    "case_viewed": N_("Saw the details of a case"),
    "file_fetched": N_("Fetched a file of a case"),
    "day_reckoned": N_("Had a day reckoned again"),
    "dossier_taken": N_("Took the dossier of a case"),
    "case_unlocked": N_("Opened a case by passcode, proof or link"),
    "unlock_failed": N_("Failed to open a case"),
    "mail_viewed": N_("Saw who got which mail"),
    "audit_exported": N_("Exported the audit log"),
    "setting_changed": N_("Changed a setting"),
    "calendar_added": N_("Added a calendar"),
    "calendar_drafted": N_("Drafted a change to a calendar"),
    "calendar_draft_dropped": N_("Dropped the draft of a calendar"),
    "calendar_published": N_("Published a change to a calendar"),
    "agency_added": N_("Added an agency"),
    "agency_changed": N_("Changed an agency"),
    "agency_removed": N_("Removed an agency"),
    "unit_added": N_("Added a unit"),
    "unit_changed": N_("Changed a unit"),
    "unit_removed": N_("Removed a unit"),
    "statement_published": N_("Published an edition of a statement"),
    "ending_proposed": N_("Proposed to end a statement"),
    "ending_approved": N_("Recorded that an office agrees to end a statement"),
    "ending_announced": N_("Announced the end of a statement"),
    "ending_withdrawn": N_("Called off the end of a statement"),
    "service_added": N_("Added a service"),
    "service_drafted": N_("Changed the draft of a service"),
    "service_draft_dropped": N_("Threw away the draft of a service"),
    "service_published": N_("Published what was drafted for a service"),
    "service_opened": N_("Opened a service for requests"),
    "service_closed": N_("Closed a service for requests"),
    "service_made_desk": N_("Made a service the electronic desk as a whole"),
    "head_named": N_("Named the head of a unit, or nobody"),
    "watch_changed": N_("Changed whom a service warns"),
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
    "proposed": N_("Proposed what takes two admins"),
    "proposal_taken_up": N_("Took up somebody's wish"),
    "proposal_agreed": N_("Agreed to a proposal"),
    "proposal_refused": N_("Refused a proposal"),
}
"""Every word an entry may carry, with what the log's page says for it."""
INSERT = """
    INSERT INTO audit_entry (actor, role, action, object, address, data, at)
    VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)
"""
"""What ``values`` fill: for a verb that adds its entry in the same round trip as a row of its own."""
_APPEND = re.sub(r"\$\d", "{}", INSERT)


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


def unnamed() -> None:
    """What the rest of this request appends is said to come from a guest: who is signed in keeps the name."""
    _origin.set(msgspec.structs.replace(_origin.get(), actor=None, role="guest"))


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
    await AuditEntry.raw(_APPEND, *values(action, object=object, data=data, now=now, actor=actor))


def values(
    action: str,
    *,
    object: str = "",
    data: Mapping[str, Any] | None = None,
    now: datetime,
    actor: tuple[UUID, str] | None = None,
) -> tuple[Any, ...]:
    """The values of ``INSERT`` for the entry that ``append`` would write."""
    ACTIONS[action]  # a word without a label would be unreadable later
    origin = _origin.get()
    who, role = actor or (origin.actor, origin.role)
    return who, role, action, object[:80], origin.address[:50], json.dumps(dict(data or {})), now
