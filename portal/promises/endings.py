"""How requests ended and what applicants said of it, from published facts alone: solved and closed are not the same.

Pure, as ``figures``: worker and ``portal recompute`` come here. Everything is counted in fives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

WINDOWS = {"90": 90, "365": 365}
"""Days back from the day of counting, that day included."""
REOPENED = "reopened"
SCORES = (5, 4, 3, 2, 1)


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """``n`` requests, whole fives, that came to one end for the first time: an outcome, rejected, withdrawn, or
    reopened; ``counted_on`` is the day on which five of them had come together.
    """

    how: str
    counted_on: date
    n: int


class Rated(msgspec.Struct, frozen=True, array_like=True):
    """``n`` questions of one moment (closing, later) that were answered with ``score``, or never (0).

    ``counted_on`` is the day on which five of the same moment had been answered or run out.
    """

    moment: str
    score: int
    counted_on: date
    n: int


class Ends(msgspec.Struct, frozen=True):
    """How many requests came to this end, by key of ``WINDOWS``; None for fewer than five."""

    how: str
    counts: dict[str, int | None]


class Said(msgspec.Struct, frozen=True):
    """What was answered within 365 days: of ``asked`` people so many by score, the best first.

    Below five answers nothing is said of it: ``answered`` is None and ``scores`` are empty.
    """

    moment: str
    asked: int
    answered: int | None
    scores: dict[int, int]

    @property
    def percent(self) -> int | None:
        """The share of those asked that answered, rounded down."""
        return None if self.answered is None else 100 * self.answered // self.asked


def ends(facts: Sequence[Ended], day: date) -> tuple[Ends, ...]:
    """Every end that is known of, the one most requests came to first, opened again last."""
    found = []
    for how in dict.fromkeys(fact.how for fact in facts):
        counts = {
            key: sum(f.n for f in facts if f.how == how and _within(f.counted_on, days, day)) or None
            for key, days in WINDOWS.items()
        }
        found.append(Ends(how, counts))
    return tuple(sorted(found, key=lambda one: (one.how == REOPENED, -(one.counts["365"] or 0), one.how)))


def said(facts: Iterable[Rated], day: date, *, minimum: int) -> tuple[Said, ...]:
    """What was answered to each question, that of the closing first."""
    lately = [fact for fact in facts if _within(fact.counted_on, WINDOWS["365"], day)]
    found = []
    for moment in sorted({fact.moment for fact in lately}):
        counted: Counter[int] = Counter()
        for fact in lately:
            if fact.moment == moment:
                counted[fact.score] += fact.n
        asked, answered = counted.total(), counted.total() - counted[0]
        enough = answered >= minimum
        scores = {score: counted[score] for score in SCORES if counted[score]} if enough else {}
        found.append(Said(moment, asked, answered if enough else None, scores))
    return tuple(found)


def _within(counted_on: date, days: int, day: date) -> bool:
    return day - timedelta(days=days - 1) <= counted_on <= day
