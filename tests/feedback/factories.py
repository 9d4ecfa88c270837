"""Feedback for tests, sent through the page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from db.services import Agency, Unit
from portal import codes
from portal.services.actions import read_sample
from tests.cases.factories import a_service
from tests.support.browser import Browser

NEW = "/feedback/new"
FILLED = {
    "audience": "agency",
    "agency_name": "اداره‌کل نمونه",
    "subject": "تأخیر در پاسخ",
    "body": "سه هفته است که پاسخی نرسیده است.",
    "identity": "contact",
    "contact_email": "reader@example.org",
}


async def a_unit(kind: str, slug: str, *, of: str = "spatial-observatory") -> UUID:
    """A unit of ``kind`` in the agency of the sample service ``of``, which is loaded."""
    await a_service(of)
    agency = await Agency.select(Agency.id).where(Agency.slug == read_sample(of).agency.slug).first()
    assert agency
    unit = Unit(agency=agency["id"], slug=slug, name_fa=f"واحد {slug}", name_en=f"Unit {slug}", kind=kind)
    await unit.save()
    return unit.id


async def send(browser: Browser, kind: str, *, prefix: str = "", **changed: Any) -> Any:
    """The form for ``kind`` filled and sent; ``changed`` are its fields, None leaves one out."""
    fields = {**FILLED, **changed}
    return await browser.submit(f"{prefix}{NEW}?kind={kind}", fields, to=f"{prefix}{NEW}")


def number_in(answer: Any) -> int:
    """The tracking number that the answer leads to."""
    assert answer.status_code == 303, answer.text
    number = codes.parse(answer.headers["location"].removeprefix("/en").split("/")[2])
    assert isinstance(number, int)
    return number
