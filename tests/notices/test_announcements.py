"""How people were told of outages, on the pages of kept promises: early enough, soon enough."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from portal import place
from portal.notices.figures import planned_spans, told
from portal.notices.rules import Affected
from portal.promises import actions as promises
from tests.availability.test_uptime import TEHRAN
from tests.conftest import NOON
from tests.notices.outages import HOUR, INCIDENT, PLANNED, START, WHY, YEARBOOK, a_notice, changed, posted
from tests.notices.test_pages import facts

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
YEAR = {"since": NOON - 365 * DAY, "until": NOON, "promised": 30 * MINUTE}


def planned(lead: timedelta, **fields):
    start = NOON - 10 * DAY
    return a_notice(
        starts_at=start, ends_at=start + HOUR, announced_at=start - lead, published_at=start - lead, **fields
    )


def incident(delay: timedelta):
    start = NOON - 3 * DAY
    published = start + delay
    return a_notice(
        kind="incident", starts_at=start, ends_at=None, published_at=published, announced_at=published
    )


def test_a_lead_of_exactly_the_promise_keeps_it_and_a_second_less_misses_it():
    found = told([planned(48 * HOUR), planned(48 * HOUR - timedelta(seconds=1))], YEARBOOK, **YEAR)
    assert (found.leads, found.late) == (2, 1)
    assert found.worst_lead == found.median_lead == 48 * HOUR - timedelta(seconds=1)


def test_the_middle_one_counts_and_of_two_the_worse():
    leads = [planned(n * HOUR) for n in (50, 60, 70, 80)]
    delays = [incident(n * MINUTE) for n in (10, 20, 31, 90)]
    found = told([*leads, *delays], YEARBOOK, **YEAR)
    assert (found.median_lead, found.worst_lead, found.late) == (60 * HOUR, 50 * HOUR, 0)
    assert (found.median_delay, found.worst_delay, found.slow) == (31 * MINUTE, 90 * MINUTE, 2)


def test_what_was_cancelled_touches_others_or_lies_ahead_does_not_count():
    cancelled = planned(HOUR, cancelled_at=NOON - 20 * DAY)
    elsewhere = planned(HOUR, services=(msgspec.structs.replace(a_notice().services[0], slug="other"),))
    found = told([cancelled, elsewhere, a_notice()], YEARBOOK, **YEAR)
    assert (found.leads, found.delays, found.worst_lead, found.median_delay) == (0, 0, None, None)


def test_each_service_is_measured_by_its_own_promise():
    both = tuple(
        Affected(slug, a_notice().title, "unavailable", hours)
        for slug, hours in ((YEARBOOK, 24), ("other", 72))
    )
    notice = planned(48 * HOUR, services=both)
    assert [told([notice], slug, **YEAR).late for slug in (YEARBOOK, "other")] == [0, 1]


@pytest.fixture
async def a_late_year(samples):
    """An outage that was announced five hours before, and an incident twelve minutes after its beginning."""
    start = NOON - 20 * DAY
    late = changed(PLANNED, starts_at=start, ends_at=start + HOUR, late_reason=WHY)
    await posted(late, now=start - 5 * HOUR)
    return await posted(changed(INCIDENT, starts_at=NOON - 12 * MINUTE))


async def test_the_notice_tells_its_delay_beside_the_promise(timed, a_late_year):
    path = f"/en/notices/{a_late_year.no}"
    assert (
        facts((await timed.get(path)).text)["Announced after"]
        == "12 minutes; promised: 30 minutes As promised"
    )
    await place.change("fault_minutes", 10, by=None, now=NOON)
    said = facts((await timed.get(path)).text)["Announced after"]
    assert said == "12 minutes; promised: 10 minutes Later than promised"


async def test_the_promises_say_how_outages_were_announced(timed, a_late_year):
    await promises.publish(zone=TEHRAN, now=NOON)
    for path in ("/en/promises", f"/en/promises/{YEARBOOK}"):
        html = (await timed.at(NOON + HOUR).get(path)).text
        told_of = re.search(
            r"<table((?!</table>).)*?How outages were announced: (?s:.*?)</table>", html, re.S
        )[0]
        rows = [
            re.findall(r"<td[^>]*>(.*?)</td>", row)
            for row in re.findall(r"<tr>(.*?)</tr>", told_of, re.S)[1:]
        ]
        month = ["0 of 1", *["5 hours before its beginning"] * 2, "1 of 1", "12 minutes", "12 minutes"]
        assert rows == [month] * 3


async def test_a_service_without_outages_says_so(timed):
    html = (await timed.get(f"/en/promises/{YEARBOOK}")).text
    assert "In the last 365 days there was no outage" in html


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        ({"started_at": START, "finished_at": START + timedelta(minutes=3, seconds=20)}, 4),
        ({"started_at": START, "finished_at": START + timedelta(minutes=3)}, 3),
        ({"started_at": START, "finished_at": START + timedelta(minutes=300)}, 120),
        ({}, 120),
    ],
)
def test_the_minute_in_which_announced_work_ends_is_announced(fields, until):
    spans = planned_spans([a_notice(**fields)], YEARBOOK, START + 9 * HOUR)
    assert spans == [(START, START + timedelta(minutes=until))]
