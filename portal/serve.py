"""The supervisor: one command that runs the database, the web processes and one worker.

It leaves nothing behind: stopped, it ends them in order; killed, they notice (``portal.child``) and the next
start takes over the port and the database.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec

from db import embedded
from portal.processes import Child
from portal.settings import Reader, Settings
from portal.stopping import Requests, Stop

APP = "portal.app:create_app"
WORKER = "portal.worker:run"
BIND_SECONDS = 5
"""How long to wait for a port that the processes of a killed supervisor are just giving back."""
READY_SECONDS = 60
TICK_SECONDS = 0.1
DATABASE_PAUSE_SECONDS = 5
LISTEN_BACKLOG = 2048
TURNED_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


class CannotServe(Exception):
    """Starting is impossible; the text is one line that says why and what to do."""


async def nothing_first() -> str:
    """No sample data, no note."""
    return ""


def run(
    settings: Settings,
    *,
    app: str = APP,
    worker: str = WORKER,
    first: Callable[[], Coroutine[Any, Any, str]] = nothing_first,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then stop everything that was started.

    ``first`` runs once the database is migrated; what it returns is printed under the address. Raises
    CannotServe and EmbeddedError.
    """
    listener = bind(settings.host, settings.port)
    requests = Requests()
    children: list[Child] = []
    try:
        # They import their code while the database starts.
        children += [Child("web", app, listener) for _ in range(settings.workers)]
        with database(settings, sleep=requests.sleep) as known:
            try:
                requests.run(migrate(known))
                note = requests.run(first())
                _begin(children, settings, listener, requests, note)
                children.append(Child("worker", worker, None))
                children[-1].go()
                _tend(children, known.cluster, requests)
            finally:
                end(children, listener, requests)
    except Stop:
        pass
    finally:
        end(children, listener, requests)
        close(listener)


def _begin(
    children: list[Child], settings: Settings, listener: socket.socket, requests: Requests, note: str
) -> None:
    for child in children:
        child.go()
    wait_until_ready(children, settings, listener, requests)
    sys.stdout.write(f"Rahgir answers at {settings.base_url} (Ctrl-C stops it)\n{note}")
    sys.stdout.flush()


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host``:``port``. Raises CannotServe when another program keeps the port."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    give_up_at = time.monotonic() + BIND_SECONDS
    while True:
        try:
            listener.bind((host, port))
            listener.listen(LISTEN_BACKLOG)
            return listener
        except OSError as error:
            if time.monotonic() > give_up_at:
                listener.close()
                raise CannotServe(
                    f"{host}:{port} can't be used ({os.strerror(error.errno or 0)}); "
                    "stop what runs there or set PORTAL_HOST and PORTAL_PORT."
                ) from error
            time.sleep(TICK_SECONDS)


class Database(msgspec.Struct, frozen=True):
    """Where it is: for web and workers, for migrations; ``cluster`` is None unless it is the embedded one."""

    app_url: str
    owner_url: str
    cluster: embedded.Cluster | None


@contextlib.contextmanager
def database(settings: Settings, *, sleep: Callable[[float], object] = time.sleep) -> Iterator[Database]:
    """The database runs, and PORTAL_DATABASE_URL says where to the rest of this process.

    That is the embedded server, started or joined, unless PORTAL_DATABASE_URL named another. Raises
    EmbeddedError, and whatever ``sleep`` raises while the server is waited for.
    """
    given = Reader(os.environ)
    if app_url := given("PORTAL_DATABASE_URL", ""):
        os.environ["PORTAL_DATABASE_URL"] = app_url
        yield Database(app_url, given("PORTAL_DATABASE_OWNER_URL", app_url), None)
        return
    with embedded.start(settings.data_dir, sleep=sleep) as cluster:
        os.environ["PORTAL_DATABASE_URL"] = cluster.app_url
        yield Database(cluster.app_url, cluster.owner_url, cluster)


