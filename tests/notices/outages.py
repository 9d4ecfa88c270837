"""Notices for tests: a planned outage of the yearbook two hours long, three days ahead, and an incident."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from portal.i18n import Words
from portal.notices import actions, queries
from portal.notices.drafts import Draft, Saying
from portal.notices.rules import Affected, Notice
from tests.conftest import NOON

YEARBOOK, EVALUATION = "yearbook-qom", "performance-evaluation"
HOUR = timedelta(hours=1)
START = NOON + 72 * HOUR
SAYING = Saying(
    title=Words("به‌روزرسانی پایگاه داده", "Database upgrade"),
    body=Words("پایگاه دادهٔ سالنامه به‌روز می‌شود.", "The yearbook's database is upgraded."),
    advice=Words("پیش از آغاز بفرستید.", "Please send yours before it begins."),
    services={YEARBOOK: "unavailable"},
)
PLANNED = Draft(kind="planned", saying=SAYING, starts_at=START, ends_at=START + 2 * HOUR)
INCIDENT = Draft(kind="incident", saying=SAYING, starts_at=NOON - HOUR / 2, cause="software")
WHY = Words("دلیل", "The reason")


def changed(draft: Draft, **fields: Any) -> Draft:
    return msgspec.structs.replace(draft, **fields)


async def posted(draft: Draft = PLANNED, now: datetime = NOON) -> Notice:
    """The notice that ``draft`` makes at ``now``."""
    return await found(await actions.post(draft, by=None, now=now))


async def found(no: int) -> Notice:
    notice = await queries.notice(no)
    assert notice is not None
    return notice


def a_notice(**fields: Any) -> Notice:
    """A planned outage that no database knows."""
    given: dict[str, Any] = {
        "no": 1,
        "kind": "planned",
        "title": SAYING.title,
        "body": SAYING.body,
        "advice": SAYING.advice,
        "services": (Affected(YEARBOOK, Words("سالنامه", "Yearbook"), "unavailable", 48),),
        "starts_at": START,
        "ends_at": START + 2 * HOUR,
        "published_at": NOON,
        "announced_at": NOON,
        "changed_at": NOON,
    }
    return Notice(**{**given, **fields})
