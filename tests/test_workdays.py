"""Working time by example: openings, holidays, part days, clock changes, calendars that are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from portal.office_hours import IRAN_OFFICE, Calendar, Day, Pattern, is_working_day, reason, windows
from portal.workdays import EmptyCalendar
from tests.support.working_time import add_working_days, add_working_minutes, working_time_between

TEHRAN = ZoneInfo("Asia/Tehran")
BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = range(7)
DAYTIME = ((450, 870),)
LUNCH = Calendar("lunch", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((480, 720), (780, 960))))
ALWAYS_TEHRAN = Calendar("always", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((0, 1440),)))
ALWAYS_BERLIN = Calendar("always", "Europe/Berlin", dict.fromkeys(EVERY_DAY, ((0, 1440),)))
RARE = Calendar("rare", "Asia/Tehran", {}, days={date(2028, 2, 2): Day(((600, 601),))})


def tehran(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=TEHRAN).astimezone(UTC)


def berlin(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=BERLIN, fold=fold).astimezone(UTC)


# Saturday 2026-11-21 (30 Aban 1405) is an ordinary working day of the office.


def test_an_office_day_is_its_window_in_utc():
    assert windows(IRAN_OFFICE, date(2026, 11, 21)) == [
        (tehran(2026, 11, 21, 7, 30), tehran(2026, 11, 21, 14, 30))
    ]


@pytest.mark.parametrize(
    "day", [date(2026, 11, 26), date(2026, 11, 27), date(2026, 3, 21), date(2026, 2, 11)]
)
def test_thursday_friday_nowruz_and_22_bahman_are_closed(day):
    assert not is_working_day(IRAN_OFFICE, day)


def test_minutes_run_on_into_the_next_working_day():
    assert add_working_minutes(IRAN_OFFICE, tehran(2026, 11, 25, 14, 0), 60) == tehran(2026, 11, 28, 8, 0)


def test_the_exact_opening_second_counts_at_once():
    opening = tehran(2026, 11, 21, 7, 30)
    assert add_working_minutes(IRAN_OFFICE, opening, 0) == opening


def test_the_exact_closing_second_counts_as_the_next_opening():
    assert add_working_minutes(IRAN_OFFICE, tehran(2026, 11, 21, 14, 30), 0) == tehran(2026, 11, 22, 7, 30)


def test_the_second_before_closing_still_counts():
    assert add_working_minutes(IRAN_OFFICE, tehran(2026, 11, 21, 14, 29, 59), 1) == tehran(
        2026, 11, 22, 7, 30, 59
    )


def test_time_that_runs_out_at_closing_is_due_at_closing():
    assert add_working_minutes(IRAN_OFFICE, tehran(2026, 11, 21, 7, 30), 420) == tehran(2026, 11, 21, 14, 30)


def test_the_lunch_break_does_not_count():
    assert add_working_minutes(LUNCH, tehran(2026, 11, 21, 11, 30), 60) == tehran(2026, 11, 21, 13, 30)


def test_working_time_is_never_negative():
    assert working_time_between(LUNCH, tehran(2026, 11, 22, 10), tehran(2026, 11, 21, 10)) == timedelta()


def test_a_day_promise_is_due_at_the_same_clock_time():
    assert add_working_days(IRAN_OFFICE, tehran(2026, 11, 24, 9, 13), 3) == tehran(2026, 11, 29, 9, 13)


def test_a_case_filed_at_night_has_its_day_by_the_closing_of_the_next_working_day():
    assert add_working_days(IRAN_OFFICE, tehran(2026, 11, 25, 22, 0), 1) == tehran(2026, 11, 28, 14, 30)


def test_no_days_means_the_next_opening():
    assert add_working_days(IRAN_OFFICE, tehran(2026, 11, 26, 10, 0), 0) == tehran(2026, 11, 28, 7, 30)


def test_a_day_that_closes_early_counts_for_the_part_it_was_open():
    half = msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 11, 22): Day(((450, 660),))})
    assert add_working_days(half, tehran(2026, 11, 21, 14, 30), 1) == tehran(2026, 11, 23, 11, 0)


def test_a_weekday_that_is_always_short_counts_as_a_whole_day():
    thursdays = msgspec.structs.replace(IRAN_OFFICE, week={**IRAN_OFFICE.week, 3: ((450, 660),)})
    assert add_working_days(thursdays, tehran(2026, 11, 25, 14, 30), 1) == tehran(2026, 11, 26, 11, 0)


def test_a_day_with_longer_hours_than_usual_counts_as_one_day():
    longer = msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 11, 22): Day(((450, 1080),))})
    assert add_working_days(longer, tehran(2026, 11, 21, 14, 30), 1) == tehran(2026, 11, 22, 18, 0)


def test_ten_working_days_over_nowruz_end_after_the_thirteenth():
    due = add_working_days(IRAN_OFFICE, tehran(2026, 3, 16, 10, 0), 10)
    assert due == tehran(2026, 4, 6, 10, 0)  # 17 Farvardin 1405


@pytest.mark.parametrize(("thursday", "days"), [((), 236), (DAYTIME, 284)])
def test_the_year_1404_has_its_known_number_of_working_days(thursday, days):
    calendar = msgspec.structs.replace(IRAN_OFFICE, week={**IRAN_OFFICE.week, 3: thursday})
    year = [date(2025, 3, 21) + timedelta(days=n) for n in range(365)]
    assert sum(is_working_day(calendar, day) for day in year) == days


def test_an_announced_closure_takes_its_day_out():
    calendar = msgspec.structs.replace(
        IRAN_OFFICE, days={date(2026, 11, 22): Day(fa="آلودگی هوا", en="Smog")}
    )
    assert add_working_days(calendar, tehran(2026, 11, 21, 10, 0), 1) == tehran(2026, 11, 23, 10, 0)


def test_a_wrongly_estimated_holiday_can_be_opened():
    calendar = msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 3, 21): Day(DAYTIME)})
    assert is_working_day(calendar, date(2026, 3, 21))


def test_new_hours_hold_from_their_day_on():
    thursdays = Pattern(date(2026, 11, 26), {**IRAN_OFFICE.week, 3: DAYTIME})
    calendar = msgspec.structs.replace(IRAN_OFFICE, later=(thursdays,))
    assert [is_working_day(calendar, date(2026, 11, day)) for day in (19, 26)] == [False, True]


def test_a_closed_day_says_why():
    calendar = msgspec.structs.replace(
        IRAN_OFFICE, days={date(2026, 11, 22): Day(fa="آلودگی هوا", en="Smog")}
    )
    said = [reason(calendar, day) for day in (date(2026, 11, 22), date(2026, 11, 20), date(2026, 4, 1))]
    assert said == [
        ("closure", "آلودگی هوا", "Smog"),
        ("weekend", "", ""),
        ("holiday", "روز جمهوری اسلامی", "Islamic Republic Day"),
    ]


def test_the_persian_names_of_a_day_with_two_holidays_are_written_as_persian_is():
    assert reason(IRAN_OFFICE, date(2026, 3, 21)).fa == "جشن نوروز؛ عید سعید فطر"
    assert reason(IRAN_OFFICE, date(2026, 3, 22)).fa == "تعطیل به مناسبت عید سعید فطر؛ عید نوروز"
    assert reason(IRAN_OFFICE, date(2026, 3, 21)).en == "Eid al-Fitr; Nowruz"


def test_without_a_country_nowruz_is_an_ordinary_day():
    assert is_working_day(msgspec.structs.replace(IRAN_OFFICE, holidays=""), date(2026, 3, 21))


def test_tehran_offices_follow_the_summer_time_of_1401_and_not_of_1402():
    for day, hour in ((date(2022, 6, 25), 3), (date(2023, 6, 24), 4)):
        opens = datetime(day.year, day.month, day.day, hour, 0, tzinfo=UTC)
        assert windows(IRAN_OFFICE, day)[0][0] == opens


@pytest.mark.parametrize(("day", "hours"), [((2022, 3, 21), 24), ((2022, 3, 22), 23), ((2022, 9, 21), 25)])
def test_a_whole_day_has_the_hours_the_tehran_clock_gave_it(day, hours):
    [(opens, closes)] = windows(ALWAYS_TEHRAN, date(*day))
    assert closes - opens == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 10, 26), 24)])
def test_a_whole_day_has_the_hours_the_berlin_clock_gives_it(day, hours):
    [(opens, closes)] = windows(ALWAYS_BERLIN, date(*day))
    assert closes - opens == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ((130, 170), []),
        ((150, 210), [(berlin(2026, 3, 29, 3, 0), berlin(2026, 3, 29, 3, 30))]),
        ((60, 150), [(berlin(2026, 3, 29, 1, 0), berlin(2026, 3, 29, 3, 0))]),
    ],
    ids=["all skipped", "start skipped", "end skipped"],
)
def test_a_skipped_clock_time_means_the_moment_of_the_skip(window, expected):
    calendar = Calendar("gap", "Europe/Berlin", {6: (window,)})
    assert windows(calendar, date(2026, 3, 29)) == expected


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["23 hours", "25 hours"])
def test_the_day_the_clock_changes_counts_as_one_day(day):
    begins = berlin(day.year, day.month, day.day)
    assert add_working_days(ALWAYS_BERLIN, begins, 1) == berlin(day.year, day.month, day.day + 1)


def test_a_night_shift_split_at_midnight_runs_through_it():
    night = Calendar("night", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((0, 360), (1320, 1440))))
    assert add_working_minutes(night, tehran(2026, 11, 21, 23, 0), 120) == tehran(2026, 11, 22, 1, 0)


def test_a_window_may_run_past_midnight():
    night = Calendar("night", "Asia/Tehran", dict.fromkeys(EVERY_DAY, ((1320, 1800),)))
    assert add_working_minutes(night, tehran(2026, 11, 21, 23, 0), 120) == tehran(2026, 11, 22, 1, 0)
    assert add_working_minutes(night, tehran(2026, 11, 22, 7, 0), 1) == tehran(2026, 11, 22, 22, 1)


def test_a_night_shift_over_new_year_is_counted_once():
    night = Calendar("night", "Europe/Berlin", dict.fromkeys(EVERY_DAY, ((1320, 1800),)))
    assert working_time_between(night, berlin(2026, 12, 31, 21), berlin(2027, 1, 1, 7)) == timedelta(hours=8)


@pytest.mark.parametrize(
    "week",
    [{0: ((1320, 360),)}, {0: ((0, 2881),)}, {0: ((-1, 60),)}, {0: ((60, 60),)}, {0: ((60, 120), (90, 200))}],
    ids=["ends before it starts", "past the next midnight", "negative", "no length", "overlap"],
)
def test_windows_that_cannot_be_meant_are_refused(week):
    with pytest.raises(ValueError, match="calendar 'odd': window"):
        Calendar("odd", "Asia/Tehran", week)


@pytest.mark.parametrize(
    ("changes", "names"),
    [({"zone": "Asia/Qom"}, "Asia/Qom"), ({"holidays": "XX"}, "XX"), ({"week": {7: DAYTIME}}, "weekdays")],
)
def test_an_unknown_zone_country_or_weekday_is_refused_by_name(changes, names):
    with pytest.raises(ValueError, match=names):
        msgspec.structs.replace(IRAN_OFFICE, **changes)


@pytest.mark.parametrize("key", ["", "../UTC", "/etc/localtime", "Asia"])
def test_a_zone_that_is_no_zone_key_is_refused(key):
    with pytest.raises(ValueError, match="zone"):
        msgspec.structs.replace(IRAN_OFFICE, zone=key)


@pytest.mark.parametrize("week", [{}, {0: ()}])
@pytest.mark.parametrize("add", [add_working_days, add_working_minutes])
def test_an_empty_calendar_is_named_instead_of_searched_for_ever(week, add):
    with pytest.raises(EmptyCalendar, match="'lazy'") as caught:
        add(Calendar("lazy", "Asia/Tehran", week), tehran(2026, 11, 21, 10), 1)
    assert caught.value.name == "lazy"


@pytest.mark.parametrize(("days_before", "found"), [(399, True), (401, False)])
def test_an_opening_counts_up_to_400_days_ahead(days_before, found):
    opens = tehran(2028, 2, 2, 10, 0)  # two calendar years after the start
    start = opens - timedelta(days=days_before)
    if found:
        assert add_working_minutes(RARE, start, 1) == opens + timedelta(minutes=1)
    else:
        with pytest.raises(EmptyCalendar):
            add_working_minutes(RARE, start, 1)


def test_a_promise_beyond_the_last_opening_is_refused():
    with pytest.raises(EmptyCalendar):
        add_working_minutes(RARE, tehran(2028, 2, 1), 2)


@pytest.mark.parametrize("add", [add_working_days, add_working_minutes])
def test_negative_amounts_are_refused(add):
    with pytest.raises(ValueError, match="taken back"):
        add(IRAN_OFFICE, tehran(2026, 11, 21, 10), -1)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        add_working_minutes(IRAN_OFFICE, datetime(2026, 11, 21, 10), 1)  # noqa: DTZ001 - what must be refused


def test_an_instant_given_in_another_zone_comes_back_in_utc():
    due = add_working_minutes(IRAN_OFFICE, datetime(2026, 11, 21, 10, 0, tzinfo=TEHRAN), 1)
    assert due.tzinfo is UTC


def test_a_calendar_survives_json_and_stays_equal():
    calendar = msgspec.structs.replace(IRAN_OFFICE, days={date(2026, 11, 22): Day()})
    again = msgspec.json.decode(msgspec.json.encode(calendar), type=Calendar)
    assert (again, hash(again)) == (calendar, hash(calendar))


def test_changing_the_dict_a_calendar_was_made_from_changes_nothing():
    week = {5: DAYTIME}
    calendar = Calendar("own", "Asia/Tehran", week)
    week.clear()
    assert is_working_day(calendar, date(2026, 11, 21))
