"""Handing out a stored file: always as a download, never as a page of ours."""

from __future__ import annotations

from urllib.parse import quote

from litestar.response import File

from portal import file_kinds, uploads
from portal.settings import Settings

GIVEN_OUT = frozenset(kind.media_type for kind in file_kinds.KINDS.values())
HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


def download(settings: Settings, *, stored_as: str, name: str, media_type: str) -> File:
    """The stored file under the name its sender gave it; a type we do not take is sent as mere bytes."""
    return File(
        uploads.path_of(settings.uploads_dir, stored_as),
        media_type=media_type if media_type in GIVEN_OUT else "application/octet-stream",
        headers={
            **HEADERS,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        },
    )
