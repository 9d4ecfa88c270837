"""Who hears of promises in danger: the page of a service's warnings, and the form that names a unit's head."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal.calendars.movement import Movement
from portal.errors import NotFound
from portal.forms import named, version_of
from portal.i18n import _
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.sessions import SignedIn
from portal.services import agency_queries, unit_people, watch_actions, watch_forms, watch_queries
from portal.services.agency_actions import ChangedMeanwhile
from portal.services.agency_queries import UnitAtHand
from portal.services.watch_queries import Watched
from portal.settings import Settings

Manager = Request[SignedIn, Any, Any]


@get("/services/{slug:str}/watch", name="services.watch")
async def show_watch(
    request: Manager,
    slug: FromPath[str],
    settings: NamedDependency[Settings],
) -> Template:
    """Whom the service warns. Raises NotFound."""
    service = await _service(slug)
    word, cookies = said(settings, request)
    page = await _watch_page(service, watch_forms.typed_of(service.watch), {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/services/{slug:str}/watch", name="services.change_watch")
async def change_watch(
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    movement: NamedDependency[Movement | None],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await _service(slug)
    sent = watch_forms.read_watch(posted.form)
    if posted.stale:
        return await _watch_page(service, sent.typed, {"form": str(posted.stale)}, seen=sent.seen, status=403)
    if sent.watch is None:
        return await _watch_page(service, sent.typed, sent.errors, seen=sent.seen, status=422)
    enqueue = movement.enqueue_watch if movement else None
    try:
        changed = await watch_actions.change_watch(
            service.id, sent.watch, seen=sent.seen, enqueue=enqueue, now=now
        )
    except ChangedMeanwhile as refusal:
        return await _watch_page(await _service(slug), sent.typed, {"form": str(refusal)}, status=409)
    return and_say(settings, _path(slug), "changed" if changed else "same")


@get("/units/{slug:str}/head", name="services.head")
async def show_head(request: Manager, slug: FromPath[str], settings: NamedDependency[Settings]) -> Template:
    """Who heads the unit. Raises NotFound."""
    word, cookies = said(settings, request)
    page = await _head_page(await _unit(slug), {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/units/{slug:str}/head", name="services.name_head")
async def name_head(
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    unit = await _unit(slug)
    head, errors = watch_forms.read_head(posted.form)
    if posted.stale:
        return await _head_page(unit, {"form": str(posted.stale)}, status=403)
    if errors:
        return await _head_page(unit, errors, status=422)
    try:
        changed = await watch_actions.name_head(unit.id, head, now=now)
    except watch_actions.NotOfUnit as refusal:
        return await _head_page(unit, {"head": str(refusal)}, status=409)
    return and_say(settings, f"/admin/units/{slug}/head", "changed" if changed else "same")


def _path(slug: str) -> str:
    return f"/admin/services/{slug}/watch"


async def _service(slug: str) -> Watched:
    service = await watch_queries.watched(slug)
    if service is None:
        raise NotFound(_("There is no service at this address."))
    return service


async def _unit(slug: str) -> UnitAtHand:
    unit = await agency_queries.unit_by_slug(slug)
    if unit is None:
        raise NotFound(_("There is no unit at this address."))
    return unit


async def _watch_page(
    service: Watched,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    seen: str = "",
    told: str = "",
    status: int = 200,
) -> Template:
    """``seen`` empty: what is sent from this page replaces what holds now."""
    context = {
        **_shown(errors, told),
        "service": service,
        "head": await unit_people.head_of(service.unit_id),
        "path": _path(service.slug),
        "typed": typed,
        "usual": watch_actions.USUAL,
        "seen": seen or version_of(service.watch),
        "now_holds": status == 409,
    }
    return Template("services/admin_watch.html", context=context, status_code=status)


async def _head_page(
    unit: UnitAtHand, errors: dict[str, str], *, told: str = "", status: int = 200
) -> Template:
    context = {
        **_shown(errors, told),
        "unit": unit,
        "path": f"/admin/units/{unit.slug}/head",
        "head": await unit_people.head_of(unit.id),
        "people": [(one.value, one.label) for one in await unit_people.clerks(unit.id)],
    }
    return Template("services/admin_head.html", context=context, status_code=status)


def _shown(errors: dict[str, str], told: str) -> dict[str, Any]:
    labels = {name: _(label) for name, label in watch_forms.LABELS.items()}
    return {
        "errors": errors,
        "summary": named(errors, labels),
        "labels": labels,
        "said": told,
        "current": "admin",
    }


watch_router = Router("/admin", route_handlers=[show_watch, change_watch, show_head, name_head])
