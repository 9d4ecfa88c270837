"""How far the statements are kept: for people, for spreadsheets, and as facts that anybody can count again."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from portal import csv_lines, i18n, jalali
from portal.charts import Chart, Series, bar_chart
from portal.errors import NotFound
from portal.i18n import _
from portal.notices import measured
from portal.promises import figures, queries
from portal.promises.figures import Week
from portal.promises.labels import WORDS
from portal.promises.queries import Published
from portal.services.queries import service_by_slug
from portal.settings import Settings

FRESH = "public, max-age=300"


@get("/promises", name="promises.all")
async def show_all(settings: NamedDependency[Settings], now: NamedDependency[datetime]) -> Template:
    """Every service: how it kept what it promises."""
    context = {
        **WORDS,
        "found": await queries.published(),
        "outages": await measured.report(zone=settings.zone, now=now),
        "current": "promises",
    }
    return Template("promises/all.html", context=context)


@get("/promises/{slug:str}", name="promises.service")
async def show_one(
    slug: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    """One service: each promise over each stretch of time, and week by week. Raises NotFound."""
    found = await queries.published_of(slug)
    service = await service_by_slug(slug, now=now)
    if service is None:
        raise _no_service()
    promises = found.figures.promises if found else ()
    charts = {kept.target: chart(kept.weeks, settings.zone) for kept in promises}
    context = {
        **WORDS,
        "found": found,
        "service": service,
        "charts": charts,
        "outages": await measured.report(zone=settings.zone, now=now),
        "current": "promises",
    }
    return Template("promises/service.html", context=context)


@get("/promises.csv", name="promises.all_figures")
async def send_all() -> Response[str]:
    """The figures of every service as a table."""
    return _table([found.figures for found in await queries.published()], "promises")


@get("/promises/{slug:str}/figures.csv", name="promises.figures")
async def send_figures(slug: FromPath[str]) -> Response[str]:
    """The figures of one service as a table; ``portal recompute`` prints the same. Raises NotFound."""
    return _table([(await _published(slug)).figures], slug)


@get("/promises/{slug:str}/facts.json", name="promises.facts")
async def send_facts(request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[bytes]:
    """The facts that the figures were counted from. Raises NotFound."""
    packed = await queries.packed_facts(slug)
    if packed is None:
        raise NotFound(_("No facts are published at this address."))
    headers = {**_headers(f"{slug}-facts.json"), "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(packed, headers=headers, media_type="application/json")
    return Response(
        await asyncio.to_thread(gzip.decompress, packed), headers=headers, media_type="application/json"
    )


def chart(weeks: Sequence[Week], zone: ZoneInfo) -> Chart | None:
    """Kept and missed by week, the last day of each beneath it; None where nothing is shown of any."""
    if not any(week.kept or week.missed for week in weeks):
        return None
    return bar_chart(
        [jalali.show_numeric_date(week.until, i18n.current_language(), zone) for week in weeks],
        [
            Series(_("kept"), tuple(week.kept or 0 for week in weeks)),
            Series(_("missed"), tuple(week.missed or 0 for week in weeks)),
        ],
        rtl=i18n.direction() == "rtl",
    )


async def _published(slug: str) -> Published:
    found = await queries.published_of(slug)
    if found is None:
        raise _no_service()
    return found


def _no_service() -> NotFound:
    return NotFound(_("There is no service at this address. It may be in the list of services."))


def _table(published: list[figures.Figures], name: str) -> Response[str]:
    return Response(
        figures.as_csv(published), headers=_headers(f"{name}.csv"), media_type=csv_lines.MEDIA_TYPE
    )


def _headers(name: str) -> dict[str, str]:
    return {"Cache-Control": FRESH, "Content-Disposition": f'attachment; filename="{name}"'}


router = Router("/", route_handlers=[show_all, show_one, send_all, send_figures, send_facts])
