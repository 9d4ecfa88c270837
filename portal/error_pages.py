"""What a visitor sees when something can't be done: one page, in their language, with a request id."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from litestar import Litestar, Request
from litestar.exceptions import HTTPException
from litestar.response import Response, Template
from litestar.types import ASGIApp, Receive, Scope, Send

from db.engine import AWAY
from portal.accounts.step_routes import send_on
from portal.cases.visits import Mistyped, show_mistyped
from portal.errors import PortalError
from portal.i18n import N_, _
from portal.security.csrf import CROSS_SITE
from portal.security.guards import StepNeeded
from portal.security.headers import retry
from portal.templating import request_now

log = logging.getLogger(__name__)

TITLES = {
    400: N_("This can't be read"),
    401: N_("Please sign in"),
    403: N_("This is not open to you"),
    404: N_("There is nothing here"),
    405: N_("This can't be done here"),
    409: N_("It has changed meanwhile"),
    413: N_("That is too much at once"),
    422: N_("Something is missing"),
    429: N_("Too many tries"),
    500: N_("Something broke on our side"),
    503: N_("The desk is busy"),
}
MESSAGES = {
    400: N_("Your browser sent something we could not read. Please go back and send it again."),
    403: N_("You may not open this page."),
    404: N_("The address may be mistyped, or the page has gone."),
    405: N_("Please go back and use the buttons of the page."),
    413: N_("What was sent is larger than this page takes. Please send fewer or smaller files."),
    429: N_("Please wait a little and try again."),
    500: N_("Nothing was saved halfway. Please try again; if it happens again, tell us the reference below."),
    503: N_("Nothing was changed. Please try again in a few seconds."),
}
RETRY_AFTER_BUSY = 5


def show_portal_error(request: Request[Any, Any, Any], error: PortalError) -> Response[Any]:
    """A refusal of ours, in its own words."""
    return page(request, error.status, str(error), retry_after=error.retry_after)


def show_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What Litestar itself refuses: an unknown address, a method, a body too large or unreadable."""
    status = error.status_code if error.status_code in TITLES else 400
    if error.status_code >= 500:
        return show_bug(request, error)
    return page(request, status, headers=dict(error.headers or {}))


def show_nothing_here(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """An address that can't name anything."""
    return page(request, 404)


def show_busy(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database is away or overrun: nothing was changed."""
    log.warning("busy: %s: %r", type(error).__name__, str(error))
    return page(request, 503, retry_after=RETRY_AFTER_BUSY)


def show_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A mistake of ours: logged with its id, told without its inside."""
    # The route, not the path: a path may hold somebody's tracking code.
    route = request.scope.get("path_template", "no route")
    log.error("request %s: %s %s", _request_id(request.scope), request.method, route, exc_info=error)
    return page(request, 500)


def page(
    request: Request[Any, Any, Any],
    status: int,
    message: str = "",
    *,
    retry_after: int | None = None,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    """The error page; it needs no database."""
    # An unknown address never reaches the middleware that remembers the request.
    request_now.set(request)
    context = {
        "status": status,
        "title": _(TITLES.get(status, TITLES[400])),
        "message": message or _(MESSAGES.get(status, MESSAGES[400])),
        "in_admin": request.scope["path"].startswith("/admin/"),
        "request_id": _request_id(request.scope),
        "retry_after": retry_after,
    }
    sent = {**(headers or {}), **retry(retry_after)}
    return Template("_base/error.html", context=context, status_code=status, headers=sent)


def cross_site(app: Litestar) -> ASGIApp:
    """An ASGI application that refuses what another site sent."""

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = scope["litestar_app"] = app
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        answer = page(request, 403, _(CROSS_SITE)).to_asgi_response(None, request)
        await answer(scope, receive, send)

    return refuse


def _request_id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", ""))


HANDLERS: dict[int | type[Exception], Callable[..., Any]] = {
    StepNeeded: send_on,
    Mistyped: show_mistyped,
    PortalError: show_portal_error,
    **dict.fromkeys(AWAY, show_busy),
    HTTPException: show_http_error,
    Exception: show_bug,
}
