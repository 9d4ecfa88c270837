"""The walk past receipts: checking one by number and by file, the keys, one more for a case."""

from __future__ import annotations

import re

from playwright.async_api import Response

from portal import codes
from portal.cases import attest
from tests.browser.going import APPLICANT, GUEST, Stop, World, at, sending_nothing, too_old
from tests.browser.visitor import Visitor

NOBODYS = attest.show_number(codes.LOWEST + 20_261_121)


async def number_of(visitor: Visitor, world: World) -> str:
    """The number of the receipt of the applicant's filing."""
    await visitor.open(f"{world.filed.path}/receipt")
    (number,) = set(re.findall(r"R(?:-[0-9A-Z]{4}){4}", await visitor.page.content()))
    return str(number)


async def genuine(visitor: Visitor, world: World) -> Response:
    return await visitor.open(f"/verify/{await number_of(visitor, world)}")


async def hand_in(visitor: Visitor, content: bytes) -> Response:
    await visitor.open("/verify")
    file = {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": content}
    await visitor.field("pdf").set_input_files([file])  # type: ignore[list-item]
    return await visitor.send("/verify")


async def as_pdf(visitor: Visitor, world: World) -> bytes:
    answer = await visitor.page.request.get(f"{visitor.url}{world.filed.path}/receipt.pdf")
    return await answer.body()


async def genuine_pdf(visitor: Visitor, world: World) -> Response:
    return await hand_in(visitor, await as_pdf(visitor, world))


async def changed_pdf(visitor: Visitor, world: World) -> Response:
    made = await as_pdf(visitor, world)
    return await hand_in(visitor, re.sub(rb"(rahgir-receipt-1\.)....", rb"\1AAAA", made))


async def one_more(visitor: Visitor, world: World) -> Response:
    """A receipt of how the case stands now."""
    await visitor.open(world.filed.path)
    await visitor.page.locator("#history > summary").click()
    return await visitor.send(f"{world.filed.path}/receipts")


RECEIPT_STOPS = [
    Stop("verify", "receipts.verify", GUEST, at("/verify")),
    Stop("verify-nothing", "receipts.check", GUEST, sending_nothing("/verify", "/verify"), 422),
    Stop("verify-stale", "receipts.check", GUEST, too_old("/verify"), 403),
    Stop("verify-mistyped", "receipts.receipt", GUEST, at("/verify/R-XKP9-2ZKY-93WR-1W75"), 404),
    Stop("verify-unknown", "receipts.receipt", GUEST, at(f"/verify/{NOBODYS}"), 404),
    Stop("verify-keys", "receipts.keys", GUEST, at("/verify/keys")),
    Stop("verify-genuine", "receipts.receipt", APPLICANT, genuine),
    Stop("verify-pdf", "receipts.check", APPLICANT, genuine_pdf),
    Stop("verify-changed", "receipts.check", APPLICANT, changed_pdf),
    Stop("receipt-on-demand", "receipts.issue", APPLICANT, one_more),
]
