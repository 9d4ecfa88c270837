"""Lines of the log, none of which somebody outside can forge: what they sent never begins a line or moves a cursor."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

REST_SECONDS = 10.0
"""A warning that was written is not written again for so long."""
MOST_KNOWN = 100
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


class Thinned(logging.Filter):
    """A warning in the same words comes through every ten seconds, then with the number of those left out meanwhile.

    uvicorn writes a line for each visitor it turns away: a flood would fill the disk with them.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.known: dict[str, tuple[float, int]] = {}  # until when it rests, how many were left out

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.WARNING:
            return True
        message, now = record.getMessage(), self.clock()
        until, left_out = self.known.get(message, (now, 0))
        if now < until:
            self.known[message] = (until, left_out + 1)
            return False
        if len(self.known) >= MOST_KNOWN:
            self.known.clear()
        self.known[message] = (now + REST_SECONDS, 0)
        if left_out:
            record.msg, record.args = f"{message} ({left_out} more times since the last line)", None
        return True


def _escaped(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def begin(kind: str) -> None:
    """This process, of that ``kind``, logs warnings and worse to its standard error."""
    handler = logging.StreamHandler()
    handler.addFilter(Thinned())
    handler.setFormatter(OneLine(f"%(asctime)s {kind} %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
