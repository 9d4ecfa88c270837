"""The clock against one that looks at every minute: the same due date, time used and state in every drawn case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

import pytest

from portal.sla import read, steps
from portal.workdays import ONE
from tests.clock import drawn, slow_clock

CASES_OF_A_CALENDAR = 50
DAYS = 80


def compare(seed: int, days: int = DAYS) -> None:
    """One drawn calendar and fifty cases counted in it, by both clocks."""
    rng = Random(seed)
    calendar, begin = drawn.calendar(rng)
    midnight = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
    minutes = slow_clock.Minutes(calendar, midnight - timedelta(days=3), days)
    for n in range(CASES_OF_A_CALENDAR):
        targets, (case, now) = drawn.targets(rng), drawn.case(rng, begin)
        readings = read(targets, {"drawn": calendar}, case, now=now)
        ours = [
            slow_clock.Seen(r.target.key, r.round, r.due_at, _amount(r.used, r.target.measure), r.state)
            for r in readings
        ]
        assert ours == slow_clock.look(targets, minutes, case, now), (seed, n)
        for r in readings[:1]:
            explained = sum(step.marks for step in steps(r, calendar, case, now=now))
            assert 0 <= explained - r.whole <= _microsecond(r.target.measure), (seed, n, r)


def _amount(marks: int, measure: str) -> Fraction:
    return Fraction(marks, ONE["minutes"] if measure == "minutes" else ONE["days"])


def _microsecond(measure: str) -> int:
    """The marks of one microsecond in the shortest day there is, of half an hour."""
    return 0 if measure == "minutes" else ONE["days"] // 1_800_000_000


@pytest.mark.parametrize("seed", range(20))
def test_a_thousand_drawn_cases_read_as_by_a_clock_that_looks_at_every_minute(seed):
    compare(seed)


@pytest.mark.fault
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_ten_thousand_drawn_cases_read_as_by_a_clock_that_looks_at_every_minute(seed):
    compare(seed, days=2 * DAYS)
