"""What a change would do to open cases is shown before it is published, and done only where that was chosen."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio

from portal import codes
from portal.app import create_app
from portal.calendars import actions
from portal.calendars.movement import Moved, MovedCase
from portal.i18n import Words
from portal.office_hours import IRAN_OFFICE
from tests.calendars.test_pages import CLOSURE, PAGE, said
from tests.conftest import NOON
from tests.services.test_pages import words_of
from tests.support.browser import client_of, signed_in

FIRST = codes.LOWEST + 1


class Cases:
    """Twelve open cases of one service, three of another, each moved by a day."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.queued: list[tuple[str, int]] = []

    async def preview(self, name, calendar, *, now):
        self.asked.append(calendar.name)
        moved = [MovedCase(code=FIRST + n, before=NOON, after=NOON + timedelta(days=1)) for n in range(15)]
        return [
            Moved(service=Words("سالنامه", "Yearbook"), n=12, told=9, examples=tuple(moved[:12])),
            Moved(service=Words("پایش", "Monitoring"), n=3, told=0, examples=tuple(moved[12:])),
        ]

    async def enqueue(self, name, n):
        self.queued.append((name, n))

    async def enqueue_watch(self, service):
        raise AssertionError("no service changes here")


@pytest.fixture
def cases():
    return Cases()


@pytest_asyncio.fixture
async def manager(db, settings, cases):
    await actions.offer("office", Words("ساعت کار", "Office hours"), IRAN_OFFICE, now=NOON)
    async with client_of(create_app(settings, cases)) as client:
        browser = await signed_in(client, "manager", "manager")
        await browser.submit(f"{PAGE}/day", CLOSURE)
        yield browser


async def test_the_preview_counts_by_service_and_names_the_first_ten(manager, cases):
    page = await manager.get(f"{PAGE}/change")
    text = words_of(page.text)
    assert "the next date of 15 open requests changes" in text
    assert "Yearbook: 12" in text
    assert "Monitoring: 3" in text
    assert "Up to 9 applicants are told their new date by e-mail" in text
    assert page.text.count("code-inline") == 10
    assert codes.show_text(FIRST) in text
    assert "Saturday 21 November 2026, 12:00" in text
    assert "Sunday 22 November 2026, 12:00" in text
    assert cases.asked == ["office"]


@pytest.mark.parametrize(("deadlines", "queued"), [("move", [("office", 2)]), ("leave", [])])
async def test_deadlines_move_only_where_that_was_chosen(manager, cases, deadlines, queued):
    sent = {"deadlines": deadlines, "note": "Decree 1405/77"}
    page = await said(manager, await manager.submit(f"{PAGE}/change", sent))
    assert ("are being moved" in page) == (deadlines == "move")
    assert cases.queued == queued
