"""The bare limit: the portal's server and pool with one indexed query and a small template, and with one insert.

``python -m bench.bare`` serves it as ``portal serve`` would, on the database of PORTAL_DATA_DIR.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import jinja2
from litestar import Litestar, MediaType, Response, get, post
from litestar.params import FromPath

from db.cases import Case
from db.engine import close_pool, open_pool
from db.keys import uuid7
from portal import serve, settings
from portal.app import POOL
from portal.settings import Settings

TABLE = (
    "CREATE TABLE IF NOT EXISTS bare_entry (id uuid PRIMARY KEY, body text NOT NULL, at timestamptz NOT NULL)"
)
GRANT = "GRANT SELECT, INSERT ON bare_entry TO portal_app"
_ROW = 'SELECT number, state, filed_at, next_due_at FROM "case" WHERE number = {}'
_INSERT = "INSERT INTO bare_entry (id, body, at) VALUES ({}, {}, {})"
_PAGE = jinja2.Environment(autoescape=True).from_string(
    "<!doctype html><title>{{ row.number }}</title><h1>{{ row.number }}</h1>"
    "<p>{{ row.state }}, {{ row.filed_at }}, {{ row.next_due_at }}</p>"
)


@get("/readyz")
async def ready() -> str:
    return "ready"


@get("/rows/{number:int}", media_type=MediaType.HTML)
async def show_row(number: FromPath[int]) -> str:
    rows = await Case.raw(_ROW, number)
    return _PAGE.render(row=rows[0])


@post("/rows")
async def post_row() -> Response[None]:
    await Case.raw(_INSERT, uuid7(), "x" * 200, datetime.now(UTC))
    return Response(None, status_code=303, headers={"Location": "/readyz"})


@contextlib.asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    await open_pool(POOL)
    yield
    await close_pool()


def create_app(settings: Settings) -> Any:
    """The smallest application that asks and writes as the portal does."""
    return Litestar([ready, show_row, post_row], lifespan=[_pool], openapi_config=None, logging_config=None)


async def idle(settings: Settings) -> None:
    """A worker that has nothing to do."""
    await asyncio.Event().wait()


if __name__ == "__main__":
    serve.run(settings.load(), app="bench.bare:create_app", worker="bench.bare:idle")
