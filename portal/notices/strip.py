"""The notices that every page speaks of: read once per request outside the pages, from the board in memory."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from db.engine import AWAY
from portal.i18n import current_language
from portal.notices import closures, queries, rules
from portal.notices.rules import Notice, Stage
from portal.notices.wording import touching
from portal.security.cookies import cookie_value
from portal.security.guards import here
from portal.security.headers import PROBES
from portal.settings import Settings
from portal.templating import Clock, notices_now

SEEN = "seen_notices"
"""Name of the cookie with what a browser has put aside: ``12.3-15.1``, numbers and versions of notices."""
MOST_LINES = 2
MOST_SEEN = 20
"""Notices that a browser remembers having put aside; the oldest numbers go first."""
WITHOUT = ("/static/", "/robots.txt")
"""Addresses that show no page."""
PAUSE = queries.REMEMBER
"""Seconds without asking again after the database did not answer."""
_ONE = r"([0-9]{1,9})\.([0-9]{1,9})"
_URGENCY = {"now": 0, "soon": 1, "ahead": 2, "over": 3, "cancelled": 3}

_asks_again_at = 0.0


class Look(msgspec.Struct, frozen=True):
    """The notices of one second, which all pages of that second share: working them out costs a tenth of a page.

    ``board`` is what was read, ``published`` what anybody may know of it, ``pressing`` what stands on the strip, the
    most pressing first, of a series only the next window. ``drawn`` keeps what was drawn of it, by language and by
    what a browser has put aside.
    """

    board: list[Notice]
    second: datetime
    published: tuple[Notice, ...]
    pressing: tuple[Notice, ...]
    drawn: dict[tuple[Any, ...], str]


_look = Look([], datetime.min.replace(tzinfo=UTC), (), (), {})


class AtHand(msgspec.Struct, frozen=True):
    """The notices of one page: those of ``look``, at ``now``.

    ``seen`` is the version that was put aside, by number; ``back`` the page to come back to after that.
    """

    look: Look
    now: datetime
    seen: Mapping[int, int]
    back: str

    @property
    def lines(self) -> list[Notice]:
        """What stands on the strip, the most pressing first."""
        return self._shown[:MOST_LINES]

    @property
    def n_more(self) -> int:
        """How many more there are than the strip has lines."""
        return max(0, len(self._shown) - MOST_LINES)

    def drawn(self, draw: Callable[[AtHand], str]) -> str:
        """What ``draw`` makes of the lines, which is the same for whoever put the same ones aside."""
        shown = self._shown
        key = (current_language(), *(notice.no for notice in shown))
        if key not in self.look.drawn:
            self.look.drawn[key] = draw(self)
        return self.look.drawn[key]

    def of(self, slug: str, *stages: Stage) -> list[Notice]:
        """The service's notices in these stages, whether put aside or not, the most pressing first.

        Of a series only the next window.
        """
        mine = [one for one in touching(self.look.published, slug) if rules.stage(one, self.now) in stages]
        return sorted(rules.nearest(mine, self.now), key=lambda one: _urgency(one, self.now))

    def closing(self, slug: str) -> Notice | None:
        """The notice that closes the service's form within a day."""
        return closures.closing_soon(self.look.published, slug, self.now)

    def slowed(self, slug: str) -> bool:
        """Whether the service is slow now, and nothing worse."""
        return closures.slowed(self.look.published, slug, self.now)

    @property
    def _shown(self) -> list[Notice]:
        return [one for one in self.look.pressing if self.seen.get(one.no) != one.version]


class NoticesAtHand:
    """ASGI wrapper: while a page is made, ``templating.notices_now`` holds the notices it speaks of.

    It stands outside Litestar, whose middleware never sees an address without a route, and never fails a page:
    while the database is away it goes on with what was last known.
    """

    def __init__(self, app: ASGIApp, settings: Settings, clock: Clock) -> None:
        self.app = app
        self.settings = settings
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Remember the notices while the request is answered."""
        if scope["type"] != ScopeType.HTTP or scope["path"] in PROBES or scope["path"].startswith(WITHOUT):
            await self.app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope)
        seen = put_aside(self.settings, request)
        token = notices_now.set(await at_hand(seen, back=here(request), now=self.clock()))
        try:
            await self.app(scope, receive, send)
        finally:
            notices_now.reset(token)


async def at_hand(seen: Mapping[int, int], *, back: str, now: datetime) -> AtHand:
    """The published notices of the board, or of the last one that could be read. Raises nothing."""
    return AtHand(_look_at(await _board(now), now), now, seen, back)


def put_aside(settings: Settings, request: Request[Any, Any, Any]) -> dict[int, int]:
    """What this browser has put aside: version by number. What can't be read counts as nothing."""
    sent = cookie_value(settings, request, SEEN)
    return {int(no): int(version) for no, version in re.findall(_ONE, sent[:1000])} if sent else {}


def is_one(sent: str) -> bool:
    """Whether ``sent`` names a version of a notice: ``12.3``."""
    return re.fullmatch(_ONE, sent) is not None


def put_aside_too(seen: Mapping[int, int], one: str) -> str:
    """The cookie's value with one more notice, ``12.3``."""
    no, _dot, version = one.partition(".")
    kept = sorted({**seen, int(no): int(version)}.items())[-MOST_SEEN:]
    return "-".join(f"{number}.{known}" for number, known in kept)


def _look_at(board: list[Notice], now: datetime) -> Look:
    global _look
    second = now.replace(microsecond=0)
    if _look.board is not board or _look.second != second:
        published = tuple(one for one in board if rules.stage(one, now) != "unpublished")
        spoken_of = rules.nearest((one for one in published if rules.on_strip(one, now)), now)
        pressing = sorted(spoken_of, key=lambda one: _urgency(one, now))
        _look = Look(board, second, published, tuple(pressing), {})
    return _look


def _urgency(notice: Notice, now: datetime) -> tuple[int, int, float]:
    stage = rules.stage(notice, now)
    worst = min(rules.IMPACTS.index(of.impact) for of in notice.services)
    begins = notice.begins.timestamp()
    return (
        _URGENCY[stage],
        worst if stage == "now" else 0,
        -begins if stage == "over" else begins,
    )


async def _board(now: datetime) -> list[Notice]:
    global _asks_again_at
    if time.monotonic() < _asks_again_at:
        return queries.latest()
    try:
        return await queries.board(now=now)
    except (*AWAY, asyncpg.PostgresError):
        _asks_again_at = time.monotonic() + PAUSE
        return queries.latest()
