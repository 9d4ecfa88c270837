"""The usual sentences of a notice, for whoever posts one in a hurry."""

from __future__ import annotations

from collections.abc import Iterable

from portal.i18n import N_, Words, in_both
from portal.notices.rules import IMPACTS, Impact

_TITLES = {
    "planned": {
        "unavailable": N_("Technical work: out of service for a while"),
        "read_only": N_("Technical work: no new requests for a while"),
        "slow": N_("Technical work: slower than usual"),
    },
    "incident": {
        "unavailable": N_("Interruption of the service"),
        "read_only": N_("Interruption of new requests"),
        "slow": N_("The service slower than usual"),
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
_PATIENCE = N_("Everything works, but please allow more time and press each button once only.")
"""The advice where the worst is that it is slow."""


def usual_words(kind: str, impacts: Iterable[str]) -> dict[str, Words]:
    """Title, text and advice that fit a notice of ``kind`` by the worst of its impacts."""
    worst: Impact = min(
        (one for one in IMPACTS if one in set(impacts)), key=IMPACTS.index, default=IMPACTS[0]
    )
    return {
        "title": in_both(_TITLES[kind][worst]),
        "body": in_both(_BODIES[kind][worst]),
        "advice": in_both(_PATIENCE if worst == "slow" else _ADVICE[kind]),
    }
