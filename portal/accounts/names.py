"""User names: which may be chosen. Pure.

One script per name and a closed set of characters, so that none looks like another: Cyrillic and Greek twins, marks,
and whatever changes the order or is not seen are outside of it.
"""

from __future__ import annotations

import re

from portal.i18n import N_, _

SHORTEST, LONGEST = 3, 40
_LATIN = re.compile(r"[a-z](?:[._-]?[a-z0-9])+")
_PERSIAN = re.compile(r"[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی](?:[._-]?[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی0-9])+")
_LOOKS_LIKE = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("3", "e"))
_OFFICIAL = (
    "admin administrator root system support helpdesk desk security staff manager auditor rahgir portal official "
    "webmaster postmaster hostmaster moderator operator police مدیر ادمین پشتیبان پشتیبانی سامانه رهگیر میزخدمت امنیت "
    "کارشناس ناظر بازرس پلیس دولت وزارت"
)
WRONG = N_(
    "Write 3 to 40 letters and digits of one alphabet, English or Persian, beginning with a letter."
    " A dot, a dash or a line may stand between them."
)
RESERVED = N_("This name sounds like an office of the site. Please choose another one.")


def problem(key: str, *, reserved: bool) -> str:
    """Why nobody can be called ``key`` (as ``usernames.username_key`` writes it); empty when one can.

    ``reserved``: names that sound like an office are refused too, since whoever signs up could pretend to be one.
    """
    if not SHORTEST <= len(key) <= LONGEST or not (_LATIN.fullmatch(key) or _PERSIAN.fullmatch(key)):
        return _(WRONG)
    if reserved and skeleton(key) in _RESERVED:
        return _(RESERVED)
    return ""


def skeleton(key: str) -> str:
    """What a hasty eye sees: without dots, dashes and digits at the end, look-alikes as one."""
    seen = re.sub("[._-]", "", key).rstrip("0123456789") or key
    for alike, one in _LOOKS_LIKE:
        seen = seen.replace(alike, one)
    return seen


_RESERVED = frozenset(skeleton(name) for name in _OFFICIAL.split())
