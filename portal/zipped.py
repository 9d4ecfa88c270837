"""A zip archive written piece by piece, so that one of many large files never lies in memory or on disk as a whole.

The standard library writes to what can't be rewound: sizes and checksums then follow each file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from portal.text import without_bidi

MEDIA_TYPE = "application/zip"
PIECE = 2**18  # bytes read and handed on at a time
LONGEST_NAME = 120  # characters: some systems can't unpack longer ones
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


class Member(msgspec.Struct, frozen=True):
    """One file of the archive: its name there, its bytes or where they lie, and when it was made (local time)."""

    name: str
    content: bytes | Path
    at: datetime


class _Sink(io.RawIOBase):
    """Takes what the archive writes until somebody fetches it."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.held += data
        return len(data)

    def fetch(self) -> bytes:
        data, self.held = bytes(self.held), bytearray()
        return data


def pieces(members: Sequence[Member]) -> Iterator[bytes]:
    """The archive, some 256 KB at a time; it reads files, so let a thread ask for each piece.

    Files are stored as they are (their kinds are compressed already), texts are deflated. A file that is gone by the
    time it is reached is left out.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for member in members:
            for _written in _add(archive, member):
                if len(sink.held) >= PIECE:
                    yield sink.fetch()
    yield sink.fetch()


def safe_name(name: str) -> str:
    """``name`` as every system can unpack it into one folder: no path, no sign that means something, not too long.

    Not unique, and it may be one that a system keeps for itself (``CON``): put a number in front.
    """
    plain = _UNFIT.sub("_", without_bidi(name)).strip(" .") or "file"
    stem, dot, extension = plain.rpartition(".")
    if not dot or len(extension) > 10:
        return plain[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"


def _add(archive: zipfile.ZipFile, member: Member) -> Iterator[None]:
    """The member is in the archive; a pause after each piece of it."""
    head = zipfile.ZipInfo(member.name, date_time=member.at.timetuple()[:6])
    head.external_attr = 0o644 << 16
    if isinstance(member.content, bytes):
        head.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(head, member.content)
        yield
        return
    try:
        source = member.content.open("rb")
    except FileNotFoundError:
        return
    with source, archive.open(head, "w") as target:
        while piece := source.read(PIECE):
            target.write(piece)
            yield
