"""Load over HTTP from a process of its own, on connections that stay open.

Closed: each of N visitors sends its next request at once. Open: requests come at a fixed rate whatever the answers do;
each is timed from the instant at which it should have been sent, so that all who come in a standstill feel it.
"""

from __future__ import annotations

import asyncio
import math
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Make = Callable[[], bytes]
CUT_OFF = 0
"""Stands for a status where there was no answer."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Answer:
    """One answer, read to its end."""

    status: int
    head: bytes

    def header(self, name: str) -> str:
        """The value of a header; empty without one."""
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found[1].decode("latin-1") if found else ""


@dataclass
class Result:
    """What one run measured. ``by_status``: seconds of each answer with that status, or of none (``CUT_OFF``)."""

    seconds: float = 0.0
    by_status: dict[int, list[float]] = field(default_factory=dict)

    def note(self, status: int, seconds: float) -> None:
        self.by_status.setdefault(status, []).append(seconds)

    @property
    def latencies(self) -> list[float]:
        return [seconds for found in self.by_status.values() for seconds in found]

    @property
    def statuses(self) -> dict[int, int]:
        return {status: len(found) for status, found in sorted(self.by_status.items())}

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float, status: int | None = None) -> float:
        """The milliseconds within which ``share`` of the answers came (with ``status``, if given); 0 without any."""
        ordered = sorted(self.latencies if status is None else self.by_status.get(status, []))
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000 if ordered else 0.0


class Line:
    """One connection that stays open, until an answer ends it; then it is made anew."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Answer:
        """The answer to ``request``. Raises ConnectionError or IncompleteReadError when there is none."""
        if self.ends is None or self.ends[0].at_eof():  # the other side closes a line that long rests
            self.close()
            self.ends = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.ends
        try:
            writer.write(request)
            found = await read(reader)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            raise
        if found.header("connection").lower() == "close":
            self.close()
        return found

    def close(self) -> None:
        if self.ends is not None:
            self.ends[1].close()
            self.ends = None


Act = Callable[[Line], Awaitable[int]]
"""What a visitor does on a line; the status it ended with."""


def sending(make: Make) -> Act:
    """The act of sending what ``make`` returns."""

    async def act(line: Line) -> int:
        return (await line.ask(make())).status

    return act


async def run(host: str, port: int, make: Make, *, connections: int, seconds: float) -> Result:
    """As ``closed``, sending what ``make`` returns."""
    return await closed(host, port, sending(make), connections=connections, seconds=seconds)


async def closed(host: str, port: int, act: Act, *, connections: int, seconds: float) -> Result:
    """``connections`` visitors act again and again for ``seconds``; errors of the network are raised."""
    result = Result()
    started = time.perf_counter()
    await asyncio.gather(
        *[_visitor(Line(host, port), act, started + seconds, result) for _ in range(connections)]
    )
    result.seconds = time.perf_counter() - started
    return result


async def _visitor(line: Line, act: Act, ends_at: float, result: Result) -> None:
    try:
        while (began := time.perf_counter()) < ends_at:
            result.note(await act(line), time.perf_counter() - began)
    finally:
        line.close()


async def opened(host: str, port: int, act: Act, *, rate: float, seconds: float, most: int = 600) -> Result:
    """``rate`` visitors come each second for ``seconds``, over up to ``most`` lines; nobody's answer is left out."""
    result, idle = Result(), [Line(host, port) for _ in range(most)]
    room = asyncio.Semaphore(most)
    started = time.perf_counter()

    async def visit(due: float) -> None:
        async with room:
            line = idle.pop()
            try:
                status = await act(line)
            except (OSError, asyncio.IncompleteReadError):
                status = CUT_OFF
            finally:
                idle.append(line)
        result.note(status, time.perf_counter() - due)

    visits: set[asyncio.Task[None]] = set()
    for n in range(int(rate * seconds)):
        due = started + n / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        visits.add(one := asyncio.create_task(visit(due)))
        one.add_done_callback(visits.discard)  # they may be millions
    await asyncio.gather(*visits)
    result.seconds = time.perf_counter() - started
    for line in idle:
        line.close()
    return result


async def read(reader: asyncio.StreamReader) -> Answer:
    """The next answer, read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    await reader.readexactly(int(length[1]) if length else 0)
    return Answer(int(head[9:12]), head)


async def answer(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, read to its end."""
    return (await read(reader)).status


def median_run(results: list[Result]) -> Result:
    """The run with the median rate."""
    middle = statistics.median_low([result.rate for result in results])
    return next(result for result in results if result.rate == middle)


def request(
    method: str, path: str, host: str, *, body: bytes = b"", cookie: str = "", address: str = ""
) -> bytes:
    """One HTTP/1.1 request as a browser of the same site sends it; ``address`` is where it comes from."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Sec-Fetch-Site: same-origin"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if address:
        lines.append(f"X-Forwarded-For: {address}")
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
