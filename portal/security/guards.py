"""Who is asking, and who may open a page.

One guard stands before every route, so that none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from portal import audit
from portal.errors import NotAllowed, PortalError
from portal.i18n import N_, _, unlocalized
from portal.security.address import client_address
from portal.security.cookies import cookie_value
from portal.security.form_parts import parse_texts
from portal.security.permissions import ACCESS, Access, may_open
from portal.security.sessions import COOKIE, SignedIn, account_of
from portal.settings import Settings

SECRETS = ("password", "otp")
"""What the names of fields contain whose words are not shown again: a passphrase has several words too."""

Connection = ASGIConnection[Any, Any, SignedIn | None, Any]


class StepNeeded(PortalError):
    """Something else comes before this page; browsers are sent there and then to ``next``.

    ``next`` is a path of ours with its query, without language prefix; the address of a form leads back to the
    page it stands on. ``words`` are the longer texts of a form that can't be taken now.
    """

    message = ""

    def __init__(self, next: str, words: Sequence[str] = ()) -> None:
        super().__init__(_(self.message))
        self.next, self.words = next, words


class SignInNeeded(StepNeeded):
    """Nobody is signed in."""

    status, message = 401, N_("Please sign in first.")


class ProofNeeded(StepNeeded):
    """Too long ago that the person proved who they are."""

    status, message = 403, N_("Please confirm that it is you first.")


class FactorNeeded(StepNeeded):
    """The account has to have a second factor by now, and has none."""

    status, message = 403, N_("Please set up your second step first.")


class SignedInReader(ASGIMiddleware):
    """Litestar middleware: ``request.user`` is the SignedIn account or None.

    Without a session cookie no query is made. ``clock`` gives the present UTC instant. Handlers that never
    look at the visitor (style sheets, health) are left out by ``opt={"no_session": True}``.
    """

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "no_session"

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Find out who is asking, then go on."""
        request = Request[Any, Any, Any](scope)
        token = cookie_value(self.settings, request, COOKIE)
        grace = self.settings.second_factor_grace
        account = scope["user"] = await account_of(token, self.clock(), grace=grace) if token else None
        address = client_address(request)
        origin = (
            audit.Origin(actor=account.account_id, role=account.role, address=address)
            if account
            else audit.Origin(role="guest", address=address)
        )
        with audit.acting(origin):
            await next_app(scope, receive, send)


async def permitted(connection: Connection, handler: BaseRouteHandler) -> None:
    """The one guard of all routes: opens what ``permissions.ACCESS`` opens to this visitor.

    Raises SignInNeeded, FactorNeeded, ProofNeeded or NotAllowed. A route that the table lacks is closed.
    """
    if connection.scope.get("method") == "OPTIONS":  # Litestar's own answer: which methods there are
        return
    access = ACCESS.get(handler.name or "")
    await _with_factor(connection, access)
    if access is not None and access.roles is None:
        return
    account = await _account(connection)
    if access is None or not may_open(handler.name or "", account):
        # The route, not the path: a path may hold somebody's tracking code.
        await audit.append("denied", object=connection.scope["path_template"], now=datetime.now(UTC))
        raise NotAllowed(_("This page is not for your kind of account."))
    if access.fresh and not account.is_fresh:
        raise ProofNeeded(here(connection), await _words_of(connection))


def same_site_path(value: str) -> str:
    """``value`` when a browser can only understand it as a path of ours; otherwise empty.

    Browsers drop tabs and line breaks and take a backslash for a slash, so none of these may be inside.
    """
    if not value.startswith("/") or value.startswith("//") or len(value) > 2000:
        return ""
    if "\\" in value or not value.isprintable():
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else value


async def _with_factor(connection: Connection, access: Access | None) -> None:
    """Whoever has to have a second factor and lacks it gets nowhere but to where one is set up."""
    account = connection.scope.get("user")
    overdue = isinstance(account, SignedIn) and account.factor_overdue
    if overdue and not (access and access.before_factor):
        raise FactorNeeded(here(connection), await _words_of(connection))


async def _account(connection: Connection) -> SignedIn:
    """Who is signed in. A missing reader of sessions counts as nobody: what fails, fails closed."""
    account = connection.scope.get("user")
    if isinstance(account, SignedIn):
        return account
    raise SignInNeeded(here(connection), await _words_of(connection))


async def _words_of(connection: Connection) -> list[str]:
    """The longer texts of the form that was sent, secrets left out; what can't be read counts as none."""
    if not isinstance(connection, Request) or connection.method != "POST":
        return []
    try:
        form = await parse_texts(connection)
    except PortalError:
        return []
    shown = [value for name, value in form.multi_items() if not any(secret in name for secret in SECRETS)]
    return [value for value in shown if len(value.split()) > 1]


def here(connection: Connection) -> str:
    """Where to come back to, without language prefix.

    After a form that is the page it stood on: its own address may open for forms only.
    """
    query = connection.scope.get("query_string", b"").decode("latin-1")
    path = same_site_path(connection.scope["path"] + (f"?{query}" if query else ""))
    if connection.scope.get("method") != "POST":
        return path
    # OriginGuard let the form in, so the page it names as its own is ours.
    try:
        page = urlsplit(connection.headers.get("referer", ""))
    except ValueError:
        return path
    shown = unlocalized(page.path) + (f"?{page.query}" if page.query else "")
    return same_site_path(shown) or path
