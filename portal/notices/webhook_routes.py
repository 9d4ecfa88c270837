"""Webhooks as a site admin keeps them: add one (its secret is shown once), see its tries, remove it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal.errors import BadRequest
from portal.forms import FormReader, named
from portal.i18n import N_, _
from portal.notices import webhooks
from portal.outward import LONGEST_URL
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.settings import Settings

Admin = Request[SignedIn, Any, Any]
STATES = {"queued": N_("Waits for its next try"), "done": N_("Told"), "failed": N_("Given up")}
TONES = {"queued": "wait", "done": "done", "failed": "late"}
SHOWN = 20


@get("/", name="notices.webhooks")
async def show_webhooks(request: Admin, settings: NamedDependency[Settings]) -> Template:
    """Who is told, and how the last tries went."""
    word, cookies = said(settings, request)
    page = await _page({}, {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/", name="notices.add_webhook", status_code=200)
async def add_webhook(
    request: Admin, posted: NamedDependency[Posted], now: NamedDependency[datetime]
) -> Template:
    """The answer itself shows the secret: nobody can see it later."""
    reader = FormReader(posted.form)
    url = reader.text("url", max_length=LONGEST_URL)
    if posted.stale:
        return await _page({"url": url}, {"form": str(posted.stale)}, status=403)
    if reader.errors:
        return await _page({"url": reader.typed("url")}, reader.errors, status=422)
    try:
        secret = await webhooks.add(url, by=request.user.account_id, now=now)
    except BadRequest as refusal:
        return await _page({"url": url}, {"url": str(refusal)}, status=422)
    return await _page({}, {}, told="added", secret=secret)


@post("/{webhook:uuid}/remove", name="notices.remove_webhook")
async def remove_webhook(
    webhook: FromPath[UUID],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await webhooks.remove(webhook, now=now)
    return and_say(settings, "/admin/webhooks", "removed")


async def _page(
    typed: dict[str, str], errors: dict[str, str], *, told: str = "", secret: str = "", status: int = 200
) -> Template:
    hooks = [(hook, await webhooks.calls(hook["id"], limit=SHOWN)) for hook in await webhooks.webhooks()]
    labels = {"url": _("Address")}
    context = {
        "hooks": hooks,
        "typed": typed,
        "errors": errors,
        "labels": labels,
        "summary": named(errors, labels),
        "said": told,
        "secret": secret,
        "state_label": lambda state: _(STATES[state]),
        "tones": TONES,
        "current": "admin",
    }
    return Template("notices/webhooks.html", context=context, status_code=status, headers=PRIVATE)


webhooks_router = Router("/admin/webhooks", route_handlers=[show_webhooks, add_webhook, remove_webhook])
