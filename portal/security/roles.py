"""What the roles are called, everywhere in the same words. Who may do what: ``permissions``."""

from __future__ import annotations

from portal.i18n import N_, _

LABELS = {
    "citizen": N_("Citizen"),
    "agency": N_("User of an agency"),
    "liaison": N_("Liaison"),
    "staff": N_("Clerk"),
    "evaluator": N_("Evaluator"),
    "manager": N_("Manager of services"),
    "admin": N_("Site admin"),
    "auditor": N_("Auditor"),
}


def role_words(role: str) -> str:
    """What ``role`` is called in the reader's language."""
    return _(LABELS[role])
