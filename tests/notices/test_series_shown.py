"""Windows that come again on the public pages: the next one speaks, the others are folded beneath it."""

import re

from db.notices import Notice, NoticeSeries
from portal.notices import series
from tests.conftest import NOON
from tests.notices.outages import HOUR, START, WHY, YEARBOOK
from tests.notices.test_pages import part
from tests.notices.test_staff_series import DAY, begun
from tests.notices.test_strip import strip_of

NEXT, AFTER = "24 November 2026", "1 December 2026"


async def page(timed, path):
    return (await timed.get(f"/en{path}")).text


async def test_every_page_speaks_of_the_next_window_alone(timed):
    await begun()
    html = await page(timed, "/track")
    assert NEXT in strip_of(html)
    assert AFTER not in strip_of(html)
    assert "more notice" not in html
    html = await page(timed.at(START + HOUR), "/track")
    assert AFTER not in strip_of(html)
    assert AFTER in strip_of(await page(timed.at(START + 3 * HOUR), "/track"))


async def test_the_services_page_shows_the_next_window_alone(timed):
    await begun()
    html = await page(timed, f"/services/{YEARBOOK}")
    assert re.findall(r'class="panel wait"', html) == ['class="panel wait"']


async def test_the_list_folds_the_other_windows_under_the_next_one(timed):
    await begun()
    ahead = part(await page(timed, "/notices"), "Ahead")
    assert ahead.index(NEXT) < ahead.index("8 more windows of this work") < ahead.index(AFTER)
    assert ahead.count("Announced") == 1


async def test_of_a_cancelled_series_the_nearest_window_stands_first(timed):
    await begun()
    row = await NoticeSeries.objects().first()
    await series.end(row.id, cancelling=WHY, by=row.made_by, now=NOON + HOUR)
    html = await page(timed.at(NOON + HOUR), "/notices")
    assert strip_of(html).count("will not take place") == 1
    assert NEXT in strip_of(html)
    past = part(html, "Past")
    assert past.index(NEXT) < past.index("8 more windows of this work") < past.index(AFTER)


async def test_windows_that_are_over_stand_each_for_itself(timed):
    await begun()
    html = await page(timed.at(START + 9 * DAY), "/notices")
    assert part(html, "Past").count("Announced") == 2
    assert await Notice.count() == 9
