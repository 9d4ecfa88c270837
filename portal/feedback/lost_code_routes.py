"""Asking for a link to one's requests because the code is lost, and the list that it opens once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal.cases import access, visits
from portal.errors import NotFound, TooMany
from portal.feedback import lost_codes
from portal.forms import FormReader
from portal.i18n import _, current_language, localized
from portal.security.address import client_address
from portal.security.cookies import cookie_value
from portal.security.headers import PRIVATE, retry
from portal.security.sessions import SignedIn
from portal.settings import Settings

Visitor = Request[SignedIn | None, Any, Any]


@get("/", name="feedback.lost_code")
async def show_lost_code(settings: NamedDependency[Settings]) -> Template:
    return _page(settings, {}, {})


@post("/", name="feedback.lost_code_post")
async def post_lost_code(
    request: Visitor,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """One answer for everybody whose form is complete; whether a request has the contact is told to it alone."""
    channel, address, typed, errors = _read(form, settings)
    if errors:
        return _page(settings, typed, errors, status=422)
    try:
        await lost_codes.ask(
            channel,
            address,
            locale=current_language(),
            network=client_address(request),
            key=settings.secret_key,
            now=now,
        )
    except TooMany as refusal:
        return _page(settings, typed, {"form": str(refusal)}, status=429, retry_after=refusal.retry_after)
    return Redirect(localized("/feedback/lost-code/sent"), status_code=303)


@get("/sent", name="feedback.lost_code_sent")
async def show_sent() -> Template:
    return Template("feedback/lost_code_sent.html", context={"current": "track"}, headers=PRIVATE)


@get("/{token:str}", name="feedback.lost_code_link")
async def show_link(
    token: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    """Nothing is used up by looking: mail programs open links too."""
    try:
        await lost_codes.check(token, keys=settings.keys, now=now)
    except NotFound as refusal:
        return _lapsed(refusal)
    return Template(
        "feedback/lost_code_open.html", context={"token": token, "current": "track"}, headers=PRIVATE
    )


@post("/{token:str}", name="feedback.lost_code_list")
async def post_link(
    request: Visitor,
    token: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """The list, this once; each request on it is open in this browser for a day, as far as proof of contact goes."""
    tokens = access.tokens_in(cookie_value(settings, request, access.KEYS)) or [access.new_token()]
    try:
        found = await lost_codes.redeem(token, browser=tokens[0], keys=settings.keys, now=now)
    except NotFound as refusal:
        return _lapsed(refusal)
    context = {"found": found, "full": len(found) == lost_codes.MOST, "current": "track"}
    cookies = [visits.keys(settings, tokens)]
    return Template("feedback/lost_code_list.html", context=context, headers=PRIVATE, cookies=cookies)


def _read(
    form: FormMultiDict, settings: Settings
) -> tuple[lost_codes.Channel, str, dict[str, str], dict[str, str]]:
    """Where the message is to go, what was typed, and the mistakes by field."""
    reader = FormReader(form)
    by_sms = settings.sms is not None and reader.typed("mobile").strip() != ""
    address = reader.mobile("mobile") if by_sms else reader.email("email")
    if by_sms and reader.typed("email").strip():
        reader.fail("mobile", _("Give one: an e-mail address or a mobile number."))
    typed = {name: reader.typed(name)[:300] for name in ("email", "mobile")}
    return "sms" if by_sms else "mail", address or "", typed, reader.errors


def _page(
    settings: Settings,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
    retry_after: int | None = None,
) -> Template:
    headers = {**PRIVATE, **retry(retry_after)}
    context = {"typed": typed, "errors": errors, "by_sms": settings.sms is not None, "current": "track"}
    return Template("feedback/lost_code.html", context=context, status_code=status, headers=headers)


def _lapsed(refusal: NotFound) -> Template:
    context = {"lapsed": str(refusal), "current": "track"}
    return Template("feedback/lost_code_lapsed.html", context=context, status_code=404, headers=PRIVATE)


lost_code_router = Router(
    "/feedback/lost-code",
    route_handlers=[show_lost_code, post_lost_code, show_sent, show_link, post_link],
)
