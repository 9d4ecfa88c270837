"""How typed text and numbers are stored, found and shown."""

from __future__ import annotations

import time
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import text

ZWNJ = "\u200c"
PERSIAN = st.text(
    st.one_of(st.characters(), st.sampled_from("یيىكکآأؤئةءـ می ها\u200c\u200d\u200e\ufeff\n\t۱٢3"))
)


def test_arabic_letters_are_stored_as_persian_ones():
    assert text.store("كتاب علي موسى") == "کتاب علی موسی"


def test_hamza_on_ye_survives_in_either_form():
    assert text.store("مسئول") == text.store(unicodedata.normalize("NFD", "مسئول")) == "مسئول"


@pytest.mark.parametrize(
    "unseen",
    ["\u202e", "\u2066", "\u200f", "\u061c", "\ufeff", "ـ", "\x00", "\x1b", "\ud800", "\ufdd0", "\uffff"],
)
def test_what_nobody_sees_is_not_stored(unseen):
    assert text.store(f"سل{unseen}ام") == "سلام"


def test_a_family_emoji_stays_in_one_piece():
    assert text.store("👨\u200d👩\u200d👧") == "👨\u200d👩\u200d👧"


def test_spaces_collapse_and_line_ends_become_spaces():
    assert text.store("  یک \t دو\r\nسه\u00a0") == "یک دو سه"


def test_long_text_keeps_its_lines_and_single_blank_lines():
    assert text.store("\r\nیک  \r\n\r\n\r\n\r\n دو\rسه\n", lines=True) == "یک\n\nدو\nسه"


def test_digits_stay_as_typed():
    assert text.store("۱ ٢ 3") == "۱ ٢ 3"


def test_a_zwnj_stays_between_letters_and_nowhere_else():
    typed = f"{ZWNJ}می{ZWNJ}{ZWNJ}گردد {ZWNJ}خانهٔ{ZWNJ}ما{ZWNJ}، ۱۲{ZWNJ}ها{ZWNJ}"
    assert text.store(typed) == f"می{ZWNJ}گردد خانهٔ{ZWNJ}ما، ۱۲{ZWNJ}ها"


@given(PERSIAN)
def test_storing_twice_changes_nothing_more(typed):
    once = text.store(typed, lines=True)
    assert text.store(once, lines=True) == once
    assert text.store(text.store(typed)) == text.store(typed)


@given(PERSIAN)
def test_what_is_stored_is_found_by_what_was_typed(typed):
    assert text.search_key(text.store(typed)) == text.search_key(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("می گردد", "میگردد"),
        (f"می{ZWNJ}گردد", "ميگردد"),
        ("نمی شود", "نمیشود"),
        ("دستگاه های اجرایی", f"دستگاه{ZWNJ}های اجرایی"),
        ("هیأت", "هیات"),
        ("هیئت علمی", "هیات علمی"),
        ("مسئولیت", "مسوولیت"),
        ("آمار", "امار"),
        ("رأی", "رای"),
        ("ادارۀ کل", "اداره کل"),
        ("ادارهٔ کل", "ادارة كل"),
        ("اجزاء", "اجزا"),
        ("ﻋﻠﻲ", "علی"),
        ("مُحَرَّم", "محرم"),
        ("سال ۱۴۰۴", "سال 1404"),
        ("سال ١٤٠٤", "سال 1404"),
        ("İstanbul CAFÉ", "istanbul cafe"),
    ],
)
def test_two_spellings_have_one_search_key(one, other):
    assert text.search_key(one) == text.search_key(other)


def test_words_stay_apart_in_a_search_key():
    assert text.search_key("  آمار   و اطلاعات\nقم ") == "امار و اطلاعات قم"


def test_different_words_have_different_search_keys():
    assert text.search_key("قم") != text.search_key("کم")


def test_digits_change_script_and_letters_stay():
    assert text.latin_digits("کد ۱۲٣4") == "کد 1234"
    assert text.persian_digits("کد ۱۲٣4") == "کد ۱۲۳۴"


def test_an_isolated_code_cannot_end_its_fence():
    assert text.isolate("K7\u2069M") == "\u2066K7M\u2069"


def test_a_like_pattern_takes_every_character_literally():
    assert text.like_literal(r"50%_\a") == r"50\%\_\\a"


@pytest.mark.parametrize(
    ("value", "persian", "english"),
    [
        (1234, "۱٬۲۳۴", "1,234"),
        (-1234567, "\u200e\u2212۱٬۲۳۴٬۵۶۷", "\u22121,234,567"),
        (Decimal("1234.50"), "۱٬۲۳۴٫۵۰", "1,234.50"),
        (Decimal("1E+3"), "۱٬۰۰۰", "1,000"),
        (Decimal("-0"), "۰", "0"),
        (28823398457000000, "۲۸٬۸۲۳٬۳۹۸٬۴۵۷٬۰۰۰٬۰۰۰", "28,823,398,457,000,000"),
    ],
)
def test_numbers_show_in_the_digits_of_the_language(value, persian, english):
    assert text.show_number(value, "fa") == persian
    assert text.show_number(value, "en") == english


def test_percent_follows_the_number():
    assert text.show_percent(Decimal("76.05"), "fa") == "۷۶٫۱٪"
    assert text.show_percent(Decimal("76.05"), "en") == "76.1%"
    assert text.show_percent(100, "en") == "100%"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("۱۲٫۵", "12.5"),
        ("١٢٫٥", "12.5"),
        ("۱٬۲۳۴٬۵۶۷", "1234567"),
        ("1,234.5", "1234.5"),
        ("۱ ۲۳۴", "1234"),
        ("\u200e−۵", "-5"),
        ("- 5", "-5"),
        ("+7", "7"),
        ("28823398457000000.01", "28823398457000000.01"),
    ],
)
def test_a_typed_number_is_read_exactly(typed, number):
    assert text.parse_number(typed) == Decimal(number)


@pytest.mark.parametrize(
    "typed",
    ["", "-", "12,5", "1,23,456", "1.2.3", "1e5", "NaN", "inf", "1_000", "²", "۱۲/۵", "0x1", "9" * 61, "५"],
)
def test_what_is_no_plain_number_is_refused(typed):
    assert text.parse_number(typed) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**15), max_value=10**15))
def test_a_number_shown_can_be_typed_back(value):
    assert text.parse_number(text.show_number(value, "fa")) == value
    assert text.parse_number(text.show_number(value, "en")) == value


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u064b\u0651", "\u0327\u0301\u0323\u0345"])
@pytest.mark.parametrize("spell", [text.store, text.search_key])
def test_thousands_of_marks_on_one_letter_cost_next_to_nothing(marks, spell):
    started = time.process_time()
    spell("a" + marks * 5000)
    assert time.process_time() - started < 0.5


def test_a_text_full_of_ordinary_marks_stays_as_it_is():
    pointed = "قُرْآنٌ كَرِيمٌ " * 40
    assert text.store(pointed).count("\u064c") == pointed.count("\u064c")
