"""Tracking codes: one random number, printed as 16 symbols or as 20 digits.

The number is drawn from the system's random source, has 62.8 bits and fits a BIGINT; it never leaves the
server as a JSON number (it exceeds 2**53). The text form is hashids of the number plus a check symbol; the
numeric form, for telephones and Persian keyboards, is the number plus a Damm digit. hashids only encodes:
with an empty salt nothing about it is secret, and the unguessable part is the number itself.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from enum import StrEnum
from functools import cache, lru_cache

from hashids import Hashids

# Every number between these has 19 decimal digits and 14 base-23 digits, so all codes are equally long.
LOWEST = 10**18
HIGHEST = 2**63 - 1

TEXT_LENGTH = 16
NUMERIC_LENGTH = 20
LONGEST_TYPED = 200

# How much of a code is worth looking for: either narrows a quarter of a million cases down to one or none.
LEAST_SYMBOLS = 4
LEAST_DIGITS = 6

# No vowels, so no words; B G I L O S U are left out because they are read as 8 6 1 1 0 5 V;
# C F H T because hashids keeps them as separators. 23 is prime, which the check symbol needs.
SYMBOLS = "0123456789DJKMNPQRVWXYZ"
_VALUES = {symbol: value for value, symbol in enumerate(SYMBOLS)}

# hashids takes the first fourteen as separators and the next three as guards and prints neither for a single
# number without a minimal length: what is printed is SYMBOLS, in this order. Test vectors freeze the result.
_hashids = Hashids(salt="", min_length=0, alphabet="cfhistuCFHISTU" + "!$*" + SYMBOLS)

# 5 is a primitive root of 23: sixteen distinct non-zero weights, so that every single substitution and every
# exchange of any two places changes the sum.
_WEIGHTS = tuple(pow(5, place, 23) for place in range(TEXT_LENGTH))
_CHECK_FACTOR = -pow(_WEIGHTS[-1], -1, 23)

# H. M. Damm's quasigroup of order 10 (2004).
_DAMM = tuple(
    tuple(map(int, row))
    for row in (
        "0317598642",
        "7092154863",
        "4206871359",
        "1750983426",
        "6123045978",
        "3674209581",
        "5869720134",
        "8945362017",
        "9438617205",
        "2581436790",
    )
)

_LINK = re.compile(r"/(?:T|cases)/([^/?#\s]+)", re.IGNORECASE)

# What a symbol alphabet without vowels can still spell with digits in their place, in several languages.
_BLOCKED = re.compile(
    "P0RN|K1R|K0N|K0Z|D1K|P1Z|XXX|W4NK|J3ND|M0RD|K111|D13|K3R|P3D0|R4P3|666",
)


class Mistake(StrEnum):
    """Why what was typed is no tracking code; the first that applies, in this order."""

    LENGTH = "length"  # neither 16 symbols nor 20 digits are left, or more than 200 characters came in
    SYMBOL = "symbol"  # the length is right, but something in it is never printed in a code
    CHECK = "check"  # every symbol could be right, but they do not belong together: a slip
    RANGE = "range"  # no slip, yet no code has this number: somebody made it up


def new_number() -> int:
    """A fresh random number whose text form spells no blocked word; the database makes sure it is unique."""
    while True:
        n = LOWEST + secrets.randbelow(HIGHEST - LOWEST + 1)
        if not _BLOCKED.search(text(n)):
            return n


@lru_cache(maxsize=4096)
def text(n: int) -> str:
    """The code as 16 symbols without dashes. Raises ValueError when no code has this number."""
    _require_in_range(n)
    body: str = _hashids.encode(n)
    return body + SYMBOLS[_weighted_sum(body) * _CHECK_FACTOR % 23]


@lru_cache(maxsize=4096)
def show_text(n: int) -> str:
    """The code in groups of four, as ``XKP9-2ZKY-93WR-1W57``. Raises ValueError as ``text`` does."""
    return "-".join(_fours(text(n)))


def numeric(n: int) -> str:
    """The code as 20 Latin digits. Raises ValueError when no code has this number."""
    _require_in_range(n)
    digits = str(n)
    return f"{digits}{_damm(digits)}"


def show_numeric(n: int) -> str:
    """The digits in groups of four, as ``1234 5678 9012 3456 7891``; Latin, for the caller to localise."""
    return " ".join(_fours(numeric(n)))


def spell(n: int) -> str:
    """The symbols one by one, as a screen reader should say them."""
    return " ".join(text(n))


def masked(n: int) -> str:
    """The last four symbols, for logs: enough to recognise a code, too little to use it."""
    return "…" + text(n)[-4:]


def in_link(typed: str) -> str:
    """The code in an address of ours (…/T/CODE, …/cases/CODE?key=…), else ``typed`` as it is."""
    found = _LINK.search(typed)
    return found[1] if found else typed


def parse(typed: str) -> int | Mistake:
    """The number of the code somebody typed, in either form, or what is wrong with it; never raises.

    Case, spaces, dashes, invisible marks, any script's digits, a label in front, look-alike letters and a
    keyboard left on Persian make no difference.
    """
    # A form may carry a file where text is expected. The length comes before all else: what follows is
    # linear or worse in it (hashids decodes 200,000 characters in half a minute).
    if not isinstance(typed, str) or len(typed) > LONGEST_TYPED:
        return Mistake.LENGTH
    code = _canonical(typed)
    if len(code) == TEXT_LENGTH:
        return _parse_text(code)
    if len(code) == NUMERIC_LENGTH:
        return _parse_numeric(code)
    return Mistake.LENGTH


def text_beginning(typed: str) -> tuple[int, int, int] | None:
    """The lowest and highest number whose text form may begin with the symbols typed, and what such a number
    leaves when divided by 100 and then by 23: the first symbol says that, the others are the number's base-23
    digits. None for fewer than four symbols, for a whole code, and when no code begins so. Typed as for ``parse``.
    """
    code = _canonical(typed) if len(typed) <= LONGEST_TYPED else ""
    if not LEAST_SYMBOLS <= len(code) < TEXT_LENGTH or not _VALUES.keys() >= set(code):
        return None
    digits = code[1 : TEXT_LENGTH - 1]
    leading = 0
    for symbol in digits:
        leading = leading * 23 + _base_23()[code[0], symbol]
    span = _span(leading, 23 ** (TEXT_LENGTH - 2 - len(digits)))
    return (*span, _VALUES[code[0]]) if span else None


def numeric_beginning(typed: str) -> tuple[int, int] | None:
    """The lowest and highest number whose numeric form begins with the digits typed.

    None for fewer than six digits, for a whole code, and when no code begins so. Typed as for ``parse``.
    """
    code = _canonical(typed) if len(typed) <= LONGEST_TYPED else ""
    if not LEAST_DIGITS <= len(code) < NUMERIC_LENGTH or not code.isdigit():
        return None
    digits = code[: NUMERIC_LENGTH - 1]
    return _span(int(digits), 10 ** (NUMERIC_LENGTH - 1 - len(digits)))


@cache
def _base_23() -> dict[tuple[str, str], int]:
    """The digit that each symbol stands for, by the code's first symbol: hashids shuffles the others by it."""
    small = ((_hashids.encode(n), n) for n in range(100 * 23))  # every first symbol with every last digit
    return {(code[0], code[-1]): n % 23 for code, n in small}


