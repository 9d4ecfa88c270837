"""The words of the reset's pages."""

from __future__ import annotations

from portal.i18n import N_, _

METHODS = {
    "in_person": N_("In person: the person stood before me"),
    "call_back": N_("Call-back: I called the number on file myself"),
    "video": N_("Video: I saw and spoke with the person"),
}
EVIDENCE = {
    "national_card": N_("National ID card, seen"),
    "passport": N_("Passport, seen"),
    "staff_card": N_("Staff card of the agency, seen"),
    "letter": N_("Signed introduction letter of the agency, the original seen"),
    "number_on_file": N_("The number on file answered (call-back only)"),
}
CHECKS = {
    "name": N_("Full name"),
    "email": N_("E-mail addresses"),
    "phone": N_("Telephone numbers"),
    "agency": N_("Agency"),
    "unit": N_("Unit"),
    "case": N_("Tracking code of the last request"),
    "made_at": N_("Account made on"),
}
HAND_OVER = {
    "voice": N_("By voice: I read it to the person now; it is good for 10 minutes"),
    "mail": N_("By mail to the confirmed address; it is good for 24 hours and not shown to me"),
}
STAGES = {
    "open": N_("Not approved yet"),
    "approved": N_("Approved, code not used yet"),
    "used": N_("New password set"),
    "void": N_("Void"),
    "superseded": N_("A newer one was asked"),
    "expired": N_("Too old"),
}
_SAYS = {
    "approved": N_("It is approved. The person can set the new password with the code until it runs out."),
    "used": N_("The new password is set, so nothing is left to do here."),
    "void": N_("It was refused, or wrong codes made it void. Nothing told or mailed for it opens anything."),
    "superseded": N_("The person asked again, so this one opens nothing any more."),
    "expired": N_("Its time has run out. The person has to ask anew."),
}
_LINK_SAYS = {
    "approved": N_("The link waits for its reader. There is nothing to approve."),
    "superseded": N_("A newer link took its place, so this one opens nothing any more."),
    "expired": N_("Its time has run out. A new link can be made."),
}
TONES = {"open": "wait", "approved": "wait", "used": "done", "void": "late", "expired": "past"}
KINDS = {
    "reset": N_("Forgotten password"),
    "invitation": N_("Invitation"),
    "recovery": N_("Link from the server"),
}
TABS = {"open": N_("Waiting"), "unmatched": N_("No such account"), "ended": N_("Ended")}
_LETTERS = {
    "A": N_("A as in Alfa"),
    "B": N_("B as in Bravo"),
    "C": N_("C as in Charlie"),
    "D": N_("D as in Delta"),
    "E": N_("E as in Echo"),
    "F": N_("F as in Foxtrot"),
    "G": N_("G as in Golf"),
    "H": N_("H as in Hotel"),
    "J": N_("J as in Juliett"),
    "K": N_("K as in Kilo"),
    "M": N_("M as in Mike"),
    "N": N_("N as in November"),
    "P": N_("P as in Papa"),
    "Q": N_("Q as in Quebec"),
    "R": N_("R as in Romeo"),
    "S": N_("S as in Sierra"),
    "T": N_("T as in Tango"),
    "V": N_("V as in Victor"),
    "W": N_("W as in Whiskey"),
    "X": N_("X as in X-ray"),
    "Y": N_("Y as in Yankee"),
    "Z": N_("Z as in Zulu"),
    "0": N_("the digit zero"),
    "1": N_("the digit one"),
    "2": N_("the digit two"),
    "3": N_("the digit three"),
    "4": N_("the digit four"),
    "5": N_("the digit five"),
    "6": N_("the digit six"),
    "7": N_("the digit seven"),
    "8": N_("the digit eight"),
    "9": N_("the digit nine"),
}


def says(kind: str, stage: str) -> str:
    """What a request that waits for no approval means for the admin who looks at it; empty for one that waits."""
    words = _SAYS if kind == "reset" else {**_SAYS, **_LINK_SAYS}
    return _(words[stage]) if stage in words else ""


def spoken(code: str) -> list[tuple[str, str]]:
    """Each symbol of ``code`` and how to say it on the telephone."""
    return [(symbol, _(_LETTERS[symbol])) for symbol in code if symbol in _LETTERS]


def options(labels: dict[str, str], keys: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
    """What a form offers: each key with its words."""
    return [(key, _(words)) for key, words in labels.items() if keys is None or key in keys]
