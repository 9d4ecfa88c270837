"""The share of time in which a service could be used, against figures worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.availability.uptime import Observed, Timeline, by_day, joined, uptime

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WEEK = 7 * 24 * HOUR
TEHRAN = ZoneInfo("Asia/Tehran")


def at(day, hour, minute=0):
    """An instant of the scripted week; Monday is day 0."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


# A week by hand. Observed but for Wednesday 12:00 to 18:00 (the worker was down) and the last two hours of Sunday.
# Down: Tuesday 22:00 to 24:00 in announced work (21:30 to 23:30 announced, so half an hour of it over time), Thursday
# 10:10 to 10:25, and Saturday 08:00 to 09:00, the first twenty minutes of it in announced work.
SCRIPT = [
    Observed(at(0, 0), at(1, 22), True),
    Observed(at(1, 22), at(2, 0), False, "form"),
    Observed(at(2, 0), at(2, 12), True),
    Observed(at(2, 18), at(3, 10, 10), True),
    Observed(at(3, 10, 10), at(3, 10, 25), False, "page,form"),
    Observed(at(3, 10, 25), at(5, 8), True),
    Observed(at(5, 8), at(5, 9), False, "database"),
    Observed(at(5, 9), at(6, 22), True),
]
PLANNED = [(at(1, 21, 30), at(1, 23, 30)), (at(5, 7), at(5, 8, 20))]


def test_a_scripted_week_equals_the_figure_worked_out_by_hand():
    week = uptime(Timeline(SCRIPT), PLANNED, MONDAY, MONDAY + WEEK)
    minutes = {name: getattr(week, name) / 60 for name in ("whole", "observed", "unknown", "down", "planned")}
    assert minutes == {
        "whole": 10_080,
        "observed": 10_080 - 480,
        "unknown": 480,
        "down": 120 + 15 + 60,
        "planned": 120 + 80,
    }
    assert week.planned_down / 60 == 90 + 20
    assert week.share == pytest.approx((9_600 - 195) / 9_600)
    assert week.share_without_planned == pytest.approx((9_400 - 85) / 9_400)


def test_unobserved_time_is_unknown_not_up():
    day = uptime(Timeline([Observed(at(0, 0), at(0, 1), False)]), [], at(0, 0), at(1, 0))
    assert (day.unknown, day.share) == (23 * 3600, 0.0)


def test_nothing_observed_has_no_share():
    assert uptime(Timeline([]), [], at(0, 0), at(1, 0)).share is None


def test_a_stretch_wholly_in_planned_work_has_no_share_without_it():
    seen = [Observed(at(0, 0), at(0, 2), False)]
    assert uptime(Timeline(seen), [(at(0, 0), at(0, 2))], at(0, 0), at(0, 2)).share_without_planned is None


def test_overlapping_windows_count_once():
    seen = [Observed(at(0, 0), at(0, 4), True)]
    windows = [(at(0, 1), at(0, 3)), (at(0, 2), at(0, 4))]
    assert uptime(Timeline(seen), windows, at(0, 0), at(0, 4)).planned == 3 * 3600


def test_days_are_local_and_today_reaches_to_now():
    days = by_day(Timeline(SCRIPT), PLANNED, days=3, zone=TEHRAN, now=at(3, 10, 20))
    assert [one.day for one in days] == [date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26)]
    today = days[-1].uptime
    assert today.whole == (10 * 60 + 20 + 210) * 60
    assert today.down == 10 * 60


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)), max_size=12),
    st.integers(0, 100),
    st.integers(1, 60),
)
def test_cutting_a_stretch_in_two_changes_nothing(windows, begin, length):
    planned = [(MONDAY + a * MINUTE, MONDAY + (a + b) * MINUTE) for a, b in windows]
    end = MONDAY + 200 * MINUTE
    since, until = MONDAY + begin * MINUTE, MONDAY + (begin + length) * MINUTE
    middle = since + (until - since) / 2
    whole = uptime(Timeline([Observed(since, until, False)]), planned, MONDAY, end)
    cut = uptime(
        Timeline([Observed(since, middle, False), Observed(middle, until, False)]), planned, MONDAY, end
    )
    assert whole == cut


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)), max_size=12))
def test_joined_stretches_do_not_touch(pairs):
    spans = joined((MONDAY + a * MINUTE, MONDAY + (a + b) * MINUTE) for a, b in pairs)
    assert all(one[1] < other[0] for one, other in zip(spans, spans[1:], strict=False))
