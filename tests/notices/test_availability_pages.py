"""The pages of availability: their figures are those of the raw looks, announced work and unknown time kept apart."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from portal.notices import actions
from tests.conftest import NOON
from tests.notices.observing import saw
from tests.notices.outages import HOUR, INCIDENT, START, WHY, YEARBOOK, changed, posted

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ALL, ONE = "/en/notices/availability", f"/en/notices/availability/{YEARBOOK}"
NOW = START + 2 * DAY


def rows_of(html: str, caption: str) -> dict[str, list[str]]:
    """The table with this caption: cells by the row's name."""
    body = re.search(rf"<caption[^>]*>{re.escape(caption)}</caption>(.*?)</table>", html, re.S)[1]
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", body.split("<tbody>")[1], re.S):
        name, *cells = [
            re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.S)
        ]
        found[name] = cells
    return found


async def a_week() -> None:
    """Ten days with a gap of one; down for two announced hours and 15 minutes more, then only without mail."""
    await posted()
    await saw(NOW - 10 * DAY, NOW - 8 * DAY)
    await saw(NOW - 7 * DAY, START)
    await saw(START, START + 2 * HOUR + 15 * MINUTE, "form")
    await saw(START + 2 * HOUR + 15 * MINUTE, START + 4 * HOUR, "mail")
    await saw(START + 4 * HOUR, NOW)


async def test_the_figures_are_those_worked_out_by_hand(timed):
    await a_week()
    html = (await timed.at(NOW).get(ONE)).text
    title = re.search(r"<h1>(.*?)</h1>", html)[1]
    figures = rows_of(html, title)
    observed, down, planned = 9 * 24 * 60, 135, 120
    assert figures["Last 30 days"][:2] == [
        f"{10_000 * (observed - down) // observed / 100:.2f}%",
        f"{10_000 * (observed - down) // (observed - planned) / 100:.2f}%",
    ]
    assert figures["Last 30 days"][3:] == ["2 hours 15 minutes", "2 hours", "0"]
    assert figures["Last 365 days"][0] == figures["Last 30 days"][0]
    assert float(figures["Last 365 days"][2][:-1]) < float(figures["Last 30 days"][2][:-1]) < 31


async def test_a_minute_in_a_year_is_never_called_nothing(timed):
    await saw(NOON - 300 * DAY, NOON - MINUTE)
    await saw(NOON - MINUTE, NOON, "page")
    html = (await timed.get(ONE)).text
    assert rows_of(html, re.search(r"<h1>(.*?)</h1>", html)[1])["Last 365 days"][0] == "99.99%"


async def test_what_nobody_saw_is_called_unknown(timed):
    html = (await timed.get(ONE)).text
    figures = rows_of(html, re.search(r"<h1>(.*?)</h1>", html)[1])
    assert figures["Last 90 days"] == ["unknown: nobody looked"]
    assert 'class="unknown"' in html


async def test_what_went_on_after_the_announced_end_is_no_announced_work(timed):
    notice = await posted()
    await saw(START, START + 4 * HOUR, "form")
    over = START + 4 * HOUR
    await actions.end(notice.no, finished_at=over, seen=1, by=None, now=over)
    html = (await timed.at(over).get(ONE)).text
    assert rows_of(html, re.search(r"<h1>(.*?)</h1>", html)[1])["Last 30 days"][3:5] == ["4 hours", "2 hours"]


async def test_cancelled_work_excuses_nothing(timed):
    notice = await posted()
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON)
    await saw(START, START + HOUR, "form")
    html = (await timed.at(NOW).get(ONE)).text
    assert rows_of(html, re.search(r"<h1>(.*?)</h1>", html)[1])["Last 30 days"][3:5] == ["1 hour", "0"]


async def test_causes_outside_our_power_are_kept_apart(timed):
    await saw(NOON - HOUR, NOON, "page")
    await posted(changed(INCIDENT, cause="infrastructure"))
    html = (await timed.get(ONE)).text
    cells = rows_of(html, re.search(r"<h1>(.*?)</h1>", html)[1])["Last 30 days"]
    assert (cells[0], cells[3], cells[5]) == ("0.00%", "1 hour", "30 minutes")


async def test_months_are_those_of_the_readers_calendar(timed):
    await a_week()
    english = rows_of((await timed.at(NOW).get(ONE)).text, "Month by month")
    assert len(english) == 12
    assert list(english)[0] == "November 2026"
    persian = (await timed.get(ONE.removeprefix("/en"))).text
    assert "آذر ۱۴۰۵" in persian
    assert english["November 2026"][3] == "2 hours 15 minutes"
    assert english["January 2026"] == ["unknown: nobody looked"]


async def test_the_chart_has_its_table(timed):
    await a_week()
    html = (await timed.at(NOW).get(ONE)).text
    days = rows_of(html, re.search(r"<caption[^>]*>(Day by day:.*?)</caption>", html)[1])
    assert days["2026-11-24"][1:4] == ["2 hours", "15 minutes", "0"]
    assert "2026-11-25" not in days
    assert html.count('<rect class="down"') == 2  # the day, and the key of the chart


async def test_every_service_stands_on_one_page(timed):
    await a_week()
    html = (await timed.at(NOW).get(ALL)).text
    assert html.count("<figure") == 5
    assert "As of" in html


async def test_the_raw_looks_can_be_counted_again(timed):
    await a_week()
    answer = await timed.at(NOW).get(f"/notices/availability/{YEARBOOK}.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["state"] for row in rows} == {"up", "down", "planned"}
    assert rows[0]["since"] == f"{NOW - 10 * DAY:%Y-%m-%dT%H:%M:%SZ}"
    down = next(row for row in rows if row["state"] == "down")
    assert (down["since"], down["parts"]) == (f"{START:%Y-%m-%dT%H:%M:%SZ}", "form")


@pytest.mark.parametrize("path", ["nothing", "nothing.csv", "%00", ".csv"])
async def test_other_addresses_are_not_found(timed, path):
    assert (await timed.get(f"{ALL}/{path}")).status_code == 404


async def test_the_services_page_says_how_far_it_could_be_used_and_how_much_was_observed(timed):
    path = f"/en/services/{YEARBOOK}"
    assert "of the last 90 days" not in (await timed.get(path)).text
    await a_week()
    shown = (await timed.at(NOW).get(path)).text
    assert "We looked at 10.05% of the last 90 days; of that time it could be used 98.95%" in shown


@pytest.mark.parametrize(
    "address", ["/notices.atom", "/notices.ics", "/notices/status.json", "/notices/subscribe"]
)
async def test_the_notices_lead_to_their_feeds(timed, address):
    assert f'href="/en{address}"' in (await timed.get("/en/notices")).text
    assert (await timed.get(f"/en{address}")).status_code == 200
