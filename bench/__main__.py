"""Measure the portal: ``python -m bench [cases]`` (default 200000). Takes some minutes; prints Markdown.

Serves on a port and in a folder of its own, fills it with cases, loads it from this process, and leaves nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import quote, urlencode
from uuid import uuid4

from bench import load, make_cases

PORT = 8765
HOST = f"localhost:{PORT}"
RUNS = 3
SECONDS = 4.0
FEEDS = ["/notices.atom", "/notices.ics", "/notices/status.json"]
PAGES = ("/", "/services/yearbook-qom", "/cases/new/yearbook-qom", "/track")
ROOT = Path(__file__).parent.parent


def main() -> None:
    """Serve, fill, measure, print, clean up."""
    n_cases = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    folder = Path(tempfile.mkdtemp(prefix="rahgir-bench-"))
    os.environ |= {
        "PORTAL_DATA_DIR": str(folder),
        "PORTAL_PORT": str(PORT),
        "PORTAL_TRUSTED_PROXIES": "127.0.0.1",
        "PORTAL_DEMO_PASSWORD": "only-for-this-measurement",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "portal.cli", "demo"], stdout=subprocess.DEVNULL, cwd=ROOT
    )
    try:
        wait_until_ready()
        for line in asyncio.run(measure(folder, server.pid, n_cases)):
            print(line, flush=True)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(40)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready() -> None:
    """Raises TimeoutError when the portal does not answer within a minute."""
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        try:
            with urllib.request.urlopen(f"http://{HOST}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the portal did not get ready")


async def measure(folder: Path, supervisor: int, n_cases: int) -> list[str]:
    """The report's lines. ``folder`` holds the embedded database and the secret key."""
    from db import embedded

    with embedded.start(folder) as cluster:
        os.environ["PORTAL_DATABASE_URL"] = cluster.app_url
        await make_cases.make(cluster.owner_url, n_cases, now=datetime.now(UTC))
        return await _report(supervisor, n_cases)


async def _report(supervisor: int, n_cases: int) -> list[str]:
    from db.accounts import Account
    from db.cases import Case
    from db.engine import close_pool, open_pool
    from portal import codes, settings
    from portal.security import sessions

    await open_pool(2)
    numbers = await Case.select(Case.number).where(Case.state == "in_review").limit(2000).output(as_list=True)
    clerk = await Account.select(Account.id).where(Account.username == "staff").first()
    assert clerk, "the sample accounts are there"
    token = await sessions.open_session(clerk["id"], device="bench", now=datetime.now(UTC))
    await close_pool()
    cookie = f"session={token}"
    pages = [f"/cases/{codes.show_text(number)}" for number in numbers]
    words = ["مریم", "رضایی", "گزارش سالنامه", "آمار", "قم جمعیت"]
    searches = [f"/desk?q={quote(word)}" for word in words]
    lines = [
        f"{n_cases:,} cases, one web process, {os.cpu_count()} cores; medians of {RUNS} runs of {SECONDS:.0f} s",
        "",
        "| what | connections | answers/s | p50 ms | p95 ms | p99 ms | statuses |",
        "|---|---|---|---|---|---|---|",
    ]
    lines.append(await _row("tracking page, tier 0", 16, _getter(pages)))
    lines.append(await _row("feeds of notices", 16, _getter(FEEDS)))
    lines.append(await _row("filing a request", 16, _filer(settings.load().secret_key)))
    lines.append(await _row("desk queue", 1, _getter(["/desk"], cookie)))
    lines.append(await _row("desk queue", 4, _getter(["/desk"], cookie)))
    lines.append(await _row("desk search, common words", 1, _getter(searches, cookie)))
    lines.append(await _row("desk search, common words", 4, _getter(searches, cookie)))
    lines += ["", *_memory(supervisor), *_sizes()]
    return lines


def _getter(paths: list[str], cookie: str = "") -> Callable[[], bytes]:
    requests = [load.request("GET", path, HOST, cookie=cookie) for path in paths]
    return lambda: random.choice(requests)


def _filer(key: bytes) -> Callable[[], bytes]:
    """Requests that each file a case of their own, from browsers of their own all over the country."""
    from portal.security.csrf import form_token

    path = "/cases/new/yearbook-qom"
    token = form_token(key, "", path, datetime.now(UTC))
    counter = itertools.count()

    def make() -> bytes:
        number = next(counter)
        form = {
            **FORM,
            "body": f"{FORM['body']} ({number})",
            "_csrf_token": token,
            "submission_id": str(uuid4()),
        }
        body = urlencode(form).encode()
        cookie = f"keys={token_urlsafe(16)}"
        head, _, _rest = load.request("POST", path, HOST, body=body, cookie=cookie).partition(b"\r\n\r\n")
        address = f"10.{number >> 8 & 255}.{number & 255}.1"  # a network of its own, or it would be slowed
        return head + f"\r\nX-Forwarded-For: {address}\r\n\r\n".encode() + body

    return make


FORM = {
    "contact_name": "مریم رضایی",
    "contact_email": "maryam@example.org",
    "contact_phone": "09000001234",
    "audience": "citizen",
    "body": "جدول جمعیت شهرستان‌ها در سال ۱۴۰۳ را لازم دارم.",
    "f_need": "statistics",
    "f_year": "1403",
    "declaration": "yes",
}


async def _row(name: str, connections: int, make: Callable[[], bytes]) -> str:
    await load.run("127.0.0.1", PORT, make, connections=connections, seconds=1)
    runs = [
        await load.run("127.0.0.1", PORT, make, connections=connections, seconds=SECONDS) for _ in range(RUNS)
    ]
    result = load.median_run(runs)
    p50, p95, p99 = (result.percentile(share) for share in (0.5, 0.95, 0.99))
    statuses = ", ".join(f"{status}: {n}" for status, n in sorted(result.statuses.items()))
    return f"| {name} | {connections} | {result.rate:,.0f} | {p50:.1f} | {p95:.1f} | {p99:.1f} | {statuses} |"


def _memory(supervisor: int) -> list[str]:
    """Resident memory of the supervisor's processes after the load, from /proc."""
    lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().split(b"\0")
            pages = int((folder / "statm").read_text().split()[1])
        except OSError:
            continue
        if parent == supervisor and b"portal.child" in command:
            kind = command[command.index(b"portal.child") + 1].decode()
            lines.append(f"- resident memory, {kind}: {pages * 4096 / 1e6:.0f} MB")
    return lines


def _sizes() -> list[str]:
    """Bytes of public pages as gzip would send them."""
    import gzip

    lines = []
    for path in PAGES:
        with urllib.request.urlopen(f"http://{HOST}{path}") as answer:
            html = answer.read()
        lines.append(f"- {path}: {len(html):,} bytes, {len(gzip.compress(html)):,} compressed")
    return lines


if __name__ == "__main__":
    main()
