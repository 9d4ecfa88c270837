"""The mail server is away while people file: nobody notices, and every mail leaves once it is back."""

from __future__ import annotations

import asyncio
import email
import math
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from db import embedded
from tests.faults.filing import FORM, Told, people_filing, serve_demo
from tests.faults.test_supervisor import Portal, left_over, portal  # noqa: F401
from tests.mail_server import Box, mail_server
from tests.test_worker import eventually

pytestmark = pytest.mark.fault
PEOPLE, WARM, USUAL, AWAY = 4, 20, 100, 250
ROOM = 100  # milliseconds that chance may add to the slowest of a hundred
QUARTER_OF_AN_HOUR = 15 * 60
_PUT_OFF = """
    SELECT count(*) AS n, max(extract(epoch FROM execute_after - now()))::float AS longest
    FROM pgqueuer WHERE entrypoint = 'deliver' AND status = 'queued' AND execute_after > now()
"""
_LEFT_BEHIND = """
    SELECT count(*) FROM outbox_message WHERE "case" IS NOT NULL AND state <> 'sent' AND recipient = $1
"""


async def test_five_hundred_file_while_the_mail_server_is_away(portal: Portal, measured) -> None:
    usual, away, box = Told(), Told(), Box()
    async with mail_server(box):
        await asyncio.to_thread(serve_demo, portal, PORTAL_SMTP_URL=box.url)
        await filed(portal, Told(), WARM)  # a first visit costs more, and the samples have mails, too
        await eventually(arrived(box, WARM), seconds=90)
        await filed(portal, usual, USUAL)
        await eventually(nothing_waits(portal), seconds=60)
    port = urlsplit(box.url).port
    await filed(portal, away, AWAY)  # refused: nobody listens
    put_off, longest = await waits(portal)
    async with tarpit(port):
        await filed(portal, away, AWAY)
    async with mail_server(box, port=port):
        returned = time.monotonic()
        await eventually(nothing_waits(portal), seconds=120)
        all_out = time.monotonic() - returned
        await filed(portal, usual, USUAL)
    measured(
        "F3",
        f"{len(away.numbers)} filed while the mail server refused, then kept silent: p95 {p95(away):.0f} ms against "
        f"{p95(usual):.0f} ms with it; {put_off} mails put off, by {longest:.0f} s at most; all out {all_out:.0f} s "
        "after its return",
    )
    assert set(away.statuses) == {303}
    assert p95(away) < 2 * p95(usual) + ROOM
    assert put_off > 0
    assert longest <= QUARTER_OF_AN_HOUR
    assert len(copies(box)) >= WARM + USUAL + 2 * AWAY
    assert set(copies(box).values()) == {1}
    stops_clean(portal)


async def filed(portal: Portal, told: Told, n: int) -> None:
    """People filed ``n`` cases or a few more; what they were told stands in ``told``, too."""
    async with people_filing(portal, PEOPLE) as these:
        await eventually(reached(these, n), seconds=110)
    told.numbers += these.numbers
    told.answers += these.answers


def reached(told: Told, n: int) -> Callable:
    async def happened() -> bool:
        return len(told.numbers) >= n

    return happened


def p95(told: Told) -> float:
    """In milliseconds."""
    return told.seconds[math.ceil(0.95 * len(told.seconds)) - 1] * 1000


@asynccontextmanager
async def tarpit(port: int | None) -> AsyncIterator[None]:
    """Where the mail server was, somebody takes calls and never says a word."""
    held = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.read()

    server = await asyncio.start_server(hold, "127.0.0.1", port)
    yield
    assert held
    server.close()
    for writer in held:
        writer.close()


def copies(box: Box) -> Counter[str]:
    """The Message-IDs of what those who filed were sent."""
    mails = [email.message_from_bytes(one) for one in box.given]
    return Counter(mail["Message-ID"] for mail in mails if mail["To"] == FORM["contact_email"])


def arrived(box: Box, n: int) -> Callable:
    async def happened() -> bool:
        return box.addressed.count(FORM["contact_email"]) >= n

    return happened


def nothing_waits(portal: Portal) -> Callable:
    async def happened() -> bool:
        async with database(portal) as connection:
            return not await connection.fetchval(_LEFT_BEHIND, FORM["contact_email"])

    return happened


async def waits(portal: Portal) -> tuple[int, float]:
    """How many mails were put off, and for how many seconds at most."""
    async with database(portal) as connection:
        return tuple(await connection.fetchrow(_PUT_OFF))


@asynccontextmanager
async def database(portal: Portal) -> AsyncIterator[asyncpg.Connection]:
    with embedded.start(Path(portal.environ["PORTAL_DATA_DIR"])) as cluster:
        connection = await asyncpg.connect(cluster.owner_url)
        yield connection
        await connection.close()


def stops_clean(portal: Portal) -> None:
    family = portal.family()
    assert portal.send(signal.SIGTERM) == 0
    assert left_over(family) == []
