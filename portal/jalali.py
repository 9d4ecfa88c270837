"""Dates as people write and read them: Jalali in Persian, Gregorian in English; UTC inside. Pure.

The Jalali calendar is persiantools', which agrees with the equinox from 1200 to 1500; other Jalali years are
refused. Names of months and weekdays live here, not in the catalogues: they follow the calendar.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from persiantools.jdatetime import JalaliDate

from portal.text import latin_digits, persian_digits, without_bidi

JALALI_MONTHS = {
    "fa": [
        "فروردین",
        "اردیبهشت",
        "خرداد",
        "تیر",
        "مرداد",
        "شهریور",
        "مهر",
        "آبان",
        "آذر",
        "دی",
        "بهمن",
        "اسفند",
    ],
    "en": [
        "Farvardin",
        "Ordibehesht",
        "Khordad",
        "Tir",
        "Mordad",
        "Shahrivar",
        "Mehr",
        "Aban",
        "Azar",
        "Dey",
        "Bahman",
        "Esfand",
    ],
}
GREGORIAN_MONTHS = {
    "fa": [
        "ژانویهٔ",
        "فوریهٔ",
        "مارس",
        "آوریل",
        "مهٔ",
        "ژوئن",
        "ژوئیهٔ",
        "اوت",
        "سپتامبر",
        "اکتبر",
        "نوامبر",
        "دسامبر",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
# From Monday, as date.weekday() counts.
WEEKDAYS = {
    "fa": ["دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_ORDINALS_FA = {29: "بیست‌ونهم", 30: "سی‌ام", 31: "سی‌ویکم"}
_UNITS = {
    "fa": (("روز", "روز"), ("ساعت", "ساعت"), ("دقیقه", "دقیقه")),
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes")),
}

_JALALI_YEARS = range(1200, 1501)
_GREGORIAN_YEARS = range(1800, 2200)
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_DAY = r"(?P<year>[0-9]{4})\s*(?P<mark>[/.-])\s*(?P<month>[0-9]{1,2})\s*(?P=mark)\s*(?P<day>[0-9]{1,2})"
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
_OFFSET = r"(?P<offset>Z|(?P<sign>[+-])(?P<ahead>[0-9]{2}):?(?P<minutes>[0-9]{2}))"
_DATE = re.compile(_DAY)
_BARE_DATE = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_MOMENT = re.compile(rf"{_DAY}(?:(?:T|\s*[،,]\s*|\s+)(?:ساعت\s+)?{_TIME}\s*{_OFFSET}?)?", re.IGNORECASE)


class WrongDay(ValueError):
    """The year has no such month, or the month no such day. ``month`` counts from 1; ``year`` below 1800 is Jalali."""

    def __init__(self, year: int, month: int, day: int) -> None:
        super().__init__(f"{year}-{month}-{day}")
        self.year, self.month, self.day = year, month, day

    def sentence(self, language: str) -> str:
        """What is wrong, without a full stop: "Esfand 1404 has no 30th", «اسفند ۱۴۰۴ سی‌ام ندارد»."""
        language = _known(language)
        if not 1 <= self.month <= 12:
            missing = f"There is no month {self.month}: a year has 12"
            return (
                persian_digits(f"ماه {self.month} نداریم؛ سال ۱۲ ماه دارد") if language == "fa" else missing
            )
        months = JALALI_MONTHS if self.year in _JALALI_YEARS else GREGORIAN_MONTHS
        name = f"{months[language][self.month - 1]} {self.year}"
        if language == "fa":
            return persian_digits(f"{name} {_ORDINALS_FA.get(self.day, f'روز {self.day}')} ندارد")
        return f"{name} has no {_ordinal(self.day)}"


def parse_date(typed: str) -> date | None:
    """The (Gregorian) date meant by what was typed year first: Jalali, or Gregorian from year 1800 on.

    ``/``, ``-`` or ``.`` between the parts or, with two digits each for month and day, nothing; any digits.
    None when it can't be read as a date; raises WrongDay when the year or the month has no such day.
    """
    plain = _plain(typed)
    found = _DATE.fullmatch(plain) or _BARE_DATE.fullmatch(plain)
    return _date_of(found) if found else None


def parse_moment(typed: str, zone: tzinfo) -> datetime | None:
    """The UTC moment meant by a date as in ``parse_date`` and a time; without one, the day's first instant.

    The clock is ``zone``'s unless the text carries an offset (``Z``, ``+03:30``). An hour that a clock change
    repeats means the first one; one it skips is read as late after the change as it was typed after the skip.
    None when it can't be read; raises WrongDay as ``parse_date`` does.
    """
    found = _MOMENT.fullmatch(_plain(typed))
    day = _date_of(found) if found else None
    if found is None or day is None:
        return None
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    clock = _zone_of(found) if found["offset"] else zone
    if clock is None or hour > 23 or minute > 59 or second > 59:
        return None
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=clock).astimezone(UTC)


def year_of(day: date) -> int:
    """The Jalali year in which ``day`` lies."""
    return _jalali(day)[0]


def first_day(year: int) -> date:
    """1 Farvardin of a Jalali year from 1200 to 1500. Raises ValueError for others."""
    if year not in _JALALI_YEARS:
        raise ValueError(f"no Jalali year {year}")
    return _gregorian(year, 1, 1)


def month_around(day: date, language: str) -> tuple[date, date]:
    """The first day of the month in which ``day`` lies and that of the next: Jalali in Persian, else Gregorian."""
    number = _jalali(day)[2] if language == "fa" else day.day
    first = day - timedelta(days=number - 1)
    later = first + timedelta(days=31)  # no month of either calendar has more
    return first, later - timedelta(days=(_jalali(later)[2] if language == "fa" else later.day) - 1)


def show_month(day: date, language: str) -> str:
    """The month in which ``day`` lies, with its year: «آبان ۱۴۰۵», "November 2026"."""
    if language == "fa":
        year, month, _day = _jalali(day)
        return persian_digits(f"{JALALI_MONTHS['fa'][month - 1]} {year}")
    return f"{GREGORIAN_MONTHS['en'][day.month - 1]} {day.year}"


def show_date(when: date, language: str, zone: tzinfo) -> str:
    """The day without its weekday: «۳۰ آبان ۱۴۰۵», "21 November 2026"."""
    day = _local(when, zone)
    if language == "fa":
        year, month, number = _jalali(day)
        return persian_digits(f"{number} {JALALI_MONTHS['fa'][month - 1]} {year}")
    return f"{day.day} {GREGORIAN_MONTHS['en'][day.month - 1]} {day.year}"


def show_day(when: date, language: str, zone: tzinfo) -> str:
    """The day with its weekday: «شنبه ۳۰ آبان ۱۴۰۵», "Saturday 21 November 2026"."""
    return f"{WEEKDAYS[_known(language)][_local(when, zone).weekday()]} {show_date(when, language, zone)}"


def show_moment(moment: datetime, language: str, zone: tzinfo) -> str:
    """Day and time: «شنبه ۳۰ آبان ۱۴۰۵، ساعت ۰۹:۴۲», "Saturday 21 November 2026, 09:42"."""
    day, clock = show_day(moment, language, zone), f"{_local(moment, zone):%H:%M}"
    return f"{day}، ساعت {persian_digits(clock)}" if language == "fa" else f"{day}, {clock}"


def show_clock(moment: datetime, language: str, zone: tzinfo) -> str:
    """The time of day: ۰۹:۴۲, 09:42."""
    clock = f"{_local(moment, zone):%H:%M}"
    return persian_digits(clock) if language == "fa" else clock


def show_numeric_date(when: date, language: str, zone: tzinfo) -> str:
    """The day in figures, as people may type it back: ۱۴۰۵/۰۸/۳۰, 2026-11-21."""
    day = _local(when, zone)
    if language == "fa":
        year, month, number = _jalali(day)
        return persian_digits(f"{year}/{month:02}/{number:02}")
    return f"{day:%Y-%m-%d}"


def iso(when: date) -> str:
    """``when`` for ``<time datetime>``: UTC to the second with ``Z``, or the bare Gregorian date."""
    if isinstance(when, datetime):
        # strftime would take four times as long, and a list has fifty of these.
        return f"{_local(when, UTC).isoformat()[:19]}Z"
    return when.isoformat()


def show_span(seconds: float, language: str) -> str:
    """A length of time in its two largest units, rounded down: «۳ روز و ۴ ساعت», "3 days 4 hours".

    Days are 24 hours. The sign is dropped: the sentence around it says early or late.
    """
    language = _known(language)
    minutes = int(abs(seconds)) // 60
    counts = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    first = next((place for place, count in enumerate(counts) if count), None)
    if first is None:
        return "کمتر از یک دقیقه" if language == "fa" else "less than a minute"
    named = zip(counts[first : first + 2], _UNITS[language][first : first + 2], strict=True)
    parts = [f"{count} {names[count != 1]}" for count, names in named if count]
    return persian_digits(" و ".join(parts)) if language == "fa" else " ".join(parts)


def _known(language: str) -> str:
    return language if language == "fa" else "en"


def _plain(typed: str) -> str:
    return _DASHES.sub("-", without_bidi(latin_digits(typed))).strip()


def _date_of(found: re.Match[str]) -> date | None:
    year, month, day = (int(found[part]) for part in ("year", "month", "day"))
    if not (day >= 1 and (year in _JALALI_YEARS or year in _GREGORIAN_YEARS)):
        return None
    try:
        return _gregorian(year, month, day) if year in _JALALI_YEARS else date(year, month, day)
    except ValueError:
        raise WrongDay(year, month, day) from None


def _zone_of(found: re.Match[str]) -> tzinfo | None:
    if found["sign"] is None:
        return UTC
    hours, minutes = int(found["ahead"]), int(found["minutes"])
    if hours > 23 or minutes > 59:
        return None
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(ahead if found["sign"] == "+" else -ahead)


def _jalali(day: date) -> tuple[int, int, int]:
    return _jalali_of(day.toordinal())


@lru_cache(maxsize=4096)
def _jalali_of(ordinal: int) -> tuple[int, int, int]:
    jalali = JalaliDate(date.fromordinal(ordinal))  # type: ignore[no-untyped-call]
    return jalali.year, jalali.month, jalali.day


def _gregorian(year: int, month: int, day: int) -> date:
    return JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]


def _local(when: date, zone: tzinfo) -> date:
    """The day as ``zone``'s calendar has it; a bare date is nobody's zone and stays."""
    if not isinstance(when, datetime):
        return when
    if when.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return when.astimezone(zone)


def _ordinal(day: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{'th' if day % 100 in (11, 12, 13) else last}"
