"""What a page costs people who pay for every megabyte."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from tests.browser.announcing import announce
from tests.browser.going import APPLICANT, GUEST
from tests.browser.stops import STOPS

FIRST_VISIT = 120_000  # bytes over the wire: page, style, letters, script
PAGE = 12_000  # bytes of HTML, compressed
LANGUAGES = ("fa", "en")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_first_visit_is_light_while_nothing_is_announced(arrive, demo, language):
    await asyncio.to_thread(announce, demo, "clear")
    await asyncio.sleep(5)  # every process knows
    visitor = await arrive(language, width=360)
    wire = await visitor.page.context.new_cdp_session(visitor.page)
    received: list[float] = []
    await wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    await visitor.open("/")
    await visitor.page.evaluate("document.fonts.ready")
    await visitor.page.wait_for_load_state("networkidle")
    assert len(received) > 3, "the page, its style, its letters and a script"
    assert sum(received) <= FIRST_VISIT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "stop", [stop for stop in STOPS if stop.who in (GUEST, APPLICANT)], ids=lambda stop: stop.name
)
def test_a_page_is_light(toured, stop, language):
    assert len(gzip.compress(toured[language][stop.name].html.encode())) <= PAGE
