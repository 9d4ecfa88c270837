"""What is wrong with a code that somebody typed, in words; the same on every page that asks for one."""

from __future__ import annotations

from portal import codes, text
from portal.i18n import N_, _, current_language

UNKNOWN = "unknown"
"""A code that is written correctly and nobody's."""
_WORDS = {
    "symbol": N_(
        "It contains a character that no code uses. The letters A, C, E, F, H and T never appear in a code. "
        "Letters and digits that look alike make no difference: O and 0, I and 1, S and 5 are read alike."
    ),
    "check": N_(
        "One symbol is wrong, or two have changed places. Please compare it with your receipt, group by group."
    ),
    "range": N_("This looks like a code, but we have never given one like it."),
    UNKNOWN: N_(
        "The code is written correctly, but no request or complaint has it. Please compare it with your receipt "
        "once more. If the code was changed, only the new one works."
    ),
}


def in_words(problem: str, typed: str) -> str:
    """``problem`` (a ``codes.Mistake`` or UNKNOWN) with the code that was ``typed``, for whoever typed it."""
    if problem != codes.Mistake.LENGTH:
        return _(_WORDS[problem])
    message = _(
        "You typed %(read)s letters and digits. A code has %(symbols)s symbols, or %(digits)s digits in its "
        "digits-only form."
    )
    numbers = {
        "read": sum(map(str.isalnum, typed)),
        "symbols": codes.TEXT_LENGTH,
        "digits": codes.NUMERIC_LENGTH,
    }
    return message % {name: text.show_number(n, current_language()) for name, n in numbers.items()}
