"""Feeds mean the same as the pages, to parsers that are not ours."""

import json
from datetime import timedelta
from pathlib import Path

import feedparser
import icalendar
import jsonschema
import msgspec
import pytest

from portal.i18n import Words
from portal.notices import actions, feed_routes, queries
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

SCHEMA = json.loads((Path(feed_routes.__file__).parent / "status.schema.json").read_text())
AWAY = changed(PLANNED, starts_at=START + timedelta(days=3650), ends_at=START + timedelta(days=3650, hours=2))


@pytest.fixture(autouse=True)
def anew():
    """Feeds are made from what this test posts; pages read the real clock, so windows lie ten years ahead."""
    feed_routes.forget()
    yield
    feed_routes.forget()


async def atom(browser, prefix=""):
    feed_routes.forget()
    answer = await browser.get(f"{prefix}/notices.atom")
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


async def events(browser, prefix=""):
    feed_routes.forget()
    answer = await browser.get(f"{prefix}/notices.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    return icalendar.Calendar.from_ical(answer.content)


async def status(browser):
    feed_routes.forget()
    told = (await browser.get("/notices/status.json")).json()
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(told)
    return told


async def test_an_empty_feed_is_a_feed(samples, browser):
    parsed = await atom(browser)
    assert (parsed.version, parsed.entries) == ("atom10", [])
    assert (await events(browser)).events == []
    assert (await status(browser))["notices"] == []


async def test_atom_tells_of_a_notice_and_of_each_change(samples, browser):
    notice = await posted(AWAY)
    await actions.update(notice.no, Words("خبر تازه", "Fresh news"), seen=1, by=None, now=NOON + HOUR)
    newest, first = (await atom(browser, "/en")).entries
    assert first.title == "Database upgrade — Announced"
    assert newest.id.endswith(f"/notices/{notice.no}#2")
    assert "Fresh news" in newest.summary
    assert newest.link == f"http://localhost:8000/en/notices/{notice.no}"


async def test_a_persian_entry_lists_services_with_persian_commas(samples, browser):
    two = msgspec.structs.replace(SAYING, services={YEARBOOK: "unavailable", EVALUATION: "slow"})
    await posted(changed(AWAY, saying=two))
    said = (await atom(browser)).entries[0].summary
    assert "کند، " in said or "خارج از دسترس، " in said
    assert ", " not in said


async def test_an_entry_has_the_same_id_in_both_languages(samples, browser):
    await posted(AWAY)
    (persian,), (english,) = (await atom(browser)).entries, (await atom(browser, "/en")).entries
    assert persian.id == english.id
    assert persian.title.startswith("به‌روزرسانی پایگاه داده")


async def test_what_a_text_holds_is_no_markup(samples, browser):
    saying = changed(SAYING, body=Words("<b>&", "<script>alert(1)</script>"))
    await posted(changed(AWAY, saying=saying))
    (entry,) = (await atom(browser, "/en")).entries
    assert "<script" not in entry.summary


async def test_a_calendar_shows_the_window_in_the_agency_s_zone(samples, browser):
    notice = await posted(AWAY)
    found = await events(browser, "/en")
    (event,) = found.events
    assert event["uid"] == f"notice-{notice.no}@localhost"
    assert (event.start, event.end) == (AWAY.starts_at, AWAY.ends_at)
    assert event["dtstart"].params["TZID"] == "Asia/Tehran"
    assert {zone.tz_name for zone in found.timezones} == {"Asia/Tehran"}


async def test_a_moved_window_keeps_its_uid_and_counts_up(samples, browser):
    notice = await posted(AWAY)
    before = (await events(browser)).events[0]
    await actions.reschedule(
        notice.no, AWAY.starts_at + HOUR, AWAY.ends_at + HOUR, WHY, seen=1, by=None, now=NOON + HOUR
    )
    after = (await events(browser)).events[0]
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after.start == AWAY.starts_at + HOUR


async def test_a_cancelled_window_stays_in_the_calendar_as_cancelled(samples, browser):
    notice = await posted(AWAY)
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    (event,) = (await events(browser, "/en")).events
    assert event["status"] == "CANCELLED"
    assert event["summary"].startswith("Cancelled:")


async def test_an_open_window_has_no_end(samples, browser):
    await posted(changed(AWAY, ends_at=None))
    (event,) = (await events(browser)).events
    assert "DTEND" not in event


async def test_the_calendar_holds_planned_work_only(samples, browser):
    await posted(INCIDENT)
    assert (await events(browser)).events == []


async def test_the_state_of_each_service_is_told(samples, browser):
    saying = changed(SAYING, services={YEARBOOK: "slow", EVALUATION: "unavailable"})
    incident = await posted(changed(INCIDENT, saying=saying))
    told = await status(browser)
    states = {one["slug"]: (one["state"], one["notice"]) for one in told["services"]}
    assert states[YEARBOOK] == ("slow", incident.no)
    assert states[EVALUATION] == ("unavailable", incident.no)
    assert set(states) > {YEARBOOK, EVALUATION}
    assert {state for state, _no in states.values()} == {"slow", "unavailable", "available"}


async def test_the_lead_is_told_in_hours(samples, browser):
    notice = await posted(AWAY)
    (told,) = (await status(browser))["notices"]
    assert told["no"] == notice.no
    assert told["promised_lead_hours"] == 48
    assert told["lead_hours"] == (72 + 3650 * 24)


@pytest.mark.parametrize("path", ["/notices.atom", "/notices.ics", "/notices/status.json"])
async def test_what_is_not_published_is_in_no_feed(samples, browser, path):
    await posted(changed(AWAY, publish_at=NOON + timedelta(days=3000)))
    assert "Database upgrade" not in (await browser.get(f"/en{path}")).text


@pytest.mark.parametrize("path", ["/notices.atom", "/notices.ics", "/notices/status.json"])
async def test_who_has_it_already_is_not_sent_it_again(samples, browser, path):
    await posted(AWAY)
    first = await browser.get(path)
    again = await browser.get(path, headers={"If-None-Match": f'W/{first.headers["etag"]}, "x"'})
    assert (again.status_code, again.content) == (304, b"")
    since = await browser.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert since.status_code == 304
    for odd in ("yesterday", f"Sat, 01 Jan 2026 00:00:00 +{20 * '9'}"):
        assert (await browser.get(path, headers={"If-Modified-Since": odd})).status_code == 200


async def test_feeds_ask_the_database_once_in_a_few_seconds(samples, browser):
    await browser.get("/notices.atom")
    await posted(AWAY)
    assert "feed" in (await browser.get("/notices.atom")).text
    assert (await queries.published(now=NOON))[0].title == SAYING.title
    assert "Database upgrade" not in (await browser.get("/notices.atom")).text


async def test_feeds_set_no_cookie(samples, browser):
    for path in ("/notices.atom", "/notices.ics", "/notices/status.json", "/notices/status.schema.json"):
        assert "set-cookie" not in (await browser.get(path)).headers
