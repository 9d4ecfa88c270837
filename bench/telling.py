"""How fast a hundred thousand are told: ``python -m bench.telling [subscribers] [seconds]``. Prints Markdown.

A portal of its own is served and filed in while a process of its own queues a notice to ``subscribers`` (default
100000). Then one worker hands the mails to a mail server on this machine for ``seconds`` (default 20).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import load, machine, stage
from bench.stage import PORT, ROOT
from bench.workloads import filer

CONNECTIONS = 16
WARM_UP, ALONE = 4.0, 8.0
SMTP_PORT = PORT + 1
_SUBSCRIBE = """
    INSERT INTO subscription (id, channel, address, locale, kinds, origin, made_at, confirmed_at, bounces)
    SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'mail', 'reader' || n || '@example.org',
        'fa', '["planned", "incident"]', 'asked', {}, {}, 0
    FROM generate_series(1, {}) n
"""
_SENT = "SELECT count(*) AS n FROM outbox_message WHERE state = 'sent'"
_JOBS = "SELECT count(*) AS n FROM pgqueuer WHERE entrypoint = 'deliver' AND priority < 0"


def main() -> None:
    """Serve, subscribe, measure, print, clean up."""
    if sys.argv[1:] == ["tell"]:
        asyncio.run(_tell())
        return
    given = [int(argument) for argument in sys.argv[1:]]
    subscribers, seconds = (given + [100_000, 20][len(given) :])[:2]
    with stage.demo() as (folder, supervisor):
        (worker,) = machine.children(supervisor, "worker")
        os.kill(worker.id, signal.SIGSTOP)  # it would tell and deliver while filing alone is measured
        try:
            asyncio.run(_measure(folder, subscribers=subscribers, seconds=seconds))
        finally:
            os.kill(worker.id, signal.SIGCONT)


async def _measure(folder: Path, *, subscribers: int, seconds: int) -> None:
    from db import embedded

    with embedded.start(folder) as cluster:
        os.environ["PORTAL_DATABASE_URL"] = cluster.app_url
        from db.engine import close_pool, open_pool
        from db.subscriptions import Subscription

        await open_pool(2)
        now = datetime.now(UTC)
        await Subscription.raw(_SUBSCRIBE, now, now, subscribers)
        print(f"{subscribers:,} subscribers, one web process, {os.cpu_count()} cores\n")
        print("| what | measured |\n|---|---|", flush=True)
        await _queueing()
        await _delivering(seconds)
        await close_pool()


async def _queueing() -> None:
    """Filing alone, filing while a notice is told, filing alone again."""
    from db.subscriptions import Subscription
    from portal import settings

    make = filer(settings.load().secret_key)

    async def file(seconds: float) -> float:
        result = await load.run("127.0.0.1", PORT, make, connections=CONNECTIONS, seconds=seconds)
        assert set(result.statuses) == {303}, result.statuses
        return result.rate

    await file(WARM_UP)
    before = await file(ALONE)
    await _post_notice()
    telling = _start("-m", "bench.telling", "tell", stdout=subprocess.PIPE)
    assert telling.stdout
    telling.stdout.readline()  # it has begun
    during = []
    while telling.poll() is None:
        during.append(await file(0.5))
    queued = float(telling.stdout.read())
    after = await file(ALONE)
    jobs = (await Subscription.raw(_JOBS))[0]["n"]
    alone, meanwhile = (before + after) / 2, sum(during) / len(during)
    print(f"| rows and jobs of {jobs:,} messages queued | {queued:.1f} s |")
    print(f"| filing alone, before and after | {before:,.0f} and {after:,.0f} /s |")
    print(f"| filing meanwhile | {meanwhile:,.0f} /s ({meanwhile / alone - 1:+.0%}) |", flush=True)


async def _post_notice() -> None:
    from portal.i18n import Words
    from portal.notices import actions
    from portal.notices.drafts import Draft, Saying

    now = datetime.now(UTC)
    saying = Saying(
        title=Words("به‌روزرسانی پایگاه داده", "Database upgrade"),
        body=Words("پایگاه دادهٔ سالنامه به‌روز می‌شود.", "The yearbook's database is upgraded."),
        services={"yearbook-qom": "unavailable"},
    )
    start = now + timedelta(days=4)
    draft = Draft(kind="planned", saying=saying, starts_at=start, ends_at=start + timedelta(hours=2))
    await actions.post(draft, by=None, now=now)


async def _tell() -> None:
    """In a process of its own: says when it begins, tells what is due, says how many seconds that took."""
    from db.engine import open_pool
    from portal.notices import telling

    await open_pool(2)
    now = datetime.now(UTC)
    await telling.plan_endings(now=now)
    print("begun", flush=True)
    began = time.monotonic()
    await telling.tell_due(("mail",), now=now)
    print(time.monotonic() - began, flush=True)


async def _delivering(seconds: int) -> None:
    """One worker hands mails to a server that takes everything at once."""
    from db.subscriptions import Subscription

    async def sent() -> int:
        return int((await Subscription.raw(_SENT))[0]["n"])

    server = _start("-c", _SMTP.format(port=SMTP_PORT))
    worker = _start("-m", "portal.cli", "worker", PORTAL_SMTP_URL=f"smtp://127.0.0.1:{SMTP_PORT}")
    try:
        while await sent() == 0:  # noqa: ASYNC110 - the worker tells nobody that it has begun
            await asyncio.sleep(0.2)
        began, first = time.monotonic(), await sent()
        await asyncio.sleep(seconds)
        rate = (await sent() - first) / (time.monotonic() - began)
        print(f"| mails handed to a local server by one worker | {rate:,.0f} /s |")
    finally:
        worker.terminate()
        worker.wait(30)
        server.kill()
        server.wait()


def _start(*arguments: str, stdout: int | None = None, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], env={**os.environ, **environ}, stdout=stdout, text=True, cwd=ROOT
    )


_SMTP = """
import asyncio
from aiosmtpd.smtp import SMTP

class Box:
    async def handle_DATA(self, server, session, envelope):
        return "250 taken"

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Box(), hostname="test.example", loop=loop), "127.0.0.1", {port})
    await server.serve_forever()

asyncio.run(main())
"""


if __name__ == "__main__":
    main()
