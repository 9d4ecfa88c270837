"""What is offered: the catalogue, the page of a service, its service-level statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from portal.errors import NotFound
from portal.i18n import _
from portal.services import edition_queries, queries
from portal.services.edition_queries import Edition
from portal.services.labels import WORDS
from portal.services.wording import monitoring_rows, terms_in
from portal.settings import Settings

FRESH = "public, max-age=300"
Usable = Callable[..., Awaitable[tuple[int, int, int] | None]]
"""Seconds of the last 90 days in which a service (slug, zone, now) could be used, in which somebody looked, and all;
None where nobody looked. Who looks stands above this layer.
"""


@get("/services", name="services.catalogue")
async def show_catalogue(
    settings: NamedDependency[Settings], now: NamedDependency[datetime], q: FromQuery[str] = ""
) -> Template:
    """Every service, or those that were searched for."""
    context = {
        **WORDS,
        "cards": await queries.catalogue(q, now=now),
        "q": q.strip(),
        "today": now.astimezone(settings.zone).date(),
        "current": "services",
    }
    return Template("services/catalogue.html", context=context)


@get("/services/{slug:str}", name="services.service")
async def show_service(
    slug: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    usable: NamedDependency[Usable],
) -> Template:
    """One service: what it is, what is promised, whom to ask. Raises NotFound."""
    service = await queries.service_by_slug(slug, now=now)
    if service is None:
        raise _no_service()
    today = now.astimezone(settings.zone).date()
    context = {
        **WORDS,
        "service": service,
        "today": today,
        "usable": await usable(slug, zone=settings.zone, now=now),
        "current": "services",
    }
    return Template("services/service.html", context=context)


@get("/services/{slug:str}/sla", name="services.statement")
async def show_statement(
    slug: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    """The statement in force, or the last one once it was ended. Raises NotFound."""
    return _statement_page(await edition_at(slug, now=now), settings, now)


@get("/services/{slug:str}/sla/{n:int}", name="services.edition")
async def show_edition(
    slug: FromPath[str], n: FromPath[int], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    """One edition of the statement, in force or not. Raises NotFound."""
    return _statement_page(await edition_at(slug, n, now=now), settings, now)


@get("/services/{slug:str}/sla.json", name="services.statement_document")
async def send_statement(
    request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
) -> Response[bytes]:
    """The statement in force as the document that its digest is made of. Raises NotFound."""
    return _document(request, await edition_at(slug, now=now))


@get("/services/{slug:str}/sla/{n:int}/statement.json", name="services.edition_document")
async def send_edition(
    request: Request[Any, Any, Any], slug: FromPath[str], n: FromPath[int], now: NamedDependency[datetime]
) -> Response[bytes]:
    """One edition as the document that its digest is made of. Raises NotFound."""
    return _document(request, await edition_at(slug, n, now=now))


async def edition_at(slug: str, n: int | None = None, *, now: datetime) -> Edition:
    """Edition ``n``, without ``n`` the one in force at ``now``, or the last one. Raises NotFound."""
    edition = await edition_queries.statement_of(slug, n, now=now)
    if edition is None:
        raise (
            _no_service() if n is None else NotFound(_("This service has no such edition of its statement."))
        )
    return edition


def _no_service() -> NotFound:
    return NotFound(_("There is no service at this address. It may be in the list of services."))


def _statement_page(edition: Edition, settings: Settings, now: datetime) -> Template:
    today = now.astimezone(settings.zone).date()
    context = {
        **WORDS,
        "terms_in": terms_in,
        "monitoring_rows": monitoring_rows,
        "edition": edition,
        "today": today,
        "current": "services",
    }
    return Template("services/statement.html", context=context)


def _document(request: Request[Any, Any, Any], edition: Edition) -> Response[bytes]:
    tag = f'"{edition.sha256}"'
    headers = {"ETag": tag, "Cache-Control": FRESH}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    return Response(edition.canonical, headers=headers, media_type="application/json")


router = Router(
    "/",
    route_handlers=[
        show_catalogue,
        show_service,
        show_statement,
        show_edition,
        send_statement,
        send_edition,
    ],
)
