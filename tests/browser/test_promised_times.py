"""How promised times are amended, interrupted, missed and explained, in both languages and on two screens."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, timedelta

import pytest_asyncio

from portal.jalali import show_date, show_day
from tests.browser.cases import Filed, file_request, move, write
from tests.browser.promising import (
    CALENDARS,
    amend,
    change_calendar,
    enter_day,
    figures,
    publish,
    today,
    working_day,
)
from tests.browser.test_journey import new_address, on_every_screen
from tests.browser.tour import broken_rules
from tests.browser.visitor import Visitor

AMENDED, AT_ONCE, COUNTED = "resource-monitoring", "performance-evaluation", "yearbook-qom"
ROUND_THE_CLOCK = "round-the-clock"
AIR = {"fa": "آلودگی هوا", "en": "Air pollution"}
FAIR = {"fa": "نمایشگاه", "en": "Fair"}
PATIENCE = 20  # seconds until the worker has moved every open date
_EDITIONS, _CLOSURES = itertools.count(1), itertools.count(1)


@pytest_asyncio.fixture(scope="session")
async def at_once(chromium, demo) -> AsyncIterator[None]:
    """``AT_ONCE`` promises its first answer at once, by a calendar that is open now: nobody need wait for lateness."""
    manager = await Visitor.arrive(chromium, demo.url, "en")
    await manager.sign_in("manager")
    await manager.open(f"{CALENDARS}/new")
    for name, value in {"title_fa": "شبانه‌روزی", "title_en": "Round the clock"}.items():
        await manager.fill(name, value)
    await manager.choose("copy_of", "iran-office")
    await manager.send("/calendar/new")
    for day in (today(), today() + timedelta(days=1)):
        await enter_day(manager, ROUND_THE_CLOCK, day, "working", hours="00:00-24:00", why=FAIR)
    await change_calendar(manager, ROUND_THE_CLOCK, "leave", why="A fair.")
    counted = {"unit_first_answer": "working_hours", "calendar_first_answer": ROUND_THE_CLOCK}
    await amend(manager, AT_ONCE, amount_first_answer="0", chosen=counted)
    await publish(manager, AT_ONCE)
    yield
    await manager.leave()


@on_every_screen
async def test_an_amended_promise_is_previewed_published_from_a_day_and_compared(arrive, language, width):
    applicant, manager = await arrive(language), await arrive(language, width=width)
    await file_request(applicant, AMENDED)
    await manager.sign_in("manager")
    n = next(_EDITIONS)
    days = {"fa": f"{manager.digits(str(5 + n))} روز کاری", "en": f"{5 + n} working days"}[language]
    await amend(manager, AMENDED, amount_result=str(5 + n))
    await manager.follow(manager.page.locator("main a[href$='/publish']"))
    preview = await manager.page.inner_text("main")
    assert days in preview
    assert {"fa": "درخواست‌های باز", "en": "Open requests"}[language] in preview
    begins = today() + timedelta(days=30 + n)
    await publish(manager, AMENDED, f"{figures(manager, begins)} {manager.digits('07:30')}")
    assert await manager.says(show_day(begins, language, UTC))
    assert await broken_rules(manager.page) == []

    await manager.follow(manager.page.locator(f"main a[href$='/sla/{1 + n}']"))
    assert await manager.says(show_day(begins, language, UTC))
    await manager.follow(manager.page.locator(f"main a[href*='/sla/{1 + n}/changes']"))
    assert days in await manager.page.inner_text("main")
    assert show_date(begins, language, UTC) in await manager.page.inner_text("main")
    assert await broken_rules(manager.page) == []
    assert manager.complaints == []


@on_every_screen
async def test_a_sudden_closure_moves_open_dates_only_where_that_is_chosen(arrive, language, width):
    applicant, manager = await arrive(language, width=width), await arrive(language, width=width)
    filed = await file_request(applicant, COUNTED)
    promised = await dates(applicant, filed)
    await manager.sign_in("manager")
    n = next(_CLOSURES)
    left, moved = working_day(2 * n), working_day(2 * n + 1)
    await enter_day(manager, "iran-office", left, "closure", why=AIR)
    assert await manager.says(show_day(left, language, UTC))
    await change_calendar(manager, "iran-office", "leave", why="Air pollution.")
    assert await dates(applicant, filed) == promised

    await enter_day(manager, "iran-office", moved, "closure", why=AIR)
    await change_calendar(manager, "iran-office", "move", why="Air pollution, again.")
    await other_dates(applicant, filed, promised)
    await applicant.follow(applicant.page.locator("main a[href$='/why']"))
    assert await broken_rules(applicant.page) == []
    row = applicant.page.locator("tr", has_text=show_day(moved, language, UTC)).last
    assert AIR[language] in await row.inner_text()
    assert applicant.complaints == manager.complaints == []


async def dates(applicant: Visitor, filed: Filed) -> str:
    """What the case's page says of the promised times."""
    await applicant.open(filed.path)
    return await applicant.page.locator("aside[aria-labelledby=promise] dl").inner_text()


