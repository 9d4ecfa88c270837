"""Pages for somebody who forgot the password, was invited, or got a link from the server."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from portal import audit, place
from portal.accounts.new_password import WeakPassword
from portal.errors import NotFound, TooMany
from portal.i18n import current_language, localized
from portal.resets import actions, halves, links
from portal.resets.forms import read_forgot, read_new_password
from portal.resets.requests import Ended
from portal.security.address import client_address
from portal.security.cookies import cleared, cookie, cookie_value
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE, retry
from portal.security.sessions import SignedIn
from portal.settings import Settings

Visitor = Request[SignedIn | None, Any, Any]
KEPT_FOR = 5 * 24 * 3600
"""Seconds that a browser keeps half A: three days to be approved, one for a mail, one to spare."""
EVEN_SECONDS = 0.4
"""Every answer to a wish for a new password takes at least so long, or its time would tell which names exist."""


@get("/forgot", name="resets.forgot")
async def show_forgot() -> Template:
    return _forgot("", {})


@post("/forgot", name="resets.ask")
async def post_forgot(
    request: Visitor,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """One answer for every name: the page with the number, half A in the cookie."""
    typed, errors = read_forgot(posted.form)
    if posted.stale:
        return await _stale(_forgot(typed, {"form": str(posted.stale)}, status=403), request, now)
    if errors:
        return _forgot(typed, errors, status=422)
    even = asyncio.create_task(asyncio.sleep(EVEN_SECONDS))
    try:
        asked = await actions.ask(
            typed,
            by=request.user.account_id if request.user else None,
            address=client_address(request),
            device=request.headers.get("user-agent", ""),
            key=settings.secret_key,
            now=now,
        )
    except TooMany as refusal:
        enough = isinstance(refusal, actions.AskedEnough)
        wait = refusal.retry_after
        return _forgot(typed, {"form": str(refusal)}, status=429, retry_after=wait, enough=enough)
    finally:
        await even
    kept = cookie(settings, halves.COOKIE, asked.cookie, max_age=KEPT_FOR)
    return Redirect(localized("/accounts/reset"), status_code=303, cookies=[kept])


@get("/reset", name="resets.reset")
async def show_reset(request: Visitor, settings: NamedDependency[Settings]) -> Template:
    return await _reset(request, settings, {})


@post("/reset", name="resets.redeem")
async def post_reset(
    request: Visitor,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    draft, errors = read_new_password(posted.form, "reset_code")
    if posted.stale:
        return await _stale(
            await _reset(request, settings, {"form": str(posted.stale)}, status=403), request, now
        )
    if errors:
        return await _reset(request, settings, errors, typed=draft.opener, status=422)
    try:
        await actions.redeem(
            cookie_value(settings, request, halves.COOKIE),
            draft.opener,
            draft.password,
            address=client_address(request),
            keys=settings.keys,
            now=now,
        )
    except (Ended, WeakPassword, TooMany) as refusal:
        field = "new_password" if isinstance(refusal, WeakPassword) else "reset_code"
        status = 429 if isinstance(refusal, TooMany) else 422
        return await _reset(request, settings, {field: str(refusal)}, typed=draft.opener, status=status)
    return Redirect(
        localized("/accounts/reset/done"), status_code=303, cookies=[cleared(settings, halves.COOKIE)]
    )


@get("/reset/done", name="resets.done")
async def show_done() -> Template:
    return Template("resets/done.html", context={"current": "sign-in"})


@get("/set-password", name="resets.link")
async def show_link(
    settings: NamedDependency[Settings], now: NamedDependency[datetime], key: FromQuery[str] = ""
) -> Template:
    """Nothing is used up by looking: mail programs open links too."""
    return await _link(key, settings, now, {})


@post("/set-password", name="resets.link_post")
async def post_link(
    request: Visitor,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    draft, errors = read_new_password(posted.form, "key")
    if posted.stale:
        page = await _link(draft.opener, settings, now, {"form": str(posted.stale)}, status=403)
        return await _stale(page, request, now)
    if errors:
        return await _link(draft.opener, settings, now, errors, status=422)
    try:
        await links.set_by_link(draft.opener, draft.password, keys=settings.keys, now=now)
    except NotFound:
        return await _over()
    except (Ended, WeakPassword) as refusal:
        return await _link(draft.opener, settings, now, {"new_password": str(refusal)}, status=422)
    return Redirect(localized("/accounts/reset/done"), status_code=303)


async def _stale(page: Template, request: Visitor, now: datetime) -> Template:
    """The page, once the log says that a form came with a token that is no longer good."""
    await audit.append("denied", object=request.scope["path"], now=now)
    return page


def _forgot(
    typed: str,
    errors: dict[str, str],
    *,
    status: int = 200,
    retry_after: int | None = None,
    enough: bool = False,
) -> Template:
    headers = retry(retry_after)
    shown = {"typed": typed, "errors": errors, "wait": retry_after, "enough": enough}
    context = {**shown, "current": "sign-in"}
    return Template("resets/forgot.html", context=context, status_code=status, headers=headers)


async def _reset(
    request: Visitor, settings: Settings, errors: dict[str, str], *, typed: str = "", status: int = 200
) -> Template:
    """What to do next: the number to say, whom to call, and the fields for half B and the new password."""
    half = cookie_value(settings, request, halves.COOKIE)
    context = {
        "no": await actions.of_browser(half, keys=settings.keys),
        "call": await place.whom_to_call(current_language()),
        "typed": typed,
        "errors": errors,
        "current": "sign-in",
    }
    return Template("resets/reset.html", context=context, status_code=status, headers=PRIVATE)


async def _link(
    held: str, settings: Settings, now: datetime, errors: dict[str, str], *, status: int = 200
) -> Template:
    found = await links.of_link(held, keys=settings.keys, now=now)
    if found is None:
        return await _over()
    context = {"found": found, "key": held, "errors": errors, "current": "sign-in"}
    return Template("resets/link.html", context=context, status_code=status, headers=PRIVATE)


async def _over() -> Template:
    """A link that opens nothing (any more), and who can make a new one."""
    context = {"call": await place.whom_to_call(current_language()), "current": "sign-in"}
    return Template("resets/link_over.html", context=context, status_code=404, headers=PRIVATE)


router = Router(
    "/accounts",
    route_handlers=[show_forgot, post_forgot, show_reset, post_reset, show_done, show_link, post_link],
)
