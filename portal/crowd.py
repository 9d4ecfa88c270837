"""Back-pressure: while too many are served or wait for the database, whoever comes on top is told to come back.

Without it all would be let in and all be slow. Who is let in waits for a connection about a quarter of a second, as
often as the request needs one, however fast the machine is (``db.engine.is_overrun``).
"""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from db.engine import is_overrun
from portal import error_pages, i18n, maintenance, text
from portal.i18n import _
from portal.settings import Settings
from portal.templating import Clock, PageEngine

MOST_AT_ONCE = 400
"""Requests under way in one process, slow uploads too; half of the connections that it accepts."""


class Crowd:
    """ASGI wrapper: while there are too many, a page in both languages with 503 and Retry-After.

    The page is made once and needs neither the database nor Litestar. ``/static/`` and ``/healthz`` are served on.
    """

    def __init__(self, app: ASGIApp, settings: Settings, clock: Clock) -> None:
        self.app = app
        self.under_way = 0
        words = [_words(code) for code in settings.languages]
        pages = PageEngine(settings, {}, clock).spoken[words[0].code, "request"]
        self.page = pages.get_template("_base/maintenance.html").render(words=words).encode()
        self.headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(self.page)).encode()),
            (b"retry-after", str(error_pages.RETRY_AFTER_BUSY).encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503."""
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(maintenance.OPEN):
            await self.app(scope, receive, send)
        elif self.under_way >= MOST_AT_ONCE or is_overrun():
            await self._turn_away(send, bodiless=scope["method"] == "HEAD")
        else:
            self.under_way += 1
            try:
                await self.app(scope, receive, send)
            finally:
                self.under_way -= 1

    async def _turn_away(self, send: Send, *, bodiless: bool) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if bodiless else self.page, "more_body": False})


def _words(code: str) -> maintenance.Words:
    with i18n.using(code):
        seconds = text.show_number(error_pages.RETRY_AFTER_BUSY, code)
        return maintenance.Words(
            code=code,
            direction=i18n.direction(),
            title=_(error_pages.TITLES[503]),
            lead=_("Nothing was changed."),
            until=_("Please try again in %(seconds)s seconds.") % {"seconds": seconds},
            typed=_(maintenance.KEEP_PAGE),
        )
