"""The archive inside the encryption: a tar of parts whose last line is the SHA-256 of every byte before it.

``age -d -i KEY FILE | tar -x`` unpacks it without this program.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from typing import IO

from portal.backup.manifest import PART, BackupError, Part

BLOCK = 512
END = bytes(2 * BLOCK)
LARGEST_PART = 2**30  # bytes; a manifest of ten million files
DAMAGED = "The backup is damaged or not whole: {}. Nothing was changed."
FOREIGN = "This is no backup of Rahgir: {}. Nothing was changed."


class Writer:
    """Adds parts to ``sink``; what stands there is an archive once ``close`` was called."""

    def __init__(self, sink: IO[bytes]) -> None:
        self.parts: list[Part] = []
        self._sink = sink
        self._all = hashlib.sha256()

    def add(self, name: str, data: bytes) -> Part:
        """``data`` is in the archive as ``name``."""
        header = tarfile.TarInfo(name)
        header.size = len(data)
        header.mode = 0o600
        part = Part(name, len(data), hashlib.sha256(data).hexdigest())
        self._put(header.tobuf(tarfile.USTAR_FORMAT))
        self._put(data)
        self._put(bytes(-len(data) % BLOCK))
        self.parts.append(part)
        return part

    def close(self) -> None:
        """Everything before is sealed."""
        self._put(END)
        self._sink.write(_seal(self._all.hexdigest()))

    def _put(self, data: bytes) -> None:
        self._all.update(data)
        self._sink.write(data)


def read(source: IO[bytes]) -> Iterator[tuple[Part, bytes]]:
    """Every part with its bytes. Raises BackupError at the first byte that can't be one of ours.

    Only who read to the end knows that all of it was whole.
    """
    through = hashlib.sha256()

    def take(n: int) -> bytes:
        data = source.read(n)
        if len(data) < n:
            raise BackupError(DAMAGED.format("it ends too early"))
        through.update(data)
        return data

    while (header := take(BLOCK)) != bytes(BLOCK):
        name, size = _name_and_size(header)
        data = take(size)
        take(-size % BLOCK)
        yield Part(name, size, hashlib.sha256(data).hexdigest()), data
    take(BLOCK)
    seal = _seal(through.hexdigest())
    if source.read(len(seal) + 1) != seal:
        raise BackupError(DAMAGED.format("its bytes do not fit its seal"))


def _name_and_size(header: bytes) -> tuple[str, int]:
    try:
        found = tarfile.TarInfo.frombuf(header, "ascii", "strict")
    except (tarfile.HeaderError, ValueError) as error:
        raise BackupError(DAMAGED.format("a part has no readable heading")) from error
    if not found.isreg() or not PART.fullmatch(found.name) or not 0 <= found.size <= LARGEST_PART:
        raise BackupError(FOREIGN.format(f"it holds {found.name[:80]!r}"))
    return found.name, found.size


def _seal(digest: str) -> bytes:
    return f"sha256:{digest}\n".encode()
