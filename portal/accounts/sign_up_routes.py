"""Signing up, and confirming an address by the link in a mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from portal.accounts import contacts, sign_up
from portal.accounts.forms import read_sign_up, wished_passphrase
from portal.accounts.new_password import WeakPassword
from portal.accounts.step_routes import landing
from portal.errors import NotFound, TooMany
from portal.i18n import current_language, localized
from portal.security.address import client_address
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE, retry
from portal.security.sessions import SignedIn
from portal.settings import Settings

FIELDS = ("username", "display_name", "email", "phone")


@get("/sign-up", name="accounts.sign_up")
async def show_sign_up(request: Request[SignedIn | None, Any, Any]) -> Template | Redirect:
    if request.user:
        return Redirect(localized(landing(request.user)), status_code=303)
    return _page({}, {})


@post("/sign-up", name="accounts.sign_up_post")
async def post_sign_up(
    request: Request[Any, Any, Any],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """One answer for everybody whose form is complete; whether there is an account now is told by mail."""
    typed = {name: value for name in FIELDS if isinstance(value := posted.form.get(name), str)}
    if posted.stale:
        return _page(typed, {"form": str(posted.stale)}, status=403)
    if offered := wished_passphrase(posted.form):
        return _page(typed, {}, offered=offered)
    draft, errors = read_sign_up(posted.form)
    if errors:
        return _page(typed, errors, status=422)
    network, spoken = client_address(request), current_language()
    try:
        await sign_up.sign_up(draft, locale=spoken, address=network, base_url=settings.base_url, now=now)
    except WeakPassword as refusal:
        return _page(typed, {"password": str(refusal)}, status=422)
    except TooMany as refusal:
        return _page(typed, {"form": str(refusal)}, status=429, retry_after=refusal.retry_after)
    return Redirect(localized("/accounts/sign-up/sent"), status_code=303)


@get("/sign-up/sent", name="accounts.sign_up_sent")
async def show_sent() -> Template:
    return Template("accounts/sign_up_sent.html")


@get("/address", name="accounts.address")
async def show_address(now: NamedDependency[datetime], key: FromQuery[str] = "") -> Template:
    """What the link would confirm; looking at it changes nothing, since mail servers look at links, too."""
    try:
        address = await contacts.address_of_link(key, now=now)
    except NotFound as refusal:
        return Template("accounts/address.html", context={"lapsed": str(refusal)}, status_code=404)
    return Template("accounts/address.html", context={"address": address, "key": key, "lapsed": None})


@post("/address", name="accounts.address_post")
async def post_address(form: NamedDependency[FormMultiDict], now: NamedDependency[datetime]) -> Template:
    key = form.get("key")
    try:
        opened = await contacts.confirm(key if isinstance(key, str) else "", now=now)
    except NotFound as refusal:
        return Template("accounts/address.html", context={"lapsed": str(refusal)}, status_code=404)
    return Template("accounts/address_confirmed.html", context={"opened": opened})


def _page(
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
    offered: str = "",
    retry_after: int | None = None,
) -> Template:
    headers = {**PRIVATE, **retry(retry_after)}
    context = {"typed": typed, "errors": errors, "offered": offered, "current": "sign-in"}
    return Template("accounts/sign_up.html", context=context, status_code=status, headers=headers)


sign_up_handlers = [show_sign_up, post_sign_up, show_sent, show_address, post_address]
