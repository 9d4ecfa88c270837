"""The front door, and what machines ask: alive, ready, where robots may go."""

from __future__ import annotations

import asyncio
from datetime import datetime

import asyncpg
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.response import Template

from db import schema
from db.engine import AWAY
from portal.services import queries
from portal.services.labels import WORDS
from portal.settings import Settings

READY_WITHIN = 5.0  # seconds
NOT_READY = (*AWAY, asyncpg.PostgresError)
NO_STORE = {"Cache-Control": "no-store"}
ROBOTS = """User-agent: *
Disallow: /cases/
Disallow: /T/
Disallow: /track
Disallow: /accounts/
Disallow: /mine
Disallow: /desk
Disallow: /admin
Disallow: /en/cases/
Disallow: /en/T/
Disallow: /en/track
Disallow: /en/accounts/
Disallow: /en/mine
Disallow: /en/desk
Disallow: /en/admin
"""


@get("/", name="site.home")
async def show_home(settings: NamedDependency[Settings], now: NamedDependency[datetime]) -> Template:
    """The box for tracking codes and the services."""
    context = {
        **WORDS,
        "cards": await queries.catalogue(now=now),
        "today": now.astimezone(settings.zone).date(),
    }
    return Template("site/home.html", context=context)


@get("/healthz", name="site.alive", opt={"no_session": True}, media_type=MediaType.TEXT)
async def alive() -> Response[str]:
    """This process answers; nothing else is asked."""
    return Response("ok", headers=NO_STORE)


@get("/readyz", name="site.ready", opt={"no_session": True})
async def ready() -> Response[dict[str, bool]]:
    """200 when the database answers and has the newest schema, 503 otherwise. Writes nothing."""
    try:
        async with asyncio.timeout(READY_WITHIN):
            current = not await schema.pending()
    except NOT_READY:
        current = False
    return Response({"ready": current}, status_code=200 if current else 503, headers=NO_STORE)


@get("/robots.txt", name="site.robots", opt={"no_session": True}, media_type=MediaType.TEXT)
async def robots() -> str:
    """Search engines stay away from cases and from the desk."""
    return ROBOTS


site_handlers = [show_home, alive, ready, robots]
