"""Working calendars as managers keep them: the list, one calendar, the change that is being written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal.calendars import actions, forms, queries, rules
from portal.calendars.actions import ChangedMeanwhile, NameTaken, NeverOpen
from portal.calendars.day_routes import day_handlers
from portal.calendars.movement import Movement
from portal.calendars.pages import CALENDARS, Staff, found, offered, shown, typed
from portal.calendars.queries import CalendarAtHand
from portal.errors import NotFound
from portal.i18n import _
from portal.jalali import year_of
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.settings import Settings

EXAMPLES = 10
"""How many cases the preview names."""


@get("/", name="calendars.list")
async def show_calendars() -> Template:
    """Every calendar."""
    context = shown(calendars=await queries.calendars())
    return Template("calendars/list.html", context=context)


@get("/new", name="calendars.new")
async def show_new() -> Template:
    return await _new({}, {})


@post("/new", name="calendars.add")
async def add_calendar(
    request: Staff,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    sent = forms.read_new(posted.form, dict(await offered()))
    if posted.stale:
        return await _new(typed(posted.form), {"form": str(posted.stale)}, status=403)
    if sent.errors:
        return await _new(typed(posted.form), sent.errors, status=422)
    try:
        name = await actions.copy(sent.copy_of, sent.title, by=request.user.account_id, now=now)
    except NameTaken as refusal:
        return await _new(typed(posted.form), {"title_en": str(refusal)}, status=409)
    return and_say(settings, f"{CALENDARS}/{name}", "added")


@get("/{name:str}", name="calendars.calendar")
async def show_calendar(
    request: Staff,
    name: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    year: FromQuery[int | None] = None,
) -> Template:
    """One calendar as it will be with its draft, and the holidays of a Jalali year. Raises NotFound."""
    calendar = await found(name)
    this_year = year_of(now.astimezone(settings.zone).date())
    year = this_year if year is None else year
    try:
        holidays = rules.holidays(calendar.plan, year)
    except ValueError:
        raise NotFound(_("There is no such year here.")) from None
    word, cookies = said(settings, request)
    context = shown(
        calendar=calendar,
        weeks=rules.weeks(calendar.plan.calendar),
        exceptions=rules.exceptions(calendar.plan),
        holidays=holidays,
        year=year,
        this_year=this_year,
        estimates=any(one.state == "estimated" for one in holidays),
        calendars=await offered(),
        history=_history(calendar),
        said=word,
    )
    return Template("calendars/calendar.html", context=context, cookies=cookies)


@get("/{name:str}/change", name="calendars.change")
async def show_change(
    name: FromPath[str], movement: NamedDependency[Movement | None], now: NamedDependency[datetime]
) -> Template:
    """What the draft would do, and the choice that publishes it. Raises NotFound."""
    return await _change(await found(name), movement, {}, {}, now=now)


@post("/{name:str}/change", name="calendars.publish")
async def publish(
    request: Staff,
    name: FromPath[str],
    posted: NamedDependency[Posted],
    movement: NamedDependency[Movement | None],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    calendar, kept = await found(name), typed(posted.form)
    sent = forms.read_publication(posted.form, may_move=movement is not None)
    if posted.stale:
        return await _change(calendar, movement, kept, {"form": str(posted.stale)}, now=now, status=403)
    if sent.errors:
        return await _change(calendar, movement, kept, sent.errors, now=now, status=422)
    enqueue = movement.enqueue if movement and sent.moves else None
    by = request.user.account_id
    try:
        await actions.publish(name, seen=sent.seen, note=sent.note, enqueue=enqueue, by=by, now=now)
    except (ChangedMeanwhile, NeverOpen) as refusal:
        return await _change(await found(name), movement, kept, {"form": str(refusal)}, now=now, status=409)
    return and_say(settings, f"{CALENDARS}/{name}", "published_moving" if sent.moves else "published")


@post("/{name:str}/change/drop", name="calendars.drop")
async def drop_draft(
    name: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await actions.drop_draft(name, now=now)
    return and_say(settings, f"{CALENDARS}/{name}", "dropped")


async def _new(kept: dict[str, Any], errors: dict[str, str], *, status: int = 200) -> Template:
    context = shown(errors, typed=kept, calendars=await offered())
    return Template("calendars/new.html", context=context, status_code=status)


async def _change(
    calendar: CalendarAtHand,
    movement: Movement | None,
    kept: dict[str, Any],
    errors: dict[str, str],
    *,
    now: datetime,
    status: int = 200,
) -> Template:
    moved = []
    if movement and calendar.draft:
        moved = await movement.preview(calendar.name, calendar.draft.plan.calendar, now=now)
    examples = [(one.service, case) for one in moved for case in one.examples]
    context = shown(
        errors,
        calendar=calendar,
        days=rules.day_changes(calendar.published, calendar.plan),
        weeks=rules.week_changes(calendar.published, calendar.plan),
        moved=moved,
        moving=sum(one.n for one in moved),
        told=sum(one.told for one in moved),
        examples=examples[:EXAMPLES],
        may_move=movement is not None,
        typed=kept,
    )
    return Template("calendars/change.html", context=context, status_code=status)


def _history(calendar: CalendarAtHand) -> list[tuple[Any, list[Any], list[Any]]]:
    """Each revision with the days and the weekly hours that it changed; the oldest one shown changed nothing here."""
    pairs = zip(calendar.history, [*calendar.history[1:], calendar.history[-1]], strict=True)
    return [
        (past, rules.day_changes(before.plan, past.plan), rules.week_changes(before.plan, past.plan))
        for past, before in pairs
    ]


calendars_router = Router(
    CALENDARS,
    route_handlers=[
        show_calendars,
        show_new,
        add_calendar,
        show_calendar,
        show_change,
        publish,
        drop_draft,
        *day_handlers,
    ],
)
