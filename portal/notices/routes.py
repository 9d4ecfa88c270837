"""Notices for everybody: how each service is, what lies ahead, is on or is past, and one notice with its history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal.errors import NotFound
from portal.forms import FormReader
from portal.i18n import _, localized
from portal.notices import measured, queries, rules, strip
from portal.notices.queries import Change
from portal.notices.rules import Notice, Stage
from portal.paging import PAGE, page_of
from portal.security.cookies import cookie
from portal.security.guards import same_site_path
from portal.services.queries import catalogue
from portal.settings import Settings

NEWEST = 2**31 - 1
ASIDE_FOR = timedelta(days=30)


@get("/notices", name="notices.all")
async def show_all(now: NamedDependency[datetime], before: FromQuery[int] = NEWEST) -> Template:
    """Every service with its state, and every published notice; ``before`` is where a page of the past begins."""
    board = [one for one in await queries.board(now=now) if rules.stage(one, now) != "unpublished"]
    found = await queries.published(before=max(0, min(before, NEWEST)), limit=PAGE + 1, now=now)
    page = page_of(found, lambda one: one.no)
    first = before >= NEWEST

    def of(*stages: Stage, notices: Iterable[Notice]) -> list[tuple[Notice, list[Notice]]]:
        return rules.by_series([one for one in notices if rules.stage(one, now) in stages], now)

    context = {
        "cards": await catalogue(now=now) if first else [],
        "board": board,
        "on": of("now", notices=board if first else ()),
        "ahead": of("soon", "ahead", notices=board if first else ()),
        "past": of("over", "cancelled", notices=page.rows),
        "older": page.older,
        "first": first,
        "now": now,
        "current": "notices",
    }
    return Template("notices/all.html", context=context)


@get("/notices/{no:int}", name="notices.notice")
async def show_one(no: FromPath[int], now: NamedDependency[datetime]) -> Template:
    """Everything about one published notice. Raises NotFound."""
    notice = await queries.notice(no)
    if notice is None or rules.stage(notice, now) == "unpublished":
        raise NotFound(_("There is no notice at this address."))
    history = [_as_published(change, notice) for change in await queries.changes(no)]
    context = {
        "notice": notice,
        "stage": rules.stage(notice, now),
        "history": history,
        "promised_delay": await measured.promised_delay(),
        "reports": [told for told in history if told.kind == "reported"],
        "now": now,
        "current": "notices",
    }
    return Template("notices/notice.html", context=context)


@post("/notices/seen", name="notices.put_aside")
async def post_aside(
    request: Request[Any, Any, Any],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
) -> Redirect | Response[None]:
    """The notice, as it stands, is off this browser's strip; back to the page it was on, or 204 to stay there."""
    reader = FormReader(form)
    one = reader.typed("notice")
    answer: Redirect | Response[None] = Redirect(
        localized(same_site_path(reader.typed("back")) or "/"), status_code=303
    )
    if reader.typed("stay"):
        answer = Response(None, status_code=204)
    if strip.is_one(one):
        seen = strip.put_aside_too(strip.put_aside(settings, request), one)
        answer.set_cookie(cookie(settings, strip.SEEN, seen, max_age=int(ASIDE_FOR.total_seconds())))
    return answer


def _as_published(change: Change, notice: Notice) -> Change:
    """The change at the instant at which people could read of it."""
    return msgspec.structs.replace(change, at=max(change.at, notice.published_at))


router = Router("/", route_handlers=[show_all, show_one, post_aside])
