"""Signing in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from portal.accounts import actions
from portal.accounts.actions import WrongPassword
from portal.accounts.factor_actions import WrongCode
from portal.accounts.forms import SignInDraft, read_sign_in
from portal.accounts.own_routes import own_handlers
from portal.accounts.proof_actions import Given, complete_sign_in
from portal.accounts.sign_up_routes import sign_up_handlers
from portal.accounts.step_routes import SECOND_STEP, landing, with_session
from portal.errors import TooMany
from portal.i18n import localized
from portal.security import sessions
from portal.security.address import client_address
from portal.security.cookies import cleared, cookie_value
from portal.security.csrf import Posted
from portal.security.guards import same_site_path
from portal.security.headers import retry
from portal.security.passkeys import Ceremony
from portal.security.sessions import SignedIn
from portal.settings import Settings

SIGNED_OUT = "/accounts/signed-out"
# Not "cookies": that would empty them for every site below the agency's domain. Ours are cleared by name.
CLEAR_SITE = {"Clear-Site-Data": '"cache", "storage"'}


@get("/sign-in", name="accounts.sign_in")
async def show_sign_in(
    request: Request[SignedIn | None, Any, Any],
    settings: NamedDependency[Settings],
    next: FromQuery[str] = "",
) -> Template | Redirect:
    path = same_site_path(next)
    if request.user:
        return Redirect(localized(path or landing(request.user)), status_code=303)
    ended = bool(cookie_value(settings, request, sessions.COOKIE))
    return _page(SignInDraft(username="", password="", otp="", next=path), {}, ended=ended)


@post("/sign-in", name="accounts.sign_in_post")
async def post_sign_in(
    request: Request[SignedIn | None, Any, Any],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    draft, errors = read_sign_in(posted.form)
    if posted.stale:
        return _page(draft, {"form": str(posted.stale)}, status=403)
    if errors:
        return _page(draft, errors, status=422)
    device = request.headers.get("user-agent", "")
    address = client_address(request)
    try:
        token = await actions.sign_in(draft.username, draft.password, device=device, address=address, now=now)
        token = await _with_code(token, draft.otp, settings, now)
    except (WrongPassword, WrongCode) as refusal:
        return _page(draft, {"form": str(refusal)}, status=422)
    except TooMany as refusal:
        return _page(draft, {"form": str(refusal)}, status=429, retry_after=refusal.retry_after)
    if before := cookie_value(settings, request, sessions.COOKIE):
        await sessions.end_session(before)
    account = await sessions.account_of(token, now)
    if account is None:
        query = f"?{urlencode({'next': draft.next})}" if draft.next else ""
        return with_session(settings, token, SECOND_STEP + query)
    return with_session(settings, token, draft.next or landing(account))


@post("/sign-out", name="accounts.sign_out")
async def post_sign_out(
    request: Request[SignedIn | None, Any, Any],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    if token := cookie_value(settings, request, sessions.COOKIE):
        await actions.sign_out(token, now=now)
    return Redirect(
        localized(SIGNED_OUT),
        status_code=303,
        headers=CLEAR_SITE,
        cookies=[cleared(settings, sessions.COOKIE)],
    )


@get("/signed-out", name="accounts.signed_out")
async def show_signed_out(request: Request[SignedIn | None, Any, Any]) -> Template | Redirect:
    """Whoever has signed in again meanwhile is where they begin."""
    if request.user:
        return Redirect(localized(landing(request.user)), status_code=303)
    return Template("accounts/signed_out.html")


def _page(
    draft: SignInDraft,
    errors: dict[str, str],
    *,
    status: int = 200,
    retry_after: int | None = None,
    ended: bool = False,
) -> Template:
    """``ended``: the browser still holds the cookie of a session that is over."""
    headers = retry(retry_after)
    context = {"draft": draft, "errors": errors, "wait": retry_after, "ended": ended, "current": "sign-in"}
    return Template("accounts/sign_in.html", context=context, status_code=status, headers=headers)


async def _with_code(token: str, otp: str, settings: Settings, now: datetime) -> str:
    """The token after a second step that was sent along; the same where none was, or none is asked for."""
    waiting = await sessions.pending_of(token, now) if otp else None
    if waiting is None:
        return token
    at = Ceremony(settings.keys, settings.base_url, token)
    return await complete_sign_in(waiting, Given(code=otp), at=at, now=now) or token


router = Router(
    "/accounts",
    route_handlers=[
        show_sign_in,
        post_sign_in,
        post_sign_out,
        show_signed_out,
        *sign_up_handlers,
        *own_handlers,
    ],
)
