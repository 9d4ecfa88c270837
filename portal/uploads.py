"""Files that visitors send: checked, then kept under a random name outside everything the web serves.

What the sender called a file is only ever shown; no path is made of it. The bytes are kept as received, their
SHA-256 with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar
from uuid import uuid4

import msgspec

from db.cases import Attachment
from portal import file_kinds, quarantine, text
from portal.errors import PortalError
from portal.i18n import N_, _, current_language

Result = TypeVar("Result")

MAX_FILES = 10
MAX_FILE = 10 * 2**20  # bytes
MAX_TOTAL = 60 * 2**20  # bytes of all files of one request
LONGEST_NAME = 200  # characters
LEAST_FREE = 200 * 2**20  # bytes the disk keeps for the database and the logs
UNNAMED_KEPT = timedelta(days=1)
"""A file younger than this may belong to a case that is being filed at this moment."""
ACCEPT = ",".join(f".{extension}" for extension in file_kinds.KINDS)
KINDS_IN_WORDS = "PDF, PNG, JPEG, WebP, DOCX, XLSX, PPTX, ODT, ODS, TXT, CSV"

EMPTY = N_("%(name)s is empty. Please choose the file again.")
TOO_LARGE = N_("%(name)s is larger than %(most)s MB. Please send a smaller file, or split it.")
TOO_MANY = N_("At most %(most)s files can be sent at once. Please choose fewer.")
TOO_MUCH = N_("Together the files are larger than %(most)s MB. Please send fewer or smaller ones.")
NO_ROOM = N_("We can't take files at the moment. Please send the form without files, or try again later.")

# Threads of their own: checking large archives must not keep people who sign in waiting.
_checkers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="upload")
_STORED_AS = re.compile(r"[0-9a-f]{32}")
_ASKED_AT_ONCE = 1000
_NAMED = """
    SELECT stored_as FROM attachment WHERE stored_as = ANY({})
    UNION ALL SELECT stored_as FROM introduction WHERE stored_as = ANY({})
"""
log = logging.getLogger(__name__)


class Upload(Protocol):
    """A file in a form, as Litestar has it; actions use this module and never import Litestar."""

    @property
    def filename(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def file(self) -> IO[bytes]: ...


class Refused(PortalError):
    """The file can't be taken; the text says why and what would help. Nothing of it was kept."""

    status = 422


class StoredFile(msgspec.Struct, frozen=True):
    """One file as received. ``size`` is in bytes, ``field`` the key of the form's question or empty."""

    name: str
    media_type: str
    size: int
    sha256: str
    stored_as: str
    field: str = ""
    scan_state: str = msgspec.field(default_factory=quarantine.first_state)


class Received(msgspec.Struct, frozen=True):
    """``files`` were stored; when there are ``errors`` (by form field), none were."""

    files: tuple[StoredFile, ...]
    errors: dict[str, str]


async def receive(upload: Upload, folder: Path, *, field: str = "") -> StoredFile:
    """The file lies below ``folder``, checked, on disk for good. Raises Refused.

    The caller discards it when what it belongs to could not be kept.
    """
    return await _checked(upload, _take, folder, field)


async def receive_all(chosen: Sequence[tuple[str, str, Upload]], folder: Path) -> Received:
    """Every file is stored, or none is and each field with a mistake has its message.

    ``chosen`` holds (name of the form's field, key to keep in ``StoredFile.field``, file).
    """
    if problem := await _too_much(chosen):
        return Received((), {chosen[0][0]: problem})
    files: list[StoredFile] = []
    errors: dict[str, str] = {}
    try:
        for name, key, upload in chosen:
            try:
                files.append(await receive(upload, folder, field=key))
            except Refused as refusal:
                errors.setdefault(name, str(refusal))
    except BaseException:
        await discard_all(files, folder)
        raise
    if errors:
        await discard_all(files, folder)
        return Received((), errors)
    return Received(tuple(files), {})


async def judge_all(chosen: Sequence[tuple[str, str, Upload]]) -> dict[str, str]:
    """What ``receive_all`` would find wrong, by form field; nothing is kept either way."""
    if problem := await _too_much(chosen):
        return {chosen[0][0]: problem}
    errors: dict[str, str] = {}
    for name, _key, upload in chosen:
        try:
            await _checked(upload, _judge)
        except Refused as refusal:
            errors.setdefault(name, str(refusal))
    return errors


async def total_size(chosen: Sequence[tuple[str, str, Upload]]) -> int:
    """Bytes of all these files together."""
    loop = asyncio.get_running_loop()
    sizes = [
        await loop.run_in_executor(_checkers, upload.file.seek, 0, os.SEEK_END)
        for _name, _key, upload in chosen
    ]
    return sum(sizes)


async def discard_all(files: Sequence[StoredFile], folder: Path) -> None:
    """None of ``files`` is on disk any more."""
    await discard_names([file.stored_as for file in files], folder)


async def discard_names(stored: Sequence[str], folder: Path) -> None:
    """No file with one of these stored names is on disk any more."""
    loop = asyncio.get_running_loop()
    for stored_as in stored:
        await loop.run_in_executor(_checkers, discard, folder, stored_as)


