"""How the log's page and its export word an entry."""

from __future__ import annotations

from portal.audit import ACTIONS
from portal.audit_log.queries import Entry
from portal.i18n import N_, _

ROLES = {
    "guest": N_("Guest"),
    "system": N_("The portal itself"),
    "citizen": N_("Citizen"),
    "agency": N_("Agency user"),
    "liaison": N_("Liaison"),
    "staff": N_("Clerk"),
    "evaluator": N_("Evaluator"),
    "manager": N_("Manager of services"),
    "admin": N_("Site admin"),
    "auditor": N_("Auditor"),
}
KINDS = {"case": N_("Case"), "account": N_("Account"), "message": N_("Mail")}
"""What an entry's object may be, by the word before its colon; anything else is shown as it stands."""


def action_words(action: str) -> str:
    """What was done; a word that a later version no longer has is shown as it stands."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def role_words(role: str) -> str:
    """What kind of person acted."""
    return _(ROLES[role]) if role in ROLES else role


def kind_of(entry: Entry) -> str:
    """What kind of thing it was done to; empty for a page's address or nothing."""
    kind = entry.object.partition(":")[0]
    return _(KINDS[kind]) if kind in KINDS else ""


def key_of(entry: Entry) -> str:
    """The id of what it was done to, or the address as it stands."""
    return entry.object.partition(":")[2] if kind_of(entry) else entry.object
