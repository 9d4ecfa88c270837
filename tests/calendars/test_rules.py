"""What a plan says: patterns from a day on, decided days, holidays of a year, and what a change does."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.calendars import rules
from portal.calendars.hours import read_windows, show_windows
from portal.calendars.rules import Entry, Plan
from portal.i18n import Words
from portal.office_hours import IRAN_OFFICE, Day, is_working_day
from portal.workdays import EmptyCalendar
from tests.conftest import NOON

OFFICE = Plan(IRAN_OFFICE)
TASUA = date(2027, 6, 15)  # a Tuesday, 25 Khordad 1406
NAME = Words("تاسوعای حسینی", "Tasua")


def decided(kind: rules.Kind, day: date = TASUA, **more) -> Entry:
    return Entry(day=day, kind=kind, name=NAME, **more)


def of_1406(plan: Plan, day: date) -> rules.Holiday:
    return next(one for one in rules.holidays(plan, 1406) if one.day == day)


def test_a_lunar_date_without_an_official_list_is_an_estimate_and_named_without_the_mark():
    found = of_1406(OFFICE, TASUA)
    assert (found.state, found.name) == ("estimated", NAME)
    assert of_1406(OFFICE, date(2027, 3, 21)).state == "listed"


def test_a_confirmed_estimate_stays_a_holiday_of_its_name():
    plan = rules.with_entries(OFFICE, decided("holiday"))
    assert of_1406(plan, TASUA).state == "confirmed"
    assert plan.calendar.days == {TASUA: Day((), NAME.fa, NAME.en)}


def test_a_moved_holiday_leaves_its_day_and_is_on_the_other():
    there = date(2027, 6, 14)
    plan = rules.with_entries(OFFICE, decided("no_holiday"), decided("holiday", there))
    assert is_working_day(plan.calendar, TASUA)
    assert not is_working_day(plan.calendar, there)
    assert (of_1406(plan, TASUA).state, of_1406(plan, there).state) == ("removed", "confirmed")


def test_a_removed_holiday_on_a_weekend_is_still_no_working_day():
    friday = date(2027, 8, 20)
    plan = rules.with_entries(OFFICE, decided("no_holiday", friday))
    assert not is_working_day(plan.calendar, friday)


def test_a_removed_holiday_works_the_hours_of_a_later_pattern():
    plan = rules.with_entries(OFFICE, decided("no_holiday"))
    plan = rules.with_week(plan, date(2027, 3, 21), {1: ((480, 600),)})
    assert plan.calendar.days[TASUA].windows == ((480, 600),)


def test_a_pattern_holds_from_its_day_and_can_be_dropped():
    since = date(2027, 3, 21)
    plan = rules.with_week(OFFICE, since, {3: ((480, 720), (780, 960))})
    assert not is_working_day(plan.calendar, date(2027, 4, 5))  # a Monday
    assert is_working_day(plan.calendar, date(2027, 4, 8))
    assert rules.week_changes(OFFICE, plan)[0].since == since
    assert rules.without_week(plan, since) == OFFICE


def test_the_changes_are_those_of_what_is_said_not_of_who_said_it():
    one = rules.with_entries(OFFICE, decided("closure", at=NOON))
    other = rules.with_entries(OFFICE, decided("closure"))
    assert rules.day_changes(one, other) == []
    assert [change.after for change in rules.day_changes(OFFICE, one)] == [decided("closure", at=NOON)]
    assert [change.after for change in rules.day_changes(one, OFFICE)] == [None]


def test_taking_back_what_was_decided_gives_the_plan_before():
    assert rules.without_entry(rules.with_entries(OFFICE, decided("closure")), TASUA) == OFFICE


def test_a_calendar_that_closes_for_good_is_empty():
    never = msgspec.structs.replace(IRAN_OFFICE, week={})
    with pytest.raises(EmptyCalendar):
        rules.check_works(never, NOON)


@pytest.mark.parametrize(
    ("typed", "windows"),
    [
        ("07:30-14:30", ((450, 870),)),
        ("۷:۳۰ تا ۱۴:۳۰", ((450, 870),)),
        ("۰۷:۳۰–۱۲، ۱۳–۱۶", ((450, 720), (780, 960))),
        ("8-12, 13-17", ((480, 720), (780, 1020))),
        ("8 to 12 and 13 until 17", ((480, 720), (780, 1020))),
        ("22:00-06:00", ((1320, 1800),)),
        ("0-24", ((0, 1440),)),
        ("  ", ()),
    ],
)
def test_hours_are_read_as_people_write_them(typed, windows):
    assert read_windows(typed) == windows


@pytest.mark.parametrize(
    "typed", ["8", "8-12-13", "25-26", "8:60-9", "12-13, 8-9", "8-12, 11-13", "x", "24-1"]
)
def test_hours_that_cannot_be_meant_are_refused(typed):
    assert read_windows(typed) is None


@given(
    st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True).filter(lambda one: len(one) % 2 == 0)
)
def test_shown_hours_are_read_again(ends):
    ends = sorted(ends)
    windows = tuple(zip(ends[::2], ends[1::2], strict=True))
    for language in ("fa", "en"):
        assert read_windows(show_windows(windows, language)) == windows
