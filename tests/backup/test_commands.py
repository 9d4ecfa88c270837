"""``portal backup``, ``restore`` and ``backup-key`` as an operator runs them, on the embedded server."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from db import embedded
from portal.backup import snapshot
from portal.backup.manifest import BackupError
from portal.backup.programs import dump, load
from portal.backup.restoring import STAGE, Place, restore
from portal.backup.unpacking import DUMP, unpack
from tests.backup.places import ask

pytestmark = pytest.mark.fault  # servers are started, killed and damaged
ROOT = Path(__file__).parents[2]
NO_SETTINGS = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}


def portal(folder: Path, *arguments: str | Path, **environ: str) -> tuple[int, str, str]:
    """Exit status, what was printed, and the complaint."""
    done = subprocess.run(
        [sys.executable, "-m", "portal.cli", *arguments], capture_output=True, text=True, cwd=ROOT,
        env={**NO_SETTINGS, "PORTAL_DATA_DIR": str(folder), **environ},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def shelf():
    """A folder that the server's user can enter, with a key and an encrypted backup of a desk that has an admin."""
    folder = Path(tempfile.mkdtemp(prefix="rahgir-test-"))
    folder.chmod(0o755)
    status, _printed, complaint = portal(folder / "desk", "create-admin", "boss", "The Boss")
    assert status == 0, complaint
    status, printed, complaint = portal(folder / "desk", "backup-key", folder / "key")
    assert status == 0, complaint
    to = re.search(r"PORTAL_BACKUP_TO=(age1\w+)", printed)[1]
    status, printed, complaint = portal(folder / "desk", "backup", folder / "b.age", PORTAL_BACKUP_TO=to)
    assert status == 0, complaint
    assert "encrypted to 1 recipient" in printed
    yield folder
    shutil.rmtree(folder)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_desk_comes_back_on_its_own_server_and_can_be_backed_up_again(shelf):
    place = shelf / "new"
    status, printed, complaint = portal(place, "restore", shelf / "b.age", "--identity", shelf / "key")
    assert (status, complaint) == (0, "")
    assert "all as in the backup" in printed
    assert "sealed rows are as they were sealed" in printed
    assert names_in(place) - {"uploads"} == {"pg", "pg.json", "pg.lock", "secret_key"}
    assert (place / "secret_key").read_bytes() == (shelf / "desk" / "secret_key").read_bytes()
    with embedded.start(place) as cluster:
        assert asyncio.run(ask(cluster.app_url, "SELECT username FROM account")) == "boss"
    status, _printed, complaint = portal(place, "backup", shelf / "again.tar", "--unencrypted")
    assert (status, complaint) == (0, "")


def test_without_a_recipient_nothing_is_written_unless_told_so(shelf):
    status, _printed, complaint = portal(shelf / "desk", "backup", shelf / "c.age")
    assert (status, "--to age1" in complaint) == (2, True)
    status, _printed, complaint = portal(shelf / "desk", "backup", shelf / "c.age", "--to", "ops@example.org")
    assert (status, "give a recipient of age" in complaint) == (2, True)
    secret = (shelf / "key").read_text().splitlines()[-1]
    status, printed, complaint = portal(shelf / "desk", "backup", shelf / "c.age", PORTAL_BACKUP_TO=secret)
    assert (status, secret in printed + complaint) == (2, False)
    assert not (shelf / "c.age").exists()


def test_a_folder_that_is_not_there_is_no_place_to_back_up(shelf):
    status, _printed, complaint = portal(shelf / "typo", "backup", shelf / "c.age", "--unencrypted")
    assert (status, "look at PORTAL_DATA_DIR" in complaint) == (2, True)
    assert not (shelf / "typo").exists()


