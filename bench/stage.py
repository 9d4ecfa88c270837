"""A portal of its own to measure: in a folder of its own, on a port of its own, and gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db import embedded
from portal.settings import Settings

PORT = int(os.environ.get("PORTAL_PORT") or 8765)
HOST = f"localhost:{PORT}"
ROOT = Path(__file__).parent.parent
READY_WITHIN, ENDED_WITHIN = 120, 40
PASSWORD = "only-for-this-measurement"
OPENED = timedelta(days=820)
"""How long ago the services opened: before the first case was filed."""


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A data folder that this process and whatever it starts take for the portal's; nothing is left of it.

    A database or a data folder that the environment names is never touched.
    """
    made = Path(tempfile.mkdtemp(prefix="rahgir-bench-"))
    made.chmod(0o755)  # a server started by root runs as another user, who must get in
    for name in ("PORTAL_DATABASE_URL", "PORTAL_DATABASE_OWNER_URL", "PORTAL_SECRET_KEY", "PORTAL_BASE_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "PORTAL_DATA_DIR": str(made),
        "PORTAL_PORT": str(PORT),
        "PORTAL_TRUSTED_PROXIES": "127.0.0.1",
        "PORTAL_DEMO_PASSWORD": PASSWORD,
        "PORTAL_SECOND_FACTOR_GRACE_DAYS": "never",
    }
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.contextmanager
def serving(*command: str, port: int = PORT) -> Iterator[int]:
    """A process of ours serves: ``portal serve`` or whatever else ``command`` (of Python) is. Its id."""
    # Without an address of a database it joins the embedded one of its data folder, as portal serve does.
    environ = {name: value for name, value in os.environ.items() if name != "PORTAL_DATABASE_URL"}
    server = subprocess.Popen(
        [sys.executable, *(command or ("-m", "portal.cli", "serve"))],
        stdout=subprocess.DEVNULL, cwd=ROOT, env={**environ, "PORTAL_PORT": str(port)},
    )  # fmt: skip
    try:
        wait_until_ready(port)
        yield server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(ENDED_WITHIN)


@contextlib.contextmanager
def demo() -> Iterator[tuple[Path, int]]:
    """The demo is served; its folder and the supervisor's id."""
    with folder() as made, serving("-m", "portal.cli", "demo") as supervisor:
        yield made, supervisor


@contextlib.contextmanager
def database(data_dir: Path) -> Iterator[embedded.Cluster]:
    """The embedded database with samples of long ago and the demo's people; ``piccolo_conf`` finds it."""
    with embedded.start(data_dir) as cluster:
        os.environ["PORTAL_DATABASE_URL"] = cluster.app_url  # before anything imports piccolo_conf
        asyncio.run(_prepare(cluster))
        yield cluster


async def _prepare(cluster: embedded.Cluster) -> None:
    from db import schema
    from db.engine import close_pool, open_pool
    from portal import settings

    await schema.migrate(cluster.owner_url, cluster.app_url)
    await open_pool(4)
    await furnish(settings.load())
    await close_pool()


async def furnish(chosen: Settings) -> None:
    """The samples are there, of services that opened long ago, and the demo's people. The pool is open."""
    from portal import demo as samples
    from portal import demo_feedback, signing
    from portal.services.actions import load_samples

    now = datetime.now(UTC)
    signing.keep_in(chosen.data_dir)
    await load_samples(now - OPENED)
    await demo_feedback.offices(now - OPENED)
    await samples.fill(chosen, now=now)


def wait_until_ready(port: int = PORT) -> None:
    """Raises TimeoutError when nothing answers on ``port`` in time."""
    ends_at = time.monotonic() + READY_WITHIN
    while time.monotonic() < ends_at:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the portal did not get ready")
