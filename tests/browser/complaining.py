"""What applicants and people of the desk do with a complaint about a request. Each function is one errand."""

from __future__ import annotations

import re

from playwright.async_api import Response

from tests.browser.cases import Filed, move, read_receipt, track, unlike_others, unlock
from tests.browser.visitor import Visitor

NEW = "/feedback/new"
WORDS = "Two months have passed, and nobody answered."
REASONS, REMEDY = "The answer was owed in three weeks.", "The tables are sent within two days."


async def open_with_passcode(visitor: Visitor, filed: Filed) -> None:
    await track(visitor, filed.text)
    await unlock(visitor, filed.passcode)


async def complain_from_page(visitor: Visitor, *, email: str) -> Filed:
    """From the page of a request to the receipt of a complaint about it."""
    await to_complaint_form(visitor)
    return await send_complaint(visitor, email=email)


async def to_complaint_form(visitor: Visitor) -> None:
    """The page of the request offers it, and the form knows the code already."""
    await visitor.follow(visitor.page.locator(f"main aside a[href*='{NEW}?about=']"))
    await visitor.follow(visitor.page.locator("main a[href*='kind=case']"))


async def send_complaint(visitor: Visitor, *, email: str) -> Filed:
    await visitor.fill("subject", "Far too slow")
    await visitor.fill("body", unlike_others(WORDS))
    await visitor.fill("contact_email", email)
    await visitor.send(NEW)
    assert visitor.page.url.endswith("/receipt"), await visitor.page.inner_text("main")
    return await read_receipt(visitor)


async def take(clerk: Visitor, complaint: Filed) -> None:
    await clerk.open(f"/desk{complaint.path}")
    await move(clerk, "take")


async def decide(clerk: Visitor, outcome: str, *, remedy: str = "") -> Response:
    """The complaint on the screen is decided."""
    said = {"remedy": remedy} if remedy else {}
    return await move(clerk, "verdict", outcome=outcome, body=REASONS, **said)


async def appeal(visitor: Visitor, reason: str) -> Response:
    """From the page of the decided complaint."""
    await visitor.fill("reason", reason, within="#appeal-form")
    return await visitor.send("/appeal")


def links(text: str, path: str) -> list[str]:
    """Addresses below ``path`` in the words of a mail, without language prefix."""
    return re.findall(rf"{re.escape(path)}/[^\s/]+", text)
