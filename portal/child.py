"""One process under the supervisor: a web process or the worker. It never outlives its supervisor."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn

from portal import logs
from portal import settings as settings_module
from portal.settings import Settings

LEAVE_SECONDS = 0.8
"""How long an orphan may take to leave by itself; the next start waits for its port."""
READ_SECONDS = 0.3
"""After the last accept, for a request that has been sent but not yet read."""
WORKER_NICE = 5
SWITCH_SECONDS = 0.0005
"""How long a thread that draws may keep the loop from its turn; Python's own 5 ms add up, turn by turn."""
MAX_CONNECTIONS = 800
"""Per web process, idle ones too; beyond it uvicorn answers 503 at once, which bounds memory."""


def main() -> None:
    """Run what the arguments name: kind, lifeline, listener (``-`` for none), ``module:function``.

    The module is imported before the go-ahead is awaited, so that it loads while the database starts.
    """
    kind, lifeline, listener, target = sys.argv[1:]
    logs.begin(kind)
    function = _imported(target)
    orders = os.fdopen(int(lifeline), "rb", buffering=0)
    os.environ["PORTAL_DATABASE_URL"] = _go_ahead(orders.readline())
    threading.Thread(target=_leave_with_supervisor, args=(orders.fileno(),), daemon=True).start()
    settings = settings_module.load()
    if kind == "web":
        serve_web(function(settings), settings, socket.socket(fileno=int(listener)))
    else:
        # Filing a request goes before mailing about it: where processors are few, the worker stands back.
        os.nice(WORKER_NICE)
        asyncio.run(function(settings))


def _imported(target: str) -> Callable[[Settings], Any]:
    module, _, name = target.partition(":")
    function: Callable[[Settings], Any] = getattr(importlib.import_module(module), name)
    return function


def _go_ahead(line: bytes) -> str:
    """Where the database is. Nothing to read means that the supervisor has gone: leave quietly."""
    if not line:
        raise SystemExit(0)
    return line.decode().strip()


def _leave_with_supervisor(lifeline: int) -> None:
    # The supervisor holds the other end and never writes again: end of file means it died, even by kill -9.
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LEAVE_SECONDS)
    os._exit(1)


def serve_web(app: Any, settings: Settings, listener: socket.socket) -> None:
    """Serve ``app`` on ``listener`` until SIGTERM; requests under way are answered first (up to 25 s)."""
    config = config_of(app, settings)
    # What the program is made of is no garbage: to look it through took 0.1 s, in which nobody was served.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
    _Server(config).run(sockets=[listener])


def config_of(app: Any, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves ``app``."""
    return uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="none",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # uvicorn trusts 127.0.0.1 unless told otherwise: any local program could then claim any address.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=2048,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=25,
    )


class _Server(uvicorn.Server):
    """uvicorn 0.54 cuts connections it has accepted but not read from yet; these get a moment to be read."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await asyncio.sleep(READ_SECONDS)
        await super().shutdown(sockets)


if __name__ == "__main__":
    main()
