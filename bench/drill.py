"""Lose a desk and get it back: ``make drill``, or ``python -m bench.drill [cases] [files]`` (default 5000 and 500).

Makes a desk with cases and files, backs it up while people file, restores it into an empty place, compares the two,
damages the backup and sees it refused. Prints Markdown; docs/drill.md keeps what was measured. Leaves nothing, and ends
with 1 when something was not as it should be.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench import generate, stage
from bench.generate import Place
from db import embedded
from db.keys import uuid7

ROOT = Path(__file__).parent.parent
FILE_SIZE = 100_000  # bytes
PEOPLE = 4  # who file at the same time
SLUG = "yearbook-qom"
_NO_FILE = """
    SELECT e.case, e.id FROM case_event e WHERE e.n = 1
    AND NOT EXISTS (SELECT FROM attachment a WHERE a.event = e.id) LIMIT $1
"""
_ONLY_GROW = {
    "case_event": "id",
    "attachment": "id",
    "message": "id",
    "audit_entry": "id",
    "audit_seal": "seq",
}
"""Tables and their keys."""


@dataclass
class Drill:
    """One run in ``folder``: rows from before people filed (keys by table), what those were told, what was found."""

    folder: Path
    settled: dict[str, set[Any]] = field(default_factory=dict)
    told: list[tuple[float, int]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    failed: bool = False

    def note(self, what: str, found: object, *, good: bool = True) -> None:
        """One row of the report."""
        self.failed |= not good
        self.lines.append(f"| {what} | {found}{'' if good else ' **wrong**'} |")


def main() -> int:
    """Make, lose, restore, compare, print; the exit status."""
    n_cases, n_files = [int(given) for given in (*sys.argv[1:], 5000, 500)[:2]]
    if len(sys.argv) == 2:
        n_files = n_cases // 10
    folder = Path(tempfile.mkdtemp(prefix="rahgir-drill-"))
    folder.chmod(0o755)
    try:
        drill = Drill(folder)
        run(drill, n_cases, n_files)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"| {n_cases:,} cases, {n_files:,} files of {FILE_SIZE // 1000} kB, {os.cpu_count()} cores | |\n|---|---|"
    )
    print("\n".join(drill.lines))
    return int(drill.failed)


def run(drill: Drill, n_cases: int, n_files: int) -> None:
    """Every step in its order."""
    desk, new, backup = drill.folder / "desk", drill.folder / "new", drill.folder / "desk.age"
    os.environ["PORTAL_DATA_DIR"] = str(desk)
    printed, _ = portal(drill, desk, "backup-key", drill.folder / "key")
    os.environ["PORTAL_BACKUP_TO"] = printed.split("PORTAL_BACKUP_TO=")[1].strip()
    with embedded.start(desk) as cluster:
        os.environ["PORTAL_DATABASE_URL"] = cluster.app_url
        began, ended = asyncio.run(work(drill, cluster.owner_url, n_cases, n_files))
    del os.environ["PORTAL_DATABASE_URL"]
    _printed, seconds = portal(drill, new, "restore", backup, "--identity", drill.folder / "key")
    drill.note("restored, checked, in", f"{seconds:.1f} s")
    with embedded.start(desk) as old_server, embedded.start(new) as new_server:
        asyncio.run(compare(drill, old_server.owner_url, new_server.owner_url, began, ended))
    compare_files(drill, desk, new)
    damage(drill, backup)


def portal(drill: Drill, data_dir: Path, *arguments: str | Path, refusal: str = "") -> tuple[str, float]:
    """What ``portal`` printed, and its seconds; the drill has failed unless it ended well, or with this ``refusal``."""
    environ = {name: value for name, value in os.environ.items() if name != "PORTAL_DATABASE_URL"}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "portal.cli", *arguments], cwd=ROOT, capture_output=True, text=True,
        env={**environ, "PORTAL_DATA_DIR": str(data_dir)},
    )  # fmt: skip
    if done.returncode != (2 if refusal else 0) or refusal not in done.stderr:
        drill.note(f"portal {arguments[0]}", done.stderr.strip() or "was not refused", good=False)
    return done.stdout, time.monotonic() - started


async def work(drill: Drill, owner_url: str, n_cases: int, n_files: int) -> tuple[float, float]:
    """The desk is full, and was backed up while people filed. Returns when that began and ended (monotonic)."""
    from db import schema
    from db.engine import close_pool, open_pool
    from portal import settings
    from portal.audit_log.actions import seal

    chosen = settings.load()
    await schema.migrate(owner_url, os.environ["PORTAL_DATABASE_URL"])
    await open_pool(PEOPLE + 2)
    await stage.furnish(chosen)
    await generate.fill(
        Place(owner_url, chosen.data_dir, chosen.secret_key, files=0), n_cases, now=datetime.now(UTC)
    )
    await add_files(owner_url, chosen.uploads_dir, n_files)
    await seal(chosen.secret_key, everything=True)
    connection = await asyncpg.connect(owner_url)
    drill.settled = {table: set(await rows_of(connection, table)) for table in _ONLY_GROW}
    await connection.close()
    stop = asyncio.Event()
    people = [asyncio.create_task(keep_filing(drill, chosen, stop)) for _ in range(PEOPLE)]
    await asyncio.sleep(1)
    began = time.monotonic()
    printed, seconds = await asyncio.to_thread(
        portal, drill, chosen.data_dir, "backup", drill.folder / "desk.age"
    )
    ended = time.monotonic()
    await asyncio.sleep(0.5)
    stop.set()
    await asyncio.gather(*people)
    await close_pool()
    size = (drill.folder / "desk.age").stat().st_size / 2**20
    drill.note(
        "backed up", printed.splitlines()[0].partition(": ")[2] if printed else "nothing", good=bool(printed)
    )
    drill.note("backup made while people filed, in", f"{seconds:.1f} s, {size:,.0f} MB")
    drill.note("cases with a file, filed meanwhile", sum(began < at < ended for at, _ in drill.told))
    return began, ended


async def add_files(owner_url: str, uploads_dir: Path, n: int) -> None:
    """``n`` of the made cases have a file, as an applicant would have sent it."""
    from portal.uploads import path_of

    connection = await asyncpg.connect(owner_url)
    rows: list[dict[str, Any]] = []
    for case, event in await connection.fetch(_NO_FILE, n):
        data, stored_as = secrets.token_bytes(FILE_SIZE), uuid4().hex
        path = path_of(uploads_dir, stored_as)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        rows.append(attachment(case, event, hashlib.sha256(data).hexdigest(), stored_as))
    records = [tuple(row.values()) for row in rows]
    await connection.copy_records_to_table("attachment", columns=list(rows[0]), records=records)
    await connection.close()


def attachment(case: UUID, event: UUID, sha256: str, stored_as: str) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "case": case,
        "event": event,
        "name": "scan.pdf",
        "media_type": "application/pdf",
        "size": FILE_SIZE,
        "sha256": sha256,
        "stored_as": stored_as,
        "at": datetime.now(UTC),
    }


async def keep_filing(drill: Drill, chosen: Any, stop: asyncio.Event) -> None:
    """One person who files case after case, each with a file, and notes each code that was told."""
    from portal import uploads
    from portal.cases.actions import file_case
    from portal.cases.submission import FilingDraft
    from portal.demo import SampleFile
    from portal.services.queries import service_by_slug

    while not stop.is_set():
        now = datetime.now(UTC)
        service = await service_by_slug(SLUG, now=now)
        assert service, "the samples are loaded"
        sample = SampleFile("letter.txt", "text/plain", BytesIO(secrets.token_hex(500).encode()))
        file = await uploads.receive(sample, chosen.uploads_dir)
        draft = FilingDraft(
            submission_id=uuid4(), audience="citizen", contact_name="مریم رضایی", locale="fa",
            contact_email="maryam@example.org", answers={}, files=(file,),
        )  # fmt: skip
        filed = await file_case(
            draft, service=service, browser="", applicant=None, key=chosen.secret_key, now=now
        )
        drill.told.append((time.monotonic(), filed.number))


async def compare(drill: Drill, old_url: str, new_url: str, began: float, ended: float) -> None:
    """Codes told before the backup are there, none told after it; rows that only grow are those of the old desk, and
    none is missing that was there before anybody filed.
    """
    old, new = await asyncpg.connect(old_url), await asyncpg.connect(new_url)
    there = {row[0] for row in await new.fetch('SELECT number FROM "case"')}
    before = {number for at, number in drill.told if at < began}
    after = {number for at, number in drill.told if at > ended}
    drill.note("codes told before the backup, in the new desk", f"{len(before & there)} of {len(before)}",
               good=before <= there)  # fmt: skip
    drill.note("codes told after it, in the new desk", len(after & there), good=not after & there)
    for table, settled in drill.settled.items():
        was, now = await rows_of(old, table), await rows_of(new, table)
        differ, lost = sum(was.get(key) != row for key, row in now.items()), len(settled - now.keys())
        drill.note(f"rows of {table} as in the old desk", f"{len(now) - differ:,} of {len(now):,}, {lost} missing",
                   good=not differ and not lost and bool(now))  # fmt: skip
    named = {row[0] for row in await new.fetch("SELECT stored_as FROM attachment")}
    stored = {path.name for path in (drill.folder / "new" / "uploads").rglob("*") if path.is_file()}
    drill.note("files that rows name, missing", len(named - stored), good=named <= stored)
    await old.close()
    await new.close()


async def rows_of(connection: asyncpg.Connection, table: str) -> dict[Any, str]:
    """A digest of each row of ``table``, by its key."""
    return dict(await connection.fetch(f'SELECT t.{_ONLY_GROW[table]}, md5(t::text) FROM "{table}" t'))


def compare_files(drill: Drill, desk: Path, new: Path) -> None:
    """Every restored file is the old desk's, byte by byte."""
    found = [path for path in (new / "uploads").rglob("*") if path.is_file()]
    same = sum(path.read_bytes() == (desk / path.relative_to(new)).read_bytes() for path in found)
    drill.note("files as in the old desk", f"{same:,} of {len(found):,}", good=same == len(found) > 0)


def damage(drill: Drill, backup: Path) -> None:
    """A flipped byte, a missing end and another key: each is refused, and the target never appears."""
    whole = bytearray(backup.read_bytes())
    whole[len(whole) // 2] ^= 1
    other, target = drill.folder / "other.age", drill.folder / "never"
    portal(drill, target, "backup-key", drill.folder / "other key")
    for what, data, key, refusal in (
        ("one flipped bit", whole, "key", "damaged"),
        ("the last byte missing", backup.read_bytes()[:-1], "key", "damaged"),
        ("another key", backup.read_bytes(), "other key", "another key"),
    ):
        other.write_bytes(data)
        _printed, seconds = portal(
            drill, target, "restore", other, "--identity", drill.folder / key, refusal=refusal
        )
        untouched = "" if target.exists() else ", nothing touched"
        drill.note(what, f"refused in {seconds:.1f} s{untouched}", good=bool(untouched))


if __name__ == "__main__":
    sys.exit(main())
