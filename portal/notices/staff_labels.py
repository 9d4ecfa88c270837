"""The words of notices: what the parts of one are called, and the usual sentences to begin with."""

from __future__ import annotations

from collections.abc import Iterable

from portal.i18n import N_, Words, _, in_both
from portal.notices.rules import IMPACTS, Impact

KINDS = {"planned": N_("Planned outage"), "incident": N_("Incident")}
IMPACT_LABELS: dict[str, str] = {
    "unavailable": N_("Unavailable"),
    "read_only": N_("Tracking only: nothing new is taken"),
    "slow": N_("Slow"),
}
STAGES = {
    "unpublished": N_("Not published yet"),
    "ahead": N_("Ahead"),
    "soon": N_("Soon"),
    "now": N_("On now"),
    "over": N_("Over"),
    "cancelled": N_("Cancelled"),
}
STATES = {
    "investigating": N_("We are looking for the cause"),
    "identified": N_("The cause is known"),
    "watching": N_("Repaired, being watched"),
    "fixed": N_("Fixed"),
}
CAUSE_LABELS = {
    "software": N_("Software"),
    "hardware": N_("Hardware"),
    "infrastructure": N_("Infrastructure outside our power"),
    "security": N_("Security"),
    "unknown": N_("Not known yet"),
}
CHANGES = {
    "posted": N_("It was announced"),
    "updated": N_("Update"),
    "investigating": STATES["investigating"],
    "identified": STATES["identified"],
    "watching": STATES["watching"],
    "fixed": STATES["fixed"],
    "rescheduled": N_("Moved to another time"),
    "extended": N_("Extended"),
    "cancelled": N_("Cancelled"),
    "verifying": N_("Work done, being checked"),
    "ended": N_("It ended"),
    "reported": N_("Report"),
    "caused": N_("Cause named"),
}
ROUNDS = {
    "published": N_("Publication"),
    "ahead_72": N_("72 hours before"),
    "ahead_24": N_("24 hours before"),
    "ahead_1": N_("1 hour before"),
    "started": N_("Beginning"),
    "changed": N_("Change"),
    "cancelled": N_("Cancellation"),
    "ended": N_("End"),
}
_TITLES = {
    "planned": {
        "unavailable": N_("Planned outage for technical work"),
        "read_only": N_("Technical work: no new requests for a while"),
        "slow": N_("Technical work: slower than usual"),
    },
    "incident": {
        "unavailable": N_("The service cannot be used at present"),
        "read_only": N_("No new requests can be sent at present"),
        "slow": N_("The service is slow at present"),
    },
}
_BODIES = {
    "planned": {
        "unavailable": N_(
            "Technical work is done in this time. The service cannot be used until it is over."
        ),
        "read_only": N_(
            "Technical work is done in this time. Requests cannot be sent until it is over; tracking works."
        ),
        "slow": N_("Technical work is done in this time. The service works, but slower than usual."),
    },
    "incident": {
        "unavailable": N_("The service cannot be used because of a fault. We are working on it."),
        "read_only": N_("Because of a fault requests cannot be sent; tracking works. We are working on it."),
        "slow": N_("Because of a fault the service is slow. We are working on it."),
    },
}
_ADVICE = {
    "planned": N_("Please send your request before the work begins or after it is over."),
    "incident": N_("Please try again later."),
}


def usual_words(kind: str, impacts: Iterable[str]) -> dict[str, Words]:
    """Title, text and advice that fit a notice of ``kind`` by the worst of its impacts."""
    worst: Impact = min(
        (one for one in IMPACTS if one in set(impacts)), key=IMPACTS.index, default=IMPACTS[0]
    )
    return {
        "title": in_both(_TITLES[kind][worst]),
        "body": in_both(_BODIES[kind][worst]),
        "advice": in_both(_ADVICE[kind]),
    }


WORDS = {
    "kind_label": lambda kind: _(KINDS[kind]),
    "impact_label": lambda impact: _(IMPACT_LABELS[impact]),
    "stage_label": lambda stage: _(STAGES[stage]),
    "notice_state_label": lambda state: _(STATES[state]),
    "cause_label": lambda cause: _(CAUSE_LABELS[cause]),
    "change_label": lambda kind: _(CHANGES[kind]),
    "round_label": lambda kind: _(ROUNDS[kind]),
}
"""For templates: what a word of ours is called, in the reader's language."""