async def migrate(known: Database) -> None:
    """The database has the newest schema. Raises CannotServe for a bad address, or what PostgreSQL raised."""
    from db import schema  # after PORTAL_DATABASE_URL is known

    try:
        await schema.migrate(known.owner_url, known.app_url)
    except ValueError as error:
        raise CannotServe(f"PORTAL_DATABASE_URL: {error}") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise CannotServe(
            f"{error}: the schema is out of date and only its owner may change it. Give PORTAL_DATABASE_OWNER_URL."
        ) from error


def wait_until_ready(
    children: list[Child], settings: Settings, listener: socket.socket, requests: Requests
) -> None:
    """A page was answered. Raises CannotServe when a web process ended instead, and Stop."""
    host, port = listener.getsockname()[:2]
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asks itself, binds nothing
    name = urlsplit(settings.base_url).netloc
    give_up_at = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up_at:
        if not all(child.alive for child in children):
            raise CannotServe("A web process could not start; its error stands above.")
        if _answers((address, port), name, requests):
            return
        requests.sleep(0.02)
    raise CannotServe(f"No page was answered within {READY_SECONDS} seconds.")


def _answers(address: tuple[str, int], name: str, requests: Requests) -> bool:
    ask = f"GET /healthz HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=1) as asking:
        asking.sendall(ask.encode())
        return requests.wait_for(asking, seconds=1) and bool(asking.recv(1))
    return False


def _tend(children: list[Child], cluster: embedded.Cluster | None, requests: Requests) -> None:
    """Start again whatever dies. Ends only by Stop."""
    while True:
        requests.sleep(TICK_SECONDS)
        for line in filter(None, [child.tend() for child in children]):
            say(line)
        try:
            if cluster and cluster.ensure():
                say("the database had died and was started again")
        except (embedded.EmbeddedError, OSError) as error:  # OSError: the disk is full
            say(f"the database does not start, trying again: {error}")
            requests.sleep(DATABASE_PAUSE_SECONDS)


def end(children: list[Child], listener: socket.socket, requests: Requests) -> None:
    """Every child has ended: each is asked first, then killed when its time is up or we are asked again.

    Meanwhile nobody is left in the listener's queue without an answer.
    """
    n_before = requests.n_stops
    for child in children:
        child.ask_to_stop()
    while any(child.alive for child in children):
        turn_away(listener)
        for child in children:
            if child.late or requests.n_stops > n_before:
                child.process.kill()


def close(listener: socket.socket) -> None:
    """Nobody listens any more. Who still waited in the queue, while the database stopped, got an answer."""
    waiting = []
    listener.setblocking(False)
    with contextlib.suppress(OSError):
        while True:
            waiting.append(listener.accept()[0])
    listener.close()  # before they are answered: who comes meanwhile would be cut off
    give_up_at = time.monotonic() + 1
    for visitor in waiting:
        _tell_to_come_back(visitor, patience=max(0.0, min(0.5, give_up_at - time.monotonic())))


def turn_away(listener: socket.socket) -> None:
    """Whoever connects within a tick is told to come back in five seconds, instead of being cut off."""
    listener.settimeout(TICK_SECONDS)
    try:
        visitor, _ = listener.accept()
    except OSError:
        return
    _tell_to_come_back(visitor, patience=0.5)


def _tell_to_come_back(visitor: socket.socket, *, patience: float) -> None:
    """``patience``: seconds to wait for what the visitor has to say."""
    with visitor, contextlib.suppress(OSError):
        visitor.settimeout(patience)
        # Read before closing: unread bytes would turn the close into a reset that eats the answer.
        visitor.recv(65536)
        visitor.sendall(TURNED_AWAY)
        visitor.shutdown(socket.SHUT_WR)
        visitor.recv(65536)


def say(line: str) -> None:
    """One line for whoever runs the portal."""
    sys.stderr.write(f"portal: {line}\n")
    sys.stderr.flush()
