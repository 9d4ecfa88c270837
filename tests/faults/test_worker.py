"""Workers are killed in the middle of their mails; every mail arrives all the same."""

from __future__ import annotations

import asyncio
import email
import os
import random
import secrets
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from db.outbox import OutboxMessage
from portal.worker import AT_ONCE
from tests.mail_server import Box, mail_server
from tests.test_worker import all_are, eventually, queue_mails

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parent.parent.parent
MAILS, KILLS = 1000, 20


def start_worker(box: Box, **more: str) -> subprocess.Popen[bytes]:
    environ = {**os.environ, "PORTAL_SMTP_URL": box.url, "PORTAL_DATA_DIR": "/nonexistent"}
    environ |= {"PORTAL_SECRET_KEY": secrets.token_urlsafe(48), **more}
    return subprocess.Popen([sys.executable, "-m", "tests.faults.worker_stub"], cwd=ROOT, env=environ)


async def test_killed_workers_lose_no_mail_and_double_few(committed, measured):
    async with mail_server(Box(delay=0.05)) as box:
        await queue_mails(MAILS)
        workers = [start_worker(box)]
        try:
            for killed in range(1, KILLS + 1):
                workers.append(start_worker(box))  # has started by the time the one before is killed
                await eventually(reached(box, killed * MAILS // (KILLS + 2)), seconds=60)
                await asyncio.sleep(random.uniform(0, 0.2))
                end(workers[-2])
            await eventually(all_are("sent"), seconds=120)
            await eventually(no_job_is_left)
        finally:
            for worker in workers:
                end(worker)
    copies = Counter(email.message_from_bytes(mail)["Message-ID"] for mail in box.taken)
    measured(
        "F2", f"{KILLS} kills: {len(copies)} of {MAILS} mails arrived, {len(box.taken) - MAILS} copies more"
    )
    assert len(copies) == MAILS
    assert len(box.taken) - MAILS <= KILLS * AT_ONCE
    assert await OutboxMessage.count() == MAILS


def end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def reached(box: Box, n: int):
    async def happened() -> bool:
        return len(box.taken) >= n

    return happened


async def no_job_is_left() -> bool:
    return not await OutboxMessage.raw("SELECT FROM pgqueuer WHERE entrypoint = 'deliver'")


async def test_a_job_of_a_killed_worker_comes_back_within_seconds(committed, measured):
    async with mail_server(Box()) as box:
        box.answers["RCPT"] = None
        await queue_mails(1)
        worker = start_worker(box)

        async def under_way() -> bool:
            return bool(box.addressed)

        try:
            await eventually(under_way, seconds=60)
        finally:
            end(worker)
        box.answers.clear()
        another = start_worker(box)
        try:
            started = asyncio.get_running_loop().time()
            await eventually(all_are("sent"), seconds=30)
            lasted = asyncio.get_running_loop().time() - started
        finally:
            end(another)
    measured("F2", f"a killed worker's mail left {lasted:.0f} s after another worker began")
    assert lasted < 22
