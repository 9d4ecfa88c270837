"""Words for roles and states of accounts, as pages say them."""

from __future__ import annotations

from portal.i18n import N_, _

ROLES = {
    "citizen": N_("Citizen"),
    "agency": N_("User of an agency"),
    "liaison": N_("Liaison"),
    "staff": N_("Clerk"),
    "evaluator": N_("Evaluator"),
    "manager": N_("Manager of services"),
    "admin": N_("Site admin"),
    "auditor": N_("Auditor"),
}
STATES = {
    "active": N_("Active"),
    "new": N_("Waits for its e-mail"),
    "locked": N_("Locked"),
    "erased": N_("Erased"),
}
TONES = {"active": "done", "new": "wait", "locked": "late", "erased": "past"}


def role_words(role: str) -> str:
    """What ``role`` is called."""
    return _(ROLES[role])


def account_state_words(state: str) -> str:
    """What ``state`` of an account is called."""
    return _(STATES[state])
