"""Taking a backup apart, and refusing it unless every byte is what was put in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import msgspec

from db import schema
from portal.backup import archive, encryption
from portal.backup.archive import DAMAGED, FOREIGN
from portal.backup.keys import Identity
from portal.backup.manifest import FORMAT, NAME, BackupError, Manifest, Part

DUMP = "database.dump"
LEAST_FREE = 200 * 2**20  # bytes


def unpack(source: Path, folder: Path, identities: Sequence[Identity]) -> Manifest:
    """In ``folder`` are the dump (``database.dump``), ``uploads`` and the keys, all as they were put in.

    Files get the modes of a running place, and belong to whoever unpacks. Raises BackupError for a backup that is
    damaged, cut short, not ours, encrypted to somebody else, or of a newer version; ``folder`` is to be deleted then.
    """
    try:
        with source.open("rb") as file, encryption.decrypted(file, identities) as plain:
            found, last = [], b""
            for part, last in archive.read(plain):
                found.append(part)
                if part.name != NAME:
                    _write(folder, part, last)
    except OSError as error:
        raise BackupError(
            f"{error.filename or folder} can't be used: {os.strerror(error.errno or 0)}"
        ) from error
    return _read_manifest(found, last)


def _write(folder: Path, part: Part, data: bytes) -> None:
    shelf, _, rest = part.name.partition("/")
    mode = 0o640 if shelf == "uploads" else 0o600
    path = {"database": folder / DUMP, "keys": folder / rest}.get(shelf, folder / part.name)
    if shelf == "uploads":
        path.parent.parent.mkdir(mode=0o750, exist_ok=True)
        path.parent.mkdir(mode=0o750, exist_ok=True)
    if shutil.disk_usage(folder).free < LEAST_FREE + len(data):
        raise BackupError(f"There is no room left at {folder}. Nothing was changed.")
    again = os.O_APPEND if shelf == "database" else os.O_EXCL
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | again, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask took away
        file.write(data)


def _read_manifest(found: list[Part], last: bytes) -> Manifest:
    """The manifest, which is the last part and names all the others. Raises BackupError."""
    if not found or found[-1].name != NAME:
        raise BackupError(DAMAGED.format("it does not end with its manifest"))
    try:
        if msgspec.json.decode(last)["format"] != FORMAT:
            raise BackupError(FOREIGN.format("a newer version made it, install that one"))
        manifest = msgspec.json.decode(last, type=Manifest)
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise BackupError(FOREIGN.format("its manifest can't be read")) from error
    if manifest.parts != tuple(found[:-1]):
        raise BackupError(DAMAGED.format("its parts are not those it was made of"))
    if not set(manifest.migrations) <= schema.known():
        raise BackupError(
            f"Version {manifest.version} made this backup at {manifest.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, "
            "with tables that this version does not know. Install that one or a newer one. Nothing was changed."
        )
    return manifest
