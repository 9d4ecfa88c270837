"""What feedback can be about, and what is asked for each sort."""

from __future__ import annotations

import msgspec

from portal.i18n import N_


class Sort(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of the form: the ``kind`` and ``topic`` of the case it makes, what it is called and what it is for.

    A tip makes no case; its kind is empty.
    """

    kind: str = "complaint"
    topic: str = ""
    label: str
    hint: str


TIP = "tip"
SORTS: dict[str, Sort] = {
    "case": Sort(
        topic="case",
        label=N_("Complaint about a request"),
        hint=N_("It takes too long, or was decided wrongly. You need the tracking code."),
    ),
    "service": Sort(
        topic="service",
        label=N_("Complaint about a service"),
        hint=N_("How it is offered, what it asks or what it promises."),
    ),
    "person": Sort(
        topic="person",
        label=N_("Complaint about a member of staff"),
        hint=N_("How you were treated. That person neither reads it in full nor decides it."),
    ),
    "unit": Sort(
        topic="unit",
        label=N_("Complaint about a unit"),
        hint=N_("How a whole unit works. Another unit hears it wherever there is one."),
    ),
    "accessibility": Sort(
        topic="accessibility",
        label=N_("Accessibility barrier"),
        hint=N_("Something here can't be used with your device, your eyes, your hands or your language."),
    ),
    "suggestion": Sort(
        kind="suggestion", label=N_("Suggestion"), hint=N_("What could be done better, and how.")
    ),
    "comment": Sort(kind="comment", label=N_("Comment"), hint=N_("What you think of a service.")),
    "thanks": Sort(kind="thanks", label=N_("Thanks"), hint=N_("What went well, and who did it.")),
    TIP: Sort(
        kind="",
        label=N_("Anonymous tip"),
        hint=N_("Nobody learns who you are. You get no code, and nobody can answer you."),
    ),
}
"""The choices in the order of the page, by the word that stands in its address."""
