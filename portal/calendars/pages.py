"""What the handlers of calendars share: finding the calendar, filling a page again."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict

from portal.calendars import queries
from portal.calendars.forms import LABELS
from portal.calendars.labels import WEEK, WORDS, weekday_words
from portal.calendars.queries import CalendarAtHand
from portal.errors import NotFound
from portal.forms import named
from portal.i18n import _
from portal.security.sessions import SignedIn

Staff = Request[SignedIn, Any, Any]
CALENDARS = "/admin/calendar"


async def found(name: str) -> CalendarAtHand:
    """The calendar at /admin/calendar/<name>. Raises NotFound."""
    calendar = await queries.calendar_at_hand(name)
    if calendar is None:
        raise NotFound(_("There is no calendar at this address."))
    return calendar


async def offered() -> list[tuple[str, str]]:
    """The calendars to choose from."""
    return [(calendar.name, str(calendar.title)) for calendar in await queries.calendars()]


def typed(form: FormMultiDict) -> dict[str, Any]:
    """What fills the form again: the text of each field, the ticked calendars as a list."""
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    return {**texts, "calendars": form.getall("calendars", [])}


def shown(errors: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """The context of a page; ``errors`` by field."""
    weekdays = {f"d{day}": weekday_words(day) for day in WEEK}
    labels = {**{name: _(label) for name, label in LABELS.items()}, **weekdays}
    errors = errors or {}
    common = {
        "labels": labels,
        "errors": errors,
        "summary": named(errors, labels),
        "said": "",
        "current": "admin",
    }
    return {**WORDS, **common, **more}
