"""The virus scanner and a webhook's peer hang: mails leave meanwhile, and both are asked again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.cases import Attachment
from db.subscriptions import WebhookCall
from portal import quarantine
from portal.notices import webhooks
from portal.services.actions import load_samples
from tests.calendars.people import somebody
from tests.cases.factories import a_case
from tests.cases.test_dossier import stored
from tests.clamd_server import scanner
from tests.conftest import OPENED
from tests.faults.test_worker import start_worker
from tests.mail_server import Box, mail_server
from tests.notices.outages import INCIDENT, changed, posted
from tests.support.sample_files import PDF
from tests.test_worker import eventually, queue_mails

pytestmark = pytest.mark.fault
MAILS = 20
BLOCKED = 5.0  # seconds


@asynccontextmanager
async def silent_peer(socket: Path) -> AsyncIterator[list[float]]:
    """Takes calls at ``socket`` and never says a word; when it was called."""
    calls: list[float] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(time.monotonic())
        await reader.read()
        await asyncio.sleep(3600)

    server = await asyncio.start_unix_server(hold, socket)
    yield calls
    server.close()


async def test_mails_leave_while_scanner_and_webhook_hang(committed, settings, tmp_path, measured):
    await a_file_and_a_webhook_wait(settings)
    socket = tmp_path / "peer"
    async with mail_server(Box()) as box, scanner() as clamd, silent_peer(socket) as calls:
        clamd.answer = "hang"
        worker = start_worker(
            box, PORTAL_CLAMD=clamd.address, PORTAL_DATA_DIR=str(settings.data_dir), PEER=str(socket)
        )
        try:
            await eventually(asked(clamd.seen, calls), seconds=60)
            waits = [await seconds_until_taken(box, n) for n in range(1, MAILS + 1)]
            assert await scan_state() == quarantine.QUARANTINED
            await eventually(told_again_later, seconds=30)
            hung, clamd.answer = time.monotonic(), None
            await eventually(released, seconds=60)
            lasted = time.monotonic() - hung
        finally:
            worker.terminate()
            worker.wait(30)
    measured(
        "F19",
        f"{MAILS} mails while both hung: each left within {max(waits):.1f} s; the file was free {lasted:.0f} s after "
        "the scanner answered again",
    )
    assert max(waits) < BLOCKED


async def a_file_and_a_webhook_wait(settings) -> None:
    """A case with a file that no scanner has seen, and a change of which a webhook has to hear."""
    now = datetime.now(UTC)
    await load_samples(OPENED)
    quarantine.expect_scanner("anywhere")
    try:
        await a_case(files=(stored(settings, PDF, "نقشه.pdf"),), contact_email=None, now=now)
    finally:
        quarantine.expect_scanner("")
    await webhooks.add("https://status.example.org/hook", by=await somebody(role="admin"), now=now)
    await posted(changed(INCIDENT, starts_at=now), now=now)


def asked(seen: list[bytes], calls: list[float]) -> Callable:
    async def happened() -> bool:
        return bool(seen) and bool(calls)

    return happened


async def seconds_until_taken(box: Box, n: int) -> float:
    """The ``n``th mail is queued and has arrived."""

    async def taken() -> bool:
        return len(box.taken) >= n

    queued = time.monotonic()
    await queue_mails(1)
    await eventually(taken, seconds=30)
    return time.monotonic() - queued


async def scan_state() -> str:
    state: str = (await Attachment.select(Attachment.scan_state).first())["scan_state"]
    return state


async def released() -> bool:
    return await scan_state() == quarantine.CLEAN


async def told_again_later() -> bool:
    """The webhook's call was given up for now and has its next try."""
    (call,) = await WebhookCall.select()
    return call["attempts"] == 1 and call["state"] == "queued" and call["due_at"] > datetime.now(UTC)
