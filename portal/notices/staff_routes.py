"""Notices at the desk: the list, the month, a new one with its preview, one with all that can be done to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template

from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import _, current_language, localized
from portal.jalali import show_month
from portal.notices import actions, drafts, queries, series, staff_calendar, staff_queries
from portal.notices.drafts import WrongField
from portal.notices.rules import Notice, stage
from portal.notices.staff_forms import IMPACT, SentNotice, filled, read_notice
from portal.notices.staff_moves import MOVES, make, read_move
from portal.notices.staff_pages import DESK, Staff, may_change, new_page, notice_page, refused, shown
from portal.notices.staff_preview import preview
from portal.paging import PAGE, page_of
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE
from portal.settings import Settings
from portal.templating import MailTemplates, page_context


@get("/", name="notices.desk")
async def show_list(
    request: Staff, now: NamedDependency[datetime], before: FromQuery[int | None] = None
) -> Template:
    """Every notice by where it stands; the past a page at a time, numbered below ``before``."""
    current = [] if before else [(one, stage(one, now)) for one in await queries.current(now=now)]
    newest = 2**31 - 1
    found = await queries.published(before=max(0, min(before or newest, newest)), limit=PAGE + 1, now=now)
    page = page_of(found, lambda one: one.no)
    context = shown(
        {},
        groups=[
            (_("On now"), [one for one, at in current if at == "now"]),
            (_("Ahead"), [one for one, at in current if at in ("ahead", "soon")]),
            (_("Not published yet"), [one for one, at in current if at == "unpublished"]),
            (_("Past"), [one for one in page.rows if stage(one, now) in ("over", "cancelled")]),
        ],
        stage_of=lambda one: stage(one, now),
        first=localized(DESK) if before else None,
        older=localized(f"{DESK}?before={page.older}") if page.older else None,
    )
    return Template("notices/desk/list.html", context=context, headers=PRIVATE)


@get("/calendar", name="notices.desk_calendar")
async def show_calendar(
    settings: NamedDependency[Settings], now: NamedDependency[datetime], month: FromQuery[str] = ""
) -> Template:
    """The month in which the day ``month`` (Gregorian, ISO) lies; this one without it. Raises NotFound."""
    language, today = current_language(), now.astimezone(settings.zone).date()
    try:
        of = staff_calendar.month(date.fromisoformat(month) if month else today, language, settings.zone)
    except (ValueError, OverflowError):
        raise NotFound(_("There is no such month here.")) from None
    notices = await queries.between(of.since, of.until)
    context = shown(
        {},
        weeks=staff_calendar.weeks(of, notices, settings.zone, now),
        weekdays=staff_calendar.weekdays(language),
        month=show_month(of.first, language),
        earlier=(show_month(of.before, language), f"{DESK}/calendar?month={of.before}"),
        later=(show_month(of.after, language), f"{DESK}/calendar?month={of.after}"),
        today=today,
        stage_of=lambda one: stage(one, now),
    )
    return Template("notices/desk/calendar.html", context=context, headers=PRIVATE)


@get("/new", name="notices.new")
async def show_new(request: Staff, now: NamedDependency[datetime], service: FromQuery[str] = "") -> Template:
    """The empty form; the one service there is, or ``service``, is unavailable."""
    offered = await staff_queries.offered(request.user, now=now)
    affected = service or (offered[0].slug if len(offered) == 1 else "")
    return new_page(offered, {f"{IMPACT}{affected}": "unavailable"}, {})


@post("/new", name="notices.post")
async def post_notice(
    request: Staff,
    posted: NamedDependency[Posted],
    mail_templates: NamedDependency[MailTemplates],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Shown as it will be, or posted, as the pressed button says."""
    offered = await staff_queries.offered(request.user, now=now)
    sent = read_notice(posted.form, offered, settings.zone, now)
    if posted.stale:
        return new_page(offered, sent.typed, {"form": str(posted.stale)}, status=403)
    if sent.do == "fill":
        return new_page(offered, filled(sent.typed), {}, filled=True)
    if sent.draft is None:
        return new_page(offered, sent.typed, sent.errors, status=422)
    try:
        if sent.do == "post":
            no = await _post(sent, request, settings, now)
            return and_say(settings, f"{DESK}/{no}", "posted")
        drafts.check(sent.draft, now)
        if sent.rule:
            series.check(sent.draft, sent.rule, settings.zone)
    except WrongField as refusal:
        return new_page(offered, sent.typed, refused(refusal, sent.typed), status=422)
    engine = cast(JinjaTemplateEngine, request.app.template_engine)
    common = page_context(request, settings)
    seen = await preview(sent, offered, engine, common, mail_templates, settings, now)
    return new_page(offered, sent.typed, {}, preview=seen)


@get("/{no:int}", name="notices.at_desk")
async def show_notice(
    request: Staff, no: FromPath[int], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    """One notice, published or not. Raises NotFound."""
    word, cookies = said(settings, request)
    page = await notice_page(await _found(no), request.user, now=now, made=word)
    page.cookies.extend(cookies)
    return page


@post("/{no:int}/{move_name:str}", name="notices.move")
async def post_move(
    request: Staff,
    no: FromPath[int],
    move_name: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """One of ``MOVES`` is made. Raises NotFound, NotAllowed for a notice of others."""
    move = MOVES.get(move_name)
    if move is None:
        raise NotFound(_("There is nothing here."))
    notice = await _found(no)
    if not await may_change(notice, request.user, now=now):
        raise NotAllowed(_("This notice belongs to services of another unit."))
    sent = read_move(move, posted.form, settings.zone)

    async def again(errors: dict[str, str], status: int) -> Template:
        fresh = await _found(no)
        return await notice_page(fresh, request.user, now=now, sent=sent, errors=errors, status=status)

    if posted.stale:
        return await again({"form": str(posted.stale)}, 403)
    if sent.errors:
        return await again(sent.errors, 422)
    try:
        await make(sent, no, by=request.user.account_id, now=now)
    except WrongField as refusal:
        return await again(refused(refusal, sent.typed), 422)
    except Conflict as refusal:
        return await again({"form": str(refusal)}, 409)
    return and_say(settings, f"{DESK}/{no}", move.name)


@get("/{no:int}/{move_name:str}", name="notices.after_move")
async def show_after_move(no: FromPath[int], move_name: FromPath[str]) -> Redirect:
    """Whoever reloads the answer to a change, or takes it in the other language, is back on the notice's page."""
    if move_name not in MOVES:
        raise NotFound(_("There is nothing here."))
    return Redirect(localized(f"{DESK}/{no}"), status_code=303)


async def _post(sent: SentNotice, request: Staff, settings: Settings, now: datetime) -> int:
    assert sent.draft is not None
    by = request.user.account_id
    if sent.rule:
        return await series.begin(sent.draft, sent.rule, zone=settings.zone, by=by, now=now)
    return await actions.post(sent.draft, by=by, now=now)


async def _found(no: int) -> Notice:
    notice = await queries.notice(no)
    if notice is None:
        raise NotFound(_("There is no notice at this address."))
    return notice


staff_router = Router(
    "/desk/notices",
    route_handlers=[
        show_list,
        show_calendar,
        show_new,
        post_notice,
        show_notice,
        post_move,
        show_after_move,
    ],
)
