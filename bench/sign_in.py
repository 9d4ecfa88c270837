"""What a burst of wrong sign-ins does to everybody else: ``python -m bench.sign_in [burst|timing]``. Prints Markdown.

A thousand wrong tries from a thousand addresses while others open the home page; then, over the verbs themselves,
whether the time of an answer tells a known account or a known address from an unknown one.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import load, machine, stage, workloads
from bench.stage import HOST, PORT

BURST, AT_ONCE, PAIRS = 1000, 50, 300


def main() -> None:
    """Serve, burst, measure, print, clean up."""
    with stage.demo() as (folder, supervisor):
        asyncio.run(_print(measure(folder, supervisor)))


async def _print(lines: AsyncIterator[str]) -> None:
    async for line in lines:
        print(line, flush=True)


async def measure(folder: Path, supervisor: int) -> AsyncIterator[str]:
    """The report's lines, as they come."""
    from db import embedded

    with embedded.start(folder) as cluster:
        os.environ["PORTAL_DATABASE_URL"] = cluster.app_url  # before anything imports piccolo_conf
        from portal import settings

        if sys.argv[1:] == ["timing"]:
            for line in await _timing():
                yield line
            return
        calm = await _pages(asyncio.ensure_future(asyncio.sleep(6)))
        before = _resident(supervisor)
        _answers, others, _highest = await _burst(lambda: load.request("GET", "/track", HOST), supervisor)
        await asyncio.sleep(1)
        answers, loaded, highest = await _burst(_wrong_tries(settings.load().secret_key), supervisor)
        yield f"| home page alone | p95 {calm.percentile(0.95):.1f} ms |"
        yield f"| home page during {BURST} look-ups, {AT_ONCE} at once | p95 {others.percentile(0.95):.1f} ms |"
        yield f"| home page during the burst | p95 {loaded.percentile(0.95):.1f} ms |"
        said = ", ".join(f"{n} x {status}" for status, n in sorted(answers.statuses.items()))
        yield f"| {BURST} wrong sign-ins, {AT_ONCE} at once | {said}; {answers.seconds:.1f} s |"
        yield f"| memory of the web process | {before:.0f} MB before, {highest:.0f} MB at most |"
        if sys.argv[1:] != ["burst"]:
            for line in await _timing():
                yield line


async def _pages(until: asyncio.Future[Any]) -> load.Result:
    """Four visitors who open the home page ten times a second each: other people's pages, not a full load."""
    result = load.Result()
    request = load.request("GET", "/", HOST)

    async def visitor() -> None:
        while not until.done():
            await _ask(request, result)
            await asyncio.sleep(0.1)

    await asyncio.gather(*(visitor() for _ in range(4)))
    return result


async def _ask(request: bytes, result: load.Result) -> None:
    """One request on a connection of its own, noted in ``result``."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(request)
    status = await load.answer(reader)
    writer.close()
    result.note(status, time.perf_counter() - began)


async def _burst(make: Callable[[], bytes], supervisor: int) -> tuple[load.Result, load.Result, float]:
    highest, answers = 0.0, load.Result()
    numbers = iter(range(BURST))
    began = time.perf_counter()

    async def guesser() -> None:
        for _number in numbers:  # shared by all of them
            await _ask(make(), answers)

    guessing = asyncio.gather(*(guesser() for _ in range(AT_ONCE)))
    pages = asyncio.create_task(_pages(guessing))
    while not guessing.done():
        highest = max(highest, _resident(supervisor))
        await asyncio.sleep(0.05)
    answers.seconds = time.perf_counter() - began
    return answers, await pages, highest


def _wrong_tries(key: bytes) -> Callable[[], bytes]:
    from portal.security.csrf import form_token

    path = "/accounts/sign-in"
    token = form_token(key, "", path, datetime.now(UTC))
    counter = itertools.count()

    def make() -> bytes:
        n = next(counter)
        form = {"username": f"somebody-{n}", "password": "not the right one", "_csrf_token": token}
        return workloads.post(path, form, cookie="", n=n)

    return make


def _resident(supervisor: int) -> float:
    """Megabytes of the web process."""
    return machine.megabytes_of(machine.children(supervisor, "web"))


async def _timing() -> list[str]:
    from db.accounts import Account
    from db.engine import close_pool, open_pool
    from portal.accounts.actions import WrongPassword, sign_in
    from portal.accounts.sign_up import SignUp, sign_up

    await open_pool(2)
    now = datetime.now(UTC)
    known = await Account.select(Account.username).where(Account.username == "citizen").first()
    assert known, "the sample accounts are there"

    async def wrong(username: str, n: int) -> None:
        try:
            await sign_in(
                username,
                "not it",
                device="",
                address=f"10.{n >> 8}.{n & 255}.1",
                now=now + timedelta(days=2 * n),
            )
        except WrongPassword:
            return

    async def fresh(username: str, n: int) -> None:
        draft = SignUp(
            username=username, display_name="م س", email=f"p{n}{username}@bench.example", phone="",
            password="copper horse battery window",
        )  # fmt: skip
        at = now + timedelta(days=2 * n)
        await sign_up(
            draft, locale="fa", address=f"10.{n >> 8}.{n & 255}.1", base_url="http://localhost", now=at
        )

    signing_in = await _auc(lambda n: wrong("citizen", n), lambda n: wrong(f"nobody{n}", n))
    signing_up = await _auc(lambda n: fresh("citizen", n), lambda n: fresh(f"newcomer{n}x", n))
    await close_pool()
    return [
        f"| sign-in, known against unknown name, {PAIRS} pairs | AUC {signing_in:.3f} |",
        f"| sign-up, taken against free name, {PAIRS} pairs | AUC {signing_up:.3f} |",
    ]


async def _auc(known: Callable[[int], Awaitable[None]], unknown: Callable[[int], Awaitable[None]]) -> float:
    """How often a known one took longer than an unknown one, of all pairs: 0.5 tells nothing."""
    times: tuple[list[float], list[float]] = ([], [])
    for n in range(PAIRS):
        sides = [(0, known), (1, unknown)]
        for side, act in sides if n % 2 else reversed(sides):
            began = time.perf_counter()
            await act(n)
            times[side].append(time.perf_counter() - began)
    slower = sum((a > b) + (a == b) / 2 for a in times[0] for b in times[1])
    return slower / PAIRS**2


if __name__ == "__main__":
    main()
