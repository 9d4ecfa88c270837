"""A closed load from a process of its own: N keep-alive connections, each sending its next request at once."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Make = Callable[[], bytes]


@dataclass
class Result:
    """What one run measured. ``latencies`` in seconds, one per answer; ``statuses`` counts by HTTP status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that ``share`` of the answers stayed within."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] * 1000


async def run(host: str, port: int, make: Make, *, connections: int, seconds: float) -> Result:
    """Send what ``make`` returns over ``connections`` for ``seconds``; errors of the network are raised."""
    result = Result()
    ends_at = time.perf_counter() + seconds
    started = time.perf_counter()
    await asyncio.gather(*[_visitor(host, port, make, ends_at, result) for _ in range(connections)])
    result.seconds = time.perf_counter() - started
    return result


async def _visitor(host: str, port: int, make: Make, ends_at: float, result: Result) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while (sent_at := time.perf_counter()) < ends_at:
            writer.write(make())
            status = await answer(reader)
            result.latencies.append(time.perf_counter() - sent_at)
            result.statuses[status] = result.statuses.get(status, 0) + 1
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    await reader.readexactly(length)
    return int(head[9:12])


def median_run(results: list[Result]) -> Result:
    """The run with the median rate."""
    middle = statistics.median_low([result.rate for result in results])
    return next(result for result in results if result.rate == middle)


def request(method: str, path: str, host: str, *, body: bytes = b"", cookie: str = "") -> bytes:
    """One HTTP/1.1 request as a browser of the same site sends it."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Sec-Fetch-Site: same-origin"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
