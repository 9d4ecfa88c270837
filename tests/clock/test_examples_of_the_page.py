"""The examples of docs/clock.md."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from portal.marks import Mark
from portal.office_hours import IRAN_OFFICE, Day
from portal.sla import due_at, read
from tests.clock.worlds import CALENDARS, aban, days, first, history, hours, paused

EARLY = msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 11, 21): Day(((450, 660),))})


@pytest.mark.parametrize(
    ("target", "calendar", "filed_at", "due"),
    [
        (hours(8), IRAN_OFFICE, aban(21, 10), aban(22, 11)),
        (hours(7), IRAN_OFFICE, aban(21, 7, 30), aban(21, 14, 30)),
        (days(3), IRAN_OFFICE, aban(21, 10, 13), aban(24, 10, 13)),
        (days(3), IRAN_OFFICE, aban(20, 22), aban(23, 14, 30)),
        (days(1), EARLY, aban(20, 22), aban(22, 11)),
    ],
    ids=["hours", "due at closing", "days", "days from a night", "early closing"],
)
def test_a_date_of_the_page_is_the_clocks(target, calendar, filed_at, due):
    assert due_at(target, calendar, filed_at) == due


def test_the_pause_of_the_page_is_the_clocks():
    case = history(aban(21, 10), *paused(aban(21, 11), aban(23, 11)))
    assert first(hours(8), case, aban(23, 11)).due_at == aban(24, 11)


def test_the_reopening_of_the_page_is_the_clocks():
    case = history(aban(21, 10), Mark("resulted", aban(21, 11)), Mark("reopened", aban(24, 9)))
    readings = read([hours(2, "first_answer"), days(5)], CALENDARS, case, now=aban(24, 10))
    assert readings[-1].due_at == aban(24, 11)


def test_the_outage_of_the_page_is_the_clocks():
    case = history(aban(21, 10), credits=((aban(21, 11), aban(21, 11, 42)),))
    assert first(hours(8), case, aban(21, 12)).due_at == aban(22, 11, 42)
