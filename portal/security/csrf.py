"""Keeps other sites from sending forms in a visitor's name: first by origin, then by a token in each form.

The token needs no cookie and works for visitors without a session. By itself it is no secret for them
(anybody may fetch a form); the origin guard before it is what stops other sites, and both must fail before a
forged form counts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from portal.errors import NotAllowed
from portal.i18n import N_, _
from portal.security import sessions
from portal.security.cookies import cookie_value
from portal.security.form_parts import parse_form, parse_texts
from portal.settings import LOOPBACK, Settings

FIELD = "_csrf_token"
VALID_HOURS = 24
# For the 403 page that ``OriginGuard`` has sent.
CROSS_SITE = N_("Other sites can't send forms here. Please open the page on this site and send it again.")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED = "/notices/unsubscribe/"
"""Below it an address is its own proof: mail programs post there (RFC 8058) without saying from where."""


class StaleForm(NotAllowed):
    """The form's token is missing, too old, of another form or of another session. Nothing was changed."""


class OriginGuard:
    """ASGI wrapper: what changes something must come from a page of our own, else ``refuse`` answers.

    ``refuse`` is an ASGI application that sends a 403 page in the visitor's language.
    """

    def __init__(self, app: ASGIApp, settings: Settings, refuse: ASGIApp) -> None:
        self.app = app
        self.origins = own_origins(settings)
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it unread."""
        unsafe = scope["type"] == ScopeType.HTTP and scope.get("method") not in SAFE_METHODS
        if unsafe and not self._is_own(scope) and not _is_signed(scope):
            await self.refuse(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        fetch_site = _only(scope, b"sec-fetch-site")
        if fetch_site is not None:
            return fetch_site in ("same-origin", "none")
        origin, referer = _only(scope, b"origin"), _only(scope, b"referer")
        if origin is not None:
            return origin in self.origins
        return referer is not None and _origin_of(referer) in self.origins


def _is_signed(scope: Scope) -> bool:
    path: str = scope.get("path", "")
    return scope.get("method") == "POST" and path.startswith(SIGNED) and "/" not in path.removeprefix(SIGNED)


def own_origins(settings: Settings) -> frozenset[str]:
    """What browsers send as ``Origin`` for our pages. On loopback, localhost and 127.0.0.1 mean the same."""
    parts = urlsplit(settings.base_url)
    names = LOOPBACK if parts.hostname in LOOPBACK else {parts.hostname or ""}
    hosts = {f"[{name}]" if ":" in name else name for name in names}
    default = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    return frozenset(f"{parts.scheme}://{host}{port}" for host in hosts)


def form_token(key: bytes, session: str, path: str, now: datetime) -> str:
    """The token of the form that posts to ``path``, for the visitor with ``session``.

    ``path`` has no language prefix; ``session`` is the token in the session cookie, empty without one. Valid
    for 24 hours from ``now``.
    """
    return _token(key, session, path, _hour(now))


def check_form_token(key: bytes, session: str, path: str, token: object, now: datetime) -> bool:
    """Whether ``token`` was made by ``form_token`` for the same session and path within the last 24 hours.

    Takes whatever a form can hold, a file or any text, and answers in constant time.
    """
    text = token if isinstance(token, str) else ""
    hour_text = text.partition(".")[0]
    if not (hour_text.isascii() and hour_text.isdecimal() and len(hour_text) < 10):
        return False
    hour = int(hour_text)
    # One hour ahead is allowed: another process's clock may already have struck.
    fresh = hour - 1 <= _hour(now) <= hour + VALID_HOURS
    expected = _token(key, session, path, hour)
    return hmac.compare_digest(expected.encode(), text.encode("utf-8", "replace")) and fresh


def token_for(request: Request[Any, Any, Any], settings: Settings, path: str, now: datetime) -> str:
    """What templates call as ``csrf(path)``: the token for the visitor of ``request``."""
    return form_token(settings.secret_key, cookie_value(settings, request, sessions.COOKIE), path, now)


class Posted(msgspec.Struct, frozen=True):
    """A form as sent. ``stale`` is None when its token is right; otherwise nothing may be changed with it."""

    form: FormMultiDict
    stale: StaleForm | None


class Sent:
    """A form on its way, still unread: a handler that takes large files refuses first, and reads then."""

    def __init__(self, request: Request[Any, Any, Any], settings: Settings, now: datetime) -> None:
        self._request, self._settings, self._now = request, settings, now
        self._form = FormMultiDict([])

    async def read(self) -> Posted:
        """The form and whether it may be used. Raises BadRequest or TooLarge for what can't be read."""
        self._form = await parse_form(self._request)
        session = cookie_value(self._settings, self._request, sessions.COOKIE)
        path, token = self._request.scope["path"], self._form.get(FIELD)
        fresh = any(check_form_token(key, session, path, token, self._now) for key in self._settings.keys)
        stale = None if fresh else StaleForm(_("The page was open too long. Please send it again."))
        return Posted(self._form, stale)

    async def texts(self) -> FormMultiDict:
        """What was typed, to show it again to somebody who may not send it; files are dropped as they come."""
        return await parse_texts(self._request)

    async def close(self) -> None:
        """Files that were read are closed."""
        await self._form.close()


async def wait_to_read(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> AsyncGenerator[Sent, None]:
    """Litestar dependency ``sent``: the form, unread. Files are closed when the handler is done."""
    sent = Sent(request, settings, now)
    try:
        yield sent
    finally:
        await sent.close()


async def read_posted(sent: NamedDependency[Sent]) -> Posted:
    """Litestar dependency ``posted``: the form and whether it may be used, for pages where a lot is typed.

    The handler sees ``posted.stale`` and shows the form again, with the input kept and ``str(posted.stale)``
    as its error (status 403). Raises BadRequest or TooLarge for what can't be read.
    """
    return await sent.read()


async def read_form(posted: NamedDependency[Posted]) -> FormMultiDict:
    """Litestar dependency ``form`` of every other POST handler: its token is right. Raises StaleForm."""
    if posted.stale:
        # Litestar 2.25 ends no dependency's generator when a later dependency raises.
        await posted.form.close()
        raise posted.stale
    return posted.form


def _token(key: bytes, session: str, path: str, hour: int) -> str:
    parts = ("form", session, path.rstrip("/") or "/", str(hour))
    message = b"\0".join(part.encode("utf-8", "replace") for part in parts)
    return f"{hour}.{hmac.digest(key, message, hashlib.sha256).hex()}"


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600


def _only(scope: Scope, name: bytes) -> str | None:
    """The value of a header; None when absent, and a value nobody accepts when it was sent more than once."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else ("" if values else None)


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
