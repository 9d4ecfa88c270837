"""What every answer says to the browser, and which host names are ours: ASGI around everything else."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from portal.security.csrf import own_origins
from portal.settings import Settings

# connect-src: a half-filled form is saved by itself with fetch, and to nobody but us.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
ALWAYS = {
    b"x-content-type-options": b"nosniff",
    # With no-referrer Chromium sends "Origin: null" with our own forms and the origin guard refuses them.
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=()",
}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""For answers that show what belongs to somebody: no browser keeps them, no search engine lists them."""
HSTS = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}
PROBES = frozenset({"/healthz", "/readyz"})


def retry(after: int | None) -> dict[str, str]:
    """When to come back, in seconds, for whoever was refused for now; nothing where waiting does not help."""
    return {} if after is None else {"Retry-After": str(after)}


class SecurityHeaders:
    """ASGI wrapper: adds the headers above to every answer and gives the request an id.

    The id is in ``scope["state"]["request_id"]`` and in ``X-Request-ID``; one sent by the visitor is not
    believed. An answer's own Content-Security-Policy stays beside ours: browsers obey both, so it can only
    forbid more. Nothing is cached unless the answer itself says how.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.always = {**ALWAYS, **(HSTS if settings.secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with an ``http.response.start`` that carries our headers."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(message.get("headers", ()), request_id)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _headers(self, given: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
        headers = [
            (name.lower(), value)
            for name, value in given
            if name.lower() not in self.always and name.lower() not in (b"server", b"x-request-id")
        ]
        headers += self.always.items()
        headers += [(b"content-security-policy", CSP.encode()), (b"x-request-id", request_id.encode())]
        if not any(name == b"cache-control" for name, _value in headers):
            headers.append((b"cache-control", b"no-store"))
        return headers


class HostGuard:
    """ASGI wrapper: answers 400 to requests for a host that is not ours, for none, and for two at once.

    Nothing of the request is believed about our name; the health probes alone may call us by any address.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = own_hosts(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 400."""
        if scope["type"] != ScopeType.HTTP or scope["path"] in PROBES or self._is_ours(scope):
            await self.app(scope, receive, send)
            return
        body = b"This host name is not served here.\n"
        length = str(len(body)).encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _is_ours(self, scope: Scope) -> bool:
        sent = [value for name, value in scope["headers"] if name == b"host"]
        return len(sent) == 1 and sent[0].lower() in self.hosts


def own_hosts(settings: Settings) -> frozenset[bytes]:
    """What ``Host`` may say, lower case; the scheme's own port may be left out."""
    hosts = {origin.partition("://")[2] for origin in own_origins(settings)}
    port = ":443" if settings.secure else ":80"
    with_port = {host + port for host in hosts if not host.rpartition("]")[2].rpartition(":")[1]}
    return frozenset(host.encode() for host in hosts | with_port)
