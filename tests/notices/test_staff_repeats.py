"""Windows that come again, on the wall clock of a zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.notices import repeats

TEHRAN, BERLIN = ZoneInfo("Asia/Tehran"), ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 11, 24, 22, tzinfo=TEHRAN)  # a Tuesday, the fourth of November
DAY = timedelta(days=1)


def starts(rule, first=FIRST, zone=TEHRAN, days=60):
    found = repeats.windows(rule, first, zone, after=first - DAY, until=first + days * DAY)
    return [one.astimezone(zone) for one in found]


@pytest.mark.parametrize(
    ("choice", "rule"),
    [
        ("daily", "FREQ=DAILY"),
        ("weekly", "FREQ=WEEKLY"),
        ("four_weeks", "FREQ=WEEKLY;INTERVAL=4"),
        ("monthly", "FREQ=MONTHLY;BYDAY=4TU"),
    ],
)
def test_a_choice_in_words_is_a_rule(choice, rule):
    assert repeats.rule_of(choice, FIRST.date()) == rule


def test_the_fifth_weekday_of_a_month_means_the_last():
    assert repeats.rule_of("monthly", date(2026, 11, 30)) == "FREQ=MONTHLY;BYDAY=-1MO"


def test_a_monthly_window_keeps_its_weekday():
    assert [one.date() for one in starts("FREQ=MONTHLY;BYDAY=4TU")] == [
        date(2026, 11, 24),
        date(2026, 12, 22),
    ]


def test_a_clock_change_moves_no_window_for_the_people():
    first = datetime(2026, 10, 23, 22, tzinfo=BERLIN)  # winter time begins on the 25th
    found = starts("FREQ=DAILY", first, BERLIN, days=3)
    assert [one.hour for one in found] == [22, 22, 22, 22]
    assert [one.astimezone(UTC).hour for one in found] == [20, 20, 21, 21]


@pytest.mark.parametrize(
    ("times", "until", "n"), [(3, None, 3), (None, date(2026, 12, 1), 2), (None, None, 9)]
)
def test_a_number_or_a_last_day_ends_it(times, until, n):
    assert len(starts(repeats.limited("FREQ=WEEKLY", times=times, until=until))) == n


def test_past_the_last_window_it_is_over():
    rule = "FREQ=WEEKLY;COUNT=2"
    assert not repeats.is_over(rule, FIRST, TEHRAN, after=FIRST)
    assert repeats.is_over(rule, FIRST, TEHRAN, after=FIRST + 7 * DAY)


@pytest.mark.parametrize(
    ("own", "rule"),
    [
        ("freq=weekly; byday=tu,th", "FREQ=WEEKLY;BYDAY=TU,TH"),
        ("RRULE:INTERVAL=2;FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=-1;INTERVAL=2"),
        ("FREQ=SECONDLY", None),
        ("FREQ=DAILY;COUNT=3", None),
        ("FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=5MO", None),
        ("FREQ=WEEKLY;FREQ=DAILY", None),
        ("every Tuesday", None),
        ("", None),
    ],
)
def test_an_own_rule_is_taken_when_it_always_has_windows(own, rule):
    assert repeats.rule_of("own", FIRST.date(), own=own) == rule


def test_the_first_window_has_to_be_one_of_the_rule():
    assert repeats.begins("FREQ=WEEKLY;BYDAY=TU", FIRST, TEHRAN)
    assert not repeats.begins("FREQ=WEEKLY;BYDAY=MO", FIRST, TEHRAN)
