"""What the sample statements say about 7x24, faults and announced work: one test per clause."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from portal.availability.samples import EVERY
from portal.notices import actions, alarms
from portal.notices.drafts import TooLate, WrongField
from tests.conftest import NOON
from tests.notices.outages import HOUR, INCIDENT, PLANNED, SAYING, START, WHY, changed, found, posted
from tests.notices.subscribers import a_subscriber, tell, told
from tests.notices.test_alarms import looks
from tests.notices.test_availability_pages import rows_of
from tests.notices.test_strip import PAGES, strip_of

SATRA, QOM = "spatial-observatory", "yearbook-qom"
RESOURCES, EVALUATION = "resource-monitoring", "performance-evaluation"
IN_THE_NIGHT = NOON + timedelta(days=6, hours=15)  # Friday, 03:00 in Tehran


def about(slug: str, draft: Any = PLANNED, impact: str = "unavailable", **fields: Any) -> Any:
    """The draft, of this service alone."""
    return changed(draft, saying=changed(SAYING, services={slug: impact}), **fields)


async def month_of(slug: str, timed: Any) -> list[str]:
    """This month in the figures: usable, without announced work, observed, down, announced, outside our power."""
    html = (await timed.get(f"/en/notices/availability/{slug}")).text
    return rows_of(html, "Month by month")["November 2026"]


async def answers_day_and_night_and_is_measured(slug: str, timed: Any) -> None:
    """K-247: an hour of looks, three of them in vain; the cause outside our power is kept apart, so is planned work."""
    for path in (f"/services/{slug}", f"/cases/new/{slug}", "/track"):
        assert (await timed.at(IN_THE_NIGHT).get(path)).status_code == 200
    await looks(0, 29, services=(slug,))
    now = await looks(30, 32, "form", services=(slug,))
    incident = await alarms.announce(now)
    notice = await found(incident)
    assert (notice.source, notice.starts_at) == ("probe", NOON + 30 * EVERY)
    now = await looks(33, 59, services=(slug,))
    usable, without, _observed, down, announced, outside = await month_of(slug, timed.at(now))
    assert (usable, without, down, announced, outside) == ("95.00%", "95.00%", "3 minutes", "0", "0")
    await alarms.announce(now)
    await actions.name_cause(incident, "infrastructure", seen=2, by=None, now=now)
    assert (await month_of(slug, timed.at(now)))[5] == "3 minutes"
    start = now + 60 * EVERY
    await posted(about(slug, starts_at=start, ends_at=start + HOUR, late_reason=WHY), now=now)
    over = await looks(120, 149, "form", services=(slug,))
    usable, without, _observed, down, announced, _outside = await month_of(slug, timed.at(over))
    assert (usable, without, down, announced) == ("63.33%", "95.00%", "33 minutes", "30 minutes")


async def announces_a_fault_to_everybody(slug: str, timed: Any) -> None:
    """K-FAULT: on every page in both languages at once, and one message to each subscriber."""
    addresses = [f"reader{n}@example.org" for n in range(3)]
    for address in addresses:
        await a_subscriber(address, slug=slug)
    assert strip_of((await timed.get("/track")).text) == ""
    incident = await posted(about(slug, INCIDENT))
    timed.at(NOON)
    for prefix, word in (("", "اختلال"), ("/en", "Incident")):
        for page in PAGES:
            assert word in strip_of((await timed.get(f"{prefix}{page}" or "/")).text), page
    await tell()
    await tell()
    assert await told() == [(address, "published") for address in addresses]
    assert "promised: 30 minutes" in (await timed.get(f"/en/notices/{incident.no}")).text


async def announces_work_beforehand(slug: str, timed: Any, impact: str) -> None:
    """D14: a beginning that has passed is refused, a late one needs its reason and shows as a miss."""
    await a_subscriber(slug=slug)
    with pytest.raises(WrongField):
        await posted(about(slug, impact=impact, starts_at=NOON, ends_at=NOON + HOUR))
    late = about(slug, impact=impact, starts_at=NOON + 47 * HOUR, ends_at=NOON + 48 * HOUR)
    with pytest.raises(TooLate):
        await posted(late)
    notice = await posted(about(slug, impact=impact))
    assert notice.published_at < notice.starts_at
    assert notice.in_time
    await tell()
    assert await told() == [("maryam@example.org", "published")]
    assert "Planned outage" in strip_of((await timed.at(NOON).get("/en")).text)
    assert "72 hours before its beginning" in (await timed.get(f"/en/notices/{notice.no}")).text
    missed = await posted(changed(late, late_reason=WHY))
    html = (await timed.at(START + 3 * HOUR).get(f"/en/notices/{missed.no}")).text
    assert "Later than promised" in html
    promises = re.sub(r"<[^>]+>", " ", (await timed.get(f"/en/promises/{slug}")).text)
    assert "1 of 2" in promises


async def test_a13_satra_is_up_day_and_night_but_for_the_networks(timed):
    await answers_day_and_night_and_is_measured(SATRA, timed)


async def test_a14_a_fault_of_satra_is_announced(timed):
    await announces_a_fault_to_everybody(SATRA, timed)


async def test_b15_the_desk_of_the_yearbook_of_qom_is_up_day_and_night(timed):
    await answers_day_and_night_and_is_measured(QOM, timed)


async def test_b16_a_fault_of_the_yearbook_of_qom_is_announced(timed):
    await announces_a_fault_to_everybody(QOM, timed)


async def test_d12_the_site_of_the_resources_report_is_up_while_telecommunication_holds(timed):
    await answers_day_and_night_and_is_measured(RESOURCES, timed)


async def test_d13_a_fault_of_the_resources_report_is_announced(timed):
    await announces_a_fault_to_everybody(RESOURCES, timed)


async def test_d14_work_on_the_resources_report_is_announced_beforehand(timed):
    await announces_work_beforehand(RESOURCES, timed, "unavailable")


@pytest.mark.parametrize("impact", ["read_only", "slow"])
async def test_d21_lesser_disruptions_of_the_resources_report_are_announced_beforehand_too(timed, impact):
    await announces_work_beforehand(RESOURCES, timed, impact)


async def test_e20_the_desk_of_the_evaluation_is_up_day_and_night(timed):
    await answers_day_and_night_and_is_measured(EVALUATION, timed)


async def test_e21_a_fault_of_the_evaluation_is_announced(timed):
    await announces_a_fault_to_everybody(EVALUATION, timed)
