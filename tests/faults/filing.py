"""A demo portal to break, people who file in it and keep what they were told, and what the database says of that."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import psutil

from db import embedded
from portal import codes, settings
from portal.security.csrf import form_token
from tests.faults.test_supervisor import Portal, eventually

CUT_OFF, NOBODY_THERE = 0, -1
"""Stand for a status: there was no answer; the connection was refused."""
ROOM = 4
"""A measured time may be so many times what is promised: the machine may do other things as well."""
PAUSE = 0.05  # seconds before what was not taken is sent again
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
_CASE = 'SELECT count(*) FROM "case" c WHERE '
_COUNTED = {
    "mail": _CASE + "contact_email IS NOT NULL AND NOT EXISTS"
    ' (SELECT FROM outbox_message m WHERE m."case" = c.id)',
    "event": _CASE + 'NOT EXISTS (SELECT FROM case_event e WHERE e."case" = c.id AND e.n = 1)',
    "receipt": _CASE + 'NOT EXISTS (SELECT FROM receipt r WHERE r."case" = c.id)',
    "job": "SELECT count(*) FROM outbox_message m WHERE state = 'queued'"
    " AND NOT EXISTS (SELECT FROM pgqueuer q WHERE q.payload = uuid_send(m.id))",
}


@dataclass
class Told:
    """What those who filed were answered: the codes, and each answer as (when, status, seconds it took)."""

    numbers: list[int] = field(default_factory=list)
    answers: list[tuple[float, int, float]] = field(default_factory=list)

    def add(self, other: Told) -> None:
        """All that ``other`` was told, too."""
        self.numbers += other.numbers
        self.answers += other.answers

    @property
    def statuses(self) -> Counter[int]:
        return Counter(status for _, status, _ in self.answers)

    @property
    def seconds(self) -> list[float]:
        """How long the answers took that acknowledged a case."""
        return sorted(took for _, status, took in self.answers if status == 303)


def serve_demo(portal: Portal, **environ: str) -> None:
    """The demo answers, and believes in X-Forwarded-For; what its processes log is in ``portal.logged``."""
    portal.environ |= {"PORTAL_TRUSTED_PROXIES": "127.0.0.1", "PORTAL_DEMO_PASSWORD": "only-for-this-test"}
    portal.environ |= environ
    portal.launch([sys.executable, "-m", "portal.cli", "demo"])
    portal.listen()
    assert eventually(lambda: ready(portal), seconds=180), portal.logged


def address_of(portal: Portal) -> str:
    return f"http://localhost:{portal.port}"


def ready(portal: Portal) -> bool:
    return httpx.get(f"{address_of(portal)}/readyz", timeout=2).status_code == 200


def process(portal: Portal, kind: str) -> psutil.Process:
    """The running ``web`` or ``worker`` process."""
    assert portal.supervisor is not None
    for child in psutil.Process(portal.supervisor.pid).children():
        if "portal.child" in child.cmdline() and kind in child.cmdline():
            return child
    raise AssertionError(f"no {kind} process")


@asynccontextmanager
async def people_filing(portal: Portal, clients: int = 20) -> AsyncIterator[Told]:
    """So many file one case after the other until the block ends; then everybody has had the last answer."""
    told, stop = Told(), asyncio.Event()
    key = settings.load({"PORTAL_DATA_DIR": str(portal.folder / "var")}).secret_key
    token = form_token(key, "", PAGE, datetime.now(UTC))
    people = [asyncio.create_task(_file_on(portal, token, told, stop)) for _ in range(clients)]
    try:
        yield told
    finally:
        stop.set()
        await asyncio.gather(*people)


async def until(happened: Callable[[], object], *, seconds: float) -> None:
    """Raises TimeoutError when it does not happen in time."""
    ends_at = time.monotonic() + seconds
    while not happened():
        await asyncio.sleep(0.01)
        if time.monotonic() > ends_at:
            raise TimeoutError


async def until_filed(told: Told, more: int, *, seconds: float = 60) -> float:
    """So many more cases than now are acknowledged; the seconds that took. Raises TimeoutError."""
    began, enough = time.monotonic(), len(told.numbers) + more
    await until(lambda: len(told.numbers) >= enough, seconds=seconds)
    return time.monotonic() - began


async def _file_on(portal: Portal, token: str, told: Told, stop: asyncio.Event) -> None:
    """Files one case after the other; what was cut off or refused is sent again, as a person would."""
    # A proxy's manner: a connection for each request. One kept open may be closed just when it is used again.
    manner = {"Connection": "close"}
    async with httpx.AsyncClient(base_url=address_of(portal), timeout=30, headers=manner) as client:
        form = _another(token)
        while not stop.is_set():
            began = time.monotonic()
            status, location = await _post(client, form)
            told.answers.append((began, status, time.monotonic() - began))
            if status != 303:
                await asyncio.sleep(PAUSE)
                continue
            number = codes.parse(location.split("/")[2])
            assert isinstance(number, int)
            told.numbers.append(number)
            form = _another(token)


def _another(token: str) -> dict[str, str]:
    # In other words each time: who sends the same twice is asked whether they meant to.
    submission = str(uuid4())
    return {**FORM, "body": f"{FORM['body']} {submission}", "_csrf_token": token, "submission_id": submission}


async def _post(client: httpx.AsyncClient, form: dict[str, str]) -> tuple[int, str]:
    address = ".".join(str(random.randrange(1, 250)) for _ in range(4))
    headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": address}
    try:
        answer = await client.post(PAGE, data=form, headers=headers)
    except httpx.ConnectError:
        return NOBODY_THERE, ""
    except httpx.TransportError:
        return CUT_OFF, ""
    return answer.status_code, answer.headers.get("location", "")


async def check_nothing_lost(portal: Portal, told: Told) -> int:
    """Every code is there, was given once, and has what belongs to it. Returns how many were filed here."""
    assert len(set(told.numbers)) == len(told.numbers)
    with embedded.start(Path(portal.environ["PORTAL_DATA_DIR"])) as cluster:
        connection = await asyncpg.connect(cluster.owner_url)
        ours = 'SELECT number FROM "case" WHERE starts_with(body, $1)'
        filed = {row["number"] for row in await connection.fetch(ours, FORM["body"])}
        missing = {what: await connection.fetchval(sql) for what, sql in _COUNTED.items()}
        await connection.close()
    assert set(told.numbers) <= filed
    assert missing == dict.fromkeys(_COUNTED, 0)
    return len(filed)