async def sweep(folder: Path, *, now: datetime) -> int:
    """No file older than a day is left that neither a case nor a letter names. Returns how many were deleted.

    Where most files are nobody's, the database is not theirs (emptied, not yet restored): then all stay, and a
    warning is logged.
    """
    loop = asyncio.get_running_loop()
    old = await loop.run_in_executor(_checkers, _older_than, folder, (now - UNNAMED_KEPT).timestamp())
    unnamed: list[Path] = []
    for begin in range(0, len(old), _ASKED_AT_ONCE):
        unnamed += await _unnamed(old[begin : begin + _ASKED_AT_ONCE])
    if 2 * len(unnamed) > len(old):
        log.warning(
            "%d of %d files in %s belong to nothing; none was deleted", len(unnamed), len(old), folder
        )
        return 0
    await loop.run_in_executor(_checkers, _delete, unnamed)
    return len(unnamed)


def discard(folder: Path, stored_as: str) -> None:
    """The file is gone; one that never was is no error."""
    path_of(folder, stored_as).unlink(missing_ok=True)


def path_of(folder: Path, stored_as: str) -> Path:
    """Where a file lies. Raises ValueError for a name that ``receive`` never gives."""
    if not _STORED_AS.fullmatch(stored_as):
        raise ValueError(f"{stored_as!r} is no stored file")
    return folder / stored_as[:2] / stored_as


def clean_name(filename: str) -> str:
    """What the sender called the file, fit to show and to offer for saving: the last part of a path, in one
    line, nothing invisible, at most 200 characters with its extension.
    """
    last = re.split(r"[/\\]", filename[-1000:])[-1]
    stem, dot, extension = text.store(last).rstrip(" .").rpartition(".")
    if not dot:
        stem, extension = extension, ""
    extension = extension[:20]
    return f"{stem.strip(' .')[: LONGEST_NAME - 21] or 'file'}{dot}{extension}"


async def _too_much(chosen: Sequence[tuple[str, str, Upload]]) -> str:
    """What is wrong with so many files; empty when nothing is."""
    if len(chosen) > MAX_FILES:
        return _(TOO_MANY) % {"most": text.show_number(MAX_FILES, current_language())}
    if await total_size(chosen) > MAX_TOTAL:
        return _(TOO_MUCH) % {"most": _megabytes(MAX_TOTAL)}
    return ""


async def _checked(upload: Upload, check: Callable[..., Result], *more: Any) -> Result:
    """What ``check`` makes of the file, its name and ``more`` in a thread, where the visitor's language is unknown."""
    name = clean_name(upload.filename)
    try:
        return await asyncio.get_running_loop().run_in_executor(_checkers, check, upload, name, *more)
    except file_kinds.Unfit as reason:
        named = {"name": f"\u2068{name}\u2069", "kinds": KINDS_IN_WORDS, "most": _megabytes(MAX_FILE)}
        raise Refused(_(str(reason)) % named) from reason


def _judge(upload: Upload, name: str) -> tuple[bytes, str]:
    """The bytes and the media type of a file we take. Raises Unfit."""
    upload.file.seek(0)
    data = upload.file.read(MAX_FILE + 1)
    if not data:
        raise file_kinds.Unfit(EMPTY)
    if len(data) > MAX_FILE:
        raise file_kinds.Unfit(TOO_LARGE)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return data, file_kinds.recognise(extension, upload.content_type or "", data)


def _take(upload: Upload, name: str, folder: Path, field: str) -> StoredFile:
    data, media_type = _judge(upload, name)
    stored_as = uuid4().hex
    _write(data, path_of(folder, stored_as))
    return StoredFile(name, media_type, len(data), hashlib.sha256(data).hexdigest(), stored_as, field)


def _write(data: bytes, path: Path) -> None:
    """``path`` holds ``data`` for good, wholly or not at all."""
    draft = path.with_suffix(".part")
    try:
        path.parent.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o750, exist_ok=True)
        if shutil.disk_usage(path.parent).free < LEAST_FREE + len(data):
            raise file_kinds.Unfit(NO_ROOM)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o640)  # whatever the umask took away
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        draft.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        for begun in (draft, path):
            with contextlib.suppress(OSError):
                begun.unlink()
        raise file_kinds.Unfit(NO_ROOM) from error


def _older_than(folder: Path, moment: float) -> list[Path]:
    """The files whose last change was before ``moment`` (seconds since 1970), half-written ones too."""
    found = []
    for path in folder.glob("??/*"):
        with contextlib.suppress(FileNotFoundError):  # discarded at this very moment
            if path.stat().st_mtime < moment:
                found.append(path)
    return found


async def _unnamed(paths: Sequence[Path]) -> list[Path]:
    names = [path.name for path in paths]
    rows = await Attachment.raw(_NAMED, names, names)
    known = {row["stored_as"] for row in rows}
    return [path for path in paths if path.name not in known]


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """The new name survives a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _megabytes(size: int) -> str:
    return text.show_number(size // 2**20, current_language())
