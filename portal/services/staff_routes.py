"""Agencies and their units, as a site admin keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal.errors import NotFound
from portal.forms import named, version_of
from portal.i18n import _
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.sessions import SignedIn
from portal.services import agency_actions, agency_queries, staff_forms
from portal.services.agency_actions import ChangedMeanwhile, SlugTaken
from portal.services.agency_queries import AgencyAtHand, UnitAtHand
from portal.services.editor_routes import editor_handlers
from portal.services.publish_routes import publish_handlers
from portal.services.row_routes import row_handlers
from portal.settings import Settings

Admin = Request[SignedIn, Any, Any]
AGENCIES, UNITS = "/admin/agencies", "/admin/units"


@get("/agencies", name="services.agencies")
async def show_agencies(request: Admin, settings: NamedDependency[Settings]) -> Template:
    """Every agency with its units."""
    word, cookies = said(settings, request)
    context = {**_shown({}, {}), "agencies": await agency_queries.agencies(), "said": word}
    return Template("services/admin_agencies.html", context=context, cookies=cookies)


@get("/agencies/new", name="services.new_agency")
async def show_new_agency() -> Template:
    return _new_agency(dict.fromkeys(staff_forms.AGENCY_FIELDS, ""), {})


@post("/agencies/new", name="services.add_agency")
async def add_agency(
    posted: NamedDependency[Posted], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template | Redirect:
    sent = staff_forms.read_new_agency(posted.form)
    if posted.stale:
        return _new_agency(sent.typed, {"form": str(posted.stale)}, status=403)
    if sent.errors:
        return _new_agency(sent.typed, sent.errors, status=422)
    try:
        await agency_actions.add_agency(sent.slug, sent.draft, now=now)
    except SlugTaken as refusal:
        return _new_agency(sent.typed, {"slug": str(refusal)}, status=409)
    return and_say(settings, f"{AGENCIES}/{sent.slug}", "added")


@get("/agencies/{slug:str}", name="services.agency")
async def show_agency(request: Admin, slug: FromPath[str], settings: NamedDependency[Settings]) -> Template:
    """One agency and its units. Raises NotFound."""
    agency = await _agency(slug)
    word, cookies = said(settings, request)
    page = _agency_page(agency, agency.values, {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/agencies/{slug:str}", name="services.change_agency")
async def change_agency(
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    agency = await _agency(slug)
    sent = staff_forms.read_agency(posted.form)
    if posted.stale:
        return _agency_page(agency, sent.typed, {"form": str(posted.stale)}, seen=sent.seen, status=403)
    if sent.errors:
        return _agency_page(agency, sent.typed, sent.errors, seen=sent.seen, status=422)
    try:
        changed = await agency_actions.change_agency(agency.id, sent.draft, seen=sent.seen, now=now)
    except ChangedMeanwhile as refusal:
        return _agency_page(await _agency(slug), sent.typed, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{AGENCIES}/{slug}", "changed" if changed else "same")


@post("/agencies/{slug:str}/remove", name="services.remove_agency")
async def remove_agency(
    slug: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await agency_actions.remove_agency((await _agency(slug)).id, now=now)
    return and_say(settings, AGENCIES, "removed")


@get("/units/new", name="services.new_unit")
async def show_new_unit(agency: FromQuery[str] = "") -> Template:
    return await _new_unit(
        {**dict.fromkeys(staff_forms.UNIT_FIELDS, ""), "agency": agency, "kind": "desk"}, {}
    )


@post("/units/new", name="services.add_unit")
async def add_unit(
    posted: NamedDependency[Posted], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template | Redirect:
    sent = staff_forms.read_new_unit(posted.form, dict(await _offered()))
    if posted.stale:
        return await _new_unit(sent.typed, {"form": str(posted.stale)}, status=403)
    if sent.errors:
        return await _new_unit(sent.typed, sent.errors, status=422)
    try:
        await agency_actions.add_unit(sent.slug, sent.draft, now=now)
    except SlugTaken as refusal:
        return await _new_unit(sent.typed, {"slug": str(refusal)}, status=409)
    return and_say(settings, f"{UNITS}/{sent.slug}", "added")


@get("/units/{slug:str}", name="services.unit")
async def show_unit(request: Admin, slug: FromPath[str], settings: NamedDependency[Settings]) -> Template:
    """One unit. Raises NotFound."""
    unit = await _unit(slug)
    word, cookies = said(settings, request)
    page = await _unit_page(unit, unit.values, {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/units/{slug:str}", name="services.change_unit")
async def change_unit(
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    unit = await _unit(slug)
    sent = staff_forms.read_unit(posted.form, dict(await _offered(unit)))
    if posted.stale:
        return await _unit_page(unit, sent.typed, {"form": str(posted.stale)}, seen=sent.seen, status=403)
    if sent.errors:
        return await _unit_page(unit, sent.typed, sent.errors, seen=sent.seen, status=422)
    try:
        changed = await agency_actions.change_unit(unit.id, sent.draft, seen=sent.seen, now=now)
    except ChangedMeanwhile as refusal:
        return await _unit_page(await _unit(slug), sent.typed, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{UNITS}/{slug}", "changed" if changed else "same")


@post("/units/{slug:str}/remove", name="services.remove_unit")
async def remove_unit(
    slug: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    unit = await _unit(slug)
    await agency_actions.remove_unit(unit.id, now=now)
    return and_say(settings, f"{AGENCIES}/{unit.agency}", "unit_removed")


async def _agency(slug: str) -> AgencyAtHand:
    agency = await agency_queries.agency_by_slug(slug)
    if agency is None:
        raise NotFound(_("There is no agency at this address."))
    return agency


async def _unit(slug: str) -> UnitAtHand:
    unit = await agency_queries.unit_by_slug(slug)
    if unit is None:
        raise NotFound(_("There is no unit at this address."))
    return unit


async def _offered(unit: UnitAtHand | None = None) -> list[tuple[str, str]]:
    """The agencies to choose from; a unit with services stays with its own."""
    if unit and unit.services:
        return [(unit.agency, str(unit.agency_name))]
    return [(agency.slug, str(agency.name)) for agency in await agency_queries.agencies()]


def _new_agency(typed: dict[str, str], errors: dict[str, str], *, status: int = 200) -> Template:
    context = {**_shown(typed, errors), "agency": None}
    return Template("services/admin_agency.html", context=context, status_code=status)


def _agency_page(
    agency: AgencyAtHand,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    seen: str = "",
    told: str = "",
    status: int = 200,
) -> Template:
    """``seen`` empty: what is sent from this page replaces what holds now."""
    seen = seen or version_of(agency.values)
    context = {
        **_shown(typed, errors),
        "agency": agency,
        "seen": seen,
        "said": told,
        "now_holds": status == 409,
    }
    return Template("services/admin_agency.html", context=context, status_code=status)


async def _new_unit(typed: dict[str, str], errors: dict[str, str], *, status: int = 200) -> Template:
    context = {**_shown(typed, errors), "unit": None, "agencies": await _offered()}
    return Template("services/admin_unit.html", context=context, status_code=status)


async def _unit_page(
    unit: UnitAtHand,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    seen: str = "",
    told: str = "",
    status: int = 200,
) -> Template:
    """As ``_agency_page``."""
    context = {
        **_shown(typed, errors),
        "unit": unit,
        "agencies": await _offered(unit),
        "seen": seen or version_of(unit.values),
        "said": told,
        "now_holds": status == 409,
    }
    return Template("services/admin_unit.html", context=context, status_code=status)


def _shown(typed: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    labels = {name: _(label) for name, label in staff_forms.LABELS.items()}
    kinds = {kind: _(label) for kind, label in staff_forms.UNIT_KINDS.items()}
    summary = named(errors, labels)
    return {
        "typed": typed,
        "errors": errors,
        "summary": summary,
        "labels": labels,
        "kinds": kinds,
        "said": "",
        "current": "admin",
    }


admin_router = Router(
    "/admin",
    route_handlers=[
        show_agencies,
        show_new_agency,
        add_agency,
        show_agency,
        change_agency,
        remove_agency,
        show_new_unit,
        add_unit,
        show_unit,
        change_unit,
        remove_unit,
        *editor_handlers,
        *row_handlers,
        *publish_handlers,
    ],
)
