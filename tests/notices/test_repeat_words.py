"""Rules of windows that come again, in words of both languages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from portal.i18n import using
from portal.notices import repeat_words

TEHRAN = ZoneInfo("Asia/Tehran")
WORDS = {
    "FREQ=DAILY": ("Every day", "هر روز"),
    "FREQ=DAILY;INTERVAL=2": ("Every 2 days", "هر ۲ روز"),
    "FREQ=WEEKLY;COUNT=3": ("Every week; 3 times in all", "هر هفته؛ روی‌هم ۳ بار"),
    "FREQ=WEEKLY;BYDAY=SA,WE": ("Every week on Saturday and Wednesday", "هر هفته شنبه و چهارشنبه"),
    "FREQ=WEEKLY;INTERVAL=4;UNTIL=20270101T235959": (
        "Every 4 weeks; until 1 January 2027",
        "هر ۴ هفته؛ تا ۱۱ دی ۱۴۰۵",
    ),
    "FREQ=MONTHLY": ("Every month (Gregorian)", "هر ماه میلادی"),
    "FREQ=MONTHLY;BYDAY=4TU": (
        "Every month (Gregorian) on the fourth Tuesday",
        "هر ماه میلادی چهارمین سه‌شنبه",
    ),
    "FREQ=MONTHLY;BYDAY=-1MO": ("Every month (Gregorian) on the last Monday", "هر ماه میلادی آخرین دوشنبه"),
    "FREQ=MONTHLY;BYMONTHDAY=15;INTERVAL=3": (
        "Every 3 months (Gregorian) on day 15",
        "هر ۳ ماه میلادی روز ۱۵",
    ),
    "FREQ=MONTHLY;BYMONTHDAY=-1": ("Every month (Gregorian) on the last day", "هر ماه میلادی روز آخر"),
    "FREQ=MONTHLY;BYDAY=-2FR": (
        "Every month (Gregorian) on the second Friday from the end",
        "هر ماه میلادی دومین جمعه از پایان ماه",
    ),
    "FREQ=MONTHLY;BYMONTHDAY=-3": (
        "Every month (Gregorian) on day 3 from the end",
        "هر ماه میلادی روز ۳ از پایان ماه",
    ),
}


@pytest.mark.parametrize("rule", WORDS)
def test_a_rule_is_said_in_both_languages(rule):
    for language, words in zip(("en", "fa"), WORDS[rule], strict=True):
        with using(language):
            assert repeat_words.said(rule, TEHRAN) == words
