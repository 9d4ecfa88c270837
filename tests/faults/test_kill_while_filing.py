"""The web process is killed again and again while people file: nothing they were told is lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import psutil
import pytest

from db import embedded
from portal import codes, settings
from portal.security.csrf import form_token
from tests.faults.test_supervisor import Portal, eventually, portal  # noqa: F401

pytestmark = pytest.mark.fault
CLIENTS = 20
KILLS = 10
READY_WITHIN = 5.0  # seconds
PAGE = "/cases/new/yearbook-qom"
FORM = {
    "contact_name": "مریم رضایی",
    "contact_email": "maryam@example.org",
    "audience": "citizen",
    "body": "جدول جمعیت",
    "f_need": "statistics",
    "f_year": "1403",
    "declaration": "yes",
}


def test_ten_kills_lose_no_code_and_no_mail(portal: Portal) -> None:
    portal.environ["PORTAL_TRUSTED_PROXIES"] = "127.0.0.1"
    portal.environ["PORTAL_DEMO_PASSWORD"] = "only-for-this-test"
    portal.launch([sys.executable, "-m", "portal.cli", "demo"])
    assert eventually(lambda: ready(portal), seconds=60)

    acknowledged, times = asyncio.run(file_and_kill(portal))

    found = asyncio.run(what_is_there(portal.folder / "var"))
    print(
        f"{KILLS} kills, {CLIENTS} clients: {len(acknowledged)} acknowledged, {len(found['numbers'])} filed, "
        f"ready again after {max(times):.2f} s at most"
    )
    assert len(acknowledged) > 100
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= found["numbers"]
    assert found["without_mail"] == found["without_event"] == found["without_job_record"] == 0
    assert max(times) <= READY_WITHIN


def ready(portal: Portal) -> bool:
    return httpx.get(f"http://localhost:{portal.port}/readyz", timeout=2).status_code == 200


async def file_and_kill(portal: Portal) -> tuple[list[int], list[float]]:
    """Codes that clients were told, and the seconds after each kill until a page came again."""
    acknowledged: list[int] = []
    stop = asyncio.Event()
    key = settings.load({"PORTAL_DATA_DIR": str(portal.folder / "var")}).secret_key
    token = form_token(key, "", PAGE, datetime.now(UTC))
    clients = [asyncio.create_task(one_client(portal, token, acknowledged, stop)) for _ in range(CLIENTS)]
    times = []
    for _ in range(KILLS):
        await asyncio.sleep(random.uniform(0.3, 1.2))
        os.kill(web_process(portal), signal.SIGKILL)
        times.append(await seconds_until_ready(portal))
    stop.set()
    await asyncio.gather(*clients)
    return acknowledged, times


async def one_client(portal: Portal, token: str, acknowledged: list[int], stop: asyncio.Event) -> None:
    """Files one case after the other; what was cut off is sent again, as a person would."""
    base = f"http://localhost:{portal.port}"
    async with httpx.AsyncClient(base_url=base, timeout=10) as client:
        form = {**FORM, "_csrf_token": token, "submission_id": str(uuid4())}
        while not stop.is_set():
            address = ".".join(str(random.randrange(1, 250)) for _ in range(4))
            headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": address}
            try:
                answer = await client.post(PAGE, data=form, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 303:
                number = codes.parse(answer.headers["location"].split("/")[2])
                assert isinstance(number, int)
                acknowledged.append(number)
                form["submission_id"] = str(uuid4())


def web_process(portal: Portal) -> int:
    assert portal.supervisor is not None
    for child in psutil.Process(portal.supervisor.pid).children():
        if "portal.child" in child.cmdline() and "web" in child.cmdline():
            return child.pid
    raise AssertionError("no web process")


async def seconds_until_ready(portal: Portal) -> float:
    started = time.monotonic()
    async with httpx.AsyncClient(base_url=f"http://localhost:{portal.port}", timeout=1) as client:
        while time.monotonic() - started < 30:
            try:
                if (await client.get("/track")).status_code == 200:
                    break
            except httpx.TransportError:
                await asyncio.sleep(0.02)
    return time.monotonic() - started


async def what_is_there(data_dir: Path) -> dict:
    with embedded.start(data_dir) as cluster:
        connection = await asyncpg.connect(cluster.owner_url)
        rows = await connection.fetch('SELECT number FROM "case"')
        count = connection.fetchval
        missing = 'SELECT count(*) FROM "case" c WHERE contact_email IS NOT NULL AND NOT EXISTS (SELECT FROM '
        found = {
            "numbers": {row["number"] for row in rows},
            "without_mail": await count(missing + 'outbox_message m WHERE m."case" = c.id)'),
            "without_event": await count(missing + 'case_event e WHERE e."case" = c.id AND e.n = 1)'),
            "without_job_record": await count(
                "SELECT count(*) FROM outbox_message m WHERE state = 'queued' AND NOT EXISTS"
                " (SELECT FROM pgqueuer q WHERE q.payload = uuid_send(m.id))"
            ),
        }
        await connection.close()
        return found
