"""What a virus scanner has said about a file so far, and whether that lets us hand the file out.

Where no scanner is set up nothing is asked and nothing held back: then the state of what comes in is empty.
"""

from __future__ import annotations

import msgspec

from portal.errors import Conflict
from portal.i18n import N_, _

UNASKED, QUARANTINED, CLEAN, INFECTED = "", "quarantined", "clean", "infected"
STATES = (UNASKED, QUARANTINED, CLEAN, INFECTED)
KEPT_BACK = {
    QUARANTINED: N_("Not yet checked for viruses"),
    INFECTED: N_("A virus was found: nobody can open it"),
}
"""Why a file is not handed out, as lists of files say it."""
_REFUSED = {
    QUARANTINED: N_(
        "This file was not yet checked for viruses. As a rule that takes a minute; please try again then."
    ),
    INFECTED: N_("A virus was found in this file, so nobody can open it here."),
}


class KeptBack(Conflict):
    """The file is there, and is not handed out; the text says why."""


class _Scanner(msgspec.Struct):
    expected: bool = False


_scanner = _Scanner()


def expect_scanner(address: str) -> None:
    """From now on this process holds back what it receives until the scanner at ``address`` has seen it; empty: no
    scanner is set up.
    """
    _scanner.expected = bool(address)


def first_state() -> str:
    """The state of a file that comes in now."""
    return QUARANTINED if _scanner.expected else UNASKED


def kept_back(state: str) -> bool:
    """Whether a file in ``state`` must not leave the house, by whatever way. A state we don't know keeps it back."""
    return state not in (UNASKED, CLEAN)


def check(state: str) -> None:
    """Raises KeptBack for a file that is not handed out."""
    if kept_back(state):
        raise KeptBack(_(_REFUSED.get(state, _REFUSED[QUARANTINED])))


def label(state: str) -> str:
    """Why the file is not handed out, in the reader's language; empty where it is."""
    return _(KEPT_BACK.get(state, KEPT_BACK[QUARANTINED])) if kept_back(state) else ""