def _span(leading: int, size: int) -> tuple[int, int] | None:
    """The numbers that codes may have among the ``size`` that begin with ``leading``."""
    lowest, highest = max(leading * size, LOWEST), min((leading + 1) * size - 1, HIGHEST)
    return (lowest, highest) if lowest <= highest else None


def _parse_text(code: str) -> int | Mistake:
    if not _VALUES.keys() >= set(code):
        return Mistake.SYMBOL
    if _weighted_sum(code) % 23:
        return Mistake.CHECK
    # Empty when encoding the number again would print another code.
    decoded: tuple[int, ...] = _hashids.decode(code[:-1])
    return _in_range(decoded[0]) if decoded else Mistake.RANGE


def _parse_numeric(code: str) -> int | Mistake:
    if not code.isdigit():  # Latin ones only: _canonical left no others
        return Mistake.SYMBOL
    if _damm(code):
        return Mistake.CHECK
    return _in_range(int(code[:-1]))


def _in_range(n: int) -> int | Mistake:
    return n if LOWEST <= n <= HIGHEST else Mistake.RANGE


def _require_in_range(n: int) -> None:
    if not LOWEST <= n <= HIGHEST:
        raise ValueError("no tracking code has this number")


def _weighted_sum(symbols: str) -> int:
    """Σ 5^i·v_i: a multiple of 23 for a whole code; for fifteen symbols, what the check symbol evens out."""
    return sum(weight * _VALUES[symbol] for weight, symbol in zip(_WEIGHTS, symbols, strict=False))


