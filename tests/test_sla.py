"""A target becomes a due date; a due date becomes what a page shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.marks import Target
from portal.office_hours import IRAN_OFFICE, Calendar
from portal.sla import Progress, due_at, progress
from portal.workdays import EmptyCalendar

FILED = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DUE = FILED + timedelta(hours=4)
SECOND = timedelta(seconds=1)


def tehran(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Asia/Tehran")).astimezone(UTC)


def test_working_hours_are_counted_in_the_calendar():
    target = Target("first_answer", 8, "working_hours", "iran_office")
    assert due_at(target, IRAN_OFFICE, tehran(2026, 11, 21, 10, 0)) == tehran(2026, 11, 22, 11, 0)


def test_working_days_are_due_at_the_same_clock_time():
    target = Target("result", 5, "working_days", "iran_office")
    assert due_at(target, IRAN_OFFICE, tehran(2026, 11, 21, 10, 0)) == tehran(2026, 11, 28, 10, 0)


def test_a_promise_of_nothing_is_due_at_the_next_opening():
    target = Target("first_answer", 0, "working_hours", "iran_office")
    assert due_at(target, IRAN_OFFICE, tehran(2026, 11, 26, 10, 0)) == tehran(2026, 11, 28, 7, 30)


def test_a_calendar_without_windows_is_named():
    target = Target("result", 5, "working_days", "lazy")
    with pytest.raises(EmptyCalendar, match="'lazy'"):
        due_at(target, Calendar("lazy", "Asia/Tehran", {}), FILED)


@pytest.mark.parametrize("unit", ["working_hours", "working_days"])
def test_the_longest_promise_is_still_computed(unit):
    assert due_at(Target("result", 10_000, unit, "iran_office"), IRAN_OFFICE, FILED) > FILED


@pytest.mark.parametrize("amount", [-1, 10_001])
def test_an_amount_nobody_can_mean_is_refused(amount):
    with pytest.raises(ValueError, match="'result'"):
        Target("result", amount, "working_days", "iran_office")


def test_a_target_of_a_statement_is_checked_when_read():
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            b'{"key":"result","amount":1,"unit":"days","calendar":"iran_office"}', type=Target
        )


def test_half_way_through_half_is_used():
    shown = progress(DUE, FILED, FILED + timedelta(hours=2))
    assert shown == Progress(share=0.5, late=False, met=False, left=timedelta(hours=2))


def test_the_due_instant_itself_is_in_time():
    assert progress(DUE, FILED, DUE) == Progress(share=1.0, late=False, met=False, left=timedelta())


def test_a_second_after_the_due_instant_is_late():
    assert progress(DUE, FILED, DUE + SECOND) == Progress(share=1.0, late=True, met=False, left=-SECOND)


def test_a_met_promise_stands_still():
    met_at = FILED + timedelta(hours=1)
    shown = progress(DUE, FILED, DUE + timedelta(days=9), met_at)
    assert shown == Progress(share=0.25, late=False, met=True, left=timedelta(hours=3))


def test_a_promise_met_too_late_stays_late():
    shown = progress(DUE, FILED, DUE + timedelta(days=9), DUE + SECOND)
    assert shown == Progress(share=1.0, late=True, met=True, left=-SECOND)


def test_a_clock_set_back_uses_no_negative_time():
    shown = progress(DUE, FILED, FILED - timedelta(hours=1))
    assert shown == Progress(share=0.0, late=False, met=False, left=timedelta(hours=4))


def test_a_promise_due_at_filing_is_used_up_at_once():
    assert progress(FILED, FILED, FILED).share == 1.0


@given(st.integers(0, 10**7), st.integers(-(10**7), 10**8), st.none() | st.integers(0, 10**8))
def test_the_share_stays_between_none_and_all(length, passed, met):
    met_at = None if met is None else FILED + met * SECOND
    shown = progress(FILED + length * SECOND, FILED, FILED + passed * SECOND, met_at)
    assert 0 <= shown.share <= 1
    assert shown.late == (shown.left < timedelta())
