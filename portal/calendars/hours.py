"""Working hours of a day as people write them: "07:30-14:30", several with a comma, over midnight, any digits. Pure."""

from __future__ import annotations

import re

from portal.office_hours import Window
from portal.text import latin_digits, persian_digits, without_bidi

_DAY = 24 * 60
_BETWEEN = re.compile(r"\s*(?:[-\u2010-\u2015\u2212]|تا|to|until)\s*", re.IGNORECASE)
_NEXT = re.compile(r"\s*(?:[,،;؛]|\sو\s|\sand\s)\s*", re.IGNORECASE)
_CLOCK = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?")


def read_windows(typed: str) -> tuple[Window, ...] | None:
    """The windows that were meant, none for an empty text; None when it can't be read.

    They must come one after the other. A window that ends at or before its start ends on the next day.
    """
    plain = without_bidi(latin_digits(typed)).strip()
    windows: list[Window] = []
    for part in _NEXT.split(plain) if plain else ():
        window = _window(part)
        if window is None or (windows and window[0] < windows[-1][1]):
            return None
        windows.append(window)
    return tuple(windows)


def show_windows(windows: tuple[Window, ...], language: str) -> str:
    """The windows as they may be typed again: «۰۷:۳۰ تا ۱۴:۳۰»; empty for a closed day."""
    between, next_one = (" تا ", "، ") if language == "fa" else ("–", ", ")
    shown = next_one.join(f"{_clock(start)}{between}{_clock(end)}" for start, end in windows)
    return persian_digits(shown) if language == "fa" else shown


def _window(typed: str) -> Window | None:
    parts = _BETWEEN.split(typed.strip())
    if len(parts) != 2:
        return None
    start, end = _minutes(parts[0]), _minutes(parts[1])
    if start is None or end is None or start >= _DAY:
        return None
    return start, end if end > start else end + _DAY


def _minutes(typed: str) -> int | None:
    found = _CLOCK.fullmatch(typed)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    whole = hour * 60 + minute
    return whole if minute < 60 and whole <= _DAY else None


def _clock(minutes: int) -> str:
    """24:00 for the midnight that ends the day; a clock time of the next day beyond it."""
    minutes = minutes if minutes <= _DAY else minutes - _DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"
