"""The words for how much of the time a service could be used."""

from __future__ import annotations

from decimal import Decimal

from portal.i18n import N_, _, current_language
from portal.jalali import show_span
from portal.text import show_percent

STATES = {
    "up": N_("usable"),
    "planned": N_("down, announced work"),
    "down": N_("down"),
    "unknown": N_("unknown: nobody looked"),
}
"""What a part of a day was, in the order in which a chart stacks them."""


def share(part: int, whole: int) -> str:
    """``part`` of ``whole`` in hundredths of a percent, rounded down: only what never failed is called 100%."""
    if not whole:
        return _("unknown")
    return show_percent(Decimal(10_000 * part // whole) / 100, current_language(), places=2)


def state_of_time(state: str) -> str:
    """A part of a day by its key in ``STATES``."""
    return _(STATES[state])


def length(seconds: int) -> str:
    """So many seconds in words: "2 hours 5 minutes"."""
    return show_span(seconds, current_language())


NAMES = {"share_words": share, "time_words": state_of_time, "span_words": length}
"""What templates call."""
