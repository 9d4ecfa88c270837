"""The pages of a service's lists: questions, legal basis, sections, clauses. Each row is a form of its own.

A row is known by what it holds (``seen``), not by its place: places change while others work.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal.errors import NotFound
from portal.forms import version_of
from portal.i18n import _
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.services import drafts, row_forms
from portal.services.agency_actions import ChangedMeanwhile
from portal.services.editor_forms import Sent
from portal.services.editor_queries import ServiceAtHand
from portal.services.editor_routes import SERVICES, Manager, at_hand, form_context, page_context
from portal.services.rules import Row, rows_of
from portal.settings import Settings


@get("/services/{slug:str}/{part:str}", name="services.rows")
async def show_rows(
    request: Manager,
    slug: FromPath[str],
    part: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """One of the lists. Raises NotFound."""
    service = await _service(slug, part, now)
    rows = [(place, row, version_of(row)) for place, row in enumerate(rows_of(service.draft, part), start=1)]
    word, cookies = said(settings, request)
    context = {
        **page_context(service),
        "part": part,
        "rows": rows,
        "removable": row_forms.removable,
        "said": word,
    }
    return Template("services/editor_rows.html", context=context, cookies=cookies)


@get("/services/{slug:str}/{part:str}/new", name="services.new_row")
async def show_new_row(
    slug: FromPath[str],
    part: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    return _row_page(await _service(slug, part, now), part, "new", settings)


@post("/services/{slug:str}/{part:str}/new", name="services.add_row")
async def add_row(
    request: Manager,
    slug: FromPath[str],
    part: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    return await _save(request, slug, part, "new", posted, settings, now)


@get("/services/{slug:str}/{part:str}/{n:int}", name="services.row")
async def show_row(
    slug: FromPath[str],
    part: FromPath[str],
    n: FromPath[int],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """The row that stands at place ``n``. Raises NotFound."""
    service = await _service(slug, part, now)
    if _row(service, part, str(n)) is None:
        raise NotFound(_("It does not exist any more."))
    return _row_page(service, part, str(n), settings)


@post("/services/{slug:str}/{part:str}/{n:int}", name="services.save_row")
async def save_row(
    request: Manager,
    slug: FromPath[str],
    part: FromPath[str],
    n: FromPath[int],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    return await _save(request, slug, part, str(n), posted, settings, now)


@post("/services/{slug:str}/{part:str}/move", name="services.move_row")
async def move_row(
    request: Manager,
    slug: FromPath[str],
    part: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """The row stands one place up or down, or is removed, as the button says. Raises ChangedMeanwhile, NotFound."""
    service = await _service(slug, part, now)
    seen, way = str(form.get("seen", "")), form.get("way")
    removes = way == "remove" and any(
        version_of(row) == seen and row_forms.removable(part, row) for row in rows_of(service.draft, part)
    )
    change = drafts.without_row(part, seen=seen) if removes else drafts.moved(part, seen=seen, up=way == "up")
    await drafts.redraft(service.id, change, part=part, by=request.user.account_id, now=now)
    return and_say(settings, f"{SERVICES}/{slug}/{part}", "removed" if removes else "moved")


async def _save(
    request: Manager,
    slug: str,
    part: str,
    place: str,
    posted: Posted,
    settings: Settings,
    now: datetime,
) -> Template | Redirect:
    service = await _service(slug, part, now)
    filled, make = row_forms.read_row(part, posted.form, service.draft)
    if posted.stale:
        return _row_page(service, part, place, settings, filled, {"form": str(posted.stale)}, status=403)
    if filled.errors:
        return _row_page(service, part, place, settings, filled, filled.errors, status=422)
    seen = filled.seen if place != "new" else ""
    try:
        change = drafts.with_row(part, make, seen=seen)
        if place != "new" and not seen:
            raise ChangedMeanwhile
        await drafts.redraft(service.id, change, part=part, by=request.user.account_id, now=now)
    except ChangedMeanwhile as refusal:
        fresh = await _service(slug, part, now)
        return _row_page(fresh, part, place, settings, filled, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{SERVICES}/{slug}/{part}", "saved")


async def _service(slug: str, part: str, now: datetime) -> ServiceAtHand:
    if part not in row_forms.PARTS:
        raise NotFound(_("There is no such part of a service."))
    return await at_hand(slug, now)


def _row(service: ServiceAtHand, part: str, place: str) -> Row | None:
    rows = rows_of(service.draft, part)
    return rows[int(place) - 1] if place != "new" and 0 < int(place) <= len(rows) else None


def _row_page(
    service: ServiceAtHand,
    part: str,
    place: str,
    settings: Settings,
    filled: Sent | None = None,
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
) -> Template:
    """After a conflict on a row that has gone, what is sent from this page is added as a new one."""
    row = _row(service, part, place)
    place = place if row or status != 409 else "new"
    held: dict[str, Any] = row_forms.typed_of(part, row, settings.zone)
    context = {
        **page_context(service),
        **form_context(held, version_of(row) if row else "", filled, errors, status),
        "part": part,
        "place": place,
        "row": row,
        "sections": [(section.key, section.title) for section in service.draft.statement.sections],
    }
    return Template("services/editor_row.html", context=context, status_code=status)


row_handlers = [show_rows, show_new_row, add_row, show_row, save_row, move_row]
