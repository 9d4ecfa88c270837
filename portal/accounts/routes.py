"""Signing in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from portal.accounts import actions
from portal.accounts.actions import WrongPassword
from portal.accounts.forms import SignInDraft, read_sign_in
from portal.accounts.own_routes import own_handlers
from portal.accounts.sign_up_routes import sign_up_handlers
from portal.errors import TooMany
from portal.i18n import localized
from portal.security import sessions
from portal.security.address import client_address
from portal.security.cookies import cleared, cookie, cookie_value
from portal.security.csrf import Posted
from portal.security.guards import SignInNeeded, same_site_path
from portal.security.permissions import may_open
from portal.security.sessions import SignedIn
from portal.settings import Settings

SIGN_IN = "/accounts/sign-in"
# Not "cookies": that would empty them for every site below the agency's domain. Ours are cleared by name.
CLEAR_SITE = {"Clear-Site-Data": '"cache", "storage"'}


@get("/sign-in", name="accounts.sign_in")
async def show_sign_in(
    request: Request[SignedIn | None, Any, Any], next: FromQuery[str] = ""
) -> Template | Redirect:
    path = same_site_path(next)
    if request.user:
        return Redirect(localized(path or _landing(request.user)), status_code=303)
    return _page(SignInDraft(username="", password="", next=path), {})


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
    except WrongPassword as refusal:
        return _page(draft, {"form": str(refusal)}, status=422)
    except TooMany as refusal:
        return _page(draft, {"form": str(refusal)}, status=429, retry_after=refusal.retry_after)
    if before := cookie_value(settings, request, sessions.COOKIE):
        await sessions.end_session(before)
    account = await sessions.account_of(token, now)
    path = draft.next or (_landing(account) if account else "/")
    return Redirect(localized(path), status_code=303, cookies=[cookie(settings, sessions.COOKIE, token)])


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
        localized("/"), status_code=303, headers=CLEAR_SITE, cookies=[cleared(settings, sessions.COOKIE)]
    )


def send_to_sign_in(request: Request[Any, Any, Any], error: SignInNeeded) -> Redirect | Template:
    """Exception handler for SignInNeeded: the sign-in page, and from there to where the visitor wanted to go.

    Who was sending a form gets their words back first: the session ended while they wrote.
    """
    if request.method == "POST":
        context = {"words": error.words, "next": error.next}
        return Template("accounts/session_ended.html", context=context, status_code=401)
    return Redirect(
        localized(SIGN_IN), status_code=303, query_params={"next": error.next} if error.next else None
    )


def _page(
    draft: SignInDraft, errors: dict[str, str], *, status: int = 200, retry_after: int | None = None
) -> Template:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    context = {"draft": draft, "errors": errors, "wait": retry_after, "current": "sign-in"}
    return Template("accounts/sign_in.html", context=context, status_code=status, headers=headers)


def _landing(account: SignedIn) -> str:
    """Where people begin: the desk for those who work there, the home page for everybody else."""
    return "/desk" if may_open("desk.queue", account) else "/"


router = Router(
    "/accounts",
    route_handlers=[show_sign_in, post_sign_in, post_sign_out, *sign_up_handlers, *own_handlers],
)
