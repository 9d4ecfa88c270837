"""A tiny portal to supervise: pages that name their process, take their time or break it."""

from __future__ import annotations

import asyncio
import os
import signal

import asyncpg


def create_app(settings):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body = await _answer(scope["path"])
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        )
        await send({"type": "http.response.body", "body": body})

    return app


def create_nothing(settings):
    raise RuntimeError("this app can't start")


async def _lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(path: str) -> bytes:
    if path == "/die":
        os._exit(1)
    if path == "/slow":
        await asyncio.sleep(1.5)
    if path == "/database":
        connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_URL"])
        user = await connection.fetchval("SELECT current_user")
        await connection.close()
        return user.encode()
    return str(os.getpid()).encode()


async def work(settings):
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