def _damm(digits: str) -> int:
    """The Damm digit of ``digits``; 0 when they already end in theirs."""
    state = 0
    for digit in digits:
        state = _DAMM[state][int(digit)]
    return state


def _fours(code: str) -> list[str]:
    return [code[start : start + 4] for start in range(0, len(code), 4)]


# ---- From what people type to what we print ----


def _plain(character: str) -> str:
    """The character; nothing for separators and invisible marks, a Latin digit for any digit."""
    category = unicodedata.category(character)
    if category[0] in "PZ" or category in _DROPPED or character in _DROPPED_SIGNS:
        return ""
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)


_DROPPED = {"Cf", "Cc", "Mn", "Me"}
_DROPPED_SIGNS = "ـ−`~+=<>"  # the first is the tatweel, a letter to Unicode


class _PlainTable(dict[int, str]):
    """For ``str.translate``. Scripts people type in are looked up; the rest is worked out and not remembered,
    or anybody could fill our memory with rare characters.
    """

    def __missing__(self, point: int) -> str:
        return _plain(chr(point))


_PLAIN = _PlainTable({point: _plain(chr(point)) for point in (*range(0x700), *range(0x2000, 0x2070))})
_PLAIN |= {ord("ي"): "ی", ord("ى"): "ی", ord("ك"): "ک"}  # as Arabic keyboards give Persian letters
_PLAIN[ord("!")] = "!"  # no punctuation here but a mistaken 1

# Longest first: TRACKING and twenty symbols are as long as TRACKINGCODE and sixteen.
_LABEL = re.compile(
    "(?:TRACKINGCODE|TRACKING|CODE|REF|شمارهپیگیری|کدرهگیری|کدپیگیری|شماره|کد)"
    rf"(?=(?:.{{{TEXT_LENGTH}}}|.{{{NUMERIC_LENGTH}}})\Z)",
    re.DOTALL,
)

# The letters we never print and what they are mistaken for.
_LOOK_ALIKES = dict(zip("OIL|!SGBU", "01111568V", strict=True))
_TO_LATIN = (
    # Latin letters typed with the Persian layout (Windows and ISIRI 9147) left on, by physical key.
    dict(zip("یتنپئدحضقرصطغظخهمسلذع", "DJKMMNPQRVWXYZOILSGBU", strict=True))
    # Cyrillic and Greek capitals that look like ours.
    | dict(zip("КМРУХОІЗВ", "KMPYXOI38", strict=True))
    | dict(zip("ΚΜΝΡΥΧΖΟΙ", "KMNPYXZOI", strict=True))
)
_FOLDS = str.maketrans(
    _LOOK_ALIKES | {theirs: _LOOK_ALIKES.get(latin, latin) for theirs, latin in _TO_LATIN.items()},
)


def _canonical(typed: str) -> str:
    """``typed`` as we would have printed it, as far as it is a code at all."""
    plain = unicodedata.normalize("NFKC", typed).translate(_PLAIN).upper()
    label = _LABEL.match(plain)
    return plain[label.end() if label else 0 :].translate(_FOLDS)
