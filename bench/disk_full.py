"""Fill the disk to its last byte while people file, and see what is left: ``python -m bench.disk_full [seconds]``
(default 20).

The portal's data folder, its database in it, lies on a small ext4 of its own, mounted from a file: that needs Linux and
root. Prints Markdown, leaves nothing, and ends with 1 when something was not as it should be.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx

from bench import stage
from bench.workloads import SIGN_IN
from db import embedded
from db.places import bundled_programs

SIZE = 900 * 2**20  # bytes: the portal keeps 200 MB free of files
FULL_FOR = 20.0  # seconds
BACK_WITHIN = 30.0
PAGE = "/cases/new/spatial-observatory"  # a service that takes files
FORM = {
    "f_task": "receive",
    "f_data_kinds": "geographic",
    "f_policy_level": "national",
    "f_area": "همهٔ استان",
    "audience": "agency",
    "agency_name": "شهرداری نمونه",
    "contact_name": "مریم رضایی",
    "contact_email": "maryam@agency.example",
    "declaration": "yes",
}
DEEDS = ("file", "file with a file", "sign in", "home page", "/readyz")


class Visitors:
    """People who do everything by turns; ``codes`` are what they were told."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.codes: set[str] = set()
        self.wordless: set[str] = set()

    def do(self, deed: str) -> int:
        """The status of the answer; 0 without one."""
        with contextlib.suppress(httpx.TransportError):
            answer = self._ask(deed)
            if answer.status_code >= 400 and deed != "/readyz" and "<h1" not in answer.text:
                self.wordless.add(deed)
            if deed.startswith("file") and answer.status_code == 303:
                self.codes.add(answer.headers["location"].split("/")[2])
            return answer.status_code
        return 0

    def _ask(self, deed: str) -> httpx.Response:
        from portal.security.csrf import form_token

        if deed in ("home page", "/readyz"):
            return httpx.get(f"http://{stage.HOST}{'/' if deed == 'home page' else deed}", timeout=30)
        path = SIGN_IN if deed == "sign in" else PAGE
        form = {"username": "citizen", "password": stage.PASSWORD} if path == SIGN_IN else self._case()
        form["_csrf_token"] = form_token(self.key, "", path, datetime.now(UTC))
        words = ("note.txt", b"In plain words. " * 1000, "text/plain")
        files = {"attachments": words} if deed == "file with a file" else None
        headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": _somewhere()}
        return httpx.post(f"http://{stage.HOST}{path}", data=form, files=files, headers=headers, timeout=30)

    def _case(self) -> dict[str, str]:
        submission = str(uuid4())
        return {**FORM, "body": f"{submission}", "submission_id": submission}


def main() -> int:
    """Mount, serve, fill, look, make room, look again; the exit status."""
    if sys.platform != "linux" or os.geteuid() != 0:
        print("bench.disk_full mounts a file system: Linux and root are needed.", file=sys.stderr)
        return 2
    full_for = float(sys.argv[1]) if sys.argv[1:] else FULL_FOR
    with small_disk() as disk:
        tempfile.tempdir = str(disk)
        with stage.folder() as folder:
            with stage.serving("-m", "portal.cli", "demo"):
                lines, visitors = run(folder, disk, full_for)
            lines += look(folder, visitors)
    print("\n".join([f"| the disk full for twice {full_for:.0f} s | |", "|---|---|", *lines]))
    return int(any("**wrong**" in line for line in lines))


@contextlib.contextmanager
def small_disk() -> Iterator[Path]:
    """A file system of ``SIZE`` bytes, all of which anybody may use."""
    with tempfile.TemporaryDirectory(prefix="rahgir-disk-") as place:
        image, disk = Path(place, "image"), Path(place, "disk")
        with image.open("wb") as file:
            file.truncate(SIZE)
        disk.mkdir()
        Path(place).chmod(0o755)  # the database runs as another user, who must get in
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, disk], check=True)
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)


