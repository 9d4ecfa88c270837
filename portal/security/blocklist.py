"""What people type who have to invent a password: found whole, and with what they put around it.

``words/blocked.txt`` holds words, names and sentences. A password is read as the cheapest row of pieces: a word of
that list (also with ``@`` for a and the like), a word of the person's or the agency's own, keys that lie side by
side, a year, digits, a repetition, or plain letters. Each piece costs the bits it takes to guess it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

WORDS = Path(__file__).parent / "words"
LISTED, OWN, AGENCY, KEYS, YEAR, AGAIN, PLAIN = "listed", "own", "agency", "keys", "year", "again", "plain"
_BITS = {LISTED: 10.0, OWN: 2.0, AGENCY: 3.0, KEYS: 6.0, YEAR: 6.0, AGAIN: 4.0}
_LETTER, _DIGIT, _SIGN = 5.0, 3.3, 2.0
_LONGEST_PIECE, _LOOKED_AT = 48, 64
_ROWS = (
    *("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiop", "azertyuiop"),
    *(
        "qazwsxedcrfvtgbyhnujmikolp",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
        "1q2w3e4r5t6y7u8i9o0p",
        "q1w2e3r4t5y6u7i8o9p0",
    ),
    *("abcdefghijklmnopqrstuvwxyz", "01234567890", "!@#$%^&*()_+", "147258369", "159357", "789456123"),
    *("ضصثقفغعهخحجچ", "شسیبلاتنمکگ", "ظطزرذدپو", "الفبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"),
    "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
)
_SIDE_BY_SIDE = tuple(row[::step] for row in _ROWS for step in (1, -1))
_LEET = str.maketrans("@4301!$57", "aaeoiisst")
_SPACES = re.compile(r"[\W_]+")
_YEARS = re.compile(r"(?:13|14|19|20)\d\d")


class Reading(msgspec.Struct, frozen=True):
    """The cheapest way to guess a password: how many ``bits`` it takes, and which kinds of pieces it is made of."""

    bits: float
    kinds: frozenset[str]


def read(text: str, *, own: Iterable[str] = (), agency: Iterable[str] = ()) -> Reading:
    """How easily ``text`` (folded, any case) is guessed by somebody who knows the ``own`` and ``agency`` words.

    Of a longer one the first 64 characters count: the work grows with the square, and they are enough.
    """
    text = text.casefold()[:_LOOKED_AT]
    vocabulary = {**dict.fromkeys(listed(), LISTED), **words_of(agency, AGENCY), **words_of(own, OWN)}
    plain = text.translate(_LEET)
    best: list[Reading] = [Reading(0.0, frozenset())]
    for end in range(1, len(text) + 1):
        ways = [best[end - 1], _letter(text[end - 1])]
        found = [Reading(ways[0].bits + ways[1].bits, ways[0].kinds | ways[1].kinds)]
        for start in range(max(0, end - _LONGEST_PIECE), end - 1):
            kind = _kind(text, plain, start, end, vocabulary)
            if kind:
                found.append(Reading(best[start].bits + _BITS[kind], best[start].kinds | {kind}))
        best.append(min(found, key=lambda way: way.bits))
    return best[-1]


@cache
def listed() -> frozenset[str]:
    """Every entry of words/blocked.txt without spaces and signs."""
    lines = (WORDS / "blocked.txt").read_text(encoding="utf-8").splitlines()
    entries = (entry for line in lines if not line.startswith("#") for entry in line.split(","))
    return frozenset(key for entry in entries if len(key := bare(entry)) > 1)


def bare(text: str) -> str:
    """``text`` without spaces, signs and case."""
    return _SPACES.sub("", text.casefold())


def words_of(texts: Iterable[str], kind: str) -> dict[str, str]:
    """The words in names, addresses and host names that say something: three letters and more, and all as one."""
    words = {bare(part) for text in texts for part in (*_SPACES.split(text.casefold()), text)}
    return {word: kind for word in words if len(word) > 2}


def _letter(character: str) -> Reading:
    if character.isdecimal():
        return Reading(_DIGIT, frozenset())
    return Reading(
        _LETTER if character.isalpha() else _SIGN, frozenset({PLAIN} if character.isalpha() else ())
    )


def _kind(text: str, plain: str, start: int, end: int, vocabulary: dict[str, str]) -> str:
    """What the piece from ``start`` to ``end`` is, empty when it is nothing known."""
    piece = text[start:end]
    # A word begins and ends with a letter or digit; between them signs don't count ("i love-you").
    if piece[0].isalnum() and piece[-1].isalnum():
        for spelled in (piece, plain[start:end]):
            if kind := vocabulary.get(spelled if spelled.isalnum() else bare(spelled)):
                return kind
    if len(piece) >= 4 and any(piece in row for row in _SIDE_BY_SIDE):
        return KEYS
    if _YEARS.fullmatch(piece):
        return YEAR
    if len(piece) > 2 and len(set(piece)) == 1:
        return AGAIN
    before = text[:start]
    return AGAIN if len(piece) > 2 and (piece in before or piece[::-1] in before) else ""
