"""Whether the web process grows over a million requests: ``python -m bench.million [requests]``. Prints Markdown.

Visitors of every sort come in turns, twenty times over; after each turn the memory that is resident is noted.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from bench import generate, machine, stage
from bench.generate import Place
from bench.load import Line
from bench.workloads import FILING, QUEUE, TRACKING, Workload, sample, workloads
from db import embedded

REQUESTS, TURNS, CASES = 1_000_000, 20, 1_000
SHARES = {
    "feeds of notices": 0.60,
    TRACKING: 0.25,
    "verify page of a receipt": 0.08,
    "promises": 0.04,
    FILING: 0.02,
    QUEUE: 0.01,
}
"""How much of a turn each sort is: much of what is quick, so that a million take minutes, and some of all else."""


class Turn(msgspec.Struct, frozen=True):
    """When so many ``requests`` had been answered, the web process had ``megabytes`` resident."""

    requests: int
    megabytes: float


def main() -> None:
    """Serve, send, print, clean up."""
    requests = int(sys.argv[1]) if sys.argv[1:] else REQUESTS
    with stage.folder() as folder, stage.database(folder) as cluster:
        known = uvloop.run(_filled(folder, cluster))
        with stage.serving() as supervisor:
            machine.rest(supervisor)
            began = time.monotonic()
            turns, statuses = uvloop.run(measure(known, supervisor, requests))
            print("\n".join(_lines(turns, statuses, time.monotonic() - began)))


async def _filled(folder: Path, cluster: embedded.Cluster) -> dict[str, Workload]:
    """A thousand cases are there; every workload on them, by name."""
    from db.engine import close_pool, open_pool
    from portal import settings

    key = settings.load().secret_key
    await open_pool(2)
    try:
        await generate.fill(Place(cluster.owner_url, folder, key), CASES, seed=0, now=datetime.now(UTC))
        return {one.name: one for one in workloads(await sample(key))}
    finally:
        await close_pool()


async def measure(
    known: dict[str, Workload], supervisor: int, requests: int
) -> tuple[list[Turn], Counter[int]]:
    """What was resident before and after each turn, and how often each status was answered."""
    statuses: Counter[int] = Counter()
    turns = [Turn(0, machine.web_megabytes(supervisor))]
    for _ in range(TURNS):
        for name, share in SHARES.items():
            statuses += await _send(known[name], round(requests * share / TURNS))
        turns.append(Turn(statuses.total(), machine.web_megabytes(supervisor)))
    return turns, statuses


async def _send(workload: Workload, requests: int) -> Counter[int]:
    """How often each status was answered, to ``requests`` shared by the workload's visitors."""
    found: Counter[int] = Counter()

    async def visit() -> None:
        line = Line("127.0.0.1", stage.PORT)
        try:
            for _ in left:
                found[await workload.act(line)] += 1
        finally:
            line.close()

    left = iter(range(requests))
    await asyncio.gather(*[visit() for _ in range(workload.connections)])
    return found


def _lines(turns: list[Turn], statuses: Counter[int], seconds: float) -> Iterator[str]:
    answered = ", ".join(f"{n:,} x {status}" for status, n in sorted(statuses.items()))
    yield f"{turns[-1].requests:,} requests in {seconds:,.0f} s: {answered}.\n"
    yield "| requests answered | web process, MB |\n|---|---|"
    for turn in turns:
        yield f"| {turn.requests:,} | {turn.megabytes:.0f} |"


if __name__ == "__main__":
    main()
