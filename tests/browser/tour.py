"""One walk through every page in one language, looking at each as people with different needs do.

Walking is slow, so it is done once; the tests read what was seen.
"""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page

from portal.cases import rules
from tests.browser.cases import file_request, move
from tests.browser.complaining import complain_from_page
from tests.browser.demo import Demo
from tests.browser.going import ADMIN, APPLICANT, CITIZEN, GUEST, HOLDER, INSPECTOR, STAFF, Stop, World
from tests.browser.stops import STOPS
from tests.browser.visitor import Visitor

WIDE, NARROW = {"width": 1200, "height": 900}, {"width": 320, "height": 640}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
NARROW_RULES = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]},
    "resultTypes": ["violations"],
}
"""What the width and the colours can change; the other rules look at the same elements as before."""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(one => !one.closest(".scroll, .unseen, .skip"))
    .filter(one => { const box = one.getBoundingClientRect(); return box.right > innerWidth + 1 || box.left < -1; })
    .map(one => one.outerHTML.slice(0, 120))"""
DRAWN_WITHIN = 2.0  # seconds
HAS_FOCUS = "() => document.activeElement !== document.body"
SCROLLS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    return {name: one.id || one.className, seen: box.bottom > 0 && box.top < innerHeight && box.width > 0};
}"""
WITHOUT_RING = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex='0']")]
    .filter(one => one.checkVisibility() && one.type !== "hidden" && !one.disabled)
    .filter(one => {
        one.focus();
        const drawn = getComputedStyle(one);
        return document.activeElement !== one || drawn.outlineStyle === "none" || parseFloat(drawn.outlineWidth) < 2;
    })
    .map(one => one.outerHTML.slice(0, 120))"""


@dataclass
class Seen:
    """What one page turned out to be. Everything but ``status``, ``html`` and ``first`` should stay empty.

    ``first``: what has the focus after one press of Tab, or from the start where the page says something first.
    """

    status: int = 0
    html: str = ""
    first: str = ""
    lost: str = ""
    complaints: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    without_ring: list[str] = field(default_factory=list)


async def gather_people(chromium: Browser, demo: Demo, language: str) -> dict[str, Visitor]:
    """One visitor of each kind; those with an account are signed in."""
    people = {}
    for who in (GUEST, APPLICANT, CITIZEN, STAFF, INSPECTOR, ADMIN, HOLDER):
        people[who] = await Visitor.arrive(chromium, demo.url, language)
        if who in (CITIZEN, STAFF, INSPECTOR, ADMIN):
            await people[who].sign_in(who)
    return people


async def tour(people: dict[str, Visitor], demo: Demo) -> dict[str, Seen]:
    """Every stop, by its name; ``lost`` says where one could not be reached or looked at."""
    world = await _prepare(people[APPLICANT], people[STAFF], demo)
    seen = {}
    for stop in STOPS:
        seen[stop.name] = await _look(stop, people[stop.who], world)
    for visitor in people.values():
        await visitor.leave()
    return seen


async def _prepare(applicant: Visitor, clerk: Visitor, demo: Demo) -> World:
    """One case of the applicant in each situation that matters, and a sample of every state."""
    filed = [await file_request(applicant, "yearbook-qom", email="tour@mehregan.example") for _ in range(3)]
    for one in filed[1:]:
        await clerk.open(f"/desk{one.path}")
        await move(clerk, "take")
        await move(clerk, "ask", body="کدام شهرستان را می‌خواهید؟")
    await move(clerk, "close", outcome="not_possible", reason="It can't be done.")
    await applicant.open(filed[2].path)
    complaint = await complain_from_page(applicant, email="complaint@mehregan.example")
    states = {}
    for state in rules.STATES:
        await clerk.open(f"/desk?state={state}")
        code = await clerk.page.locator("main table .code-inline").last.text_content()
        states[state] = f"/cases/{code}"
    return World(
        filed=filed[0], waiting=filed[1], closed=filed[2], complaint=complaint, demo=demo, states=states
    )


async def _look(stop: Stop, visitor: Visitor, world: World) -> Seen:
    seen = Seen()
    visitor.complaints.clear()
    try:
        await visitor.page.set_viewport_size(WIDE)
        response = await stop.go(visitor, world)
        seen.status, seen.html = response.status, await response.text()
        await visitor.page.wait_for_load_state()
        await _check(visitor.page, seen)
    except Exception:  # one page that fails must not hide the others
        seen.lost = traceback.format_exc(limit=-3)
    seen.complaints = list(visitor.complaints)
    return seen


async def _check(page: Page, seen: Seen) -> None:
    if not await page.locator("main [autofocus]").count():
        await page.keyboard.press("Tab")
    elif not await page.evaluate(HAS_FOCUS):  # given when the page is drawn, a moment after it has loaded
        await asyncio.sleep(DRAWN_WITHIN)
    focused = await page.evaluate(FOCUSED)
    seen.first = focused["name"] if focused["seen"] else f"{focused['name']}, out of sight"
    seen.violations = await broken_rules(page)
    await page.keyboard.press("Tab")  # from here on the focus is shown as to people with a keyboard
    seen.without_ring = await page.evaluate(WITHOUT_RING)
    await page.set_viewport_size(NARROW)
    if await page.evaluate(SCROLLS):
        seen.too_wide = await page.evaluate(TOO_WIDE) or ["something"]
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    seen.violations += await _violations(page, NARROW_RULES, "dark and narrow")
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")


async def broken_rules(page: Page) -> list[str]:
    """What the page as it is now does against the rules of accessibility."""
    await page.evaluate(AXE_SCRIPT)
    return await _violations(page, RULES, "light")


async def fine(visitor: Visitor) -> None:
    """The page as it is now is for everybody."""
    assert not (broken := await broken_rules(visitor.page)), (visitor.page.url, broken)
    assert not (wide := await visitor.page.evaluate(TOO_WIDE)), (visitor.page.url, wide)


async def _violations(page: Page, asked: dict[str, Any], where: str) -> list[str]:
    found: list[dict[str, Any]] = (await page.evaluate("asked => axe.run(asked)", asked))["violations"]
    return [
        f"{one['id']} ({where}): {one['help']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        for node in one["nodes"]
    ]