def test_keys_are_private_and_never_overwritten(shelf):
    assert (shelf / "key").stat().st_mode & 0o777 == 0o600
    before = (shelf / "key").read_bytes()
    assert portal(shelf / "desk", "backup-key", shelf / "key")[0] == 2
    assert (shelf / "key").read_bytes() == before
    shutil.copy(shelf / "key", shelf / "open key")
    (shelf / "open key").chmod(0o644)
    restored = portal(shelf / "new2", "restore", shelf / "b.age", "--identity", shelf / "open key")
    assert (restored[0], "chmod 600" in restored[2]) == (2, True)
    assert not (shelf / "new2").exists()


@pytest.mark.fault
@pytest.mark.parametrize("moment", [STAGE, f"{STAGE}/pg.json", f"{STAGE}/pg/postmaster.pid"])
def test_a_restore_that_is_told_to_stop_leaves_the_place_as_empty_as_before(shelf, moment):
    place = shelf / "stopped"
    process = begin(place, shelf, until=moment)
    process.send_signal(signal.SIGTERM)
    _printed, complaint = process.communicate(timeout=60)
    assert process.returncode == 2, complaint
    assert not place.exists()
    assert not servers_below(shelf)


@pytest.mark.fault
def test_a_killed_restore_leaves_only_its_own_folder_and_the_next_one_says_so(shelf):
    place = shelf / "killed"
    place.mkdir()
    process = begin(place, shelf, until=f"{STAGE}/pg/postmaster.pid")
    process.kill()
    process.communicate()
    try:
        assert names_in(place) == {STAGE}
        with pytest.raises(BackupError, match="When none runs, delete it"):
            restore(shelf / "b.age", Place(data_dir=place), [])
    finally:
        embedded.start(place / STAGE).stop()  # takes over the server that the killed one left
        shutil.rmtree(place)


def begin(place: Path, shelf: Path, *, until: str) -> subprocess.Popen:
    """A restore that has come so far that ``until`` is there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.cli", "restore", shelf / "b.age", "--identity", shelf / "key"],
        cwd=ROOT, env={**NO_SETTINGS, "PORTAL_DATA_DIR": str(place)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    give_up_at = time.monotonic() + 60
    while not (place / until).exists() and time.monotonic() < give_up_at:
        time.sleep(0.002)
    return process


def servers_below(folder: Path) -> list[int]:
    """PostgreSQL servers on files below ``folder``."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and Path(process.cwd()).is_relative_to(folder):
                found.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return found


def test_a_load_that_fails_leaves_the_database_empty(shelf):
    """The rows are compared in the transaction that loads them."""
    portal(shelf / "desk", "backup", shelf / "plain.tar", "--unencrypted")
    (shelf / "plain").mkdir()
    tables = unpack(shelf / "plain.tar", shelf / "plain", []).tables
    one_more = {**tables, "account": replace(tables["account"], rows=tables["account"].rows + 1)}
    dumped = shelf / "plain" / DUMP
    with embedded.start(shelf / "other") as cluster:
        with pytest.raises(BackupError, match="A table differs from the backup: account"):
            load(cluster.owner_url, dumped, snapshot.check(one_more), server=18)
        assert asyncio.run(snapshot.is_empty(cluster.owner_url))
        dumped.write_bytes(dumped.read_bytes()[:-9000])
        with pytest.raises(BackupError, match="pg_restore failed"):
            load(cluster.owner_url, dumped, "", server=18)
        assert asyncio.run(snapshot.is_empty(cluster.owner_url))


def test_a_program_gets_the_password_where_nobody_else_can_see_it(tmp_path, monkeypatch):
    (tmp_path / "pg_dump").write_text('#!/bin/sh\necho "$*"; echo "$PGPASSWORD"\n')
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    url = "postgres://owner:p%40ss@db.example:5433/portal?sslmode=require"
    command, password = b"".join(dump(url, snapshot="1", server=99)).decode().splitlines()
    assert "--dbname=postgresql://owner@db.example:5433/portal?sslmode=require" in command
    assert ("p%40ss" in command, password) == (False, "p@ss")
