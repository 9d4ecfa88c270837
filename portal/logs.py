"""Lines of the log, none of which somebody outside can forge: what they sent never begins a line or moves a cursor."""

from __future__ import annotations

import logging
import re

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class OneLine(logging.Formatter):
    """One line for each record, controls written as escapes; the lines of a traceback follow, each marked."""

    def format(self, record: logging.LogRecord) -> str:
        whole = super().format(record)
        trace = record.exc_text or ""
        record.exc_text = None  # the next handler formats for itself
        told = whole[: len(whole) - len(trace) - 1] if trace else whole
        # Not splitlines: what stands in an error may hold other signs that end a line.
        return "\n".join([_escaped(told), *("  | " + _escaped(line) for line in trace.split("\n") if line)])


def _escaped(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def begin(kind: str) -> None:
    """This process, of that ``kind``, logs warnings and worse to its standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine(f"%(asctime)s {kind} %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
