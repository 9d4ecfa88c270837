"""Text and numbers as people type them: stored in one spelling, found in any, shown in their digits. Pure."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
ARABIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
ZWNJ = "\u200c"

_TO_LATIN = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS, "0123456789" * 2)
_TO_PERSIAN = str.maketrans("0123456789" + ARABIC_DIGITS, PERSIAN_DIGITS * 2)

# Left-to-right mark before the minus: without it a Persian line draws the minus after the digits.
_PERSIAN_NUMBER = _TO_PERSIAN | str.maketrans({",": "٬", ".": "٫", "-": "\u200e\u2212"})

_ONE_SPELLING = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک"})

# Controls and surrogates (PostgreSQL refuses them), tatweel, bidi controls (they let a text disguise itself)
# and other invisible characters. What counts as white space, ZWNJ and ZWJ stay.
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_BIDI_CONTROL = re.compile(f"[{_BIDI}]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u0640\u180e\u200b\u2060-\u206f\ufeff\ufff9-\ufffb"
    f"{_BIDI}\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n{3,}")

# A ZWNJ says something only between two letters; an Arabic mark (as in «خانهٔ‌ما») belongs to its letter.
_LETTER = r"[\w\u064b-\u065f\u0670]"
_ZWNJ_RUN = re.compile(f"{ZWNJ}{{2,}}")
_IDLE_ZWNJ = re.compile(f"(?<!{_LETTER}){ZWNJ}|{ZWNJ}(?!{_LETTER})")

_FOLD = _TO_LATIN | str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ٱ": "ا", "ة": "ه", "ە": "ه", "ہ": "ه", "ء": "", ZWNJ: "", "\u200d": ""}
)

# «می گردد» and «میگردد», «کتاب ها» and «کتابها» are one word each; the space stands for a ZWNJ nobody typed.
_LOOSE_PREFIX = re.compile(r"\b(ن?می) (?=[^\W\d_])")
_LOOSE_SUFFIX = re.compile(r"(?<=[^\W\d_]) (?=ها(?:یی|ی)?\b)")

# Spellings of one word that no rule about letters unifies; both sides are already folded.
_SYNONYMS = {
    "مسوول": "مسیول",
    "هییت": "هیات",
    "مساله": "مسیله",
    "اطاق": "اتاق",
    "بلیط": "بلیت",
    "طهران": "تهران",
}
_SYNONYM = re.compile(rf"\b(?:{'|'.join(_SYNONYMS)})")

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_NUMBER_SIGNS = str.maketrans({"٬": ",", "،": ",", "٫": ".", "\u2212": "-"})
_LONGEST_NUMBER = 60
_SHORT = 200
_MOST_MARKS = 30


def _stream_safe(text: str) -> str:
    """``text`` with at most 30 marks on one letter (UAX #15): normalising longer runs takes quadratic time."""
    if len(text) <= _SHORT or text.isascii():
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def store(text: str, *, lines: bool = False) -> str:
    """``text`` in the one spelling we keep: NFC, Persian ye and kaf, nothing invisible, single spaces.

    ``lines=True`` keeps line ends (as ``\\n``) and single blank lines. Digits stay as typed. Doing it twice
    changes nothing more.
    """
    text = _stream_safe(_LINE_END.sub("\n", text))
    text = _ZWNJ_RUN.sub(ZWNJ, _UNSEEN.sub("", text))
    text = _IDLE_ZWNJ.sub("", text)
    text = unicodedata.normalize("NFC", text).translate(_ONE_SPELLING)
    if not lines:
        return " ".join(text.split())
    kept = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", kept).strip("\n")


def search_key(text: str) -> str:
    """``text`` with everything folded that people spell in two ways; single spaces stay between words.

    Keys of a text and of what is searched are compared, never shown. Letter case, hamza, marks, ZWNJ,
    Arabic letters and digits are folded, «می گردد» is joined like «می‌گردد», and a few synonyms are made one.
    """
    text = _UNSEEN.sub("", unicodedata.normalize("NFKD", _stream_safe(text)))
    # Folding case may compose new marks (Turkish İ), hence decomposed once more.
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(character for character in text if not unicodedata.combining(character))
    text = " ".join(text.translate(_FOLD).split())
    text = _LOOSE_SUFFIX.sub("", _LOOSE_PREFIX.sub(r"\1", text))
    return _SYNONYM.sub(lambda found: _SYNONYMS[found.group()], text)


def latin_digits(text: str) -> str:
    """``text`` with Persian and Arabic digits as 0-9."""
    return text.translate(_TO_LATIN)


def persian_digits(text: str) -> str:
    """``text`` with Latin and Arabic digits as ۰-۹."""
    return text.translate(_TO_PERSIAN)


def without_bidi(text: str) -> str:
    """``text`` without marks, embeddings and isolates that change the order of characters on screen."""
    return _BIDI_CONTROL.sub("", text)


def isolate(text: str) -> str:
    """``text`` fenced as one left-to-right piece (U+2066…U+2069), for codes in plain-text mail and messages.

    Bidi controls inside are dropped: they could end the fence early.
    """
    return f"\u2066{without_bidi(text)}\u2069"


def like_literal(text: str) -> str:
    """``text`` to be met literally inside a LIKE pattern (escape character: backslash)."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def show_number(value: int | Decimal, language: str) -> str:
    """``value`` in groups of three: 1,234.5 or ۱٬۲۳۴٫۵. Minus is U+2212, in Persian after U+200E."""
    # ``f`` keeps a Decimal out of exponents, but would turn an int into a float.
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,f}"
    if not value:
        shown = shown.lstrip("-")
    return shown.translate(_PERSIAN_NUMBER) if language == "fa" else shown.replace("-", "\u2212")


def show_percent(value: int | Decimal, language: str, *, places: int = 1) -> str:
    """``value``, already in percent, with its sign after it: 76.1% or ۷۶٫۱٪.

    An int is shown whole; a Decimal is rounded half up to ``places`` decimal places.
    """
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return show_number(value, language) + ("٪" if language == "fa" else "%")


def parse_number(typed: str) -> Decimal | None:
    """The exact number that was typed with any digits, ``,`` ``٬`` ``،`` or a space between groups of three,
    ``.`` or ``٫`` before the fraction; None when it is no number. A slash is refused: it may mean a date.
    """
    text = without_bidi(latin_digits(typed)).strip().translate(_NUMBER_SIGNS)
    text = re.sub(r"(?<=[0-9])\s(?=[0-9])", ",", re.sub(r"^([+-])\s+", r"\1", text))
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text.replace(",", ""))
