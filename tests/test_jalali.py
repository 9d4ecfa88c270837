"""How dates are read and shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import jalali
from portal.jalali import WrongDay, parse_date, parse_moment

TEHRAN = ZoneInfo("Asia/Tehran")
ABAN_30 = datetime(2026, 11, 21, 6, 12, tzinfo=UTC)


def test_every_day_from_1300_to_1500_comes_back_as_typed():
    day, last = date(1921, 3, 21), date(2122, 3, 20)
    seen = 0
    while day <= last:
        shown = jalali.show_numeric_date(day, "fa", TEHRAN)
        assert parse_date(shown) == day, shown
        day += timedelta(days=1)
        seen += 1
    assert jalali.show_numeric_date(date(1921, 3, 21), "fa", TEHRAN) == "۱۳۰۰/۰۱/۰۱"
    assert seen == 73414


def test_1403_is_a_leap_year():
    assert parse_date("1403/12/30") == date(2025, 3, 20)


def has_leap_day(year: int) -> bool:
    try:
        return parse_date(f"{year}/12/30") is not None
    except WrongDay:
        return False


def test_leap_years_follow_the_33_year_rule_and_not_that_of_2820_years():
    leap = [year for year in range(1200, 1501) if has_leap_day(year)]
    assert leap == [year for year in range(1200, 1501) if year % 33 in (1, 5, 9, 13, 17, 22, 26, 30)]
    of_2820 = {year for year in range(1343, 1501) if ((year - 474) % 2820 + 512) * 682 % 2816 < 682}
    differ = of_2820.symmetric_difference(year for year in leap if year >= 1343)
    assert sorted(differ) == [1403, 1404, 1436, 1437, 1469, 1470]


@pytest.mark.parametrize("typed", ["1404/12/30", "1400/12/30", "۱۴۰۴/۱۲/۳۰"])
def test_a_day_the_year_lacks_is_named(typed):
    with pytest.raises(WrongDay):
        parse_date(typed)


@pytest.mark.parametrize(
    ("typed", "english", "persian"),
    [
        ("1404/12/30", "Esfand 1404 has no 30th", "اسفند ۱۴۰۴ سی‌ام ندارد"),
        ("1404/07/31", "Mehr 1404 has no 31st", "مهر ۱۴۰۴ سی‌ویکم ندارد"),
        ("1404/07/42", "Mehr 1404 has no 42nd", "مهر ۱۴۰۴ روز ۴۲ ندارد"),
        ("1405/13/40", "There is no month 13: a year has 12", "ماه ۱۳ نداریم؛ سال ۱۲ ماه دارد"),
        ("1405/00/10", "There is no month 0: a year has 12", "ماه ۰ نداریم؛ سال ۱۲ ماه دارد"),
        ("2026-02-29", "February 2026 has no 29th", "فوریهٔ ۲۰۲۶ بیست‌ونهم ندارد"),
    ],
)
def test_a_wrong_day_is_said_in_words(typed, english, persian):
    with pytest.raises(WrongDay) as caught:
        parse_date(typed)
    assert caught.value.sentence("en") == english
    assert caught.value.sentence("fa") == persian


@pytest.mark.parametrize(
    "typed",
    [
        "1405/09/14",
        "1405-9-14",
        "1405.09.14",
        "14050914",
        "۱۴۰۵۰۹۱۴",
        "20261205",
        "۱۴۰۵/۰۹/۱۴",
        "١٤٠٥/٠٩/١٤",
        " 1405 / 9 / 14 ",
        "2026-12-05",
        "\u200f۱۴۰۵/۹/۱۴",
    ],
)
def test_a_date_is_read_however_it_is_typed(typed):
    assert parse_date(typed) == date(2026, 12, 5)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "1405/09",
        "1405/09-14",
        "14/09/1405",
        "1405091",
        "1405/01/00",
        "1600/01/01",
        "95/01/01",
    ],
)
def test_what_is_no_date_is_refused(typed):
    assert parse_date(typed) is None
    assert parse_moment(typed, TEHRAN) is None


@pytest.mark.parametrize(
    "typed",
    [
        "1405/09/14 22:00",
        "1405-9-14 22:00",
        "۱۴۰۵.۰۹.۱۴ ۲۲:۰۰",
        "۱۴۰۵/۰۹/۱۴، ساعت ۲۲:۰۰",
        "2026-12-05T22:00",
        "2026-12-05 22:00:00",
        "2026-12-05T18:30:00Z",
        "2026-12-05T22:00+03:30",
        "2026-12-05T13:30:00.000-0500",
    ],
)
def test_a_moment_is_read_however_it_is_typed(typed):
    moment = parse_moment(typed, TEHRAN)
    assert moment == datetime(2026, 12, 5, 18, 30, tzinfo=UTC)
    assert moment.tzinfo is UTC


def test_a_date_alone_means_its_first_instant():
    assert parse_moment("1405/09/14", TEHRAN) == datetime(2026, 12, 4, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize("clock", ["24:00", "12:60", "1200", "12:00:60", "12:00 pm", "12:00+25:00"])
def test_a_time_no_clock_shows_is_refused(clock):
    assert parse_moment(f"1405/09/14 {clock}", TEHRAN) is None


def test_summer_time_of_former_years_is_respected():
    assert parse_moment("1401/04/01 12:00", TEHRAN) == datetime(2022, 6, 22, 7, 30, tzinfo=UTC)


def test_the_jalali_year_turns_at_midnight_of_the_zone():
    moment = datetime(2025, 3, 20, 20, 45, tzinfo=UTC)
    assert parse_moment("1404/01/01 00:15", TEHRAN) == moment
    assert jalali.show_moment(moment, "fa", TEHRAN) == "جمعه ۱ فروردین ۱۴۰۴، ساعت ۰۰:۱۵"
    assert jalali.show_date(moment, "fa", ZoneInfo("UTC")) == "۳۰ اسفند ۱۴۰۳"


def test_a_moment_shows_in_the_words_of_the_language():
    assert jalali.show_moment(ABAN_30, "fa", TEHRAN) == "شنبه ۳۰ آبان ۱۴۰۵، ساعت ۰۹:۴۲"
    assert jalali.show_moment(ABAN_30, "en", TEHRAN) == "Saturday 21 November 2026, 09:42"


def test_days_show_with_and_without_their_weekday():
    assert jalali.show_day(ABAN_30, "fa", TEHRAN) == "شنبه ۳۰ آبان ۱۴۰۵"
    assert jalali.show_date(ABAN_30, "fa", TEHRAN) == "۳۰ آبان ۱۴۰۵"
    assert jalali.show_day(ABAN_30, "en", TEHRAN) == "Saturday 21 November 2026"
    assert jalali.show_date(ABAN_30, "en", TEHRAN) == "21 November 2026"
    assert jalali.show_numeric_date(ABAN_30, "en", TEHRAN) == "2026-11-21"


def test_a_bare_date_belongs_to_no_zone():
    assert jalali.show_day(date(2026, 11, 21), "fa", ZoneInfo("Pacific/Auckland")) == "شنبه ۳۰ آبان ۱۴۰۵"


def test_a_moment_without_a_zone_is_a_bug():
    with pytest.raises(ValueError, match="time zone"):
        jalali.show_date(datetime(2026, 11, 21), "fa", TEHRAN)  # noqa: DTZ001 - the very mistake


def test_machines_get_utc():
    assert jalali.iso(ABAN_30.astimezone(TEHRAN)) == "2026-11-21T06:12:00Z"
    assert jalali.iso(date(2026, 11, 21)) == "2026-11-21"


@given(st.datetimes(datetime(1950, 1, 1), datetime(2120, 1, 1)))  # noqa: DTZ001 - made aware inside
def test_a_moment_shown_in_figures_can_be_typed_back(naive):
    moment = naive.replace(second=0, microsecond=0, tzinfo=UTC)
    local = moment.astimezone(TEHRAN)
    typed = f"{jalali.show_numeric_date(moment, 'fa', TEHRAN)} {local:%H:%M}"
    # The hour a clock change repeats can't be told from its twin without an offset.
    assert local.fold or parse_moment(typed, TEHRAN) == moment


@pytest.mark.parametrize(
    ("seconds", "persian", "english"),
    [
        (3 * 86400 + 4 * 3600 + 59, "۳ روز و ۴ ساعت", "3 days 4 hours"),
        (86400 + 60, "۱ روز", "1 day"),
        (3600 + 60, "۱ ساعت و ۱ دقیقه", "1 hour 1 minute"),
        (-1800.5, "۳۰ دقیقه", "30 minutes"),
        (59, "کمتر از یک دقیقه", "less than a minute"),
        (0, "کمتر از یک دقیقه", "less than a minute"),
    ],
)
def test_a_span_shows_its_two_largest_units(seconds, persian, english):
    assert jalali.show_span(seconds, "fa") == persian
    assert jalali.show_span(seconds, "en") == english
