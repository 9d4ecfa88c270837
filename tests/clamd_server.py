"""A stand-in for clamd on loopback: it reads INSTREAM as clamd does, and answers, stalls or dies as it is told."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner:
    """``answer``: None to find EICAR and nothing else; "hang" and "die" do so after reading; else what it says."""

    def __init__(self) -> None:
        self.answer: str | None = None
        self.seen: list[bytes] = []
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack(">I", await reader.readexactly(4))[0]:
                data += await reader.readexactly(size)
            self.seen.append(data)
            if self.answer == "hang":
                await asyncio.sleep(3600)
            if self.answer != "die":
                found = "stream: Eicar-Signature FOUND" if EICAR in data else "stream: OK"
                writer.write((self.answer or found).encode() + b"\0")
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def scanner(unix: str = "") -> AsyncIterator[Scanner]:
    """A scanner at ``address``, until the block ends: on loopback, or at the socket ``unix``."""
    one, tasks = Scanner(), set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        await one.serve(reader, writer)

    if unix:
        server = await asyncio.start_unix_server(serve, unix)
        one.address = unix
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        one.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield one
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
