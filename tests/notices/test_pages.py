"""The pages of notices: every service with its state, what lies ahead, is on and is past, and one with its history."""

from __future__ import annotations

import re

import pytest

from db.accounts import Account
from portal.i18n import Words, using
from portal.notices import actions, wording
from portal.paging import PAGE
from tests.conftest import NOON
from tests.notices.outages import (
    EVALUATION,
    HOUR,
    INCIDENT,
    PLANNED,
    SAYING,
    START,
    WHY,
    YEARBOOK,
    changed,
    posted,
)


def part(html: str, heading: str) -> str:
    """What stands under a heading of the page, as words."""
    found = re.search(rf"<h2>{heading}</h2>(.*?)(?:<h2>|</main>)", html, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def facts(html: str) -> dict[str, str]:
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.S)
    return {plain(name): plain(value) for name, value in pairs}


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


async def test_without_notices_every_service_works(timed):
    html = (await timed.get("/en/notices")).text
    assert part(html, "How the services are now").count("Working") == 5
    assert "Nothing is disturbed now." in part(html, "On now")
    assert "No outage is planned." in part(html, "Ahead")
    assert "There is nothing to report." in part(html, "Past")


async def test_a_notice_goes_from_ahead_over_now_to_past(timed):
    await posted()
    for at, heading, state in (
        (NOON, "Ahead", "Outage ahead"),
        (START - HOUR, "Ahead", "Outage ahead"),
        (START, "On now", "Unavailable"),
        (START + 2 * HOUR, "Past", "Working"),
    ):
        html = (await timed.at(at).get("/en/notices")).text
        where = [name for name in ("Ahead", "On now", "Past") if "Database upgrade" in part(html, name)]
        assert where == [heading]
        assert state in part(html, "How the services are now")


async def test_the_past_is_shown_by_the_page(timed):
    for n in range(PAGE + 1):
        start = NOON + (72 + n) * HOUR
        await posted(changed(PLANNED, starts_at=start, ends_at=start + HOUR))
    timed.at(NOON + 500 * HOUR)
    first = (await timed.get("/en/notices")).text
    assert first.count("<article") == PAGE
    address = re.search(r'rel="next" href="([^"]+)"', first)[1]
    second = (await timed.get(address)).text
    assert second.count("<article") == 1
    assert "How the services are now" not in second


@pytest.mark.parametrize("before", ["0", "-5", "99999999999999999999"])
async def test_any_number_begins_a_page(timed, before):
    assert (await timed.get(f"/notices?before={before}")).status_code == 200


async def test_a_kept_lead_is_measured_in_words(timed):
    notice = await posted(changed(PLANNED, starts_at=NOON + 51 * HOUR, ends_at=NOON + 53 * HOUR))
    html = (await timed.get(f"/en/notices/{notice.no}")).text
    assert facts(html)["Announced"] == "51 hours before its beginning; promised: 48 hours As promised"
    persian = (await timed.get(f"/notices/{notice.no}")).text
    assert facts(persian)["اعلام‌شده"] == "۵۱ ساعت پیش از آغاز؛ زمان تعهدشده: ۴۸ ساعت مطابق تعهد"


async def test_a_missed_lead_is_shown_with_its_reason(timed):
    soon = changed(PLANNED, starts_at=NOON + 5 * HOUR, ends_at=NOON + 6 * HOUR, late_reason=WHY)
    notice = await posted(soon)
    told = facts((await timed.get(f"/en/notices/{notice.no}")).text)
    assert told["Announced"] == "5 hours before its beginning; promised: 48 hours Later than promised"
    assert told["Why so late"] == WHY.en


def test_a_lead_of_minutes_is_not_called_nothing():
    with using("en"):
        said = [wording.hours(n * HOUR / 60) for n in (1, 60, 120)]
    assert said == ["less than an hour", "1 hour", "2 hours"]


