"""Somebody who walks through the life of a notice: at each instant every page, feed and mail, in both languages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import icalendar
import jsonschema
import pytest_asyncio

from db.accounts import Account
from db.outbox import OutboxMessage
from portal import codes
from portal.cases import rules
from portal.i18n import Words, in_both
from portal.notices import feed_routes, mails, queries, wording
from portal.notices.rules import Notice
from portal.security import sessions
from portal.services.actions import read_sample
from portal.settings import Settings
from portal.templating import MailTemplates
from tests.cases.factories import a_case
from tests.conftest import NOON
from tests.notices.outages import HOUR, PLANNED, YEARBOOK, changed
from tests.notices.subscribers import a_subscriber, tell
from tests.notices.test_pages import facts, part
from tests.notices.test_strip import strip_of
from tests.support.browser import Browser, TimedApplication, client_of, works_everywhere

SCHEMA = json.loads((Path(feed_routes.__file__).parent / "status.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
TITLE = read_sample(YEARBOOK).title
BEGIN = NOON + 100 * HOUR  # Wednesday 25 November 2026, 4 Azar 1405, 16:00
OUTAGE = changed(PLANNED, starts_at=BEGIN, ends_at=BEGIN + 2 * HOUR)
LANGUAGES = {"fa": "", "en": "/en"}
HEADINGS = [in_both(name) for name in ("Ahead", "On now", "Past")]
HEADING_OF = {"ahead": "Ahead", "soon": "Ahead", "now": "On now"}
STATES = [in_both(name) for name in ("Working", "Outage ahead", *wording.IMPACTS.values())]
FA, EN, APPLICANT = "maryam@example.org", "reader@example.org", "maryam@agency.example"
READERS = {FA: "fa", EN: "en", APPLICANT: "fa"}
"""Who is told, and in which language: two subscribers, and one with an open case of the service."""
OPEN = (200, "")


class Window(NamedTuple):
    """A window as calendars show it."""

    status: str
    sequence: int
    begin: datetime
    end: datetime | None


class Seen(NamedTuple):
    """A notice as everything shows it. ``strip`` stands on every page; ``stage`` and ``state`` (of the service) are
    those of status.json; ``panels``: whether the service's page and the open case's speak of it by themselves;
    ``form``: its status and Retry-After; ``closes``: it says when it will close.
    """

    strip: Words
    stage: str
    state: str
    panels: tuple[bool, bool]
    form: tuple[int, str]
    closes: bool


class Walk:
    """It is ``now`` for every page; ``at`` goes on, and the worker ticks every hour on the way while it ``works``."""

    def __init__(self, guest: Browser, desk: Browser, case: str, settings: Settings) -> None:
        self.guest, self.desk, self.case, self.settings = guest, desk, case, settings
        self.templates = MailTemplates(settings, rules.NAMES)
        self.now, self.works, self.n_mails = NOON, True, 0

    async def at(self, now: datetime) -> Walk:
        while self.works and self.now + HOUR < now:
            self.now += HOUR
            await tell(self.now)
        self.now = now
        if self.works:
            await tell(now)
        queries.forget()
        feed_routes.forget()
        mails._rounds.clear()
        return self

    async def look(self, notice: Notice) -> Seen:
        """Every page and feed, which must agree."""
        state, stages = await self.status()
        stage = stages.get(notice.no, "")
        heading, word = await self.listed(notice.title)
        assert heading == HEADING_OF.get(stage, "Past")
        said = wording.IMPACTS.get(state, "Working")  # type: ignore[call-overload]
        assert word == ("Outage ahead" if said == "Working" and heading == "Ahead" else said)
        return Seen(await self.strip(notice.no), stage, state, await self.panels(notice), *await self.form())

    # ---- Pages ----

    async def strip(self, no: int) -> Words:
        """What every page says above itself, the same on each of them."""
        service = (f"/services/{YEARBOOK}", f"/cases/new/{YEARBOOK}")
        paths = ("/", "/notices", f"/notices/{no}", *service, self.case, "/accounts/sign-in")
        said = {}
        for language, prefix in LANGUAGES.items():
            found = {path: await self._strip(self.guest, prefix + path) for path in paths}
            for path in ("/desk", f"/desk/notices/{no}"):
                found[path] = await self._strip(await self._clerk(), prefix + path)
            assert len(set(found.values())) == 1, found
            said[language] = found["/"]
        return Words(**said)

    async def _strip(self, browser: Browser, path: str) -> str:
        answer = await browser.get(path)
        assert answer.status_code in (200, 503), f"{path}: {answer.status_code}"
        return strip_of(answer.text)

    async def _clerk(self) -> Browser:
        """Whose sessions are shorter than this walk."""
        assert self.desk.account is not None
        token = await sessions.open_session(self.desk.account.id, device="test", now=self.now)
        self.desk.client.cookies.set("session", token)
        return self.desk

    async def listed(self, title: Words) -> tuple[str, str]:
        """Under which heading of /notices the notice stands, and how the service is there, in English."""
        found = []
        for language, prefix in LANGUAGES.items():
            words = attrgetter(language)
            html = (await self.guest.get(f"{prefix}/notices")).text
            (where,) = [one for one in HEADINGS if words(title) in part(html, words(one))]
            services = part(html, words(in_both("How the services are now")))
            own = services.partition(words(TITLE))[2].lstrip()
            (state,) = [one for one in STATES if own.startswith(words(one))]
            found.append((where.en, state.en))
        assert found[0] == found[1]
        return found[0]

    async def told(self, no: int) -> dict[str, str]:
        """The facts of the notice's page in English."""
        return facts((await self.guest.get(f"/en/notices/{no}")).text)

    async def panels(self, notice: Notice) -> tuple[bool, bool]:
        found = []
        for path in (f"/services/{YEARBOOK}", self.case):
            both = [
                f'<span class="unseen">: {title}'
                in (await self.guest.get(prefix + path)).text.split("<main")[1]
                for title, prefix in ((notice.title.fa, ""), (notice.title.en, "/en"))
            ]
            assert both[0] == both[1], path
            found.append(both[0])
        return found[0], found[1]

    async def form(self) -> tuple[tuple[int, str], bool]:
        english = await self.guest.get(f"/en/cases/new/{YEARBOOK}")
        persian = await self.guest.get(f"/cases/new/{YEARBOOK}")
        words = in_both("This form closes: %(at)s")
        closes = [words.en.partition("%")[0] in english.text, words.fa.partition("%")[0] in persian.text]
        answers = [(one.status_code, one.headers.get("retry-after", "")) for one in (english, persian)]
        assert answers[0] == answers[1]
        assert closes[0] == closes[1]
        return answers[0], closes[0]

    # ---- Feeds ----

    async def atom(self, notice: Notice) -> list[str]:
        """What the feed says was done to the notice, the newest first; the Persian one has the same entries."""
        english, persian = [
            feedparser.parse((await self.guest.get(f"{prefix}/notices.atom")).content)
            for prefix in ("/en", "")
        ]
        assert not english.bozo
        assert [one.id for one in english.entries] == [one.id for one in persian.entries]
        own = [
            (one.title, other.title)
            for one, other in zip(english.entries, persian.entries, strict=True)
            if one.link.endswith(f"/notices/{notice.no}")
        ]
        both = [in_both(wording.CHANGES[change.kind]) for change in await queries.changes(notice.no)][::-1]
        assert own == [(f"{notice.title.en} — {one.en}", f"{notice.title.fa} — {one.fa}") for one in both]
        return [one.en for one in both]

    async def window(self, notice: Notice) -> Window:
        """The notice in the calendar feed; the same in both languages."""
        both = []
        for prefix in LANGUAGES.values():
            found = icalendar.Calendar.from_ical((await self.guest.get(f"{prefix}/notices.ics")).content)
            (own,) = [one for one in found.events if one["uid"].startswith(f"notice-{notice.no}@")]
            end = own.end if "dtend" in own else None
            both.append(Window(str(own["status"]), int(own["sequence"]), own.start, end))
        assert both[0] == both[1]
        return both[0]

    async def status(self) -> tuple[str, dict[int, str]]:
        """The state of the service in status.json, and the stage of each notice there."""
        told = (await self.guest.get("/notices/status.json")).json()
        VALIDATOR.validate(told)
        (state,) = [one["state"] for one in told["services"] if one["slug"] == YEARBOOK]
        return state, {one["no"]: one["stage"] for one in told["notices"]}

    # ---- Mails ----

    async def mails(self) -> list[str]:
        """The kinds of mail that everybody got since the last look: the same for all, each in their language."""
        table: Any = OutboxMessage
        told = table.objects().where(table.cause.like("notice:%")).order_by(table.created_at)
        rows = await told.output(load_json=True)
        assert len({(row.recipient, row.data["mailing"]) for row in rows}) == len(rows)
        new, self.n_mails = rows[self.n_mails :], len(rows)
        heard: dict[str, list[str]] = {reader: [] for reader in READERS}
        for row in new:
            shown = await mails.prepared(row, self.settings, now=row.created_at)
            subject = self.templates.render(row.template, row.locale, shown).subject
            assert row.locale == READERS[row.recipient]
            assert (row.locale == "fa") == any("\u0600" <= letter <= "\u06ff" for letter in subject)
            heard[row.recipient].append(row.template.rpartition("/")[2])
        assert heard[FA] == heard[EN] == heard[APPLICANT], heard
        return heard[EN]


@pytest_asyncio.fixture
async def walk(samples: None, settings: Settings, timed_application: TimedApplication) -> AsyncIterator[Walk]:
    """At NOON, with two subscribers, an open case of the yearbook and a clerk."""
    walks: list[Walk] = []
    filed = await a_case(slug=YEARBOOK, now=NOON - HOUR)
    await a_subscriber(FA)
    await a_subscriber(EN, slug=None, locale="en")
    clerk = Account(username="clerk", display_name="C", role="staff", password_hash="!", created_at=NOON)
    await clerk.save()
    await works_everywhere()
    application = timed_application.by(lambda: walks[0].now)
    async with client_of(application) as one, client_of(application) as other:
        case = f"/cases/{codes.show_text(filed.number)}"
        walks.append(Walk(Browser(one), Browser(other, clerk), case, settings))
        yield walks[0]
