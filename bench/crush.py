"""Ten times as many people file as can be taken, whether or not they are answered: what becomes of them, and when the
portal is itself again. ``python -m bench.crush [seconds]`` (default 60). Prints Markdown.
"""

from __future__ import annotations

import asyncio
import sys
import time

from bench import load, machine, stage
from bench.load import Act, Result
from bench.measure import TIMES
from bench.workloads import filer

SECONDS, CALM_SECONDS, SLICE = 60.0, 6.0, 2.0
VISITORS = 16
NORMAL = 1.5
"""Itself again: filing takes (95 %) at most so many times as long as before."""
GIVE_UP_AFTER = 120.0  # seconds


def main() -> None:
    """Serve, measure, crush, wait until it is over, print, clean up."""
    seconds = float(sys.argv[1]) if sys.argv[1:] else SECONDS
    with stage.demo() as (_folder, supervisor):
        print("\n".join(asyncio.run(measure(supervisor, seconds))))


async def measure(supervisor: int, seconds: float) -> list[str]:
    """The report's lines."""
    from portal import settings

    act = load.sending(filer(settings.load().secret_key))
    await _filing(act, SLICE)
    calm = await _filing(act, CALM_SECONDS)
    before = machine.web_megabytes(supervisor)
    memory = asyncio.create_task(_most_megabytes(supervisor))
    crush = await load.opened("127.0.0.1", stage.PORT, act, rate=TIMES * calm.rate, seconds=seconds)
    began = time.monotonic()
    while (await _filing(act, SLICE)).percentile(0.95) > NORMAL * calm.percentile(0.95):
        if time.monotonic() - began > GIVE_UP_AFTER:
            break
    back = time.monotonic() - began - SLICE
    memory.cancel()
    return [
        f"| {TIMES} times {calm.rate:.0f} filings/s for {seconds:.0f} s | |",
        "|---|---|",
        f"| alone, {VISITORS} visitors | p95 {calm.percentile(0.95):.0f} ms, p99 {calm.percentile(0.99):.0f} ms |",
        *_lines(crush),
        f"| memory of the web process | {before:.0f} MB before, {await memory:.0f} MB at most |",
        f"| itself again (p95 within {NORMAL} times) after | {back:.0f} s |",
    ]


def _lines(crush: Result) -> list[str]:
    return [
        f"| {len(crush.by_status[status]):,} answers {status or 'cut off'} | "
        + ", ".join(
            f"p{share * 100:g} {crush.percentile(share, status):,.0f} ms" for share in (0.5, 0.95, 0.99)
        )
        + " |"
        for status in sorted(crush.by_status)
    ]


async def _filing(act: Act, seconds: float) -> Result:
    return await load.closed("127.0.0.1", stage.PORT, act, connections=VISITORS, seconds=seconds)


async def _most_megabytes(supervisor: int) -> float:
    """The most of the web process until this is cancelled."""
    most = 0.0
    try:
        while True:
            most = max(most, machine.web_megabytes(supervisor))
            await asyncio.sleep(0.2)
    except asyncio.CancelledError:
        return most


if __name__ == "__main__":
    main()
