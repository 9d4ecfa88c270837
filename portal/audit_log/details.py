"""What else an entry of the log says, in the reader's words: the names of its data and what they may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portal.i18n import N_, _, current_language
from portal.security import roles
from portal.text import persian_digits

NAMES = {
    "account": N_("Account"),
    "agency": N_("Agency"),
    "approvals": N_("Approvals within a day"),
    "by": N_("By way of"),
    "cancelled": N_("Windows cancelled"),
    "deadlines": N_("Open deadlines"),
    "edition": N_("Edition"),
    "email": N_("E-mail"),
    "ending": N_("Proposal"),
    "evidence": N_("What was seen"),
    "factor": N_("Way for the second step"),
    "file": N_("File"),
    "filters": N_("Filters"),
    "from": N_("In force from"),
    "kind": N_("Kind"),
    "kept": N_("Kept from you"),
    "method": N_("How the person was known"),
    "n": N_("Number of the event"),
    "name": N_("Name"),
    "name_en": N_("Name in English"),
    "name_fa": N_("Name in Persian"),
    "new": N_("After"),
    "offsets": N_("Told when late, after working hours"),
    "old": N_("Before"),
    "office": N_("Office"),
    "outcome": N_("Outcome"),
    "outside_en": N_("Who outside hears complaints, in English"),
    "outside_fa": N_("Who outside hears complaints, in Persian"),
    "outside_url": N_("Its web address"),
    "part": N_("Part"),
    "phone": N_("Telephone"),
    "remove_factors": N_("Second factor also removed"),
    "revision": N_("Number of the revision"),
    "role": N_("Role"),
    "rule": N_("Comes again"),
    "second": N_("Second step"),
    "session": N_("Session"),
    "sessions": N_("Sessions ended"),
    "slug": N_("Short name"),
    "tier": N_("How much was shown"),
    "what": N_("What"),
    "warnings": N_("Warns at percent of the time"),
    "why": N_("Why"),
}
_WAYS = {"totp": N_("Authenticator app"), "passkey": N_("Passkey"), "recovery": N_("Recovery code")}
VALUES: dict[str, dict[str, str]] = {
    "role": roles.LABELS,
    "second": {**_WAYS, "": N_("none")},
    "kind": {
        **_WAYS,
        "email": N_("E-mail"),
        "phone": N_("Telephone"),
        "grant_admin": N_("Make somebody a site admin"),
        "erasure": N_("Erase what names a person"),
        "export": N_("Export"),
        "planned": N_("Planned outage"),
        "incident": N_("Incident"),
    },
    "by": {
        "passcode": N_("Passcode"),
        "proof": N_("Proof of contact"),
        "link": N_("Link"),
        "contact": N_("Link sent to a contact"),
    },
    "outcome": {
        "made": N_("account made"),
        "known": N_("address is known"),
        "taken": N_("user name is taken"),
    },
    "part": {
        "sheet": N_("Sheet"),
        "terms": N_("Terms of the statement"),
        "form": N_("Questions of the form"),
        "legal": N_("Legal basis"),
        "sections": N_("Sections of the statement"),
        "clauses": N_("Clauses of the statement"),
        "days": N_("Closures and other days"),
        "holidays": N_("Holidays"),
        "week": N_("Weekly hours"),
    },
    "tier": {"0": N_("state only"), "1": N_("personal answers hidden"), "2": N_("everything")},
    "method": {"in_person": N_("in person"), "call_back": N_("call-back"), "video": N_("video")},
    "deadlines": {"move": N_("Move the open deadlines"), "leave": N_("Leave them as promised")},
    "kept": {"complaint": N_("It is a complaint about something you took part in")},
    "evidence": {
        "national_card": N_("National ID card"),
        "passport": N_("Passport"),
        "staff_card": N_("Staff card"),
        "letter": N_("Introduction letter"),
        "number_on_file": N_("Number on file"),
    },
    "filters": {
        "who": N_("User name"),
        "action": N_("What was done"),
        "object": N_("To what"),
        "address": N_("Network address"),
        "from": N_("From (day)"),
        "to": N_("Until (day)"),
    },
    "why": {
        "not_admin": N_("not a site admin"),
        "nobody": N_("no account behind it"),
        "closed": N_("not open any more"),
        "expired": N_("too old"),
        "own": N_("their own request"),
        "same_device": N_("asked in the same browser or by the same person"),
        "proof": N_("proof not complete"),
        "cool_off": N_("address or number changed lately"),
        "no_address": N_("no confirmed mail address"),
        "twice": N_("approved it already"),
        "password": N_("own password was wrong"),
    },
}
_ID = 36
"""Characters of an id; its last eight tell those of one page apart."""


def in_words(data: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each thing that ``data`` says and its value. ``names`` are those of accounts, by ``account:<id>``.

    What a later version no longer knows is shown as it stands.
    """
    for name, value in data.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            for inner, words in in_words(value, names):
                yield f"{_label(name)}: {inner}", words
        else:
            yield _label(name), _value(name, value, names)


def _label(name: str) -> str:
    return _(NAMES[name]) if name in NAMES else name


def _value(name: str, value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return " · ".join(_value(name, one, names) for one in value)
    word = str(value)
    if word in VALUES.get(name, {}):
        return _(VALUES[name][word])
    if f"account:{word}" in names:
        return names[f"account:{word}"]
    if isinstance(value, int):
        return persian_digits(word) if current_language() == "fa" else word
    return word[-8:] if len(word) == _ID and word.count("-") == 4 else word
