"""Passphrases to offer: five common words drawn by the system's random source. Never stored, never logged.

Each list has more than 1,296 words (10.3 bits); five of them make more than 51 bits, far beyond what can be tried
against argon2id even by somebody who has the lists and the hash.
"""

from __future__ import annotations

import secrets
from functools import cache

from portal.security.blocklist import WORDS

N_WORDS = 5
LANGUAGES = ("fa", "en")


def suggest(language: str) -> str:
    """Five different words of ``language`` with spaces between. Raises KeyError for a language without a list."""
    if language not in LANGUAGES:
        raise KeyError(language)
    chosen: list[str] = []
    while len(chosen) < N_WORDS:
        word = secrets.choice(words(language))
        if word not in chosen:
            chosen.append(word)
    return " ".join(chosen)


@cache
def words(language: str) -> tuple[str, ...]:
    """The words that may be drawn."""
    return tuple((WORDS / f"passphrase_{language}.txt").read_text(encoding="utf-8").split())
