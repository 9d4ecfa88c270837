"""What stands between people and a page: the second step of signing in, and confirming that it is still them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from portal.accounts import proof_actions
from portal.accounts.actions import WrongPassword
from portal.accounts.factor_actions import WrongCode
from portal.accounts.factor_queries import Factor, factors_of
from portal.accounts.forms import read_proof
from portal.accounts.proof_actions import Given
from portal.errors import PortalError, TooMany
from portal.i18n import N_, localized
from portal.security import passkeys, sessions
from portal.security.cookies import cookie, cookie_value
from portal.security.csrf import Posted
from portal.security.guards import FactorNeeded, ProofNeeded, SignInNeeded, StepNeeded, same_site_path
from portal.security.headers import retry
from portal.security.passkeys import Ceremony
from portal.security.permissions import may_open
from portal.security.sessions import Pending, SignedIn
from portal.settings import Settings

SIGN_IN, SECOND_STEP = "/accounts/sign-in", "/accounts/second-step"
CONFIRM, SECURITY = "/accounts/confirm", "/accounts/security"


class Step(msgspec.Struct, frozen=True):
    """What comes before a page: where it is done, and what is said to somebody who was sending a form."""

    path: str
    title: str
    lead: str
    button: str


STEPS: dict[type[StepNeeded], Step] = {
    SignInNeeded: Step(
        SIGN_IN,
        N_("Your session has ended"),
        N_("Nothing was sent. Please sign in again; you come back to the page you were on."),
        N_("Sign in"),
    ),
    ProofNeeded: Step(
        CONFIRM,
        N_("Please confirm that it is you"),
        N_(
            "Nothing was sent. For this we ask for your password again; you come back to the page you were on."
        ),
        N_("Continue"),
    ),
    FactorNeeded: Step(
        SECURITY,
        N_("Please set up your second step"),
        N_("Nothing was sent. Your account needs a second step at sign-in; nothing else opens before that."),
        N_("Set it up"),
    ),
}


class Ways(msgspec.Struct, frozen=True):
    """By what an account takes its second step. ``passkey`` is what the browser is asked, empty without passkeys."""

    app: bool
    passkey: str


@get("/second-step", name="accounts.second_step")
async def show_second_step(
    request: Request[SignedIn | None, Any, Any],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    next: FromQuery[str] = "",
) -> Template:
    at = ceremony(request, settings)
    waiting = await _waiting(at, same_site_path(next), now)
    return await _second_step(waiting, at, now, next=same_site_path(next))


@post("/second-step", name="accounts.second_step_post")
async def post_second_step(
    request: Request[SignedIn | None, Any, Any],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    at = ceremony(request, settings)
    draft, errors = read_proof(posted.form, password=False, second=True)
    waiting = await _waiting(at, draft.next, now)
    if posted.stale:
        return await _second_step(
            waiting, at, now, next=draft.next, errors={"form": str(posted.stale)}, status=403
        )
    if errors:
        return await _second_step(waiting, at, now, next=draft.next, errors=errors, status=422)
    try:
        token = await proof_actions.complete_sign_in(waiting, draft.given, at=at, now=now)
    except (WrongCode, TooMany) as refusal:
        errors = {_field(refusal, draft.given): str(refusal)}
        return await _second_step(waiting, at, now, next=draft.next, errors=errors, refusal=refusal)
    if token is None:
        raise SignInNeeded(draft.next)
    return with_session(settings, token, draft.next or landing(await sessions.account_of(token, now)))


@get("/confirm", name="accounts.confirm")
async def show_confirm(
    request: Request[SignedIn, Any, Any],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    next: FromQuery[str] = "",
) -> Template:
    return await _confirm(request.user, ceremony(request, settings), now, next=same_site_path(next))


@post("/confirm", name="accounts.confirm_post")
async def post_confirm(
    request: Request[SignedIn, Any, Any],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    who, at = request.user, ceremony(request, settings)
    second = bool(await factors_of(who.account_id))
    draft, errors = read_proof(posted.form, password=True, second=second)
    if posted.stale:
        return await _confirm(who, at, now, next=draft.next, errors={"form": str(posted.stale)}, status=403)
    if errors:
        return await _confirm(who, at, now, next=draft.next, errors=errors, status=422)
    try:
        token = await proof_actions.confirm(who, draft.password, draft.given, at=at, now=now)
    except (WrongPassword, WrongCode, TooMany) as refusal:
        errors = {_field(refusal, draft.given): str(refusal)}
        return await _confirm(who, at, now, next=draft.next, errors=errors, refusal=refusal)
    if token is None:
        raise SignInNeeded(draft.next)
    return with_session(settings, token, draft.next or SECURITY)


def send_on(request: Request[Any, Any, Any], error: StepNeeded) -> Redirect | Template:
    """Exception handler for StepNeeded: the page where the step is done, and from there to where one wanted to go.

    Who was sending a form gets their words back first: they may have written for long.
    """
    step = STEPS[type(error)]
    query = {"next": error.next} if error.next and step.path != SECURITY else None
    if request.method != "POST":
        return Redirect(localized(step.path), status_code=303, query_params=query)
    context = {"step": step, "words": error.words, "next": query and error.next}
    return Template("accounts/step_needed.html", context=context, status_code=error.status)


def with_session(settings: Settings, token: str, path: str) -> Redirect:
    """On to ``path``, with the session of ``token``."""
    return Redirect(localized(path), status_code=303, cookies=[cookie(settings, sessions.COOKIE, token)])


def ceremony(request: Request[Any, Any, Any], settings: Settings) -> Ceremony:
    """What passkeys are asked for in the visitor's session."""
    session = cookie_value(settings, request, sessions.COOKIE)
    return Ceremony(settings.keys, settings.base_url, session)


