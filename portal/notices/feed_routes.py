"""The feeds of notices: made once in a few seconds, answered from memory, unchanged ones not sent again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from portal.i18n import current_language
from portal.notices import feeds, queries
from portal.notices.feeds import Site
from portal.notices.rules import Notice
from portal.services.queries import catalogue
from portal.settings import Settings

REMEMBER = 4.0
"""Seconds that a feed is kept in this process, as the board is."""
NEWEST = 100
"""Notices in the Atom feed and in the calendar."""
FRESH = "public, max-age=60"
_SCHEMA = Path(__file__).parent / "status.schema.json"


class Feed(msgspec.Struct, frozen=True):
    """A feed as it is answered; ``changed_at`` in whole seconds."""

    body: bytes
    etag: str
    changed_at: datetime
    media_type: str


_made: dict[tuple[str, str], tuple[float, Feed]] = {}
Make = Callable[[Site, datetime], Awaitable[tuple[bytes, datetime]]]


@get("/notices.atom", name="notices.atom", opt={"no_session": True})
async def send_atom(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Response[bytes]:
    """Everything that is said of outages, as Atom."""
    return await _answer(request, settings, now, "application/atom+xml", _atom)


@get("/notices.ics", name="notices.calendar", opt={"no_session": True})
async def send_calendar(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Response[bytes]:
    """All planned windows, to subscribe to in a calendar."""
    return await _answer(request, settings, now, "text/calendar", _calendar)


@get("/notices/status.json", name="notices.status", opt={"no_session": True})
async def send_status(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Response[bytes]:
    """How each service is now; docs/notices.md and status.schema.json say what stands in it."""
    return await _answer(request, settings, now, "application/json", _status)


@get(
    "/notices/status.schema.json",
    name="notices.status_schema",
    opt={"no_session": True},
    sync_to_thread=False,
)
def send_schema() -> Response[bytes]:
    """What ``status.json`` looks like, as JSON Schema."""
    return Response(
        _SCHEMA.read_bytes(), media_type="application/schema+json", headers={"Cache-Control": FRESH}
    )


def forget() -> None:
    """The next feed is made anew."""
    _made.clear()


async def _answer(
    request: Request[Any, Any, Any], settings: Settings, now: datetime, media_type: str, make: Make
) -> Response[bytes]:
    feed = await _kept(media_type, make, Site(settings.base_url, settings.zone), now)
    headers = {
        "Cache-Control": FRESH,
        "ETag": feed.etag,
        "Last-Modified": format_datetime(feed.changed_at, usegmt=True),
    }
    if _is_known(request, feed):
        return Response(b"", status_code=304, headers=headers)
    return Response(feed.body, media_type=feed.media_type, headers=headers)


async def _kept(media_type: str, make: Make, site: Site, now: datetime) -> Feed:
    key = (media_type, current_language())
    made_at, feed = _made.get(key, (0.0, None))
    if feed is None or time.monotonic() - made_at > REMEMBER:
        made_at = time.monotonic()
        body, changed_at = await make(site, now)
        etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        feed = Feed(body, etag, changed_at.astimezone(UTC).replace(microsecond=0), media_type)
        _made[key] = (made_at, feed)
    return feed


def _is_known(request: Request[Any, Any, Any], feed: Feed) -> bool:
    """Whether the reader has this already; its ETag counts before its date."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or feed.etag in [
            one.strip().removeprefix("W/") for one in known.split(",")
        ]
    since = request.headers.get("if-modified-since")
    try:
        return since is not None and parsedate_to_datetime(since) >= feed.changed_at
    except (TypeError, ValueError, OverflowError):
        return False


async def _atom(site: Site, now: datetime) -> tuple[bytes, datetime]:
    notices = await queries.published(limit=NEWEST, now=now)
    history = await queries.history([notice.no for notice in notices])
    return feeds.atom(notices, history, site, now).encode(), _changed(notices, now)


async def _calendar(site: Site, now: datetime) -> tuple[bytes, datetime]:
    notices = await queries.published(limit=NEWEST, now=now)
    return feeds.calendar(notices, site, now), _changed(notices, now)


async def _status(site: Site, now: datetime) -> tuple[bytes, datetime]:
    notices = await queries.current(now=now)
    services = {card.slug: card.title for card in await catalogue(now=now)}
    return msgspec.json.encode(feeds.status(notices, services, site, now)), now


def _changed(notices: list[Notice], now: datetime) -> datetime:
    """When something was last said; a publication that was held back counts from its own instant."""
    said = [max(notice.changed_at, notice.published_at) for notice in notices]
    return max((at for at in said if at <= now), default=datetime(2026, 1, 1, tzinfo=UTC))


feed_handlers = [send_atom, send_calendar, send_status, send_schema]
