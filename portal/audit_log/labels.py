"""How the log's page and its export word an entry."""

from __future__ import annotations

from portal.audit import ACTIONS
from portal.audit_log.queries import Entry
from portal.i18n import N_, _
from portal.security import roles

NO_ACCOUNT = {"guest": N_("Guest"), "system": N_("The portal itself")}
"""Who acts without an account."""
KINDS = {"case": N_("Case"), "account": N_("Account"), "message": N_("Mail"), "calendar": N_("Calendar")}
"""What an entry's object may be, by the word before its colon; anything else is shown as it stands."""


def action_words(action: str) -> str:
    """What was done; a word that a later version no longer has is shown as it stands."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def role_words(role: str) -> str:
    """What kind of person acted; a role that a later version no longer has is shown as it stands."""
    known = {**roles.LABELS, **NO_ACCOUNT}
    return _(known[role]) if role in known else role


def kind_of(entry: Entry) -> str:
    """What kind of thing it was done to; empty for a page's address or nothing."""
    kind = entry.object.partition(":")[0]
    return _(KINDS[kind]) if kind in KINDS else ""


def key_of(entry: Entry) -> str:
    """The id of what it was done to, or the address as it stands."""
    return entry.object.partition(":")[2] if kind_of(entry) else entry.object
