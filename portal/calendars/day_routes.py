"""What managers write into the draft of a calendar: weekly hours, single days, holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal.calendars import actions, forms, rules
from portal.calendars.actions import NeverOpen
from portal.calendars.forms import SentHoliday
from portal.calendars.hours import show_windows
from portal.calendars.labels import KINDS, WEEK
from portal.calendars.pages import CALENDARS, Staff, found, offered, shown, typed
from portal.calendars.queries import CalendarAtHand
from portal.calendars.rules import Holiday, Plan
from portal.errors import NotFound
from portal.i18n import _, current_language
from portal.jalali import first_day, show_numeric_date, year_of
from portal.security.cookies import and_say
from portal.security.csrf import Posted
from portal.settings import Settings

_BEGIN, _END = first_day(1200), first_day(1500)
"""The days whose years ``rules.holidays`` knows, the last one exclusive."""


@get("/{name:str}/day", name="calendars.day")
async def show_day(name: FromPath[str], day: FromQuery[str] = "") -> Template:
    """The form of one exception, filled with what is decided about ``day``. Raises NotFound."""
    calendar = await found(name)
    return await _day(calendar, _filled_day(calendar, _iso(day)), {})


@post("/{name:str}/day", name="calendars.set_day")
async def set_day(
    request: Staff,
    name: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    calendar, kept = await found(name), typed(posted.form)
    sent = forms.read_day(posted.form, dict(await offered()), _today(settings, now))
    if posted.stale:
        return await _day(calendar, kept, {"form": str(posted.stale)}, status=403)
    if sent.entry is None:
        return await _day(calendar, kept, sent.errors, status=422)
    try:
        await actions.decide_days(sent.calendars, [sent.entry], by=request.user.account_id, now=now)
    except NeverOpen as refusal:
        return await _day(calendar, kept, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{CALENDARS}/{name}", "drafted")


@post("/{name:str}/day/remove", name="calendars.remove_day")
async def remove_day(
    request: Staff,
    name: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    day = _iso(typed(form).get("day", ""))
    if day:
        await actions.undecide_day([name], day, by=request.user.account_id, now=now)
    return and_say(settings, f"{CALENDARS}/{name}", "drafted")


@get("/{name:str}/week", name="calendars.week")
async def show_week(name: FromPath[str], since: FromQuery[str] = "") -> Template:
    """The form of weekly hours, filled with those that hold from ``since`` on. Raises NotFound."""
    calendar = await found(name)
    return _week(calendar, _filled_week(calendar.plan, since), {})


@post("/{name:str}/week", name="calendars.set_week")
async def set_week(
    request: Staff,
    name: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    calendar, kept = await found(name), typed(posted.form)
    sent = forms.read_week(posted.form, _today(settings, now))
    if posted.stale:
        return _week(calendar, kept, {"form": str(posted.stale)}, status=403)
    if sent.errors:
        return _week(calendar, kept, sent.errors, status=422)
    try:
        await actions.set_week(name, sent.since, sent.week, by=request.user.account_id, now=now)
    except NeverOpen as refusal:
        return _week(calendar, kept, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{CALENDARS}/{name}", "drafted")


@post("/{name:str}/week/remove", name="calendars.remove_week")
async def remove_week(
    request: Staff,
    name: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    since = _iso(typed(form).get("since", ""))
    if since:
        await actions.drop_week(name, since, by=request.user.account_id, now=now)
    return and_say(settings, f"{CALENDARS}/{name}", "drafted")


@post("/{name:str}/holidays", name="calendars.confirm_holidays")
async def confirm_holidays(
    request: Staff,
    name: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """One holiday (``day``), or every estimate of the ``year``. Raises NotFound."""
    calendar, kept = await found(name), typed(form)
    days = _estimates(calendar, kept.get("year", ""))
    if typed_day := kept.get("day", ""):
        days = [day] if (day := _iso(typed_day)) else []
    await actions.confirm_holidays([name], days, by=request.user.account_id, now=now)
    return and_say(settings, _beside(name, days), "drafted")


@get("/{name:str}/holidays/{day:str}", name="calendars.holiday")
async def show_holiday(name: FromPath[str], day: FromPath[str]) -> Template:
    """One holiday, to confirm, to move or to remove. Raises NotFound."""
    calendar = await found(name)
    return await _holiday(calendar, _of_day(calendar, day), {"calendars": [name]}, {})


@post("/{name:str}/holidays/{day:str}", name="calendars.decide_holiday")
async def decide_holiday(
    request: Staff,
    name: FromPath[str],
    day: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    calendar, kept = await found(name), typed(posted.form)
    holiday = _of_day(calendar, day)
    sent = forms.read_holiday(posted.form, dict(await offered()), _today(settings, now))
    if posted.stale:
        return await _holiday(calendar, holiday, kept, {"form": str(posted.stale)}, status=403)
    if sent.errors:
        return await _holiday(calendar, holiday, kept, sent.errors, status=422)
    await _decide(sent, holiday, request, now)
    return and_say(settings, _beside(name, [holiday.day]), "drafted")


async def _decide(sent: SentHoliday, holiday: Holiday, request: Staff, now: datetime) -> None:
    names, day, by = sent.calendars, holiday.day, request.user.account_id
    if sent.do == "confirm":
        await actions.confirm_holidays(names, [day], by=by, now=now)
    elif sent.do == "reset":
        await actions.undecide_day(names, day, by=by, now=now)
    else:
        await actions.move_holiday(names, day, sent.to, source=sent.source, by=by, now=now)


async def _day(
    calendar: CalendarAtHand, kept: dict[str, Any], errors: dict[str, str], *, status: int = 200
) -> Template:
    kinds = [(kind, _(KINDS[kind])) for kind in rules.EXCEPTIONS]
    context = shown(errors, calendar=calendar, typed=kept, calendars=await offered(), kinds=kinds)
    return Template("calendars/day.html", context=context, status_code=status)


def _week(
    calendar: CalendarAtHand, kept: dict[str, Any], errors: dict[str, str], *, status: int = 200
) -> Template:
    context = shown(errors, calendar=calendar, typed=kept, days=[f"d{day}" for day in WEEK])
    return Template("calendars/week.html", context=context, status_code=status)


async def _holiday(
    calendar: CalendarAtHand,
    holiday: Holiday,
    kept: dict[str, Any],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> Template:
    context = shown(errors, calendar=calendar, holiday=holiday, typed=kept, calendars=await offered())
    return Template("calendars/holiday.html", context=context, status_code=status)


def _of_day(calendar: CalendarAtHand, typed_day: str) -> Holiday:
    day = _iso(typed_day)
    for holiday in rules.holidays(calendar.plan, year_of(day)) if day else ():
        if holiday.day == day:
            return holiday
    raise NotFound(_("This day is no holiday of this calendar."))


def _estimates(calendar: CalendarAtHand, year: str) -> list[date]:
    try:
        found_in_year = rules.holidays(calendar.plan, int(year))
    except ValueError:
        return []
    return [holiday.day for holiday in found_in_year if holiday.state == "estimated"]


def _filled_day(calendar: CalendarAtHand, day: date | None) -> dict[str, Any]:
    empty = {"calendars": [calendar.name], "day": _figures(day) if day else ""}
    entry = calendar.plan.entries.get(day) if day else None
    if entry is None or entry.kind not in rules.EXCEPTIONS:
        return empty
    hours = show_windows(entry.windows, current_language())
    names = {"name_fa": entry.name.fa, "name_en": entry.name.en, "source": entry.source}
    return {**empty, "kind": entry.kind, "hours": hours, **names}


def _filled_week(plan: Plan, since: str) -> dict[str, Any]:
    """Those of the pattern that begins at ``since``; for a new one those that hold last."""
    patterns, day = rules.weeks(plan.calendar), _iso(since)
    beginning = since == "beginning"
    held = patterns.get(day) if day or beginning else list(patterns.values())[-1]
    hours = {f"d{day}": show_windows(windows, current_language()) for day, windows in (held or {}).items()}
    return {**hours, "since": _figures(day) if day else "", "beginning": beginning}


def _beside(name: str, days: list[date]) -> str:
    """The page of the calendar with the holidays among which ``days`` stand."""
    return f"{CALENDARS}/{name}?year={year_of(days[0])}" if days else f"{CALENDARS}/{name}"


def _figures(day: date) -> str:
    return show_numeric_date(day, current_language(), UTC)


def _iso(typed_day: str) -> date | None:
    """The day of an address or a button; None for one that is none, or that no year here has."""
    try:
        day = date.fromisoformat(typed_day)
    except ValueError:
        return None
    return day if _BEGIN <= day < _END else None


def _today(settings: Settings, now: datetime) -> date:
    return now.astimezone(settings.zone).date()


day_handlers = [
    show_day,
    set_day,
    remove_day,
    show_week,
    set_week,
    remove_week,
    confirm_holidays,
    show_holiday,
    decide_holiday,
]
