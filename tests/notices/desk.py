"""The desk's pages of notices as tests use them: the form of a new outage and the forms of its changes."""

from datetime import UTC, datetime, timedelta

from portal.notices import actions
from tests.notices.outages import EVALUATION, HOUR, PLANNED, YEARBOOK, changed

DESK, NEW = "/en/desk/notices", "/en/desk/notices/new"
NOW = datetime.now(UTC).replace(microsecond=0, second=0)
DAY = timedelta(days=1)


def typed(moment):
    return f"{moment:%Y-%m-%dT%H:%M}Z"


WORDS = {
    "title_fa": "قطعی سالنامه",
    "title_en": "Yearbook outage",
    "body_fa": "پایگاه داده به‌روز می‌شود.",
    "body_en": "The database is upgraded.",
    "advice_fa": "",
    "advice_en": "",
}
FORM = {
    **WORDS,
    f"impact_{YEARBOOK}": "unavailable",
    f"impact_{EVALUATION}": "slow",
    "starts_at": typed(NOW + 3 * DAY),
    "ends_at": typed(NOW + 3 * DAY + 2 * HOUR),
}


async def press(browser, do, **fields):
    return await browser.submit(NEW, {**FORM, **fields, "do": do})


async def change(browser, no, move, **fields):
    return await browser.submit(f"{DESK}/{no}", fields, to=f"{DESK}/{no}/{move}")


async def an_outage(**fields):
    draft = changed(PLANNED, starts_at=NOW + 3 * DAY, ends_at=NOW + 3 * DAY + 2 * HOUR)
    return await actions.post(changed(draft, **fields), by=None, now=NOW)


async def begun():
    """An outage that has been on for an hour."""
    draft = changed(PLANNED, starts_at=NOW - HOUR, ends_at=NOW + HOUR)
    return await actions.post(draft, by=None, now=NOW - 3 * DAY)
