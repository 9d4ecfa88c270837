"""Nobody outside writes a line of the log (S31)."""

import logging

import pytest

from portal.logs import MOST_KNOWN, OneLine, Thinned


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


def a_warning(message, level=logging.WARNING):
    return logging.LogRecord("uvicorn.error", level, __file__, 1, message, None, None)


def written(thinned, records):
    return [record.getMessage() for record in records if thinned.filter(record)]


def test_a_warning_that_comes_all_the_time_is_written_every_ten_seconds_with_their_number():
    now = [0.0]
    thinned = Thinned(clock=lambda: now[0])
    assert written(thinned, [a_warning("too many"), a_warning("other"), *[a_warning("too many")] * 500]) == [
        "too many",
        "other",
    ]
    now[0] = 10.0
    assert written(thinned, [a_warning("too many"), a_warning("too many")]) == [
        "too many (500 more times since the last line)"
    ]
    now[0] = 20.0
    assert written(thinned, [a_warning("too many"), a_warning("other")]) == [
        "too many (1 more times since the last line)",
        "other",
    ]


def test_no_error_is_left_out():
    assert len(written(Thinned(), [a_warning("a bug", logging.ERROR) for _ in range(3)])) == 3


def test_what_is_known_of_warnings_stays_small():
    thinned = Thinned()
    written(thinned, [a_warning(f"warning {n}") for n in range(10 * MOST_KNOWN)])
    assert len(thinned.known) <= MOST_KNOWN
