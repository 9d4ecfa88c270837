"""An outage as a new user meets it: posted at the desk, told by mail, the closed form, the draft sent after the end."""

from __future__ import annotations

import asyncio
from datetime import datetime

from portal import jalali
from tests.browser.notice_stops import ZONE
from tests.browser.tour import TOO_WIDE, broken_rules
from tests.browser.visitor import Visitor

SLUG = "yearbook-qom"
FORM, SUBSCRIBE = f"/cases/new/{SLUG}", "/notices/subscribe"
PATIENCE = 60
"""Half-seconds until a page is as it should be: processes hear of a notice within five seconds."""


async def fine(visitor: Visitor) -> None:
    """The page is for everybody."""
    assert await broken_rules(visitor.page) == [], visitor.page.url
    assert await visitor.page.evaluate(TOO_WIDE) == [], visitor.page.url


async def until(visitor: Visitor, path: str, status: int) -> None:
    """The page at ``path`` is open and answers with ``status``."""
    for _ in range(PATIENCE):
        if (await visitor.open(path)).status == status:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"{path} does not answer {status}")


def typed(visitor: Visitor, moment: datetime) -> str:
    day, clock = (
        show(moment, visitor.language, ZONE) for show in (jalali.show_numeric_date, jalali.show_clock)
    )
    return f"{day} {clock}"