async def other_dates(applicant: Visitor, filed: Filed, promised: str) -> None:
    """Wait until the page of the case says something else."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await dates(applicant, filed) != promised:
                return
            await asyncio.sleep(0.2)


@on_every_screen
async def test_a_contested_pause_is_decided_by_somebody_else(arrive, demo, language, width):
    address = new_address()
    applicant, clerk, other = [await arrive(language, width=width) for _ in range(3)]
    filed = await file_request(applicant, AT_ONCE, email=address)
    for who, name in ((clerk, "staff"), (other, "manager")):
        await who.sign_in(name)
        await who.open(f"/desk{filed.path}")
    until = today() + timedelta(days=5)
    await move(clerk, "ask", body="Which indicator do you mean?", until=figures(clerk, until))
    await applicant.open(filed.path)
    assert await applicant.says(show_day(until, language, UTC))
    await applicant.follow(applicant.page.locator("main a[href$='/why']"))
    assert await applicant.says("Which indicator do you mean?")
    await applicant.follow(applicant.page.locator("main a[href$='#contest']"))
    await applicant.fill("reason", "It stood in the request.", within="details:has(#contest)")
    await applicant.send("/contest")

    await clerk.open(f"/desk{filed.path}")
    assert await clerk.page.locator("#decide").count() == 0
    await other.open(f"/desk{filed.path}")
    assert await other.says("It stood in the request.")
    await move(other, "decide")
    assert await broken_rules(other.page) == []
    await other.choose("decision", "upheld", within='form[action$="/decide"]')
    await move(other, "decide", body="It did, we are sorry.")

    await applicant.open(filed.path)
    assert await applicant.says("It did, we are sorry.")
    await applicant.open(f"{filed.path}/why")
    assert not await applicant.says("Which indicator do you mean?")
    subjects = [(await demo.mail(address, after=n))["Subject"] for n in range(3)]
    assert {"fa": "حق", "en": "right"}[language] in subjects[-1]
    assert applicant.complaints == clerk.complaints == other.complaints == []


@on_every_screen
async def test_a_case_that_is_opened_again_runs_late_and_its_delay_is_announced(
    arrive, demo, at_once, language, width
):
    address = new_address()
    applicant, clerk = await arrive(language, width=width), await arrive(language, width=width)
    filed = await file_request(applicant, AT_ONCE, email=address)
    await clerk.sign_in("staff")
    await clerk.open(f"/desk{filed.path}")
    await move(clerk, "ask", body="Which year?", until=figures(clerk, today() + timedelta(days=5)))
    await applicant.open(filed.path)
    await write(applicant, "The year 1402.")
    await clerk.open(f"/desk{filed.path}")
    await move(clerk, "close", outcome="done", reason="Everything was sent.")
    await applicant.open(filed.path)
    await applicant.fill("reason", "Nothing came.", within="details:has(#reopen)")
    await applicant.send("/reopen")

    await clerk.open(f"/desk{filed.path}")
    assert await clerk.says({"fa": "تأخیر", "en": "late by"}[language])
    expected = today() + timedelta(days=9)
    await move(clerk, "extend", body="The register is closed.", expected_on=figures(clerk, expected))
    await applicant.open(filed.path)
    assert await applicant.says("The register is closed.")
    assert await applicant.says(show_day(expected, language, UTC))
    await applicant.follow(applicant.page.locator("main a[href$='/why']"))
    assert await applicant.says("Which year?")
    mail = (await demo.mail(address, after=4)).get_body(("plain",)).get_content()
    assert {"fa": "پوزش", "en": "We are sorry"}[language] in mail
    assert show_date(expected, language, UTC) in mail
    assert applicant.complaints == clerk.complaints == []
