"""The situations in which clocks of other desks were seen to break, one test each."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
import pytest

from portal.marks import Mark
from portal.office_hours import IRAN_OFFICE, Calendar, Day
from portal.sla import History, due_at, read
from portal.workdays import EmptyCalendar, used
from tests.clock.worlds import (
    ALWAYS_BERLIN,
    ALWAYS_TEHRAN,
    CALENDARS,
    LUNCH,
    NIGHT_BERLIN,
    aban,
    berlin,
    days,
    first,
    history,
    hours,
    paused,
    tehran,
)

SECOND = timedelta(seconds=1)
FILED = aban(21, 10)


@pytest.mark.parametrize(
    ("filed_at", "due"),
    [
        (tehran(2022, 3, 21, 20), tehran(2022, 3, 22, 5)),
        (tehran(2022, 9, 21, 20), tehran(2022, 9, 22, 3)),
        (tehran(2023, 3, 21, 20), tehran(2023, 3, 22, 4)),
    ],
    ids=["an hour skipped", "an hour twice", "abolished"],
)
def test_eight_hours_over_the_clock_change_of_tehran_are_eight_hours(filed_at, due):
    assert due_at(hours(8), ALWAYS_TEHRAN, filed_at) == due


@pytest.mark.parametrize(
    ("filed_at", "due"),
    [
        (berlin(2026, 3, 28, 20), berlin(2026, 3, 29, 5)),
        (berlin(2026, 10, 24, 20), berlin(2026, 10, 25, 3)),
    ],
    ids=["an hour skipped", "an hour twice"],
)
def test_eight_hours_over_the_clock_change_of_berlin_are_eight_hours(filed_at, due):
    assert due_at(hours(8), ALWAYS_BERLIN, filed_at) == due


@pytest.mark.parametrize("day", [(2022, 3, 21), (2022, 9, 20)], ids=["shorter", "longer"])
def test_office_days_over_the_clock_change_of_tehran_keep_the_clock_time(day):
    calendar = msgspec.structs.replace(IRAN_OFFICE, holidays="", week=dict.fromkeys(range(7), ((450, 870),)))
    due = tehran(day[0], day[1], day[2] + 3, 10, 13)
    assert due_at(days(3), calendar, tehran(*day, 10, 13)) == due


def test_a_pause_over_a_skipped_hour_takes_out_only_the_time_there_was():
    case = history(berlin(2026, 3, 28, 20), *paused(berlin(2026, 3, 29, 1), berlin(2026, 3, 29, 4)))
    target = hours(8, calendar="always_berlin")
    assert first(target, case, berlin(2026, 3, 29, 5)).due_at == berlin(2026, 3, 29, 7)


@pytest.mark.parametrize(
    ("filed_at", "due"),
    [
        (aban(21, 7, 29, 59), aban(21, 8, 30)),
        (aban(21, 7, 30), aban(21, 8, 30)),
        (aban(21, 7, 30, 1), aban(21, 8, 30, 1)),
    ],
)
def test_a_request_filed_at_the_opening_second_counts_from_there(filed_at, due):
    assert due_at(hours(1), IRAN_OFFICE, filed_at) == due


@pytest.mark.parametrize(
    ("filed_at", "due"),
    [
        (aban(21, 14, 29, 59), aban(22, 8, 29, 59)),
        (aban(21, 14, 30), aban(22, 8, 30)),
        (aban(21, 14, 30, 1), aban(22, 8, 30)),
    ],
)
def test_a_request_filed_at_the_closing_second_counts_from_the_next_opening(filed_at, due):
    assert due_at(hours(1), IRAN_OFFICE, filed_at) == due


def test_a_pause_begun_and_ended_outside_hours_moves_nothing():
    case = history(FILED, *paused(aban(21, 15), aban(22, 7)))
    assert first(hours(8), case, aban(22, 7)).due_at == due_at(hours(8), IRAN_OFFICE, FILED)


def test_a_pause_from_one_night_to_the_next_moves_by_the_hours_between():
    case = history(FILED, *paused(aban(21, 20), aban(22, 20)))
    assert first(hours(8), case, aban(22, 20)).due_at == aban(23, 11)


def test_two_pauses_in_one_minute_both_count():
    case = history(
        FILED,
        *paused(aban(21, 11, 0, 5), aban(21, 11, 0, 15)),
        *paused(aban(21, 11, 0, 20), aban(21, 11, 0, 50)),
    )
    assert first(hours(2), case, aban(21, 11, 1)).due_at == aban(21, 12, 0, 40)


def test_a_case_resolved_directly_from_a_pause_leaves_the_pause_out():
    case = history(FILED, Mark("paused", aban(21, 11), aban(28, 10)), Mark("resulted", aban(22, 13)))
    reading = first(hours(4), case, aban(30, 10))
    assert (reading.state, reading.used) == ("met", used(IRAN_OFFICE, FILED, aban(21, 11), "minutes"))


def test_a_case_looked_at_while_paused_past_the_old_target_never_flaps():
    case = history(FILED, *paused(aban(21, 11), aban(23, 9)))
    looks = [aban(21, 10, 30), aban(21, 11), aban(21, 15), aban(22, 9), aban(23, 9), aban(23, 12)]
    states = [first(hours(4), case, now).state for now in looks]
    assert states == ["running", "paused", "paused", "paused", "running", "running"]
    assert first(hours(4), case, aban(23, 12)).due_at == aban(23, 12)
    assert first(hours(4), case, aban(23, 12) + SECOND).state == "missed"


def test_a_pause_nobody_ended_runs_out_on_its_last_day():
    case = history(FILED, Mark("paused", aban(21, 11), aban(22, 11)))
    reading = first(hours(4), case, aban(22, 12))
    assert (reading.state, reading.due_at) == ("running", aban(22, 14))


def test_a_pause_without_a_last_day_is_a_pause_as_long_as_it_lasts():
    case = history(FILED, Mark("paused", aban(21, 11)))
    reading = first(hours(4), case, aban(22, 12))
    assert (reading.state, reading.due_at) == ("paused", aban(23, 8))


def test_a_reopened_case_owes_its_result_as_fast_as_a_first_answer():
    case = history(FILED, Mark("resulted", aban(21, 12)), Mark("reopened", aban(24, 9)))
    readings = read([hours(2, "first_answer"), days(5)], CALENDARS, case, now=aban(24, 9, 30))
    told = [(r.target.key, r.round, r.due_at, r.state) for r in readings]
    assert told == [
        ("first_answer", 1, aban(21, 12), "met"),
        ("result", 1, aban(28, 10), "met"),
        ("result", 2, aban(24, 11), "running"),
    ]


def test_a_result_that_was_late_stays_late_when_the_case_is_reopened():
    case = history(FILED, Mark("resulted", aban(23, 12)), Mark("reopened", aban(24, 9)))
    readings = read([hours(4)], CALENDARS, case, now=aban(24, 10))
    assert [reading.state for reading in readings] == ["missed", "running"]


@pytest.mark.parametrize("word", ["told", "touched"])
def test_a_word_after_the_end_owes_no_further_sign_of_life(word):
    case = history(FILED, Mark("resulted", aban(21, 12)), Mark(word, aban(22, 9)))
    readings = read([days(3, "keep_in_touch")], CALENDARS, case, now=aban(30, 12))
    assert [(reading.state, reading.is_open) for reading in readings] == [("met", False)]


def test_a_sign_of_life_owes_the_next_one():
    case = history(FILED, Mark("touched", aban(22, 9)), Mark("told", aban(23, 9)))
    readings = read([days(3, "keep_in_touch")], CALENDARS, case, now=aban(24, 9))
    assert [(r.round, r.state) for r in readings] == [(1, "met"), (2, "met"), (3, "running")]


def test_another_target_given_in_a_pause_counts_from_the_filing_and_keeps_the_pause():
    case = history(FILED, Mark("paused", aban(21, 11), aban(23, 11)))
    assert first(hours(4), case, aban(22, 9)).due_at == aban(23, 14)
    assert first(hours(2), case, aban(22, 9)).due_at == aban(23, 12)


def test_a_closure_announced_in_a_pause_takes_out_no_time_twice():
    case = history(FILED, Mark("paused", aban(21, 11), aban(23, 11)))
    shut = {"iran_office": msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 11, 22): Day()})}
    assert first(hours(4), case, aban(22, 9), shut).due_at == aban(23, 14)


def test_a_closure_announced_after_the_pause_moves_the_date():
    case = history(FILED, Mark("paused", aban(21, 11), aban(23, 13)))
    shut = {"iran_office": msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 11, 24): Day()})}
    assert first(hours(4), case, aban(22, 9)).due_at == aban(24, 9)
    assert first(hours(4), case, aban(22, 9), shut).due_at == aban(25, 9)


@pytest.mark.parametrize("window", [(1320, 1440), (1320, 1800)], ids=["up to 24:00", "past midnight"])
def test_a_window_that_reaches_midnight_loses_no_second(window):
    calendar = Calendar("late", "Asia/Tehran", dict.fromkeys(range(7), (window,)))
    before, after = aban(21, 23, 59, 59), aban(22, 0)
    assert used(calendar, before, after, "minutes") == SECOND // timedelta(microseconds=1)
    assert due_at(hours(2), calendar, aban(21, 22)) == after


def test_a_night_shift_is_one_working_day_over_the_clock_change_and_the_new_year():
    for begins in (berlin(2026, 3, 28, 22), berlin(2026, 10, 24, 22), berlin(2026, 12, 31, 22)):
        morning = begins.date() + timedelta(days=1)
        due = berlin(morning.year, morning.month, morning.day, 6)
        assert due_at(days(1), NIGHT_BERLIN, begins - 3600 * SECOND) == due


def test_an_empty_calendar_is_named():
    lazy = Calendar("lazy", "Asia/Tehran", {})
    with pytest.raises(EmptyCalendar, match="'lazy'"):
        read([hours(4, calendar="lazy")], {"lazy": lazy}, history(FILED), now=FILED)


def test_no_target_of_no_case_is_no_reading():
    assert read([hours(4)], CALENDARS, History(()), now=FILED) == []


@pytest.mark.parametrize(("target", "due"), [(hours(8), aban(23, 8, 30)), (days(2), aban(23, 14, 30))])
def test_an_early_closing_takes_out_only_the_part_that_is_lost(target, due):
    early = msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 11, 22): Day(((450, 600),))})
    assert due_at(target, early, FILED) == due


def test_a_working_day_with_a_lunch_break_ends_at_its_closing():
    assert due_at(days(1), LUNCH, aban(20, 20)) == aban(21, 16)


def test_seven_shortened_days_make_five_whole_ones_to_the_second():
    week = {date(2026, 11, 21) + timedelta(days=n): Day(((450, 750),)) for n in range(7)}
    short = Calendar("short", "Asia/Tehran", dict.fromkeys(range(7), ((450, 870),)), days=week)
    assert due_at(days(5), short, aban(20, 20)) == aban(27, 12, 30)


def test_what_is_promised_at_once_is_due_at_the_next_opening_even_in_a_pause():
    case = history(aban(21, 15), *paused(aban(21, 16), aban(24, 9)))
    assert first(hours(0), case, aban(22, 7)).due_at == aban(22, 7, 30)


def test_an_outage_credited_afterwards_moves_the_date_but_unsays_no_miss():
    missed = Mark("missed", aban(21, 14, 1), key="result", round=1)
    outage = (aban(21, 12), aban(21, 13))
    case = history(FILED, missed, credits=(outage,))
    reading = first(hours(4), case, aban(21, 14, 15))
    assert (reading.state, reading.due_at) == (
        "missed",
        datetime(2026, 11, 22, 4, 30, tzinfo=outage[0].tzinfo),
    )


def test_an_outage_within_a_pause_is_credited_once():
    case = history(FILED, *paused(aban(21, 11), aban(21, 13)), credits=((aban(21, 12), aban(21, 14)),))
    assert first(hours(4), case, aban(21, 14)).due_at == aban(22, 10)


def test_a_promise_that_was_fulfilled_keeps_the_date_it_had():
    told = [Mark("started", tehran(2026, 11, 21, 9)), Mark("told", tehran(2026, 11, 21, 10))]
    later = [Mark("paused", tehran(2026, 11, 21, 10), until=tehran(2026, 12, 1, 10))]
    target = msgspec.structs.replace(hours(4), key="first_answer", calendar="office")
    dates = {
        read([target], {"office": IRAN_OFFICE}, History(tuple(marks)), now=tehran(2026, 11, 25, 9))[0].due_at
        for marks in (told, told + later)
    }
    assert dates == {tehran(2026, 11, 21, 13)}
