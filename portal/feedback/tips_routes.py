"""Anonymous tips: what the sender is told afterwards, and their list for the unit that reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal.errors import NotFound
from portal.feedback import actions, queries
from portal.forms import FormReader
from portal.i18n import _, localized
from portal.security.cookies import and_say, said
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.settings import Settings

Visit = Request[SignedIn, Any, Any]
TIPS = "/desk/tips"


@get("/sent", name="feedback.sent")
async def show_sent() -> Template:
    """What becomes of a tip; the same page for everybody, it knows of none."""
    return Template("feedback/sent.html", context={"current": "feedback"})


@get("/", name="feedback.tips")
async def show_tips(
    request: Visit,
    settings: NamedDependency[Settings],
    archived: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Template:
    """The tips that the reader's units hear, the newest first."""
    word, cookies = said(settings, request)
    page = await queries.tips(request.user, archived=bool(archived), before=_id(before))
    query = "archived=1&" if archived else ""
    context = {
        "page": page,
        "archived": bool(archived),
        "older": localized(f"{TIPS}?{query}before={page.older}") if page.older else None,
        "said": word,
        "current": "desk",
    }
    return Template("feedback/tips.html", context=context, cookies=cookies, headers=PRIVATE)


@post("/{tip_id:str}", name="feedback.mark_tip")
async def mark_tip(
    request: Visit,
    tip_id: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    tip, state = _id(tip_id), FormReader(form).choice("state", ("read", "archived"))
    if tip is None or not state:
        raise NotFound(_("There is no such tip."))
    by = request.user
    marked = cast(Literal["read", "archived"], state)
    await actions.mark_tip(tip, marked, units=by.units, by=by.account_id, now=now)
    return and_say(settings, TIPS, state)


@get("/{tip_id:str}", name="feedback.tip_back")
async def show_after_form() -> Redirect:
    """Whoever reloads the answer to a form is back on the list."""
    return Redirect(localized(TIPS), status_code=303)


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed[:40])
    except ValueError:
        return None


desk_router = Router(TIPS, route_handlers=[show_tips, mark_tip, show_after_form])
