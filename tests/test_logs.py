"""Nobody outside writes a line of the log (S31)."""

import logging

import pytest

from portal.logs import OneLine


def line(message: str, *values, error: BaseException | None = None) -> str:
    exc_info = (type(error), error, None) if error else None
    record = logging.LogRecord("portal", logging.ERROR, "", 0, message, values, exc_info)
    return OneLine("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize(
    "sign", ["\r", "\n", "\r\n", "\x1b[2J", "\x85", "\u2028", "\u202e", "\0", "\x0b", "\x9b1m"]
)
def test_what_was_sent_stays_on_its_line_and_moves_no_cursor(sign):
    told = line("busy: %s", f"/a{sign}ERROR forged")
    assert len(told.splitlines()) == 1
    assert told.startswith("ERROR busy: /a\\")
    assert told.isprintable()


def test_persian_words_stay_readable():
    assert line("%s", "سامانه\u200cها") == "ERROR سامانه\u200cها"


def test_lines_of_an_error_are_marked_and_none_begins_like_a_record():
    told = line("request %s", "1f", error=ValueError("first\nERROR forged\u2028ERROR again"))
    first, *rest = told.splitlines()
    assert first == "ERROR request 1f"
    assert len(rest) == 2
    assert all(one.startswith("  | ") for one in rest)
