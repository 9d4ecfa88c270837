"""What receipts call things, on pages and on paper."""

from __future__ import annotations

from datetime import datetime

from portal import jalali
from portal.cases import rules
from portal.cases.attest import Attested
from portal.i18n import N_, _, current_language
from portal.settings import Settings
from portal.text import show_number

KINDS = {
    "filing": N_("The request was filed"),
    "decision": N_("A decision was taken"),
    "on_demand": N_("How the request stood"),
}


def occasion_label(kind: str) -> str:
    """On what occasion a receipt of this kind was given."""
    return _(KINDS[kind])


def standing(attested: Attested) -> str:
    """State and, where there is one, outcome."""
    state = rules.state_label(attested.state)
    return f"{state}: {rules.outcome_label(attested.outcome)}" if attested.outcome else state


def moment(written: str, settings: Settings) -> str:
    """A time of a receipt as people read it."""
    return jalali.show_moment(datetime.fromisoformat(written), current_language(), settings.zone)


def number(value: int) -> str:
    return show_number(value, current_language())


def groups(digest: str) -> str:
    """A digest or a signature in groups of eight, to be compared with the eye."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


NAMES = {
    "occasion_label": occasion_label,
    "standing": standing,
    "groups": groups,
    "moment_of": datetime.fromisoformat,
}
"""What the pages of receipts may call."""
