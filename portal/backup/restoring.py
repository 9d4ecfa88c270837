"""Making an empty place into what a backup holds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from db import embedded, schema
from portal.backup import checking, programs, snapshot
from portal.backup.checking import Checked
from portal.backup.keys import Identity
from portal.backup.manifest import BackupError, Manifest
from portal.backup.unpacking import DUMP, unpack

STAGE = ".restoring"
NOT_OURS = {"lost+found"}
LAST = "pg.json"  # without it the embedded database is not found: nobody starts on half a place


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to restore. ``app_url`` and ``owner_url`` name an empty database; None: the embedded one.

    ``secret_key`` is the one that the environment gives, None where the data folder is to hold it.
    """

    data_dir: Path
    app_url: str | None = None
    owner_url: str | None = None
    secret_key: bytes | None = None


class Restored(msgspec.Struct, frozen=True):
    """What was restored, and what was found when it was checked."""

    manifest: Manifest
    checked: Checked


def restore(source: Path, place: Place, identities: Sequence[Identity]) -> Restored:
    """The place is the one of the backup, and its rows, files, audit chain and codes were checked.

    The backup is unpacked and verified whole, then loaded, in a folder ``.restoring`` of its own; only what is complete
    moves to its place. A refusal, an error or Ctrl-C leaves the place as empty as it was. Raises BackupError,
    EmbeddedError, and what PostgreSQL raised.
    """
    with _stage(place.data_dir) as stage:
        if place.owner_url and not asyncio.run(snapshot.is_empty(place.owner_url)):
            raise BackupError("The database is not empty. Restore into a new one; nothing was changed.")
        manifest = unpack(source, stage, identities)
        keys = _settle_keys(stage, place)
        with _database(stage, place) as (app_url, owner_url):
            dump = stage / DUMP
            programs.load(owner_url, dump, snapshot.check(manifest.tables), server=manifest.server)
            dump.unlink()
            asyncio.run(schema.migrate(owner_url, app_url))
            checked = asyncio.run(checking.check(app_url, manifest, keys))
        os.sync()
        for path in sorted(stage.iterdir(), key=lambda path: path.name == LAST):
            path.rename(place.data_dir / path.name)
    return Restored(manifest, checked)


@contextlib.contextmanager
def _stage(data_dir: Path) -> Iterator[Path]:
    """An empty folder inside an empty data folder. Afterwards it is gone, and a data folder that stayed empty too."""
    made = not data_dir.exists()
    try:
        data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        there = {path.name for path in data_dir.iterdir()} - NOT_OURS
    except OSError as error:
        raise BackupError(f"{data_dir} can't be used: {os.strerror(error.errno or 0)}") from error
    if STAGE in there:
        raise BackupError(
            f"{data_dir / STAGE} belongs to a restore that is under way or was killed. When none runs, delete it."
        )
    if there:
        raise BackupError(f"{data_dir} is not empty ({min(there)}, …). Restore into a new folder.")
    stage = data_dir / STAGE
    try:
        stage.mkdir(mode=0o711)  # a server started by root runs as another user, who must get through
        stage.chmod(0o711)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if made:
            with contextlib.suppress(OSError):
                data_dir.rmdir()


def _settle_keys(stage: Path, place: Place) -> tuple[bytes, ...]:
    """The keys of the backup, today's first. The stage holds no copy of one that the environment gives."""
    today, old = stage / "secret_key", stage / "secret_key_old"
    if not today.exists():
        raise BackupError("The backup holds no secret key. Nothing was changed.")
    keys = tuple(path.read_bytes().strip() for path in (today, old) if path.exists())
    if place.secret_key:
        if place.secret_key != keys[0]:
            raise BackupError(
                "PORTAL_SECRET_KEY is not the key of the backup. Leave it unset to get that one; nothing was changed."
            )
        today.unlink()
    return keys


@contextlib.contextmanager
def _database(stage: Path, place: Place) -> Iterator[tuple[str, str]]:
    """The addresses of an empty database for the app and for the owner."""
    if place.app_url and place.owner_url:
        yield place.app_url, place.owner_url
        return
    try:
        with embedded.start(stage) as cluster:
            yield cluster.app_url, cluster.owner_url
    except BaseException:
        embedded.remove(stage)
        raise
