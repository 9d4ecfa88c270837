"""Files of a form that comes back to be sent once more: they stay on disk, and the page carries a sealed list of them.

Browsers keep no chosen files. What is never sent again is swept away after a day, as all that no case names.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec

from portal import uploads
from portal.uploads import StoredFile

NAME = "kept"
"""The form's field with the sealed list."""
LASTS = timedelta(hours=12)
_LONGEST = 20_000


class Kept(msgspec.Struct, frozen=True):
    """``files`` as received before; ``sealed`` is what the page carries."""

    files: tuple[StoredFile, ...] = ()
    sealed: str = ""


class _Sealed(msgspec.Struct, frozen=True):
    until: float
    files: tuple[StoredFile, ...]


def seal(files: Sequence[StoredFile], *, browser: str, key: bytes, now: datetime) -> Kept:
    """``files``, to be sent again from ``browser`` within half a day."""
    if not files:
        return Kept()
    payload = msgspec.json.encode(_Sealed((now + LASTS).timestamp(), tuple(files)))
    seal = _seal(key, browser, payload)
    return Kept(tuple(files), base64.urlsafe_b64encode(seal + payload).decode())


def opened(sealed: object, *, browser: str, keys: Sequence[bytes], folder: Path, now: datetime) -> Kept:
    """What ``seal`` made for this browser; none for what it did not make, what is too old or no longer on disk."""
    if not isinstance(sealed, str) or not sealed.isascii() or len(sealed) > _LONGEST:
        return Kept()
    try:
        raw = base64.urlsafe_b64decode(sealed)
    except ValueError:
        return Kept()
    seal, payload = raw[:32], raw[32:]
    if not any(hmac.compare_digest(_seal(key, browser, payload), seal) for key in keys):
        return Kept()
    held = msgspec.json.decode(payload, type=_Sealed)
    there = all(uploads.path_of(folder, file.stored_as).exists() for file in held.files)
    return Kept(held.files, sealed) if there and held.until > now.timestamp() else Kept()


async def adopt(kept: Kept, folder: Path) -> tuple[StoredFile, ...]:
    """The same files under names of their own: whatever becomes of these, the page can be sent again."""
    return await asyncio.to_thread(_adopted, kept.files, folder) if kept.files else ()


def _adopted(files: Sequence[StoredFile], folder: Path) -> tuple[StoredFile, ...]:
    adopted = []
    for file in files:
        stored_as = uuid4().hex
        path = uploads.path_of(folder, stored_as)
        path.parent.mkdir(mode=0o750, exist_ok=True)
        os.link(uploads.path_of(folder, file.stored_as), path)
        adopted.append(msgspec.structs.replace(file, stored_as=stored_as))
    return tuple(adopted)


def _seal(key: bytes, browser: str, payload: bytes) -> bytes:
    return hmac.digest(
        key, b"kept files\0" + browser.encode("utf-8", "replace") + b"\0" + payload, hashlib.sha256
    )
