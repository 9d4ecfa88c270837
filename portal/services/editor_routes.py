"""The pages on which managers keep services: the list, one service, its sheet, the terms of its statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal.errors import NotFound
from portal.forms import named, version_of
from portal.i18n import _
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.sessions import SignedIn
from portal.services import drafts, editor_forms, editor_queries, publishing, rules
from portal.services.agency_actions import ChangedMeanwhile, SlugTaken
from portal.services.editor_forms import Sent
from portal.services.editor_queries import ServiceAtHand
from portal.services.labels import EDITOR_WORDS, WORDS, field_labels
from portal.settings import Settings

Manager = Request[SignedIn, Any, Any]
SERVICES = "/admin/services"


@get("/services", name="services.kept")
async def show_services(
    request: Manager, settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    """Every service with its state and what is drafted."""
    word, cookies = said(settings, request)
    context = {"services": await editor_queries.services(now=now), "said": word, "current": "admin"}
    return Template("services/editor_list.html", context=context, cookies=cookies)


@get("/services/new", name="services.new")
async def show_new() -> Template:
    return await _new_page(dict.fromkeys(("slug", "title_fa", "title_en", "unit"), ""), {})


@post("/services/new", name="services.add")
async def add(
    request: Manager,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    filled = editor_forms.read_new(posted.form, [slug for slug, _name in await editor_queries.units()])
    if posted.stale:
        return await _new_page(filled.typed, {"form": str(posted.stale)}, status=403)
    if filled.errors:
        return await _new_page(filled.typed, filled.errors, status=422)
    try:
        await drafts.add_service(
            filled.values["slug"],
            filled.values["title"],
            filled.values["unit"],
            by=request.user.account_id,
            now=now,
        )
    except SlugTaken as refusal:
        return await _new_page(filled.typed, {"slug": str(refusal)}, status=409)
    return and_say(settings, f"{SERVICES}/{filled.values['slug']}", "added")


@get("/services/{slug:str}", name="services.edit")
async def show_service_to_edit(
    request: Manager,
    slug: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """One service: its parts, what is missing, what can be done with it. Raises NotFound."""
    service = await at_hand(slug, now)
    word, cookies = said(settings, request)
    context = {**page_context(service), "gaps": rules.missing(service.draft), "said": word}
    return Template("services/editor.html", context=context, cookies=cookies)


@post("/services/{slug:str}/drop", name="services.drop")
async def drop(
    slug: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await drafts.drop_draft((await at_hand(slug, now)).id, now=now)
    return and_say(settings, f"{SERVICES}/{slug}", "dropped")


@post("/services/{slug:str}/open", name="services.open")
async def open_for_requests(
    slug: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await publishing.open_service((await at_hand(slug, now)).id, now=now)
    return and_say(settings, f"{SERVICES}/{slug}", "opened")


@post("/services/{slug:str}/desk", name="services.make_desk")
async def make_desk(
    slug: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await publishing.make_desk((await at_hand(slug, now)).id, now=now)
    return and_say(settings, f"{SERVICES}/{slug}", "desk")


@post("/services/{slug:str}/close", name="services.close")
async def close_for_requests(
    slug: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await publishing.close_service((await at_hand(slug, now)).id, now=now)
    return and_say(settings, f"{SERVICES}/{slug}", "closed")


@get("/services/{slug:str}/sheet", name="services.sheet")
async def show_sheet(slug: FromPath[str], now: NamedDependency[datetime]) -> Template:
    return await _sheet_page(await at_hand(slug, now))


@post("/services/{slug:str}/sheet", name="services.save_sheet")
async def save_sheet(
    request: Manager,
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await at_hand(slug, now)
    filled = editor_forms.read_sheet(posted.form, [unit for unit, _name in await editor_queries.units()])
    if posted.stale:
        return await _sheet_page(service, filled, {"form": str(posted.stale)}, status=403)
    if filled.errors:
        return await _sheet_page(service, filled, filled.errors, status=422)
    change = drafts.replaced(
        filled.values, seen=filled.seen, version=lambda draft: version_of(editor_forms.sheet_typed(draft))
    )
    try:
        await drafts.redraft(service.id, change, part="sheet", by=request.user.account_id, now=now)
    except ChangedMeanwhile as refusal:
        return await _sheet_page(await at_hand(slug, now), filled, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{SERVICES}/{slug}", "saved")


@get("/services/{slug:str}/terms", name="services.terms")
async def show_terms(
    slug: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    return await _terms_page(await at_hand(slug, now), settings)


@post("/services/{slug:str}/terms", name="services.save_terms")
async def save_terms(
    request: Manager,
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await at_hand(slug, now)
    filled = editor_forms.read_terms(posted.form, await editor_queries.calendars(), service.draft)
    if posted.stale:
        return await _terms_page(service, settings, filled, {"form": str(posted.stale)}, status=403)
    if filled.errors:
        return await _terms_page(service, settings, filled, filled.errors, status=422)
    change = drafts.replaced(
        filled.values,
        seen=filled.seen,
        version=lambda draft: version_of(editor_forms.terms_typed(draft, settings.zone)),
        inside="statement",
    )
    try:
        await drafts.redraft(service.id, change, part="terms", by=request.user.account_id, now=now)
    except ChangedMeanwhile as refusal:
        fresh = await at_hand(slug, now)
        return await _terms_page(fresh, settings, filled, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{SERVICES}/{slug}", "saved")


async def at_hand(slug: str, now: datetime) -> ServiceAtHand:
    """The service a page is about. Raises NotFound."""
    service = await editor_queries.service_to_edit(slug, now=now)
    if service is None:
        raise NotFound(_("There is no service at this address."))
    return service


def page_context(service: ServiceAtHand) -> dict[str, Any]:
    """What every page of one service shows."""
    return {
        **WORDS,
        **EDITOR_WORDS,
        "service": service,
        "labels": field_labels(),
        "said": "",
        "current": "admin",
    }


def form_context(
    held: dict[str, Any], seen: str, filled: Sent | None, errors: dict[str, str] | None, status: int
) -> dict[str, Any]:
    """What a form shows: what was typed, else what is drafted; after a conflict what somebody else has saved."""
    errors = errors or {}
    return {
        "typed": {**dict.fromkeys(held, ""), **filled.typed} if filled else held,
        "errors": errors,
        "summary": named(errors, field_labels()),
        "seen": filled.seen if filled and status != 409 else seen,
        "held": held if status == 409 else None,
    }


async def _new_page(typed: dict[str, Any], errors: dict[str, str], *, status: int = 200) -> Template:
    labels = field_labels()
    context = {
        "typed": {**dict.fromkeys(("slug", "title_fa", "title_en", "unit"), ""), **typed},
        "errors": errors,
        "summary": named(errors, labels),
        "labels": labels,
        "units": await editor_queries.units(),
        "current": "admin",
    }
    return Template("services/editor_new.html", context=context, status_code=status)


async def _sheet_page(
    service: ServiceAtHand,
    filled: Sent | None = None,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Template:
    held = editor_forms.sheet_typed(service.draft)
    context = {
        **page_context(service),
        **form_context(held, version_of(held), filled, errors, status),
        "units": await editor_queries.units(),
    }
    return Template("services/editor_sheet.html", context=context, status_code=status)


async def _terms_page(
    service: ServiceAtHand,
    settings: Settings,
    filled: Sent | None = None,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Template:
    held = editor_forms.terms_typed(service.draft, settings.zone)
    context = {
        **page_context(service),
        **form_context(held, version_of(held), filled, errors, status),
        "calendars": [(name, str(title)) for name, title in (await editor_queries.calendars()).items()],
    }
    return Template("services/editor_terms.html", context=context, status_code=status)


editor_handlers = [
    *(
        show_services,
        show_new,
        add,
        show_service_to_edit,
        drop,
        open_for_requests,
        close_for_requests,
        make_desk,
    ),
    *(show_sheet, save_sheet, show_terms, save_terms),
]
