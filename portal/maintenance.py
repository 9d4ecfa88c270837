"""The whole portal closed for work: one page for every address, which needs neither the database nor Litestar.

A file in the data folder closes it, for all processes that share the folder; ``portal maintenance`` writes it.
"""

from __future__ import annotations

import contextlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from portal import i18n, jalali
from portal.i18n import N_, _
from portal.settings import Settings
from portal.templating import Clock, PageEngine

LOOK_EVERY = 1.0
"""Seconds between two looks for the file."""
TRY_AGAIN = timedelta(minutes=15)
"""When to come back while nobody has said how long it lasts, or it lasts longer than said."""
OPEN = ("/static/", "/healthz")
"""What is served whatever happens."""
KEEP_PAGE = N_("If you were just sending something, go back in your browser and keep that page open.")
_NOT_READY = b'{"ready":false}'


class Words(msgspec.Struct, frozen=True):
    """What the page says in one language."""

    code: str
    direction: str
    title: str
    lead: str
    until: str
    typed: str


class Gate:
    """ASGI wrapper: while the file is there, every address answers 503 with one page in both languages.

    Static files and ``/healthz`` are served on; ``/readyz`` says that the portal is not ready.
    """

    def __init__(self, app: ASGIApp, settings: Settings, clock: Clock) -> None:
        self.app = app
        self.settings = settings
        self.clock = clock
        self.pages = PageEngine(settings, {}, clock)
        self.looks_again_at = 0.0
        self.closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503."""
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(OPEN) or not self._is_closed():
            await self.app(scope, receive, send)
            return
        ready = scope["path"] == "/readyz"
        now, until = self.clock(), _until(self.settings)
        body = _NOT_READY if ready else self._page(until if until and until > now else None)
        headers = [
            (b"content-type", b"application/json" if ready else b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"retry-after", str(_retry_after(until, now)).encode()),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})

    def _is_closed(self) -> bool:
        if time.monotonic() >= self.looks_again_at:
            self.looks_again_at = time.monotonic() + LOOK_EVERY
            self.closed = _file(self.settings).exists()
        return self.closed

    def _page(self, until: datetime | None) -> bytes:
        words = [_words(code, until, self.settings) for code in self.settings.languages]
        template = self.pages.spoken[words[0].code, "request"].get_template("_base/maintenance.html")
        return template.render(words=words).encode()


def begin(settings: Settings, until: datetime | None) -> None:
    """Within a second the portal is closed, as far as known until ``until``."""
    path = _file(settings)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(until.isoformat() if until else "")
    draft.replace(path)


def end(settings: Settings) -> None:
    """Within a second the portal is open."""
    _file(settings).unlink(missing_ok=True)


def read_until(typed: str, settings: Settings) -> datetime | None:
    """The moment that was typed, in the agency's zone; None for what is none."""
    try:
        return jalali.parse_moment(typed, settings.zone)
    except jalali.WrongDay:
        return None


def _file(settings: Settings) -> Path:
    return settings.data_dir / "maintenance"


def _until(settings: Settings) -> datetime | None:
    """What the file says. Whatever else it holds, somebody wanted the portal closed."""
    with contextlib.suppress(OSError, ValueError):
        until = datetime.fromisoformat(_file(settings).read_text().strip())
        return until if until.tzinfo else until.replace(tzinfo=UTC)
    return None


def _retry_after(until: datetime | None, now: datetime) -> int:
    wait = until - now if until and until > now else TRY_AGAIN
    return max(1, round(wait.total_seconds()))


def _words(code: str, until: datetime | None, settings: Settings) -> Words:
    with i18n.using(code):
        shown = jalali.show_moment(until, code, settings.zone) if until else ""
        return Words(
            code=code,
            direction=i18n.direction(),
            title=_("The portal is being worked on"),
            lead=_(
                "For a while no page can be opened. Nothing that was sent is lost, and every promise stands."
            ),
            until=_("It will be back: %(until)s") % {"until": shown}
            if until
            else _("Please try again in a quarter of an hour."),
            typed=_(KEEP_PAGE),
        )
