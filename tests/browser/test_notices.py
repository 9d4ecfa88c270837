"""An outage as people meet it: on every page, at the closed form, put aside without losing a word."""

from __future__ import annotations

import asyncio

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Locator

from tests.browser.announcing import SERVICE, TITLE, announce
from tests.browser.tour import RULES, TOO_WIDE
from tests.browser.visitor import Visitor

PAGES = ("/", "/notices", f"/services/{SERVICE}", f"/cases/new/{SERVICE}", "/nothing", "/track")


@pytest.fixture(scope="module")
def outage(demo):
    no = announce(demo, "begin")
    yield no
    announce(demo, "end", no)


def of_the_outage(visitor: Visitor) -> Locator:
    """Its line on the strip; the demo has others."""
    return visitor.page.locator(".notices .notice", has_text=TITLE[visitor.language])


async def told(visitor: Visitor) -> None:
    """The page speaks of the outage: processes know of it within five seconds."""
    for _ in range(14):
        await visitor.open("/track")
        if await of_the_outage(visitor).count():
            return
        await asyncio.sleep(0.5)
    raise AssertionError("no page speaks of the outage")


@pytest.mark.parametrize("width", [320, 1200])
@pytest.mark.parametrize("language", ["fa", "en"])
async def test_pages_with_a_notice_are_for_everybody(arrive, outage, language, width):
    visitor = await arrive(language, width=width)
    await told(visitor)
    for path in (*PAGES, f"/notices/{outage}"):
        await visitor.open(path)
        assert await visitor.page.locator(".notices").count() == 1, path
        assert await of_the_outage(visitor).count() == 1, path
        assert await visitor.page.evaluate(TOO_WIDE) == []
        await visitor.page.evaluate(f"() => {{ {AXE_SCRIPT} }}")
        found = await visitor.page.evaluate("rules => axe.run(document, rules)", RULES)
        assert [broken["id"] for broken in found["violations"]] == [], path
    assert visitor.complaints == []


@pytest.mark.parametrize("script", [True, False])
async def test_a_notice_is_put_aside(arrive, outage, script):
    visitor = await arrive("fa", script=script)
    await told(visitor)
    await visitor.fill("code", "XKP9")
    await of_the_outage(visitor).locator("button").press("Enter")
    await of_the_outage(visitor).wait_for(state="detached")
    if script:
        assert await visitor.field("code").input_value() == "XKP9"
        others = visitor.page.locator(".notices button")
        focused = await visitor.page.evaluate("document.activeElement.id || document.activeElement.value")
        assert focused == (await others.first.get_attribute("value") if await others.count() else "main")
    await visitor.open("/")
    assert await of_the_outage(visitor).count() == 0


@pytest.fixture
def two_more(demo, outage):
    more = [announce(demo, "another") for _ in range(2)]
    yield
    for no in more:
        announce(demo, "end", no)


@pytest.mark.parametrize(("width", "lines"), [(360, 1), (1200, 2)])
async def test_a_narrow_screen_has_room_for_one_notice_above_the_page(arrive, two_more, width, lines):
    visitor = await arrive("en", width=width)
    shown, rest = [visitor.page.locator(f".notices {one}:visible") for one in ("button", ".more")]
    for _ in range(14):
        await visitor.open("/track")
        if await of_the_outage(visitor).count() == 2:  # the third has no line on any screen
            break
        await asyncio.sleep(0.5)
    assert await shown.count() == lines
    assert f"{3 - lines} more notice" in await rest.inner_text()
    await shown.first.press("Enter")
    await of_the_outage(visitor).nth(1).wait_for(state="detached")
    assert await shown.count() == 1
    assert "1 more notice" in await rest.inner_text()
