"""What holds for working time in every calendar, crowded round the clock changes of Tehran and Berlin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.office_hours import IRAN_OFFICE, Calendar, windows
from tests.support.working_time import add_working_days, add_working_minutes, working_time_between

EVERY_DAY = range(7)
LUNCH = Calendar("lunch", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((480, 720), (780, 960))))
ALWAYS_TEHRAN = Calendar("always", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((0, 1440),)))
ALWAYS_BERLIN = Calendar("always", "Europe/Berlin", dict.fromkeys(EVERY_DAY, ((0, 1440),)))
NIGHT_BERLIN = Calendar(
    "night", "Europe/Berlin", dict.fromkeys(EVERY_DAY, ((0, 150), (165, 240), (1200, 1440)))
)
CALENDARS = st.sampled_from([IRAN_OFFICE, LUNCH, ALWAYS_TEHRAN, ALWAYS_BERLIN, NIGHT_BERLIN])
# The years hold clock changes of both zones, the last of Tehran among them; the near draws crowd round them.
CHANGES = [
    datetime(2022, 3, 21, 20, 30, tzinfo=UTC),
    datetime(2022, 9, 21, 19, 30, tzinfo=UTC),
    datetime(2022, 3, 27, 1, 0, tzinfo=UTC),
    datetime(2022, 10, 30, 1, 0, tzinfo=UTC),
]
NEAR = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.integers(-200_000, 200_000),
)
INSTANTS = NEAR | st.datetimes(datetime(2021, 1, 1), datetime(2023, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
MINUTES = st.integers(0, 6000)
DAYS = st.integers(0, 40)


def inside_or_at_the_end(calendar: Calendar, instant: datetime) -> bool:
    day = instant.astimezone(ZoneInfo(calendar.zone)).date()
    near = [span for n in (-1, 0) for span in windows(calendar, day + timedelta(days=n))]
    return any(opens <= instant <= closes for opens, closes in near)


@given(CALENDARS, INSTANTS, MINUTES)
@settings(deadline=None)
def test_the_minutes_added_are_the_minutes_between(calendar, start, minutes):
    assert working_time_between(calendar, start, add_working_minutes(calendar, start, minutes)) == timedelta(
        minutes=minutes
    )


@given(CALENDARS, INSTANTS, MINUTES, DAYS)
@settings(deadline=None)
def test_a_due_date_is_working_time_or_a_closing_and_not_before_the_start(calendar, start, minutes, days):
    for due in (add_working_minutes(calendar, start, minutes), add_working_days(calendar, start, days)):
        assert due >= start
        assert inside_or_at_the_end(calendar, due)


@given(CALENDARS, st.lists(INSTANTS, min_size=2, max_size=6), MINUTES, DAYS)
@settings(deadline=None)
def test_filing_later_is_never_due_earlier(calendar, starts, minutes, days):
    for a, b in pairwise(sorted(starts)):
        assert add_working_minutes(calendar, a, minutes) <= add_working_minutes(calendar, b, minutes)
        assert add_working_days(calendar, a, days) <= add_working_days(calendar, b, days)


@given(CALENDARS, NEAR, st.integers(0, 7200), DAYS)
@settings(deadline=None)
def test_filing_a_little_later_is_never_due_earlier(calendar, start, seconds, days):
    later = start + timedelta(seconds=seconds)
    assert add_working_days(calendar, start, days) <= add_working_days(calendar, later, days)


@given(CALENDARS, INSTANTS, MINUTES, MINUTES, DAYS, DAYS)
@settings(deadline=None)
def test_a_longer_promise_is_never_due_earlier(calendar, start, minutes, more_minutes, days, more_days):
    assert add_working_minutes(calendar, start, minutes) <= add_working_minutes(
        calendar, start, minutes + more_minutes
    )
    assert add_working_days(calendar, start, days) <= add_working_days(calendar, start, days + more_days)


@given(CALENDARS, INSTANTS, st.integers(0, 5000), st.integers(0, 5000))
@settings(deadline=None)
def test_working_time_adds_up_over_any_cut(calendar, a, first, second):
    b = a + timedelta(minutes=first)
    c = b + timedelta(minutes=second)
    whole = working_time_between(calendar, a, c)
    assert working_time_between(calendar, a, b) + working_time_between(calendar, b, c) == whole


def counted_by_hand(calendar: Calendar, start: datetime, minutes: int) -> int:
    """Look at the wall clock in every minute; a repeated hour counts where the end of that hour does."""
    total = 0
    for n in range(minutes):
        wall = (start + timedelta(minutes=n)).astimezone(ZoneInfo(calendar.zone))
        at = wall.hour * 60 + (59 if wall.fold else wall.minute)
        total += any(begin <= at < end for begin, end in calendar.week.get(wall.weekday(), ()))
    return total


@given(
    st.sampled_from(["Asia/Tehran", "Europe/Berlin"]),
    st.lists(st.integers(0, 96), min_size=2, max_size=8, unique=True).map(sorted),
    NEAR.map(lambda instant: instant.replace(second=0)),
)
@settings(deadline=None, max_examples=30)
def test_working_minutes_are_those_the_wall_clock_shows(zone, quarters, start):
    cuts = [quarter * 15 for quarter in quarters]
    week = dict.fromkeys((0, 1, 2, 4, 6), tuple(zip(cuts[::2], cuts[1::2], strict=False)))
    calendar = Calendar("drawn", zone, week)
    span = timedelta(minutes=2000)
    between = working_time_between(calendar, start, start + span)
    assert between == timedelta(minutes=counted_by_hand(calendar, start, 2000))
