"""Handing out a stored file: always as a download, never as a page of ours."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import quote

from litestar.response import File

from portal import file_kinds, quarantine, uploads
from portal.settings import Settings

GIVEN_OUT = frozenset(kind.media_type for kind in file_kinds.KINDS.values())
HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Stored(Protocol):
    """A file as its row tells of it; see ``db.cases.Attachment``."""

    @property
    def name(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def stored_as(self) -> str: ...
    @property
    def scan_state(self) -> str: ...


def download(settings: Settings, file: Stored) -> File:
    """The file under the name its sender gave it; a type we do not take is sent as mere bytes. Raises KeptBack."""
    quarantine.check(file.scan_state)
    return File(
        uploads.path_of(settings.uploads_dir, file.stored_as),
        media_type=file.media_type if file.media_type in GIVEN_OUT else "application/octet-stream",
        headers={
            **HEADERS,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        },
    )
