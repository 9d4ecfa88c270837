"""Streams through age: what is written on one side comes out encrypted, and back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import pyrage

from portal.backup.archive import DAMAGED
from portal.backup.keys import Identity, Recipient
from portal.backup.manifest import BackupError

MAGIC = b"age-encryption.org/"
BUFFER = 2**20  # bytes


@contextlib.contextmanager
def encrypted(file: IO[bytes], recipients: Sequence[Recipient]) -> Iterator[IO[bytes]]:
    """What is written here stands in ``file`` encrypted to all ``recipients``; as it is when there are none."""
    if not recipients:
        yield file
        return
    out, into = _pipe()

    def encrypt() -> None:
        with out:
            pyrage.encrypt_io(out, file, recipients)

    with _beside(encrypt) as wait:
        try:
            yield into
        finally:
            with contextlib.suppress(BrokenPipeError):
                into.close()
            try:
                wait()
            except pyrage.EncryptError as error:  # says why the pipe broke, as "OSError: [Errno 28] …"
                raise OSError(str(error).removeprefix("OSError: ")) from error


@contextlib.contextmanager
def decrypted(file: IO[bytes], identities: Sequence[Identity]) -> Iterator[IO[bytes]]:
    """The plain bytes of ``file``, which may be encrypted to one of ``identities`` or not at all.

    Raises BackupError at the end of the block when no identity opens it, or its bytes are not what was encrypted.
    """
    begin = file.read(len(MAGIC))
    file.seek(0)
    if begin != MAGIC:
        yield file
        return
    if not identities:
        raise BackupError("The backup is encrypted: give the file with its key, --identity KEYFILE.")
    out, into = _pipe()

    def decrypt() -> None:
        with into:
            pyrage.decrypt_io(file, into, identities)

    with _beside(decrypt) as wait:
        try:
            yield out
        finally:
            out.close()
            _why(wait)


def _why(wait: Callable[[], None]) -> None:
    try:
        wait()
    except BrokenPipeError:
        pass  # the reader gave up first, and says why
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise BackupError("The backup was encrypted to another key. Nothing was changed.") from error
        raise BackupError(DAMAGED.format("its beginning can't be read")) from error
    except OSError as error:
        raise BackupError(DAMAGED.format("its bytes are not what was encrypted")) from error


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    out, into = os.pipe()
    return os.fdopen(out, "rb", BUFFER), os.fdopen(into, "wb", BUFFER)


@contextlib.contextmanager
def _beside(work: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """``work`` runs in a thread; what is yielded waits for its end and raises its error."""
    with ThreadPoolExecutor(1, thread_name_prefix="age") as pool:
        yield pool.submit(work).result
