"""An edition of a statement in other shapes: on paper, and beside another edition."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from portal.errors import NotFound
from portal.i18n import _, current_language
from portal.services import editor_queries
from portal.services.comparison import compare, fate_words
from portal.services.edition_queries import Edition
from portal.services.labels import WORDS
from portal.services.printed import printed
from portal.services.routes import FRESH, edition_at
from portal.settings import Settings

PDF = "application/pdf"


@get("/services/{slug:str}/sla.pdf", name="services.statement_pdf")
async def send_statement_pdf(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """The statement in force as a PDF. Raises NotFound."""
    return await _pdf(request, await edition_at(slug, now=now), settings)


@get("/services/{slug:str}/sla/{n:int}/statement.pdf", name="services.edition_pdf")
async def send_edition_pdf(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    n: FromPath[int],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Response[bytes]:
    """One edition as a PDF. Raises NotFound."""
    return await _pdf(request, await edition_at(slug, n, now=now), settings)


@get("/services/{slug:str}/sla/{n:int}/changes", name="services.changes")
async def show_changes(
    slug: FromPath[str],
    n: FromPath[int],
    now: NamedDependency[datetime],
    earlier: Annotated[int | None, QueryParameter(name="from")] = None,
) -> Template:
    """What edition ``n`` says otherwise than the one ``from``, without it than the one before. Raises NotFound."""
    new = await edition_at(slug, n, now=now)
    if earlier is None:
        earlier = next((number for number in new.editions if number < n), None)
    if earlier is None:
        raise NotFound(_("This is the first edition: there is none to compare it with."))
    old = await edition_at(slug, earlier, now=now)
    context = {
        **WORDS,
        "fate_words": fate_words,
        "old": old,
        "new": new,
        "differences": compare(old.statement, new.statement, await editor_queries.calendars()),
        "current": "services",
    }
    return Template("services/changes.html", context=context)


async def _pdf(request: Request[Any, Any, Any], edition: Edition, settings: Settings) -> Response[bytes]:
    made = await printed(edition, settings)
    tag = f'"{hashlib.sha256(made).hexdigest()}"'
    name = f"{edition.slug}-{edition.n}-{current_language()}.pdf"
    headers = {"ETag": tag, "Cache-Control": FRESH, "Content-Disposition": f'inline; filename="{name}"'}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=PDF)
    return Response(made, headers=headers, media_type=PDF)


documents_router = Router("/", route_handlers=[send_statement_pdf, send_edition_pdf, show_changes])
