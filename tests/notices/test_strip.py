"""The strip above every page: its four stages, its order, and how it is put aside."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from db.notices import Notice
from portal.notices import actions, queries, strip
from portal.services.actions import read_sample
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

PAGES = ["", "/services", f"/services/{YEARBOOK}", "/track", "/accounts/sign-in", "/notices", "/nothing/here"]
TITLE = read_sample(YEARBOOK).title
MINUTE = timedelta(minutes=1)


def strip_of(html: str) -> str:
    """The words of the strip, without what only leads on from there; empty where there is none."""
    found = re.search(r'<aside class="notices".*?</aside>', html, re.S)
    words = re.sub(r"<(button|a)\b.*?</\1>|<[^>]+>", " ", found[0], flags=re.S) if found else ""
    return " ".join(words.split())


async def said(timed, path: str = "/en") -> str:
    return strip_of((await timed.get(path)).text)


STAGES = {
    "ahead": (
        NOON,
        f"Planned outage {TITLE.en} is unavailable on Tuesday 24 November 2026 from 12:00 to 14:00.",
        f"قطعی برنامه‌ریزی‌شده {TITLE.fa} سه‌شنبه ۳ آذر ۱۴۰۵ از ساعت ۱۲:۰۰ تا ۱۴:۰۰ در دسترس نیست.",
    ),
    "soon": (
        START - 3 * HOUR,
        f"Planned outage {TITLE.en} is unavailable on Tuesday 24 November 2026 from 12:00 to 14:00."
        " It begins in 3 hours.",
        f"قطعی برنامه‌ریزی‌شده {TITLE.fa} سه‌شنبه ۳ آذر ۱۴۰۵ از ساعت ۱۲:۰۰ تا ۱۴:۰۰ در دسترس نیست."
        " ۳ ساعت دیگر آغاز می‌شود.",
    ),
    "now": (
        START,
        f"Planned outage {TITLE.en} is unavailable now, until 14:00.",
        f"قطعی برنامه‌ریزی‌شده {TITLE.fa} اکنون تا ساعت ۱۴:۰۰ در دسترس نیست.",
    ),
    "over": (
        START + 2 * HOUR,
        f"Over The planned outage of {TITLE.en} has been over since 14:00.",
        f"پایان‌یافته قطعی برنامه‌ریزی‌شدهٔ {TITLE.fa} ساعت ۱۴:۰۰ پایان یافت.",
    ),
    "gone": (START + 4 * HOUR, "", ""),
}


@pytest.mark.parametrize("stage", STAGES)
async def test_every_page_says_what_stage_the_outage_is_in(timed, stage):
    await posted()
    at, english, persian = STAGES[stage]
    timed.at(at)
    for page in PAGES:
        assert await said(timed, f"/en{page}") == english, page
        assert await said(timed, page or "/") == persian, page


async def test_nobody_reads_of_an_unpublished_outage(timed):
    notice = await posted(changed(PLANNED, publish_at=NOON + HOUR))
    assert await said(timed) == ""
    assert (await timed.get(f"/en/notices/{notice.no}")).status_code == 404
    assert "Planned outage" in await said(timed.at(NOON + HOUR))


async def test_an_open_end_is_said_to_be_open(timed):
    await posted(changed(PLANNED, ends_at=None))
    assert (await said(timed)).endswith(
        "from Tuesday 24 November 2026, 12:00. Nobody can say yet until when."
    )
    assert (await said(timed.at(START + HOUR))).endswith("is unavailable now. Nobody can say yet until when.")


async def test_a_window_that_ends_at_midnight_ends_at_24(timed):
    await posted(changed(PLANNED, ends_at=START + 12 * HOUR))
    assert "from 12:00 to 24:00" in await said(timed)
    assert "until 24:00" in await said(timed.at(START + HOUR))


async def test_verifying_extending_and_ending_late_are_said(timed):
    notice = await posted()
    await actions.verify(notice.no, seen=1, by=None, now=START + HOUR)
    assert (await said(timed.at(START + HOUR))).endswith("The work is done and is being checked.")
    await actions.extend(notice.no, START + 20 * HOUR, WHY, seen=2, by=None, now=START + HOUR)
    assert "now, until Wednesday 25 November 2026, 08:00" in await said(timed.at(START + HOUR))
    await actions.end(notice.no, seen=3, by=None, now=START + 3 * HOUR)
    assert "has been over since 15:00" in await said(timed.at(START + 3 * HOUR + MINUTE))


async def test_a_cancelled_outage_is_said_to_be_cancelled(timed):
    notice = await posted()
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    assert await said(timed.at(NOON + HOUR)) == (
        f"Cancelled The planned outage of {TITLE.en} on Tuesday 24 November 2026 from 12:00 to 14:00"
        " will not take place."
    )
    assert await said(timed.at(NOON + 3 * HOUR)) == ""


async def test_an_incident_says_how_far_its_repair_is(timed):
    notice = await posted(INCIDENT)
    assert await said(timed) == (
        f"Incident {TITLE.en} is unavailable now, since 11:30. We are looking for the cause."
    )
    await actions.update(notice.no, WHY, state="watching", seen=1, by=None, now=NOON + MINUTE)
    assert "whether it holds" in await said(timed.at(NOON + MINUTE))
    await actions.update(notice.no, WHY, state="fixed", seen=2, by=None, now=NOON + HOUR)
    assert await said(timed.at(NOON + HOUR)) == f"Over The incident at {TITLE.en} has been over since 13:00."


async def test_lesser_impacts_are_said_beside_the_worst(timed):
    both = {YEARBOOK: "unavailable", EVALUATION: "slow"}
    await posted(changed(PLANNED, saying=changed(SAYING, services=both)))
    assert f"Also affected: {read_sample(EVALUATION).title.en} (Slow)." in await said(timed)


async def test_the_most_pressing_come_first_and_the_rest_is_counted(timed):
    for hours in (90, 80, 100):
        start = NOON + hours * HOUR
        await posted(changed(PLANNED, starts_at=start, ends_at=start + HOUR))
    await posted(INCIDENT)
    html = (await timed.get("/en")).text
    assert re.findall(r'href="/en/notices/(\d+)"', html)[0] == str(await latest_no())
    words = strip_of(html)
    assert words.index("Incident") < words.index("on Tuesday 24 November 2026 from 20:00")
    wide, narrow = re.findall(r'<div class="notice more (\w+)">.*?>(\d) more notices</a>', html)
    assert (wide, narrow) == (("wide", "2"), ("narrow", "3"))


async def latest_no() -> int:
    return max(one.no for one in await queries.board(now=NOON))


async def test_a_notice_is_put_aside_until_it_changes(timed):
    notice = await posted()
    page = f"/en/services/{YEARBOOK}"
    chosen = {"notice": f"{notice.no}.1"}
    answer = await timed.submit(page, chosen, to="/en/notices/seen")
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    assert await said(timed) == ""
    assert "is unavailable on" in (await timed.get(page)).text
    await actions.update(notice.no, WHY, seen=1, by=None, now=NOON)
    assert await said(timed.at(NOON)) != ""


async def test_a_page_that_hides_it_by_itself_stays_where_it_is(timed):
    notice = await posted()
    chosen = {"notice": f"{notice.no}.1", "stay": "yes"}
    answer = await timed.submit("/en", chosen, to="/en/notices/seen")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await said(timed) == ""


@pytest.mark.parametrize("chosen", ["", "x", "1", "1.2.3", "9" * 30 + ".1"])
async def test_what_names_no_notice_puts_nothing_aside(timed, chosen):
    await posted()
    answer = await timed.submit(
        "/en", {"notice": chosen, "back": "https://evil.example/"}, to="/en/notices/seen"
    )
    assert answer.headers["location"] == "/en"
    assert "set-cookie" not in answer.headers
    assert await said(timed) != ""


def test_a_browser_remembers_twenty_notices_at_most():
    seen = dict.fromkeys(range(1, 21), 1)
    assert strip.put_aside_too(seen, "21.3").startswith("2.1-3.1")
    assert strip.put_aside_too({}, "7.2") == "7.2"


async def test_it_costs_one_query_for_all_pages_of_four_seconds(timed, monkeypatch):
    await posted()
    queries.forget()
    run, asked = Notice.raw, []
    monkeypatch.setattr(Notice, "raw", lambda *given: asked.append(given) or run(*given))
    for page in PAGES * 3:
        assert await said(timed, f"/en{page}")
    # One for the board; the past of /notices is its own, and the year that a service's page counts once a minute.
    assert len(asked) == 1 + 3 + 1
    await timed.get("/static/portal.css")
    queries.forget()
    for address in ("/static/portal.css", "/healthz", "/readyz", "/robots.txt"):
        await timed.get(address)
    assert len(asked) == 1 + 3 + 1


async def test_pages_say_what_was_last_known_while_the_database_is_away(timed, monkeypatch):
    await posted()
    assert await said(timed)

    async def away(*, now):
        raise ConnectionRefusedError

    monkeypatch.setattr(queries, "board", away)
    monkeypatch.setattr(strip, "_asks_again_at", 0.0)
    assert await said(timed, "/en/track") == STAGES["ahead"][1]
