"""A receipt is proved: from its page, as a PDF, by its number and its square code; a changed one is refused."""

from __future__ import annotations

import re

import pypdfium2

from tests.browser.cases import file_request
from tests.browser.receipt_stops import hand_in
from tests.browser.test_journey import on_every_screen
from tests.browser.tour import fine
from tests.browser.visitor import Visitor
from tests.receipts.test_pdf import square_codes

NUMBER = re.compile(r"R(?:-[0-9A-Z]{4}){4}")
CARRIED = re.compile(rb"rahgir-receipt-1\.([A-Za-z0-9_-]+)")
VERIFY = "/verify"


async def take_pdf(visitor: Visitor) -> bytes:
    """The receipt on the screen, on paper."""
    address = await visitor.page.locator("main a.button[href$='/receipt.pdf']").get_attribute("href")
    return await (await visitor.page.request.get(f"{visitor.url}{address}")).body()


async def verdict(visitor: Visitor) -> str:
    """``done`` or ``late``: how the page says it, and it is for everybody."""
    await fine(visitor)
    panel = visitor.page.locator("main .panel").first
    assert await panel.is_visible(), await visitor.page.inner_text("main")
    return str(await panel.get_attribute("class")).removeprefix("panel ")


def flipped(made: bytes) -> bytes:
    """One bit of what the file carries to be checked is another one; it still is a PDF."""
    found = CARRIED.search(made)
    assert found
    at = found.start(1) + len(found[1]) // 2
    other = b"A" if made[at : at + 1] != b"A" else b"B"
    return made[:at] + other + made[at + 1 :]


async def type_in(visitor: Visitor, what: str) -> None:
    await visitor.open(VERIFY)
    await visitor.fill("receipt", what)
    await visitor.send(VERIFY)


@on_every_screen
async def test_a_receipt_is_proved_in_every_way_and_a_changed_one_is_refused(arrive, language, width):
    applicant, anybody = await arrive(language, width=width), await arrive(language, width=width)
    await file_request(applicant, "yearbook-qom")
    await fine(applicant)
    made = await take_pdf(applicant)
    (number,) = set(NUMBER.findall(await applicant.page.content()))
    assert pypdfium2.PdfDocument(made).is_tagged()

    await hand_in(anybody, made)
    assert await verdict(anybody) == "done"
    assert number in await anybody.page.content()
    await type_in(anybody, anybody.digits(number.lower()))
    assert await verdict(anybody) == "done"
    (square,) = [one for one in square_codes(made) if "/V/" in one]
    await type_in(anybody, square)
    assert await verdict(anybody) == "done"
    await anybody.page.goto(square)
    assert anybody.page.url.endswith(f"{VERIFY}/{number}")

    await hand_in(anybody, flipped(made))
    assert await verdict(anybody) == "late"
    assert applicant.complaints == anybody.complaints == []
