"""Words for states of accounts, as pages say them."""

from __future__ import annotations

from portal.i18n import N_, _

STATES = {
    "active": N_("Active"),
    "new": N_("Waits for its e-mail"),
    "locked": N_("Locked"),
    "erased": N_("Erased"),
}
TONES = {"active": "done", "new": "wait", "locked": "late", "erased": "past"}


def account_state_words(state: str) -> str:
    """What ``state`` of an account is called."""
    return _(STATES[state])
