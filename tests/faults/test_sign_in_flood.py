"""Wrong passwords come from everywhere as fast as they can be sent: others hardly notice, and memory is bounded."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

import psutil
import pytest

from bench import load
from portal import settings
from portal.security.csrf import form_token
from portal.security.passwords import MAX_AT_ONCE, MEMORY_KIB
from tests.faults.filing import ROOM, process, serve_demo
from tests.faults.test_supervisor import Portal, portal  # noqa: F401

pytestmark = pytest.mark.fault
SIGN_IN = "/accounts/sign-in"
TRIES, SECONDS = 300, 8  # so many each second
LAG, SLOWER = 100.0, 2.0  # milliseconds; times as long
BESIDES = 100  # megabytes that the open requests may take beside the hashes


@dataclass
class Others:
    """What visitors of the home page and of /healthz met, and the most megabytes of the web process."""

    pages: load.Result = field(default_factory=load.Result)
    alive: load.Result = field(default_factory=load.Result)
    megabytes: float = 0


def test_a_flood_of_wrong_passwords_holds_up_nobody_else(portal: Portal, measured) -> None:
    serve_demo(portal)
    web = process(portal, "web")
    _, calm = asyncio.run(others_during(asyncio.sleep(SECONDS / 2), portal, web))
    answers, others = asyncio.run(others_during(flood(portal), portal, web))
    lag, p95 = others.alive.percentile(0.99), others.pages.percentile(0.95)
    calm_lag, calm_p95 = calm.alive.percentile(0.99), calm.pages.percentile(0.95)
    growth, hashes = others.megabytes - calm.megabytes, MAX_AT_ONCE * MEMORY_KIB / 1024
    told = ", ".join(f"{n} x {status}" for status, n in answers.statuses.items())
    measured(
        "F17",
        f"{TRIES} wrong passwords a second for {SECONDS} s ({told}): /healthz p99 {lag:.0f} ms "
        f"({calm_lag:.0f} ms before), home page p95 {p95:.0f} ms ({calm_p95:.0f} ms before), {growth:.0f} MB more "
        f"memory, of which {hashes:.0f} MB for {MAX_AT_ONCE} hashes at once",
    )
    assert set(answers.statuses) <= {422, 429, 503}
    assert set(others.alive.statuses) == {200}
    assert growth < hashes + BESIDES
    assert lag < max(LAG, calm_lag) * ROOM
    assert p95 < calm_p95 * SLOWER * ROOM


async def others_during(happening: Awaitable, portal: Portal, web: psutil.Process) -> tuple:
    """What ``happening`` returned, and what others met meanwhile."""
    task, met = asyncio.ensure_future(happening), Others()

    async def visit(path: str, result: load.Result) -> None:
        line = load.Line("127.0.0.1", portal.port)
        act = load.sending(lambda: load.request("GET", path, f"localhost:{portal.port}"))
        while not task.done():
            began = asyncio.get_running_loop().time()
            result.note(await act(line), asyncio.get_running_loop().time() - began)
            met.megabytes = max(met.megabytes, web.memory_info().rss / 2**20)
            await asyncio.sleep(0.02)
        line.close()

    await asyncio.gather(task, visit("/", met.pages), visit("/", met.pages), visit("/healthz", met.alive))
    return task.result(), met


async def flood(portal: Portal) -> load.Result:
    """What those were answered who tried names with wrong passwords, each from a network of its own."""
    key = settings.load({"PORTAL_DATA_DIR": str(portal.folder / "var")}).secret_key
    token, numbers = form_token(key, "", SIGN_IN, datetime.now(UTC)), itertools.count()

    def attempt() -> bytes:
        n = next(numbers)
        form = {"username": f"somebody-{n}", "password": "not the right one", "_csrf_token": token}
        address = f"10.{n >> 8}.{n & 255}.1"
        body = urlencode(form).encode()
        return load.request("POST", SIGN_IN, f"localhost:{portal.port}", body=body, address=address)

    act = load.sending(attempt)
    return await load.opened("127.0.0.1", portal.port, act, rate=TRIES, seconds=SECONDS)
