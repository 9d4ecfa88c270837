"""Visitors at the page of a case, for the tests of tracking."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from db.cases import Case
from portal import codes
from portal.cases import desk_actions
from portal.cases.actions import Filed
from portal.uploads import StoredFile
from tests.cases.factories import BROWSER, a_case
from tests.support.browser import Browser, held_by_form

PASSAGE = "لایهٔ راه‌های استان"
FILE = StoredFile("نامهٔ مریم.pdf", "application/pdf", 9, "f" * 64, "0" * 32)


def right_now() -> datetime:
    """The application reads the real clock, so what these tests prepare happens now."""
    return datetime.now(UTC)


async def filed_now(settings, **changed) -> Filed:
    """A case filed a moment ago from another browser."""
    return await a_case(key=settings.secret_key, now=right_now(), **changed)


def path_of(filed: Filed) -> str:
    return f"/en/cases/{codes.show_text(filed.number)}"


def as_filer(browser: Browser) -> Browser:
    """The browser with which the case was filed."""
    browser.client.cookies.set("keys", BROWSER)
    return browser


async def prove(browser: Browser, filed: Filed, **fields):
    """Type into the box of the case's page."""
    return await browser.submit(path_of(filed), fields, to=f"{path_of(filed)}/unlock")


async def send(browser: Browser, filed: Filed, verb: str, fields, files=None):
    """Fill the form of the case's page that posts to ``verb``."""
    return await browser.submit(path_of(filed), fields, to=f"{path_of(filed)}/{verb}", files=files)


async def form_at(browser: Browser, page: str, action: str, fields):
    """What the form on ``page`` that posts to ``action`` would send, whatever the page's status."""
    opened = await browser.get(page)
    return {**held_by_form(opened.text, action), **fields}


async def by_desk(verb: str, filed: Filed, clerk: Browser, **more) -> None:
    """The desk does ``verb`` to the case as it is now."""
    seen = await version_of(filed)
    act = getattr(desk_actions, verb)
    await act(filed.case_id, clerk=clerk.account.id, seen=seen, now=right_now(), **more)


async def version_of(filed: Filed) -> int:
    row = await Case.select(Case.version).where(Case.id == filed.case_id).first()
    return row["version"]


def without_tokens(html: str, code: str) -> str:
    """The page without what the code itself makes different: the code and the tokens of forms."""
    return re.sub(r'name="_csrf_token" value="[^"]*"', "", html).replace(code, "CODE")