def landing(account: SignedIn | None) -> str:
    """Where people begin: the desk for those who work there, else their own requests; the home page for guests."""
    if may_open("desk.queue", account):
        return "/desk"
    return "/mine" if account else "/"


def _field(refusal: PortalError, given: Given) -> str:
    """Beside which field ``refusal`` is shown; what a passkey's device said stands beside none."""
    if isinstance(refusal, WrongPassword):
        return "password"
    return "otp" if isinstance(refusal, WrongCode) and not given.answer else "form"


async def _waiting(at: Ceremony, next: str, now: datetime) -> Pending:
    waiting = await sessions.pending_of(at.session, now) if at.session else None
    if waiting is None:
        raise SignInNeeded(next)
    return waiting


async def _second_step(waiting: Pending, at: Ceremony, now: datetime, **shown: Any) -> Template:
    return _page("accounts/second_step.html", await factors_of(waiting.account_id), at, now, **shown)


async def _confirm(who: SignedIn, at: Ceremony, now: datetime, **shown: Any) -> Template:
    return _page("accounts/confirm.html", await factors_of(who.account_id), at, now, **shown)


def _page(
    template: str,
    factors: Sequence[Factor],
    at: Ceremony,
    now: datetime,
    *,
    next: str,
    errors: dict[str, str] | None = None,
    status: int = 200,
    refusal: PortalError | None = None,
) -> Template:
    wait = refusal.retry_after if refusal else None
    known = [factor.credential_id for factor in factors if factor.credential_id]
    ways = Ways(
        app=any(factor.kind == "totp" for factor in factors),
        passkey=passkeys.sign_in_options(at, known=known, now=now) if known else "",
    )
    return Template(
        template,
        context={"ways": ways, "needed": bool(factors), "next": next, "errors": errors or {}, "wait": wait},
        status_code=(429 if wait else 422) if refusal else status,
        headers=retry(wait),
    )


step_router = Router(
    "/accounts", route_handlers=[show_second_step, post_second_step, show_confirm, post_confirm]
)
