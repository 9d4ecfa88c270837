"""What those who run the place see: what each day added up to, and how the installation is."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal import audit, codes
from portal.cases import independence
from portal.errors import NotAllowed, NotFound
from portal.i18n import _, localized
from portal.operations import actions, health, labels, queries
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.settings import Settings

Reader = Request[SignedIn, Any, Any]
HERE = "/admin/reconciliation"
EARLIEST = date(2000, 1, 1)


@get("/reconciliation", name="operations.days")
async def show_days(before: FromQuery[str] = "") -> Template:
    """What each day added up to, the newest first, fifty on a page."""
    page = await queries.days(_date(before) if before else None)
    context = {"page": page, "first": not before, "current": "admin"}
    return Template("operations/days.html", context=context, headers=PRIVATE)


@get("/reconciliation/{day:str}", name="operations.day")
async def show_day(
    request: Reader,
    day: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """One day, and what of it does not add up. Raises NotFound for what is no day, or none yet."""
    chosen = _past(day, settings.zone, now)
    word, cookies = said(settings, request)
    shown = await _day_page(chosen, told=word)
    shown.cookies.extend(cookies)
    return shown


@post("/reconciliation/{day:str}", name="operations.reckon")
async def post_reckon(
    day: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    chosen = _past(day, settings.zone, now)
    if posted.stale:
        return await _day_page(chosen, problem=str(posted.stale), status=403)
    await audit.append("day_reckoned", object=f"day:{chosen.isoformat()}", now=now)
    await actions.reckon(chosen, zone=settings.zone, uploads_dir=settings.uploads_dir, now=now)
    return and_say(settings, f"{HERE}/{chosen.isoformat()}", "reckoned")


@get("/reconciliation/cases/{case_id:uuid}", name="operations.case")
async def show_case(request: Reader, case_id: FromPath[UUID]) -> Redirect:
    """To the case at the desk, for those who read it there: to others the address would tell its code."""
    found = await queries.case_of(case_id)
    if found is None:
        raise NotFound(_("There is no such case."))
    await independence.check(request.user.account_id, case_id)
    number, units = found
    if not request.user.reads_all and not units & set(request.user.units):
        raise NotAllowed(_("Only the unit that works on this case, and auditors, go from here to it."))
    await independence.check(request.user.account_id, case_id)
    return Redirect(localized(f"/desk/cases/{codes.show_text(number)}"), status_code=303, headers=PRIVATE)


@get("/health", name="operations.health")
async def show_health(settings: NamedDependency[Settings], now: NamedDependency[datetime]) -> Template:
    """What the worker saw when it last looked."""
    seen = await health.newest()
    context = {
        "health": seen,
        "concerns": labels.concerns(seen, settings.zone) if seen else [],
        "calm": labels.calm(seen, settings.zone) if seen else [],
        "stale": seen is not None and labels.is_stale(seen, now),
        "current": "admin",
    }
    return Template("operations/health.html", context=context, headers=PRIVATE)


async def _day_page(day: date, *, told: str = "", problem: str = "", status: int = 200) -> Template:
    context = {
        "day": day,
        "report": await queries.one_day(day),
        "path": f"{HERE}/{day.isoformat()}",
        "oddity_words": labels.oddity_words,
        "said": told,
        "errors": {"form": problem} if problem else {},
        "current": "admin",
    }
    return Template("operations/day.html", context=context, status_code=status, headers=PRIVATE)


def _past(typed: str, zone: tzinfo, now: datetime) -> date:
    day = _date(typed)
    if not EARLIEST <= day <= now.astimezone(zone).date():
        raise NotFound(_("There is nothing here."))
    return day


def _date(typed: str) -> date:
    """The day in an address, as in 2026-11-21. Raises NotFound."""
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise NotFound(_("There is nothing here.")) from error


operations_router = Router(
    "/admin", route_handlers=[show_days, show_day, post_reckon, show_case, show_health]
)
