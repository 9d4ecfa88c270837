"""The beginning of a code: which numbers it leaves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import codes

numbers = st.integers(codes.LOWEST, codes.HIGHEST)
broad = settings(max_examples=300, deadline=None, database=None)


def may_be(n, typed):
    """Whether the number is among those that what was typed leaves."""
    text, numeric = codes.text_beginning(typed), codes.numeric_beginning(typed)
    by_text = text is not None and text[0] <= n <= text[1] and n % 100 % 23 == text[2]
    return by_text or (numeric is not None and numeric[0] <= n <= numeric[1])


@broad
@given(numbers, st.integers(codes.LEAST_SYMBOLS, codes.TEXT_LENGTH - 1))
def test_every_beginning_of_the_symbols_leaves_the_number(n, length):
    assert may_be(n, codes.text(n)[:length])


@broad
@given(numbers, st.integers(codes.LEAST_DIGITS, codes.NUMERIC_LENGTH - 1))
def test_every_beginning_of_the_digits_leaves_the_number(n, length):
    assert may_be(n, codes.numeric(n)[:length])


@broad
@given(numbers, numbers)
def test_eight_symbols_leave_no_other_number(one, other):
    same = codes.text(one)[:8] == codes.text(other)[:8]
    assert may_be(other, codes.text(one)[:8]) == same


def test_the_first_fifteen_symbols_leave_one_number():
    n = 1234567890123456789
    assert codes.text_beginning("XKP9-2ZKY-93WR-1W5") == (n, n, n % 100 % 23)


@pytest.mark.parametrize("typed", ["xkp9", "XKP9-2Z", "xkp9 2zky", "\u2066XKP9\u2069", "ХКР9"])
def test_a_beginning_is_read_as_a_whole_code_is(typed):
    assert may_be(1234567890123456789, typed)


@pytest.mark.parametrize(
    "typed", ["", "XKP", "12345", "road maps", "XKP9-2ZKY-93WR-1W57", "0" * 19, "9" * 500]
)
def test_what_begins_no_code_leaves_nothing(typed):
    assert (codes.text_beginning(typed), codes.numeric_beginning(typed)) == (None, None)