def run(folder: Path, disk: Path, full_for: float) -> tuple[list[str], Visitors]:
    """What visitors met before, while the disk was full, when the database could not even write its log, and after."""
    from portal import settings

    visitors, ballast = Visitors(settings.load().secret_key), disk / "ballast"
    before = _by_turns(visitors, time.monotonic())
    assert all({*met} <= {200, 303} for met in before.values()), before
    fill(ballast)
    full = _by_turns(visitors, time.monotonic() + full_for, lambda: fill(ballast))
    crashed = asyncio.run(_use_up_log(folder))
    worst = _by_turns(visitors, time.monotonic() + full_for, lambda: fill(ballast))
    ballast.unlink()
    back = _seconds_until_back(visitors)
    lines = [
        row(
            f"{deed}: before, full, no room for the log",
            f"{_show(before[deed])}; {_show(full[deed])}; {_show(worst[deed])}; again after {back[deed]:.1f} s",
            good={*full[deed], *worst[deed]} <= {200, 303, 422, 503} and back[deed] <= BACK_WITHIN,
        )
        for deed in DEEDS
    ]
    lines.append(row("the database broke down for want of a log", "yes" if crashed else "no"))
    lines.append(row("refusals without a page", sorted(visitors.wordless), good=not visitors.wordless))
    return lines, visitors


async def _use_up_log(folder: Path) -> bool:
    """The database found no room for its log, and broke down."""
    with embedded.start(folder) as cluster:  # joined
        connection = await asyncpg.connect(cluster.database_url("portal", role="postgres"))
    try:
        for _ in range(100):
            await connection.execute(
                "SELECT pg_logical_emit_message(false, 'bench', repeat('x', 8000000), true)"
            )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return True
    finally:
        connection.terminate()
    return False


def _seconds_until_back(visitors: Visitors) -> dict[str, float]:
    """How long it took until each deed was done again; infinite where it was not."""
    began, back = time.monotonic(), dict.fromkeys(DEEDS, math.inf)
    while math.inf in back.values() and time.monotonic() < began + 4 * BACK_WITHIN:
        for deed in DEEDS:
            if back[deed] == math.inf and visitors.do(deed) in (200, 303):
                back[deed] = time.monotonic() - began
        time.sleep(0.2)
    return back


def _by_turns(
    visitors: Visitors, until: float, also: Callable[[], None] = lambda: None
) -> dict[str, Counter[int]]:
    """Everything was done at least twice; how often each answer came."""
    met: dict[str, Counter[int]] = {deed: Counter() for deed in DEEDS}
    while time.monotonic() < until or sum(met["file"].values()) < 2:
        for deed in DEEDS:
            also()
            met[deed][visitors.do(deed)] += 1
    return met


def fill(ballast: Path) -> None:
    """Not a byte is free."""
    with ballast.open("ab", buffering=0) as file:
        for piece in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(piece)):
                    pass


def look(folder: Path, visitors: Visitors) -> list[str]:
    """What is left in the stopped portal's folder."""
    with embedded.start(folder) as cluster:
        files = {path.name for path in (folder / "uploads").rglob("*") if path.is_file()}
        lost, unnamed, missing = asyncio.run(_compare(cluster.owner_url, files, visitors.codes))
        place = cluster.place
        audit = _run(sys.executable, "-m", "portal.cli", "verify-audit")
    check = _run(bundled_programs() / "pg_checksums", "--check", "-D", place)
    bad = [line for line in check.stdout.splitlines() if "Bad checksums" in line]
    return [
        row("codes told", len(visitors.codes)),
        row("codes that lead to nothing", lost, good=not lost),
        row("files that belong to nothing, half ones among them", unnamed, good=not unnamed),
        row("files that are missing", missing, good=not missing),
        row("audit chain", "whole" if audit.returncode == 0 else audit.stderr, good=audit.returncode == 0),
        row("pages of the database", ", ".join(bad) or check.stderr, good=check.returncode == 0),
    ]


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=stage.ROOT)


async def _compare(owner_url: str, files: set[str], told: set[str]) -> tuple[int, int, int]:
    """How many codes lead to nothing, how many files nobody names, and how many named ones are missing."""
    from portal import codes

    connection = await asyncpg.connect(owner_url)
    there = {codes.show_text(row[0]) for row in await connection.fetch('SELECT number FROM "case"')}
    named = {row[0] for row in await connection.fetch("SELECT stored_as FROM attachment")}
    await connection.close()
    return len(told - there), len(files - named), len(named - files)


def row(what: str, found: object, *, good: bool = True) -> str:
    """One line of the report."""
    return f"| {what} | {found}{'' if good else ' **wrong**'} |"


def _show(met: Counter[int]) -> str:
    return ", ".join(f"{n} x {status}" for status, n in sorted(met.items()))


def _somewhere() -> str:
    return f"10.{random.randrange(250)}.{random.randrange(250)}.1"


if __name__ == "__main__":
    sys.exit(main())