async def test_what_was_moved_is_shown_with_both_windows(timed):
    notice = await posted()
    start = START + 24 * HOUR
    await actions.reschedule(notice.no, start, start + HOUR, WHY, seen=1, by=None, now=NOON + HOUR)
    html = (await timed.at(NOON + HOUR).get(f"/en/notices/{notice.no}")).text
    assert plain(re.search(r"<del>.*?</del>", html)[0]) == ("on Tuesday 24 November 2026 from 12:00 to 14:00")
    assert plain(re.search(r"<ins>.*?</ins>", html)[0]).startswith("on Wednesday 25 November 2026 from")
    assert WHY.en in html


async def test_an_incident_shows_its_updates_cause_delay_and_report(timed):
    clerk = Account(username="clerk", display_name="C", role="staff", password_hash="!", created_at=NOON)
    await clerk.save()
    notice = await posted(INCIDENT)
    news, learnt = Words("خبر", "A disk is full."), Words("آموختیم", "We watch the disks now.")
    await actions.update(notice.no, news, state="identified", seen=1, by=None, now=NOON)
    await actions.update(notice.no, WHY, state="fixed", seen=2, by=None, now=NOON + HOUR)
    await actions.name_cause(notice.no, "infrastructure", seen=3, by=clerk.id, now=NOON + HOUR)
    await actions.report(notice.no, learnt, seen=4, by=clerk.id, now=NOON + 2 * HOUR)
    html = (await timed.at(NOON + 3 * HOUR).get(f"/en/notices/{notice.no}")).text
    told = facts(html)
    assert told["Announced after"] == "30 minutes; promised: 30 minutes As promised"
    assert told["Cause"] == "Something outside our power: electricity, network, data centre"
    assert told["What really was"].endswith("13:00")
    assert learnt.en in part(html, "What happened and what we learnt")
    history = part(html, "History")
    told_of = ("Report published", "Cause named", "Repaired", "A disk is full.", "Announced")
    places = [history.index(words) for words in told_of]
    assert places == sorted(places)


async def test_a_cancelled_notice_keeps_its_page(timed):
    notice = await posted()
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    html = (await timed.at(START).get(f"/en/notices/{notice.no}")).text
    assert "will not take place" in html
    assert WHY.en in part(html, "History")
    assert "Database upgrade" in part((await timed.get("/en/notices")).text, "Past")


@pytest.mark.parametrize("no", ["1", "99999999999", "0", "-1", "x"])
async def test_where_no_notice_is_there_is_nothing(timed, no):
    assert (await timed.get(f"/notices/{no}")).status_code == 404


async def test_a_services_page_tells_of_its_own_notices_only(timed):
    await posted()
    own = (await timed.get(f"/en/services/{YEARBOOK}")).text
    other = (await timed.get(f"/en/services/{EVALUATION}")).text
    assert (
        own.count('class="panel wait"><strong>Planned outage'),
        other.count('panel wait"><strong>Pl'),
    ) == (1, 0)


async def test_the_menu_leads_there(timed):
    assert '<li><a href="/en/notices">Notices</a></li>' in (await timed.get("/en")).text
    assert 'aria-current="page">Notices</a>' in (await timed.get("/en/notices")).text


async def test_what_people_write_is_shown_as_text(timed):
    wild = Words("<b>الف</b>", "<script>alert(1)</script>")
    notice = await posted(changed(PLANNED, saying=changed(SAYING, title=wild, body=wild, advice=wild)))
    html = (await timed.get(f"/en/notices/{notice.no}")).text
    assert "<script>alert" not in html


async def test_what_was_said_of_a_fault_stands_in_its_history_once_it_is_over(timed):
    saying = changed(SAYING, body=Words("روی آن کار می‌کنیم.", "We are working on it."))
    notice = await posted(changed(INCIDENT, saying=saying))
    page = (await timed.at(NOON + HOUR).get(f"/en/notices/{notice.no}")).text
    assert "We are working on it." in page.split("<h2>History</h2>")[0]
    await actions.end(notice.no, seen=1, by=None, now=NOON + HOUR)
    before, after = (await timed.at(NOON + HOUR).get(f"/en/notices/{notice.no}")).text.split(
        "<h2>History</h2>"
    )
    assert "We are working on it." not in before
    assert "We are working on it." in after
