"""The words for what is stored about a service in one word: audiences, channels, parties, targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

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
    "feedback_answer": N_("Answer to a suggestion or comment"),
    "referral": N_("Inner time of the unit it was referred to"),
}

PROMISERS = {
    "provider": N_("The agency"),
    "recipient": N_("The applicant"),
    "both": N_("Both sides"),
}
FIELD_KINDS = {
    "text": N_("Short text"),
    "long_text": N_("Long text"),
    "number": N_("Whole number"),
    "date": N_("Date"),
    "choice": N_("One answer of several"),
    "choices": N_("Several answers"),
    "national_id": N_("National ID"),
    "legal_id": N_("Legal ID"),
    "phone": N_("Mobile number"),
    "email": N_("E-mail"),
    "file": N_("File"),
}
LABELS = {
    "title": N_("Title"),
    "summary": N_("Summary"),
    "description": N_("Description"),
    "unit": N_("Responsible unit"),
    "audience": N_("Whom it is for"),
    "intake_channels": N_("Documents via"),
    "documents": N_("Documents"),
    "cost_note": N_("Cost"),
    "fee": N_("Fee in rials"),
    "frequency": N_("Frequency"),
    "files_note": N_("Where the portal takes no files"),
    "sensitive": N_("Sensitive"),
    "recheck_days": N_("Days until applicants are asked whether it is still solved"),
    "retention_months": N_("Months until names are erased"),
    "legal_basis": N_("Legal basis"),
    "number": N_("Number"),
    "date_raw": N_("Date as it stands in the source"),
    "date": N_("Date"),
    "date_uncertain": N_("The date is uncertain"),
    "key": N_("Key"),
    "kind": N_("Kind of answer"),
    "label": N_("Question"),
    "help": N_("Help below the question"),
    "required": N_("Must be answered"),
    "max_length": N_("Most characters"),
    "minimum": N_("Smallest number, or first day from the day of filing"),
    "maximum": N_("Largest number, or last day from the day of filing"),
    "options": N_("Answers to choose from"),
    "text": N_("Text"),
    "section": N_("Section"),
    "sections": N_("Sections"),
    "party": N_("Who promises"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Last day of validity"),
    "until_superseded": N_("Stays in force past its last day until it is replaced"),
    "notice_lead_hours": N_("Hours between the notice of a planned outage and its beginning"),
    "reopen_days": N_("Working days in which a closed request can be opened again"),
    "free": N_("The statement promises that the service is free"),
    "ending": N_("Ending the statement"),
    "monitoring": N_("Monitoring"),
    "measured": N_("How it is measured"),
    "reported": N_("How often it is reported"),
    "reporter": N_("Who measures and reports"),
    "offices": N_("Offices that must agree to end it"),
    "notice_days": N_("Days between the announcement of the end and the end"),
    "mutual": N_("Both sides may also agree to end it"),
    "amount": N_("Promised time"),
    "calendar": N_("Calendar"),
    "slug": N_("Address"),
    "at": N_("In force from"),
    "reason": N_("Reason"),
    "notice": N_("Notice for everybody"),
    "effective_at": N_("Moment of the end"),
    "provider_consent": N_("Consent of the agency, as recorded"),
    "recipient_consent": N_("Consent of the recipients, as recorded"),
}
"""What each part of a service is called in the editor."""


def field_labels() -> dict[str, str]:
    """The label of each field of the editor; a text has a field for each language."""
    labels = {name: _(label) for name, label in LABELS.items()}
    fa, en, counted = _("%(name)s, in Persian"), _("%(name)s, in English"), _("Counted in")
    for name, label in list(labels.items()):
        labels |= {f"{name}_fa": fa % {"name": label}, f"{name}_en": en % {"name": label}}
    for key, target in TARGETS.items():
        labels |= {f"amount_{key}": _(target), f"calendar_{key}": f"{_(target)}: {labels['calendar']}"}
        labels[f"unit_{key}"] = f"{_(target)}: {counted}"
    return labels


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
        return words % {"n": show_number(target.amount, current_language())}
    return _working_days(target.amount)


def _working_days(n: int) -> str:
    words = ngettext("%(n)s working day", "%(n)s working days", n)
    return words % {"n": show_number(n, current_language())}


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


def promises(statement: Statement, *, inner: bool = True) -> list[tuple[str, str]]:
    """What of a statement a clock can read: name and promised length; ``inner``: what units owe each other, too."""
    told = [target for target in statement.targets if inner or target.key != "referral"]
    rows = [(_(TARGETS[target.key]), promised(target)) for target in told]
    if statement.reopen_days:
        rows.append((_("Opening a closed request again, within"), _working_days(statement.reopen_days)))
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


def _offered(labels: Mapping[Any, str]) -> Callable[[], list[tuple[str, str]]]:
    """The choices of a field, in the reader's language."""
    return lambda: [(key, _(label)) for key, label in labels.items()]


EDITOR_WORDS = {
    "audiences": _offered(AUDIENCES),
    "channels": _offered(CHANNELS),
    "kinds": _offered(FIELD_KINDS),
    "parties": _offered(PROMISERS),
    "target_names": _offered(TARGETS),
    "kind_words": lambda kind: _(FIELD_KINDS[kind]),
    "promiser_words": lambda party: _(PROMISERS[party]),
    "target_words": lambda key: _(TARGETS[key]),
}
"""What the templates of the editor call besides."""
