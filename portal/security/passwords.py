"""Passwords: kept as argon2id, computed in threads so that neither the event loop nor the memory suffers."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from portal.errors import Busy
from portal.i18n import N_, _
from portal.security import blocklist

T = TypeVar("T")
MIN_LENGTH, MAX_LENGTH, SHORTEST_WITH_FACTOR = 15, 128, 8
MEMORY_KIB = 65536
# One computation holds 64 MiB: with these two limits a flood of sign-ins costs at most 1 GiB, then 503s.
MAX_AT_ONCE = min(2 * (os.cpu_count() or 1), 16)
MAX_WAITING = 32
PATIENCE = 1.0  # seconds

TOO_SHORT = {
    MIN_LENGTH: N_("Use at least 15 characters. Four or five words in a row are easy to keep."),
    SHORTEST_WITH_FACTOR: N_("Use at least 8 characters."),
}
REASONS = (
    (blocklist.OWN, N_("This is mostly your user name, your name or your address. Please take other words.")),
    (blocklist.AGENCY, N_("This is mostly the name of the agency or of this site. Please take other words.")),
    (
        blocklist.LISTED,
        N_("Well-known words like these are tried first. Four or five other words are better."),
    ),
    (blocklist.KEYS, N_("These are keys or letters in a row, which are tried first. Words are better.")),
    ("", N_("This repeats itself and is easy to guess. Four or five different words are better.")),
)
"""What to say about a password that is easy to guess: the first kind of piece that is in it."""

_hasher = PasswordHasher(
    time_cost=2, memory_cost=MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)


def _stand_back() -> None:
    """This thread computes when nobody else wants the processor: a flood of sign-ins slows down no other page."""
    if sys.platform == "linux":  # elsewhere a thread has no priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


_threads = ThreadPoolExecutor(max_workers=MAX_AT_ONCE, thread_name_prefix="argon2", initializer=_stand_back)
_room = threading.BoundedSemaphore(MAX_AT_ONCE + MAX_WAITING)
# Frozen here on purpose: should the folding of other texts ever change, nobody may lose their password by it.
_FOLDED = str.maketrans("يك۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "یک" + "0123456789" * 2)


async def hash_password(password: str) -> str:
    """The string to keep instead of ``password``: algorithm, parameters, salt and hash in one.

    Raises Busy (503) when more than ``MAX_WAITING`` others wait.
    """
    return await _in_thread(lambda: _hasher.hash(folded(password)))


async def verify(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one behind ``kept``. None (no such account), or what is no hash, never is, as slowly.

    Raises Busy (503) when more than ``MAX_WAITING`` others wait.
    """
    # Nothing this long was ever accepted, and normalising it would take seconds: NFKC is quadratic in
    # accents.
    if len(password) > 8 * MAX_LENGTH:
        kept, password = None, ""
    return await _in_thread(lambda: _matches(kept or _nobodys_hash(), password))


async def expect_room() -> None:
    """Raises Busy (503) when so many wait that one more would be refused: ask before anything that costs.

    Who finds no room waits about a second for it. A flood that is refused at once comes back at once, and its
    refusals alone would keep the event loop from other pages.
    """
    if not _has_room():
        await asyncio.sleep(PATIENCE * random.uniform(0.5, 1.5))  # noqa: S311 - so that they don't come back together
        if not _has_room():
            raise _busy()


def needs_rehash(kept: str) -> bool:
    """Whether ``kept`` was made with other parameters than today's; then hash again at the next sign-in."""
    return _hasher.check_needs_rehash(kept)


def folded(password: str) -> str:
    """``password`` as every keyboard means it: NFKC, Persian ye and kaf, Latin digits. Nothing is cut off."""
    return unicodedata.normalize("NFKC", password).translate(_FOLDED)


def weakness(
    password: str,
    *,
    username: str,
    others: Iterable[str] = (),
    agency: Iterable[str] = (),
    second_factor: bool = False,
) -> str:
    """Why ``password`` can't be used, for the person who chose it; empty when it can.

    ``others`` are the person's name and addresses, ``agency`` the agency's names and the site's host. With a
    confirmed ``second_factor`` a shorter one will do. Which characters it is made of is nobody's business.
    """
    shortest, least_bits = (SHORTEST_WITH_FACTOR, 20) if second_factor else (MIN_LENGTH, 36)
    if len(password) > 8 * MAX_LENGTH or len(text := folded(password)) > MAX_LENGTH:
        return _("Use at most 128 characters.")
    if len(text) < shortest:
        return _(TOO_SHORT[shortest])
    own = [folded(word) for word in (username, *others)]
    reading = blocklist.read(text, own=own, agency=[folded(word) for word in agency])
    if reading.bits >= least_bits:
        return ""
    return _(next(reason for kind, reason in REASONS if kind in reading.kinds or not kind))


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, folded(password))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, UnicodeEncodeError):  # what is no hash fits nothing, as slowly
        return _matches(_nobodys_hash(), password)


def _nobodys_hash() -> str:
    """A hash with today's cost that no password fits, without spending that cost on making it."""
    salt, digest = (base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t=2,p=1${salt}${digest}"


def _has_room() -> bool:
    free = _room.acquire(blocking=False)
    if free:
        _room.release()
    return free


def _busy() -> Busy:
    return Busy(_("Too many people are signing in at this moment. Please try again shortly."), retry_after=5)


async def _in_thread(work: Callable[[], T]) -> T:
    if not _room.acquire(blocking=False):
        raise _busy()
    future = _threads.submit(work)
    # On the thread's future: a visitor who leaves cancels the await, but a computation under way goes on.
    future.add_done_callback(lambda _done: _room.release())
    return await asyncio.wrap_future(future)
