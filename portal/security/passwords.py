"""Passwords: kept as argon2id, computed in threads so that neither the event loop nor the memory suffers."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from portal.errors import Busy
from portal.i18n import _

T = TypeVar("T")
MIN_LENGTH, MAX_LENGTH = 15, 128
MEMORY_KIB = 65536
# One computation holds 64 MiB: with these two limits a flood of sign-ins costs at most 1 GiB, then 503s.
MAX_AT_ONCE = min(2 * (os.cpu_count() or 1), 16)
MAX_WAITING = 32

_hasher = PasswordHasher(
    time_cost=2, memory_cost=MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
_threads = ThreadPoolExecutor(max_workers=MAX_AT_ONCE, thread_name_prefix="argon2")
_room = threading.BoundedSemaphore(MAX_AT_ONCE + MAX_WAITING)
# Frozen here on purpose: should the folding of other texts ever change, nobody may lose their password by it.
_FOLDED = str.maketrans("يك۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "یک" + "0123456789" * 2)


async def hash_password(password: str) -> str:
    """The string to keep instead of ``password``: algorithm, parameters, salt and hash in one.

    Raises Busy (503) when more than ``MAX_WAITING`` others wait.
    """
    return await _in_thread(lambda: _hasher.hash(folded(password)))


async def verify(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one behind ``kept``. None (no such account) is never right, as slowly.

    Raises Busy (503) when more than ``MAX_WAITING`` others wait.
    """
    # Nothing this long was ever accepted, and normalising it would take seconds: NFKC is quadratic in
    # accents.
    if len(password) > 8 * MAX_LENGTH:
        kept, password = None, ""
    return await _in_thread(lambda: _matches(kept or _nobodys_hash(), password))


def needs_rehash(kept: str) -> bool:
    """Whether ``kept`` was made with other parameters than today's; then hash again at the next sign-in."""
    return _hasher.check_needs_rehash(kept)


def folded(password: str) -> str:
    """``password`` as every keyboard means it: NFKC, Persian ye and kaf, Latin digits. Nothing is cut off."""
    return unicodedata.normalize("NFKC", password).translate(_FOLDED)


def weakness(password: str, *, username: str) -> str:
    """Why ``password`` can't be used, for the person who chose it; empty when it can."""
    if len(password) > 8 * MAX_LENGTH or len(text := folded(password)) > MAX_LENGTH:
        return _("Use at most 128 characters.")
    if len(text) < MIN_LENGTH:
        return _("Use at least 15 characters. Four or five words in a row are easy to keep.")
    if len(set(text.casefold())) < 6 or _repeats(text.casefold()):
        return _("This repeats itself and is easy to guess. Four or five different words are better.")
    if len(username) > 3 and len(text.casefold().replace(username.casefold(), "")) < 8:
        return _("This is mostly your user name. Four or five different words are better.")
    return ""


def _repeats(text: str) -> bool:
    """Whether ``text`` goes on repeating a piece of less than three quarters of its length."""
    return any(text[n:] == text[:-n] for n in range(1, len(text) * 3 // 4))


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, folded(password))
    except VerifyMismatchError:
        return False


def _nobodys_hash() -> str:
    """A hash with today's cost that no password fits, without spending that cost on making it."""
    salt, digest = (base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t=2,p=1${salt}${digest}"


async def _in_thread(work: Callable[[], T]) -> T:
    if not _room.acquire(blocking=False):
        raise Busy(
            _("Too many people are signing in at this moment. Please try again shortly."), retry_after=5
        )
    future = _threads.submit(work)
    # On the thread's future: a visitor who leaves cancels the await, but a computation under way goes on.
    future.add_done_callback(lambda _done: _room.release())
    return await asyncio.wrap_future(future)
