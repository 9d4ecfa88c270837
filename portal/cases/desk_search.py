"""What a clerk types into the search box, as conditions on cases: each is served by one index and stops early.

The expressions are written exactly as the indexes have them: case_open_words and case_ended_words (GIN), case_email,
case_phone, case_phone_end, and the unique one of the number.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from db.cases import Case
from portal import codes, text
from portal.cases import dead_numbers, rules

ALL = "all"
"""The filter of states that lets every case through; an empty one means the open ones."""
_MOST_WORDS = 8
_LONGEST_WORD = 60
_LEAST_DIGITS = 4

# Literal states, since a partial index serves no statement whose states are parameters.
OPEN, _ENDED = ("c.state IN ('{}')".format("', '".join(s)) for s in (rules.OPEN_STATES, rules.ENDED_STATES))
_WORDS = "to_tsvector('simple', c.search_key) @@ to_tsquery('simple', {})"


class Condition(msgspec.Struct, frozen=True):
    """A piece of SQL about the case ``c``, and the values of its ``{}`` in their order.

    ``otherwise``: it only counts where the condition before it met no case.
    """

    sql: str
    values: tuple[Any, ...] = ()
    otherwise: bool = False

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self.sql} AND {other.sql}", (*self.values, *other.values))


async def case_with_code(typed: str) -> int | None:
    """The number of the case whose whole code was typed, in either form and any spelling; else None.

    A code that was replaced leads to its case, too.
    """
    number = codes.parse(typed)
    if isinstance(number, codes.Mistake):
        return None
    if await Case.exists().where(Case.number == number):
        return number
    return await dead_numbers.replacement_of(number)


def is_slip(typed: str) -> bool:
    """Whether it has the length of a tracking code but a wrong check character."""
    return codes.parse(typed) is codes.Mistake.CHECK


def in_state(state: str) -> Condition:
    """Being in ``state``: one of rules.STATES, ALL, or empty for the open ones."""
    named = {"": Condition(OPEN), ALL: Condition("true")}
    return named.get(state) or Condition("c.state = {}", (state,))


def conditions(typed: str, state: str) -> list[Condition]:
    """Where to look for what was typed among the cases in ``state``.

    The few that a number or an address finds come first. Then words: in open cases, whose promises are the
    nearest, and only when those are not enough in the many that have ended; there first with whole words before the
    last one, since the index has to fetch every case with each beginning (12 ms instead of 0.4 for a name in 200,000).
    """
    plain = text.without_bidi(text.latin_digits(typed)).strip()
    exact = [*_by_code(plain), *_by_phone(plain)]
    if "@" in plain:
        exact.append(Condition("lower(c.contact_email) LIKE {}", (f"{text.like_literal(plain.lower())}%",)))
    found = [condition & in_state(state) for condition in exact]
    if beginnings := words_query(typed):
        found += _by_words(beginnings, state)
    return found or [Condition("false")]


def words_query(typed: str) -> str:
    """``typed`` for to_tsquery: its words as prefixes that must all occur; empty when it holds no word.

    Only letters and digits remain, so nothing in it can be an operator.
    """
    words = re.findall(r"[^\W_]+", text.search_key(typed))[:_MOST_WORDS]
    return " & ".join(f"{word[:_LONGEST_WORD]}:*" for word in words)


def _by_words(beginnings: str, state: str) -> list[Condition]:
    """By words, in the two indexes. No state is said twice: the planner would expect too few cases."""
    found, begun = [], Condition(_WORDS, (beginnings,))
    whole = beginnings.replace(":* & ", " & ")  # but the last word, which may still be being typed
    if state not in rules.ENDED_STATES:
        found.append(begun & (Condition(OPEN) if state in ("", ALL) else Condition(OPEN) & in_state(state)))
    if state in (ALL, *rules.ENDED_STATES):
        ended = Condition(_ENDED) if state == ALL else Condition(_ENDED) & in_state(state)
        found.append(Condition(_WORDS, (whole,)) & ended)
        if whole != beginnings:
            found.append(msgspec.structs.replace(begun & ended, otherwise=True))
    return found


def _by_code(plain: str) -> list[Condition]:
    """By the beginning of a code. A keyboard left on Persian is not thought of here: those are words."""
    if not plain.isascii():
        return []
    found = []
    if symbols := codes.text_beginning(plain):
        found.append(Condition("c.number BETWEEN {} AND {} AND c.number % 100 % 23 = {}", symbols))
    if digits := codes.numeric_beginning(plain):
        found.append(Condition("c.number BETWEEN {} AND {}", digits))
    return found


def _by_phone(plain: str) -> list[Condition]:
    """By the first digits of a phone, with or without the code of the country, or by its last ones."""
    digits = re.sub(r"[\s()+-]", "", plain)
    if not digits.isdigit() or len(digits) < _LEAST_DIGITS:
        return []
    first = re.sub(r"^(?:0098|98|0)", "", digits)
    return [
        Condition("c.contact_phone LIKE {}", (f"+98{first}%",)),
        Condition("reverse(c.contact_phone) LIKE {}", (f"{digits[::-1]}%",)),
    ]
