"""Asking clamd, the daemon of ClamAV, about a file: its INSTREAM command over a socket, nothing blocking the loop."""

from __future__ import annotations

import asyncio
import contextlib
import re
import struct
from pathlib import Path

PATIENCE = 5.0
"""Seconds to be let in, and for each piece to be taken."""
VERDICT_WITHIN = 20.0
"""Seconds to think about a file: large archives take several."""
_CHUNK = 2**16
_LONGEST_ANSWER = 4096
_FOUND = re.compile(r"stream: (.{1,200}) FOUND")


class Away(Exception):
    """Nobody answers there, or not in time: any other file would fare the same."""


class Unjudged(Exception):
    """The scanner answered, and has no verdict on this file; the text is what it said."""


async def virus_in(path: Path, address: str) -> str:
    """The name of the virus in the file at ``path``, empty for a clean one.

    ``address`` is the path of a socket, or host:port. Raises Away, Unjudged, and OSError where the file can't be read.
    """
    data = await asyncio.to_thread(path.read_bytes)
    try:
        answer = await _asked(data, address)
    except (TimeoutError, OSError, asyncio.LimitOverrunError) as error:
        raise Away(f"{type(error).__name__}: {error}") from error
    if answer == "stream: OK":
        return ""
    if found := _FOUND.fullmatch(answer):
        return found[1]
    if not answer:
        raise Away("it hung up without an answer")
    raise Unjudged(answer[:200])


async def _asked(data: bytes, address: str) -> str:
    async with asyncio.timeout(PATIENCE):
        reader, writer = await _connected(address)
    try:
        # A refusal (too large) may come before we are through, and then we can't write any more.
        with contextlib.suppress(ConnectionError):
            await _send(writer, data)
        async with asyncio.timeout(VERDICT_WITHIN):
            answer = await reader.read(_LONGEST_ANSWER)
            while answer and not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
                more = await reader.read(_LONGEST_ANSWER)
                answer += more or b"\0"
    finally:
        writer.close()
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


async def _connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith("/"):
        return await asyncio.open_unix_connection(address)
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Pieces with their length in front, and an empty one at the end."""
    writer.write(b"zINSTREAM\0")
    for begin in range(0, len(data), _CHUNK):
        piece = data[begin : begin + _CHUNK]
        writer.write(struct.pack(">I", len(piece)) + piece)
        async with asyncio.timeout(PATIENCE):
            await writer.drain()
    writer.write(struct.pack(">I", 0))
    async with asyncio.timeout(PATIENCE):
        await writer.drain()
