"""A real mail server for tests, which accepts, refuses, defers or stalls as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP

HANGS_UP = "hangs up"


class Box:
    """What the server answers, and what it took. ``answers`` maps a command to a reply; None never comes.

    ``given`` are all mails that reached it whole, ``taken`` those it answered, whatever it said.
    """

    def __init__(self, *, delay: float = 0) -> None:
        self.delay = delay  # seconds before each answer
        self.slow_verdict: float = 0  # seconds before the answer to a whole mail
        self.answers: dict[str, str | None] = {}
        self.given: list[bytes] = []
        self.taken: list[bytes] = []
        self.addressed: list[str] = []
        self.url = ""

    def verdict(self, recipient: str) -> str | None:
        """What it says to a whole mail."""
        return self.answers.get("DATA", "250 taken")

    async def _answer(self, command: str, usual: str) -> str:
        return await self._say(self.answers.get(command, usual))

    async def _say(self, answer: str | None) -> str:
        if answer is None:
            await asyncio.sleep(3600)
        await asyncio.sleep(self.delay)
        return str(answer)

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return await self._answer("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.addressed.append(address)
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.given.append(envelope.content)
        verdict = self.verdict(envelope.rcpt_tos[0])
        if verdict == HANGS_UP:
            server.transport.close()
        await asyncio.sleep(self.slow_verdict)
        answer = await self._say(verdict)
        self.taken.append(envelope.content)
        return answer

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return await self._answer("QUIT", "221 bye")


@asynccontextmanager
async def mail_server(box: Box, *, port: int = 0, **options: object) -> AsyncIterator[Box]:
    """``box.url`` is a mail server that answers as ``box`` says, until the block ends."""
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        sessions.append(SMTP(box, hostname="test.example", loop=loop, **options))
        return sessions[-1]

    server = await loop.create_server(session, "127.0.0.1", port)
    box.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield box
    finally:
        server.close()
        for one in sessions:
            if one.transport is not None:
                one.transport.close()
