"""Making a backup while the portal runs."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.metadata
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from portal import uploads
from portal.backup import encryption, programs, snapshot
from portal.backup.archive import Writer
from portal.backup.keys import Recipient
from portal.backup.manifest import DATABASE, FORMAT, KEPT, NAME, BackupError, Manifest
from portal.backup.snapshot import Snapshot
from portal.settings import Settings


class Made(msgspec.Struct, frozen=True):
    """A finished backup: what it holds, its ``size`` in bytes, and stored names of files that the place has lost."""

    manifest: Manifest
    size: int
    missing: list[str]


def back_up(settings: Settings, url: str, target: Path, recipients: Sequence[Recipient]) -> Made:
    """``target`` is a new file with mode 600: database, uploaded files and keys of one instant, or nothing is there.

    Rows are those of one snapshot. A file never changes under its name and is written before its row, so each row's
    file is there to be read afterwards; one that was erased meanwhile stays out. ``url`` is the owner's. Encrypted to
    all ``recipients``, not at all where there are none. Raises BackupError, and what PostgreSQL raised.
    """
    if target.exists():
        raise BackupError(f"{target} is there already. Backups are never overwritten.")
    with asyncio.Runner() as runner, contextlib.closing(_Open(runner, url)) as opened:
        if not opened.snapshot.migrations:
            raise BackupError("There is nothing to back up: the database is empty.")
        try:
            with _new_file(target) as file:
                with encryption.encrypted(file, recipients) as sink:
                    manifest = _write(sink, settings, url, opened)
                size = file.tell()
        except OSError as error:
            raise BackupError(f"{target} can't be written: {error}. Nothing of it was kept.") from error
        return Made(manifest, size, runner.run(snapshot.still_named(url, manifest.lost)))


class _Open:
    """A snapshot that is held until ``close``."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        self._runner = runner
        self.snapshot: Snapshot = runner.run(snapshot.take(url))

    def close(self) -> None:
        if not self.snapshot.connection.is_closed():
            self._runner.run(self.snapshot.close())


def _write(sink: IO[bytes], settings: Settings, url: str, opened: _Open) -> Manifest:
    taken = opened.snapshot
    writer = Writer(sink)
    dumped = programs.dump(url, snapshot=taken.id, server=taken.server)
    for number, piece in enumerate(dumped):
        writer.add(DATABASE.format(number), piece)
    opened.close()  # files take longest, and nothing should wait for them
    for name, data in _keys(settings):
        writer.add(f"keys/{name}", data)
    lost = [name for name, sha256 in taken.files.items() if not _add_file(writer, settings, name, sha256)]
    manifest = Manifest(
        format=FORMAT,
        version=importlib.metadata.version("rahgir"),
        made_at=taken.made_at,
        server=taken.server,
        migrations=taken.migrations,
        tables=taken.tables,
        lost=tuple(lost),
        parts=tuple(writer.parts),
    )
    writer.add(NAME, msgspec.json.encode(manifest))
    writer.close()
    return manifest


def _keys(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """What sealed data can't be read without, wherever it came from."""
    yield "secret_key", settings.secret_key
    if settings.secret_key_old:
        yield "secret_key_old", settings.secret_key_old
    for name in KEPT:
        if (settings.data_dir / name).exists():
            yield name, (settings.data_dir / name).read_bytes()


def _add_file(writer: Writer, settings: Settings, stored_as: str, sha256: str) -> bool:
    """Whether the file was there and is what was received; a changed one is kept all the same."""
    path = uploads.path_of(settings.uploads_dir, stored_as)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    writer.add(str(path.relative_to(settings.data_dir)), data)
    return hashlib.sha256(data).hexdigest() == sha256


@contextlib.contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    """A private file that is ``target`` once all of it is on the disk, and gone when that fails."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
