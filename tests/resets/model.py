"""What the model of a reset remembers: proofs good and bad, and each request as it should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.resets.rules import Proof

PROOFS = {
    "card": Proof(method="in_person", evidence="national_card", checks=("email", "phone"), note="came here"),
    "call": Proof(
        method="call_back", evidence="number_on_file", checks=("name", "made_at"), note="called back"
    ),
    "none": Proof(method="", evidence="", checks=(), note=""),
    "one check": Proof(method="in_person", evidence="passport", checks=("email",), note="came here"),
    "no note": Proof(method="video", evidence="staff_card", checks=("email", "phone"), note=" "),
    "card by telephone": Proof(
        method="call_back", evidence="national_card", checks=("email", "phone"), note="x"
    ),
}
WHOLE = {"card", "call"}
WAYS_TO_APPROVE = [
    "admin2 admin3",
    "admin2",
    "self admin2",
    "admin2 admin2",
    "clerk",
    "admin2 self",
    "alice admin3",
]
"""Who approves one after the other; ``self`` is whoever asked."""
FRESH = ["four calm turquoise tiles", "seven slow grey herons", "nine loud orange kites"]
GARBAGE = "ZZZZZ-ZZZZZ"
HOURS_72, DAY, TEN_MINUTES = timedelta(hours=72), timedelta(days=1), timedelta(minutes=10)


@dataclass
class Asked:
    """One request as the model sees it; ``code`` is half B once somebody could know it."""

    no: int
    user: str
    cookie: str
    at: datetime
    state: str = "open"
    code: str = ""
    until: datetime | None = None
    by_mail: bool = False
    tries: int = 0
    approved_by: set[str] = field(default_factory=set)

    def waits(self, now: datetime) -> bool:
        return self.state == "approved" and self.until is not None and now < self.until
