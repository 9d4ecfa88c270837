"""Feeds mean the same as the pages, to parsers that are not ours."""

import json
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


@pytest.fixture(autouse=True)
def anew():
    """Feeds are made from what this test posts."""
    feed_routes.forget()
    yield
    feed_routes.forget()


async def atom(timed, prefix=""):
    feed_routes.forget()
    answer = await timed.get(f"{prefix}/notices.atom")
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


async def events(timed, prefix=""):
    feed_routes.forget()
    answer = await timed.get(f"{prefix}/notices.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    return icalendar.Calendar.from_ical(answer.content)


async def status(timed):
    feed_routes.forget()
    told = (await timed.get("/notices/status.json")).json()
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(told)
    return told


async def test_an_empty_feed_is_a_feed(timed):
    parsed = await atom(timed)
    assert (parsed.version, parsed.entries) == ("atom10", [])
    assert (await events(timed)).events == []
    assert (await status(timed))["notices"] == []


async def test_atom_tells_of_a_notice_and_of_each_change(timed):
    notice = await posted()
    await actions.update(notice.no, Words("خبر تازه", "Fresh news"), seen=1, by=None, now=NOON + HOUR)
    newest, first = (await atom(timed, "/en")).entries
    assert first.title == "Database upgrade — Announced"
    assert newest.id.endswith(f"/notices/{notice.no}#2")
    assert "Fresh news" in newest.summary
    assert newest.link == f"http://localhost:8000/en/notices/{notice.no}"


async def test_a_persian_entry_lists_services_with_persian_commas(timed):
    two = msgspec.structs.replace(SAYING, services={YEARBOOK: "unavailable", EVALUATION: "slow"})
    await posted(changed(PLANNED, saying=two))
    said = (await atom(timed)).entries[0].summary
    assert "کند، " in said or "خارج از دسترس، " in said
    assert ", " not in said


async def test_an_entry_has_the_same_id_in_both_languages(timed):
    await posted()
    (persian,), (english,) = (await atom(timed)).entries, (await atom(timed, "/en")).entries
    assert persian.id == english.id
    assert persian.title.startswith("به‌روزرسانی پایگاه داده")


async def test_what_a_text_holds_is_no_markup(timed):
    saying = changed(SAYING, body=Words("<b>&", "<script>alert(1)</script>"))
    await posted(changed(PLANNED, saying=saying))
    (entry,) = (await atom(timed, "/en")).entries
    assert "<script" not in entry.summary


async def test_a_calendar_shows_the_window_in_the_agency_s_zone(timed):
    notice = await posted()
    found = await events(timed, "/en")
    (event,) = found.events
    assert event["uid"] == f"notice-{notice.no}@localhost"
    assert (event.start, event.end) == (START, START + 2 * HOUR)
    assert event["dtstart"].params["TZID"] == "Asia/Tehran"
    assert {zone.tz_name for zone in found.timezones} == {"Asia/Tehran"}


async def test_a_moved_window_keeps_its_uid_and_counts_up(timed):
    notice = await posted()
    before = (await events(timed)).events[0]
    await actions.reschedule(notice.no, START + HOUR, START + 3 * HOUR, WHY, seen=1, by=None, now=NOON + HOUR)
    after = (await events(timed)).events[0]
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after.start == START + HOUR


async def test_a_cancelled_window_stays_in_the_calendar_as_cancelled(timed):
    notice = await posted()
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    (event,) = (await events(timed, "/en")).events
    assert event["status"] == "CANCELLED"
    assert event["summary"].startswith("Cancelled:")


async def test_an_open_window_has_no_end(timed):
    await posted(changed(PLANNED, ends_at=None))
    (event,) = (await events(timed)).events
    assert "DTEND" not in event


async def test_the_calendar_holds_planned_work_only(timed):
    await posted(INCIDENT)
    assert (await events(timed)).events == []


async def test_the_state_of_each_service_is_told(timed):
    saying = changed(SAYING, services={YEARBOOK: "slow", EVALUATION: "unavailable"})
    incident = await posted(changed(INCIDENT, saying=saying))
    told = await status(timed)
    states = {one["slug"]: (one["state"], one["notice"]) for one in told["services"]}
    assert states[YEARBOOK] == ("slow", incident.no)
    assert states[EVALUATION] == ("unavailable", incident.no)
    assert set(states) > {YEARBOOK, EVALUATION}
    assert {state for state, _no in states.values()} == {"slow", "unavailable", "available"}


async def test_the_lead_is_told_in_hours(timed):
    notice = await posted()
    (told,) = (await status(timed))["notices"]
    assert told["no"] == notice.no
    assert told["promised_lead_hours"] == 48
    assert told["lead_hours"] == 72


@pytest.mark.parametrize("path", ["/notices.atom", "/notices.ics", "/notices/status.json"])
async def test_what_is_not_published_is_in_no_feed(timed, path):
    await posted(changed(PLANNED, publish_at=NOON + HOUR))
    assert "Database upgrade" not in (await timed.get(f"/en{path}")).text


@pytest.mark.parametrize("path", ["/notices.atom", "/notices.ics", "/notices/status.json"])
async def test_who_has_it_already_is_not_sent_it_again(timed, path):
    await posted()
    first = await timed.get(path)
    again = await timed.get(path, headers={"If-None-Match": f'W/{first.headers["etag"]}, "x"'})
    assert (again.status_code, again.content) == (304, b"")
    since = await timed.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert since.status_code == 304
    for odd in ("yesterday", f"Sat, 01 Jan 2026 00:00:00 +{20 * '9'}"):
        assert (await timed.get(path, headers={"If-Modified-Since": odd})).status_code == 200


async def test_feeds_ask_the_database_once_in_a_few_seconds(timed):
    await timed.get("/notices.atom")
    await posted()
    assert "feed" in (await timed.get("/notices.atom")).text
    assert (await queries.published(now=NOON))[0].title == SAYING.title
    assert "Database upgrade" not in (await timed.get("/notices.atom")).text


async def test_feeds_set_no_cookie(timed):
    for path in ("/notices.atom", "/notices.ics", "/notices/status.json", "/notices/status.schema.json"):
        assert "set-cookie" not in (await timed.get(path)).headers
