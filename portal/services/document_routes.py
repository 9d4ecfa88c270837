"""An edition of a statement in other shapes: on paper, and beside another edition."""

from __future__ import annotations

import hashlib
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.i18n import current_language
from portal.services import queries
from portal.services.printed import printed
from portal.services.queries import Edition
from portal.services.routes import FRESH, edition_at
from portal.settings import Settings

PDF = "application/pdf"


@get("/services/{slug:str}/sla.pdf", name="services.statement_pdf")
async def send_statement_pdf(
    request: Request[Any, Any, Any], slug: FromPath[str], settings: NamedDependency[Settings]
) -> Response[bytes]:
    """The statement in force as a PDF. Raises NotFound."""
    return await _pdf(request, await edition_at(slug), settings)


@get("/services/{slug:str}/sla/{n:int}/statement.pdf", name="services.edition_pdf")
async def send_edition_pdf(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    n: FromPath[int],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """One edition as a PDF. Raises NotFound."""
    return await _pdf(request, await edition_at(slug, n), settings)


async def _pdf(request: Request[Any, Any, Any], edition: Edition, settings: Settings) -> Response[bytes]:
    service = await queries.service_by_slug(edition.slug)
    made = await printed(edition, service.sheet.legal_basis if service else (), settings)
    tag = f'"{hashlib.sha256(made).hexdigest()}"'
    name = f"{edition.slug}-{edition.n}-{current_language()}.pdf"
    headers = {"ETag": tag, "Cache-Control": FRESH, "Content-Disposition": f'inline; filename="{name}"'}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=PDF)
    return Response(made, headers=headers, media_type=PDF)


documents_router = Router("/", route_handlers=[send_statement_pdf, send_edition_pdf])
