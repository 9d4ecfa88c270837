"""The secrets of a reset: made, shown, read back as people type them, and digested to be kept. Pure but for chance.

A reset takes two halves: A (128 bits, in the cookie of the browser that asked) and B (50 bits, ten symbols told by
an admin or by mail). An invitation or recovery takes one link with 128 bits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

from portal.text import latin_digits

COOKIE = "rst"
"""Name of the cookie that holds half A, with the number of its request before it."""
LINK, BROWSER = "link", "browser"
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, which are read as 1, 1, 0, V."""
LENGTH = 10
LOWEST, HIGHEST = 100_000, 999_999
"""Numbers of requests: six digits, drawn at random."""
_LONGEST_TYPED = 100
_LOOK_ALIKES = str.maketrans("ILOU", "110V")
_HELD = re.compile(r"([1-9][0-9]{5})\.([A-Za-z0-9_-]{16,40})")


def new_number() -> int:
    """Six random digits; the database makes sure they are unique."""
    return LOWEST + secrets.randbelow(HIGHEST - LOWEST + 1)


def new_secret() -> str:
    """128 random bits: half A, or what a link carries."""
    return secrets.token_urlsafe(16)


def new_code() -> str:
    """Half B: ten random symbols."""
    return "".join(secrets.choice(SYMBOLS) for _place in range(LENGTH))


def show_code(code: str) -> str:
    """Half B in two groups of five."""
    return f"{code[:5]}-{code[5:]}"


def read_code(typed: str) -> str:
    """Half B as it was made, however it is typed; empty when it can't be one.

    Case, spaces, dashes, invisible marks, Persian digits and look-alike letters make no difference.
    """
    if len(typed) > _LONGEST_TYPED:
        return ""
    plain = latin_digits(unicodedata.normalize("NFKC", typed)).upper()
    code = "".join(sign for sign in plain if sign.isalnum()).translate(_LOOK_ALIKES)
    return code if len(code) == LENGTH and set(code) <= set(SYMBOLS) else ""


def held(no: int, secret: str) -> str:
    """What a browser or a link holds: the number of the request and the secret."""
    return f"{no}.{secret}"


def read_held(value: str) -> tuple[int, str] | None:
    """Number and secret of what a browser or a link brought; None for anything else."""
    found = _HELD.fullmatch(value)
    return (int(found[1]), found[2]) if found else None


def digest(key: bytes, place: str, secret: str) -> str:
    """What is kept of a secret. ``place`` is LINK or BROWSER: one can't be used as the other."""
    return hmac.digest(key, f"reset\0{place}\0{secret}".encode(), hashlib.sha256).hex()
