"""Tracking codes: what is printed never changes, what people type is understood, slips are caught."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from hashids import Hashids
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import codes
from portal.codes import Mistake

SAMPLE = 1234567890123456789
VECTORS = [
    (1000000000000000000, "0385-47X4-RZDR-N8J7", "1000 0000 0000 0000 0003"),
    (1000000000000000001, "18D6-5KM5-P4JP-VDPX", "1000 0000 0000 0000 0016"),
    (1234567890123456789, "XKP9-2ZKY-93WR-1W57", "1234 5678 9012 3456 7891"),
    (3141592653589793238, "PW7Z-KXX7-DPQP-VW0D", "3141 5926 5358 9793 2383"),
    (4611686018427387904, "4M4P-DDJ3-6X8J-8YXX", "4611 6860 1842 7387 9048"),
    (7777777777777777777, "8WN4-23NV-V8JV-ZPXY", "7777 7777 7777 7777 7776"),
    (9223372036854775807, "72Z3-99RJ-W94M-DJDN", "9223 3720 3685 4775 8077"),
]
OUT_OF_RANGE = [-1, 0, 10**18 - 1, 2**63]
BLOCKED = "P0RN K1R K0N K0Z D1K P1Z XXX W4NK J3ND M0RD K111 D13 K3R P3D0 R4P3 666"

numbers = st.integers(codes.LOWEST, codes.HIGHEST)
bounded = settings(max_examples=25, deadline=None, database=None)
broad = settings(max_examples=300, deadline=None, database=None)


# ---- What is printed ----


@pytest.mark.parametrize(("n", "text", "numeric"), VECTORS)
def test_printed_codes_stay_the_same_for_ever(n: int, text: str, numeric: str) -> None:
    assert codes.show_text(n) == text
    assert codes.show_numeric(n) == numeric
    assert codes.text(n) == text.replace("-", "")
    assert codes.numeric(n) == numeric.replace(" ", "")


@pytest.mark.parametrize(("n", "text", "numeric"), VECTORS)
def test_printed_codes_are_read_back(n: int, text: str, numeric: str) -> None:
    assert codes.parse(text) == codes.parse(numeric) == n


@broad
@given(numbers)
def test_every_number_survives_both_forms(n: int) -> None:
    assert codes.parse(codes.show_text(n)) == codes.parse(codes.show_numeric(n)) == n
    assert len(codes.text(n)) == 16
    assert len(codes.numeric(n)) == 20


@broad
@given(numbers)
def test_the_text_is_hashids_and_a_check_symbol(n: int) -> None:
    plain = Hashids(alphabet="cfhistuCFHISTU!$*0123456789DJKMNPQRVWXYZ")
    assert codes.text(n)[:-1] == plain.encode(n)


@pytest.mark.parametrize("n", OUT_OF_RANGE)
@pytest.mark.parametrize(
    "render", [codes.text, codes.show_text, codes.numeric, codes.show_numeric, codes.spell]
)
def test_a_number_outside_the_range_has_no_code(render: Callable[[int], str], n: int) -> None:
    with pytest.raises(ValueError, match="no tracking code"):
        render(n)


def test_a_screen_reader_gets_single_symbols() -> None:
    assert codes.spell(SAMPLE) == "X K P 9 2 Z K Y 9 3 W R 1 W 5 7"


def test_logs_see_only_the_last_four_symbols() -> None:
    assert codes.masked(SAMPLE) == "…1W57"


# ---- New numbers ----


def test_a_hundred_thousand_new_codes_all_differ_and_are_in_range() -> None:
    drawn = {codes.new_number() for _ in range(100_000)}
    assert len(drawn) == 100_000
    assert min(drawn) >= 10**18
    assert max(drawn) < 2**63


def number_spelling(word: str) -> int:
    """Some number with ``word`` in its text: one in a thousand strings of sixteen symbols is a code."""
    chance = random.Random(word)
    while True:
        symbols = chance.choices(codes.SYMBOLS, k=16 - len(word))
        place = chance.randint(1, len(symbols) - 1)
        n = codes.parse("".join([*symbols[:place], word, *symbols[place:]]))
        if isinstance(n, int):
            return n


@pytest.mark.parametrize("word", BLOCKED.split())
def test_a_draw_that_spells_a_blocked_word_is_drawn_again(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([number_spelling(word) - codes.LOWEST, SAMPLE - codes.LOWEST])
    monkeypatch.setattr("secrets.randbelow", lambda below: next(draws))
    assert codes.new_number() == SAMPLE


# ---- What people type ----


@pytest.mark.parametrize(
    "typed",
    [
        "xkp9 2zky 93wr 1w57",
        "XKP9\u200c2ZKY\u200c93WR\u200c1W57",
        "\u200fXKP۹-۲ZKY-۹۳WR-۱W۵۷",
        "XKP9—2ZKY—93WR—lWS7",
        "کد رهگیری: XKP9-2ZKY-93WR-1W57",
        "١٢٣٤ ٥٦٧٨ ٩٠١٢ ٣٤٥٦ ٧٨٩١",
        "طنح۹-۲ظنغ-۹۳صق-۱ص۵۷",
    ],
)
def test_known_ways_of_typing_the_sample_are_understood(typed: str) -> None:
    assert codes.parse(typed) == SAMPLE


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("XKP9-2ZKY-93WR-1W75", Mistake.CHECK),
        ("XKP9-2ZKY-93WR-1W5", Mistake.LENGTH),
        ("XKP9-2ZKY-93WR-1WC7", Mistake.SYMBOL),
        ("1234 5678 9012 3456 7892", Mistake.CHECK),
        ("1234 5678 9012 3456 78X1", Mistake.SYMBOL),
        ("XKP9-2ZKY-93WR-1W577", Mistake.LENGTH),
        ("TRACKING", Mistake.LENGTH),
        ("", Mistake.LENGTH),
        ("0000 0000 0000 0000", Mistake.RANGE),
    ],
)
def test_a_mistake_is_named(typed: str, mistake: Mistake) -> None:
    assert codes.parse(typed) is mistake


@pytest.mark.parametrize("n", [10**18 - 1, 2**63, 23**14 - 1])
def test_well_formed_codes_of_numbers_never_drawn_are_out_of_range(n: int) -> None:
    body = Hashids(alphabet="cfhistuCFHISTU!$*" + codes.SYMBOLS).encode(n)
    assert {codes.parse(body + check) for check in codes.SYMBOLS} == {Mistake.CHECK, Mistake.RANGE}


@pytest.mark.parametrize("digits", ["0999999999999999999", "9223372036854775808", "9999999999999999999"])
def test_digits_of_numbers_never_drawn_are_out_of_range(digits: str) -> None:
    assert {codes.parse(f"{digits}{check}") for check in range(10)} == {Mistake.CHECK, Mistake.RANGE}


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda code: code.translate(str.maketrans(old, new))


def full_width(code: str) -> str:
    return "".join(chr(ord(symbol) + 0xFEE0) for symbol in code)


PERSIAN_DIGITS = swap("0123456789", "۰۱۲۳۴۵۶۷۸۹")
ARABIC_DIGITS = swap("0123456789", "٠١٢٣٤٥٦٧٨٩")
TEXT_STYLES: dict[str, Callable[[str], str]] = {
    "as printed": lambda code: code,
    "lower case": str.lower,
    "no dashes": lambda code: code.replace("-", ""),
    "spaces": lambda code: code.replace("-", " "),
    "no-break spaces": lambda code: code.replace("-", "\u00a0"),
    "half spaces": lambda code: code.replace("-", "\u200c"),
    "long dashes": lambda code: code.replace("-", "—"),
    "minus signs": lambda code: code.replace("-", "−"),
    "dots and slashes": lambda code: code.replace("-", "./"),
    "a tatweel": lambda code: code.replace("-", "ـ"),
    "soft hyphens and tabs around": lambda code: "\t" + code.replace("-", "\u00ad") + "\r\n",
    "direction marks": lambda code: f"\u2067\u200f{code}\u200e\u2069",
    "quotation marks and full stop": lambda code: f"«{code}».",
    "Persian digits": PERSIAN_DIGITS,
    "Arabic digits": ARABIC_DIGITS,
    "full-width letters": full_width,
    "letters for digits": swap("015865", "O!SBGs"),
    "U for V": swap("V", "u"),
    "Persian layout left on": swap("DJKMNPQRVWXYZ", "یتنپدحضقرصطغظ"),
    "Cyrillic twins": swap("KMPYX03", "КмРуХоЗ"),
    "a Persian label": lambda code: f"كدِ پيگيري : {code}",
    "an English label": lambda code: f"Tracking code: {code}",
    "symbols one by one": lambda code: " ".join(code),
}


@pytest.mark.parametrize("style", TEXT_STYLES)
@bounded
@given(n=numbers)
def test_a_text_code_survives_the_way_it_is_typed(style: str, n: int) -> None:
    assert codes.parse(TEXT_STYLES[style](codes.show_text(n))) == n


@pytest.mark.parametrize("digits", [str, PERSIAN_DIGITS, ARABIC_DIGITS, full_width, swap("01", "O|")])
@pytest.mark.parametrize("label", ["", "کد رهگیری: ", "شماره ", "code "])
@bounded
@given(n=numbers)
def test_a_numeric_code_survives_the_way_it_is_typed(
    digits: Callable[[str], str], label: str, n: int
) -> None:
    assert codes.parse(label + " ".join(map(digits, codes.show_numeric(n).split()))) == n


# ---- Slips ----


def substitutions(code: str, symbols: str) -> Iterator[str]:
    for place, right in enumerate(code):
        for wrong in symbols.replace(right, ""):
            yield code[:place] + wrong + code[place + 1 :]


def transpositions(code: str, *, farthest: int = 1) -> Iterator[str]:
    for left in range(len(code)):
        for right in range(left + 1, min(left + farthest + 1, len(code))):
            if code[left] != code[right]:
                yield code[:left] + code[right] + code[left + 1 : right] + code[left] + code[right + 1 :]


@bounded
@given(numbers)
def test_one_wrong_symbol_is_always_noticed(n: int) -> None:
    assert {codes.parse(slip) for slip in substitutions(codes.text(n), codes.SYMBOLS)} == {Mistake.CHECK}


@bounded
@given(numbers)
def test_one_wrong_digit_is_always_noticed(n: int) -> None:
    assert {codes.parse(slip) for slip in substitutions(codes.numeric(n), "0123456789")} == {Mistake.CHECK}


@bounded
@given(numbers)
def test_two_exchanged_symbols_are_noticed_wherever_they_are(n: int) -> None:
    assert {codes.parse(slip) for slip in transpositions(codes.text(n), farthest=15)} <= {Mistake.CHECK}


@bounded
@given(numbers)
def test_two_exchanged_neighbouring_digits_are_noticed(n: int) -> None:
    assert {codes.parse(slip) for slip in transpositions(codes.numeric(n))} <= {Mistake.CHECK}


@bounded
@given(numbers, st.integers(0, 15))
def test_a_missing_or_doubled_symbol_is_noticed(n: int, place: int) -> None:
    code = codes.text(n)
    assert codes.parse(code[:place] + code[place + 1 :]) is Mistake.LENGTH
    assert codes.parse(code[: place + 1] + code[place:]) is Mistake.LENGTH


# ---- Whatever arrives ----


@broad
@given(st.text(st.characters(exclude_categories=()), max_size=210))
def test_no_text_in_any_script_upsets_it(typed: str) -> None:
    codes.parse(typed)


@broad
@given(st.text(codes.SYMBOLS + "oilsgbu|!CFHT۰۹ضصقКΥ -\u200c\ud800ß", min_size=14, max_size=24))
def test_whatever_it_accepts_is_a_number_we_could_have_drawn(typed: str) -> None:
    found = codes.parse(typed)
    assert isinstance(found, Mistake) or codes.parse(codes.show_text(found)) == found


@pytest.mark.parametrize("character", ["a", "0", " ", "\u200c", "\ufdfa", "\U0001f642"])
@pytest.mark.parametrize("length", [200, 201, 200_000])
def test_long_input_is_answered_at_once(character: str, length: int) -> None:
    start = time.process_time()
    assert codes.parse(character * length) is Mistake.LENGTH
    assert time.process_time() - start < 0.05


def test_a_code_among_too_many_blanks_is_not_looked_for() -> None:
    assert codes.parse(codes.show_text(SAMPLE).center(200)) == SAMPLE
    assert codes.parse(codes.show_text(SAMPLE).center(201)) is Mistake.LENGTH


def test_something_other_than_text_is_no_code() -> None:
    assert codes.parse(cast(Any, None)) is Mistake.LENGTH
