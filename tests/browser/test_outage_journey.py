"""An outage as a new user meets it: posted at the desk, told by mail, the closed form, sent after the end."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from portal import jalali
from tests.browser.announcing import announce
from tests.browser.cases import fill_request, move, read_receipt
from tests.browser.demo import Demo
from tests.browser.notice_stops import DESK, NEW, ZONE, press
from tests.browser.test_journey import LANGUAGES, new_address, on_every_screen
from tests.browser.tour import fine
from tests.browser.visitor import Visitor

SLUG = "yearbook-qom"
FORM, SUBSCRIBE = f"/cases/new/{SLUG}", "/notices/subscribe"
LEAD = 60
"""Hours from the publication to the beginning; 48 are promised."""
KNOWN = 5.5
"""Seconds after which every process knows of a notice."""


@pytest.fixture
def quiet(demo: Demo):
    """No other outage is spoken of, and this one by no later test."""
    announce(demo, "clear")
    yield
    announce(demo, "clear")


async def time_passes(demo: Demo, no: str, hours: float) -> None:
    """For the notice; every process knows."""
    await asyncio.to_thread(announce, demo, "pass", no, str(hours))
    await asyncio.sleep(KNOWN)


async def post_outage(clerk: Visitor) -> str:
    """Two hours of the yearbook are announced, after a look at the preview; returns the notice's number."""
    await clerk.open(NEW)
    await clerk.choose(f"impact_{SLUG}", "unavailable")
    begins = datetime.now(UTC) + timedelta(hours=LEAD, minutes=5)
    for name, moment in (("starts_at", begins), ("ends_at", begins + timedelta(hours=2))):
        day = jalali.show_numeric_date(moment, clerk.language, ZONE)
        await clerk.fill(name, f"{day} {jalali.show_clock(moment, clerk.language, ZONE)}")
    await press(clerk, "fill")
    assert (await press(clerk, "preview")).status == 200
    preview = clerk.page.locator("#preview")
    assert await preview.locator(".notice").count() == 4  # announced and begun, in both languages
    await preview.locator("summary").first.click()
    assert "/notices/unsubscribe/" in await preview.locator(".said").first.inner_text()
    await fine(clerk)
    await press(clerk, "post")
    found = re.search(rf"{DESK}/(\d+)$", clerk.page.url)
    assert found, clerk.page.url
    await fine(clerk)
    return found[1]


async def subscribe(visitor: Visitor, demo: Demo, address: str) -> None:
    """To notices of the yearbook, confirmed by the link in the mail."""
    await visitor.open(SUBSCRIBE)
    await visitor.fill("email", address)
    await fine(visitor)
    await visitor.send(SUBSCRIBE)
    await fine(visitor)
    mail = await demo.mail(address)
    body = mail.get_body(("plain",))
    found = re.search(r"/notices/confirm/\S+", body.get_content() if body else "")
    assert found
    await visitor.open(found[0])
    await fine(visitor)
    assert (await visitor.send(found[0])).status == 200
    await fine(visitor)


async def meet_the_closed_form(visitor: Visitor, demo: Demo, no: str) -> str:
    """It was filled while it was open and sent while it was not; returns what was written."""
    await fill_request(visitor, SLUG)
    await fine(visitor)
    words = await visitor.field("body").input_value()
    await time_passes(demo, no, 24)
    assert (await visitor.send(FORM)).status == 503
    await fine(visitor)
    return words


async def end_outage(clerk: Visitor, no: str) -> None:
    await clerk.open(f"{DESK}/{no}")
    await move(clerk, "end")
    await fine(clerk)
    await asyncio.sleep(KNOWN)


async def is_sent(visitor: Visitor) -> None:
    await visitor.send(FORM)
    assert visitor.page.url.endswith("/receipt"), await visitor.page.inner_text("main")
    assert (await read_receipt(visitor)).text


@on_every_screen
async def test_an_outage_costs_nobody_a_word(arrive, demo, quiet, language, width):
    clerk, citizen = await arrive(language, width=width), await arrive(language, width=width)
    address = new_address()
    await clerk.sign_in("staff")
    no = await post_outage(clerk)
    await asyncio.sleep(KNOWN)
    await subscribe(citizen, demo, address)

    await time_passes(demo, no, LEAD - 23)
    reminder = await demo.mail(address, after=1)
    assert reminder["Content-Language"] == language
    await citizen.sign_in("citizen")
    await citizen.open(f"/notices/{no}")
    await fine(citizen)

    words = await meet_the_closed_form(citizen, demo, no)
    assert await citizen.page.locator(".panel.done[role=status]").is_visible()
    await citizen.open(FORM)
    await fine(citizen)

    await end_outage(clerk, no)
    assert (await citizen.open(FORM)).status == 200
    assert await citizen.field("body").input_value() == words
    await citizen.field("declaration").check()
    await is_sent(citizen)
    assert citizen.complaints == clerk.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_without_script_and_account_the_words_come_back_whole(arrive, demo, quiet, language):
    clerk, guest = await arrive(language), await arrive(language, width=360, script=False)
    await clerk.sign_in("staff")
    no = await post_outage(clerk)
    await time_passes(demo, no, LEAD - 23)
    await fill_request(guest, SLUG)
    words = await guest.field("body").input_value()
    await time_passes(demo, no, 24)
    assert (await guest.send(FORM)).status == 503
    assert await guest.field("body").input_value() == words
    await end_outage(clerk, no)
    await is_sent(guest)
