"""The words for what is stored about a service in one word: audiences, channels, parties, targets."""

from __future__ import annotations

from collections.abc import Iterable

from portal.i18n import N_, _, current_language, ngettext
from portal.marks import Target
from portal.services.statement import Audience, Channel, Statement
from portal.services.usual import Usual
from portal.text import show_number

AUDIENCES: dict[Audience, str] = {
    "citizen": N_("Citizens"),
    "business": N_("Businesses"),
    "agency": N_("Executive agencies"),
}
CHANNELS: dict[Channel, str] = {
    "portal": N_("This portal"),
    "office_automation": N_("Office automation"),
    "fax": N_("Fax"),
    "official_email": N_("Official e-mail"),
    "letter": N_("Letter"),
}
PARTIES = {
    "provider": N_("Our part"),
    "recipient": N_("Your part"),
    "both": N_("Both sides"),
}
TARGETS = {
    "first_answer": N_("First answer"),
    "result": N_("Result"),
    "keep_in_touch": N_("A sign of life while it is open, every"),
    "complaint_answer": N_("Answer to a complaint"),
    "referral": N_("Inner time of the unit it was referred to"),
}


def audience_words(audience: Iterable[Audience]) -> list[str]:
    """Whom a service is for, one word each; a single word when it is for all."""
    named = [_(label) for key, label in AUDIENCES.items() if key in set(audience)]
    return [_("Everyone")] if len(named) == len(AUDIENCES) else named


def channel_words(channels: Iterable[Channel]) -> list[str]:
    """The ways in which documents may come."""
    return [_(CHANNELS[channel]) for channel in channels]


def party_words(party: str) -> str:
    """Whose promise a clause is, said to the applicant."""
    return _(PARTIES[party])


def promised(target: Target) -> str:
    """How long a promise is: "2 working days"."""
    if not target.amount:
        return _("At once")
    if target.unit == "working_hours":
        words = ngettext("%(n)s working hour", "%(n)s working hours", target.amount)
    else:
        words = ngettext("%(n)s working day", "%(n)s working days", target.amount)
    return words % {"n": show_number(target.amount, current_language())}


def usual_words(usual: Usual) -> str:
    """How long it usually takes: "2 to 5 working days"."""
    low, high = (show_number(n, current_language()) for n in (usual.low, usual.high))
    hours = usual.unit == "working_hours"
    if usual.low < usual.high:
        words = _("%(low)s to %(high)s working hours") if hours else _("%(low)s to %(high)s working days")
    elif hours:
        words = ngettext("%(n)s working hour", "%(n)s working hours", usual.high)
    else:
        words = ngettext("%(n)s working day", "%(n)s working days", usual.high)
    return words % {"n": high, "low": low, "high": high}


def promises(statement: Statement) -> list[tuple[str, str]]:
    """What of a statement a clock can read: name and promised length."""
    rows = [(_(TARGETS[target.key]), promised(target)) for target in statement.targets]
    hours = statement.notice_lead_hours
    lead = ngettext("%(n)s hour before", "%(n)s hours before", hours)
    return [
        *rows,
        (_("Notice of planned outages"), lead % {"n": show_number(hours, current_language())}),
    ]


WORDS = {
    "audience_words": audience_words,
    "channel_words": channel_words,
    "party_words": party_words,
    "promised": promised,
    "promises": promises,
    "usual_words": usual_words,
}
"""What the templates of services call."""
