"""How far services could be used: pages for people, the raw looks for whoever counts them again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from portal import csv_lines, i18n, jalali
from portal.availability.bars import bars
from portal.availability.uptime import Observed
from portal.errors import NotFound
from portal.i18n import _
from portal.notices import figures, measured
from portal.notices.measured import OfService, Report
from portal.notices.rules import Notice
from portal.settings import Settings

FRESH = "public, max-age=60"
RAW = ".csv"
COLUMNS = ("since", "until", "state", "parts")


@get("/notices/availability", name="notices.availability")
async def show_all(settings: NamedDependency[Settings], now: NamedDependency[datetime]) -> Template:
    """Every service: how much of the time it could be used, day by day."""
    found = await measured.report(zone=settings.zone, now=now)
    return _page("all", found, found.services)


@get("/notices/availability/{slug:str}", name="notices.availability_of")
async def show_one(
    slug: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template | Response[str]:
    """The same of one service, month by month; with .csv behind it, what that was counted from. Raises NotFound."""
    found = await measured.report(zone=settings.zone, now=now)
    of = found.of(slug.removesuffix(RAW))
    if of is None:
        raise NotFound(_("There is no service at this address. It may be in the list of services."))
    if slug.endswith(RAW):
        return await _raw(of.slug, settings, now)
    return _page("service", found, (of,))


def as_csv(seen: Sequence[Observed], notices: Sequence[Notice], slug: str, now: datetime) -> str:
    """What was seen, and the announced work, in the order of time; instants are UTC."""
    rows = [(one.since, one.until, "up" if one.up else "down", one.parts) for one in seen]
    rows += [(since, until, "planned", "") for since, until in figures.planned_spans(notices, slug, now)]
    lines = [csv_lines.line(COLUMNS)]
    for since, until, state, parts in sorted(rows):
        lines.append(csv_lines.line((jalali.iso(since), jalali.iso(until), state, parts)))
    return csv_lines.START + "".join(lines)


async def _raw(slug: str, settings: Settings, now: datetime) -> Response[str]:
    seen, notices = await measured.raw(slug, zone=settings.zone, now=now)
    # A year of a bad service is long; meanwhile others are answered.
    text = await asyncio.to_thread(as_csv, seen, notices, slug, now)
    headers = {
        "Cache-Control": FRESH,
        "Content-Disposition": f'attachment; filename="{slug}-availability.csv"',
    }
    return Response(text, headers=headers, media_type=csv_lines.MEDIA_TYPE)


def _page(name: str, found: Report, services: Sequence[OfService]) -> Template:
    rtl, language = i18n.direction() == "rtl", i18n.current_language()
    context = {
        "found": found,
        "services": services,
        "charts": {of.slug: bars(of.days, rtl=rtl) for of in services},
        "month_words": lambda first: jalali.show_month(first, language),
        "current": "notices",
    }
    return Template(f"notices/availability/{name}.html", context=context)


availability_router = Router("/", route_handlers=[show_all, show_one])
