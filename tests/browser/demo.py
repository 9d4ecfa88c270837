"""``portal demo`` as people start it: its own process, data folder, port and mail server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import httpx
import psutil

from tests.mail_server import Box

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "four calm turquoise tiles"
READY_SECONDS = 60
STOP_SECONDS = 40
MAIL_SECONDS = 20


class Demo:
    """The running portal; ``url`` is where it answers, ``box`` holds every mail it sent."""

    def __init__(self, folder: Path, box: Box) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.folder, self.box = folder, box
        self.url = f"http://localhost:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self.environ = {
            **kept,
            "PORTAL_DATA_DIR": str(folder / "var"),
            "PORTAL_PORT": str(port),
            "PORTAL_SMTP_URL": box.url,
            "PORTAL_DEMO_PASSWORD": PASSWORD,
        }

    def start(self) -> None:
        """The command was given; ``ready`` says when it answers."""
        self.log = (self.folder / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "portal.cli", "demo"],
            cwd=ROOT,
            env=self.environ,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    async def ready(self) -> None:
        """Pages are answered and the sample data is there."""
        give_up_at = time.monotonic() + READY_SECONDS
        async with httpx.AsyncClient() as client:
            while not await self._is_ready(client):
                assert self.process.poll() is None, f"portal demo ended:\n{self._said()}"
                assert time.monotonic() < give_up_at, f"portal demo is not ready:\n{self._said()}"
                await asyncio.sleep(0.1)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    def _said(self) -> str:
        self.log.flush()
        return (self.folder / "log").read_text()

    def stop(self) -> list[psutil.Process]:
        """Ctrl-C; returns what is still running afterwards of all that ran, which should be nothing."""
        family = self._family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(STOP_SECONDS)
        self.log.close()
        return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    def _family(self) -> list[psutil.Process]:
        """Every process of the portal, its database's included."""
        try:
            pids = [int(file.read_text().split()[0]) for file in self.folder.rglob("postmaster.pid")]
            parents = [psutil.Process(pid) for pid in (self.process.pid, *pids)]
            return [one for parent in parents for one in (parent, *parent.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []

    async def mail(self, address: str, *, after: int = 0) -> EmailMessage:
        """The mail to ``address`` that follows ``after`` others, once it has arrived."""
        give_up_at = time.monotonic() + MAIL_SECONDS
        while True:
            parsed = (message_from_bytes(content, policy=policy.default) for content in self.box.taken)
            arrived = [one for one in parsed if one["To"] == address]
            if len(arrived) > after:
                return cast(EmailMessage, arrived[after])
            assert time.monotonic() < give_up_at, f"{len(arrived)} mails to {address} arrived"
            await asyncio.sleep(0.05)

    async def words(self, address: str, *said: str) -> str:
        """The first mail to ``address`` in which all of this is ``said``: subject and plain words."""
        after = 0
        while True:
            mail = await self.mail(address, after=after)
            body = mail.get_body(("plain",))
            words = f"{mail['Subject']}\n{body.get_content() if body else ''}"
            if all(one in words for one in said):
                return words
            after += 1
