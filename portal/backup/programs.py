"""PostgreSQL's own programs: ``pg_dump`` out of a snapshot, ``pg_restore`` through ``psql`` in one transaction."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from db.places import bundled_programs
from portal.backup.manifest import BackupError

BUNDLED = 18  # the version of PostgreSQL that db.places chooses
PIECE = 8 * 2**20  # bytes


def dump(url: str, *, snapshot: str, server: int) -> Iterator[bytes]:
    """What ``pg_dump`` wrote of that snapshot, in pieces of 8 MiB. Raises BackupError with its words."""
    address, environment = _address(url)
    command = [
        _program("pg_dump", server),
        "--format=custom",
        f"--snapshot={snapshot}",
        f"--dbname={address}",
    ]
    with _running(command, environment, stdin=subprocess.DEVNULL) as (process, said):
        assert process.stdout is not None
        while piece := process.stdout.read(PIECE):
            yield piece
        _insist(process, said)


def load(url: str, dumped: Path, checks: str, *, server: int) -> None:
    """The empty database holds what was dumped and ``checks`` found nothing, or it is as empty as before.

    Raises BackupError.
    """
    address, environment = _address(url)
    read = [_program("pg_restore", server), "--no-owner", "--no-privileges", "--exit-on-error"]
    run = [_program("psql", server), "--no-psqlrc", "--quiet", "--single-transaction"]
    run += ["--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-", f"--dbname={address}"]
    with (
        _running([*read, "--file=-", str(dumped)], None, stdin=subprocess.DEVNULL) as (reader, read_said),
        _running(run, environment, stdin=subprocess.PIPE) as (psql, psql_said),
    ):
        assert reader.stdout is not None
        assert psql.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # psql has found a mistake and says it
            shutil.copyfileobj(reader.stdout, psql.stdin, 2**20)
            _insist(reader, read_said)  # before psql reads the end, at which it commits
            psql.stdin.write(checks.encode())
            psql.stdin.close()
        _insist(psql, psql_said)


def _address(url: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which goes into the environment: everybody may see a command."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query)
    password = unquote(parts.password or "") or dict(query).get("password", "")
    user, _at, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{host}" if user else host
    rest = urlencode([(name, value) for name, value in query if name != "password"])
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PGCLIENTENCODING": "UTF8"}
    if password:
        environment["PGPASSWORD"] = password
    return parts._replace(scheme="postgresql", netloc=netloc, query=rest).geturl(), environment


def _program(name: str, server: int) -> str:
    """The bundled program, or one of PATH for a server that is newer than it."""
    if server <= BUNDLED:
        return str(bundled_programs() / name)
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"The server is PostgreSQL {server}: install its {name} so that it is found in PATH."
        )
    return found


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str] | None, *, stdin: int
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The program and the file with what it complains of. It has ended after the block."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=said, env=environment
        )
        try:
            yield process, said
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if stream:
                        stream.close()


def _insist(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    """The program has ended well. Raises BackupError with the first line of its complaint."""
    if process.wait() == 0:
        return
    said.seek(0)
    lines = said.read(100_000).decode(errors="replace").splitlines()
    errors = [line for line in lines if "error" in line.lower()] or lines or ["it said nothing"]
    raise BackupError(f"{Path(str(process.args[0])).name} failed: {errors[0][:500]}")  # type: ignore[index]
