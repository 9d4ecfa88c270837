"""Codes that are well formed but nobody's: what guessing looks like, and when it is answered more strictly.

A look-up that finds its case never comes here. One neighbourhood (``address.network_of``) may miss ten times
in ten minutes and thirty times a day. Over all visitors, more than two a second over ten minutes open the
*breaker*: then every anonymous look-up asks for code and proof together and gives one answer, so that nobody
with a receipt is stopped. The bare-code target (less than one stranger's case a thousand years, at 100
million cases) rests on it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import msgspec

from portal.errors import TooMany
from portal.security import throttle
from portal.security.address import network_of

log = logging.getLogger(__name__)
LIMITS = (("10m", 10, timedelta(minutes=10)), ("day", 30, timedelta(days=1)))
BREAKER_WINDOW = timedelta(minutes=10)
BREAKER_LIMIT = 1200
_SLICE = timedelta(seconds=10)
_ALL = "code-miss:all"
_READ_EVERY = timedelta(seconds=1)
_MAX_REMEMBERED = 20_000


class _Memory(msgspec.Struct):
    """What this process knows without asking.

    ``pending``: misses not yet counted in the database; ``over``: neighbourhoods over a limit, and until
    when; ``open``: what the last reading of the breaker, at ``read_at``, said.
    """

    pending: int = 0
    over: dict[str, datetime] = msgspec.field(default_factory=dict)
    open: bool = False
    read_at: datetime | None = None


_memory = _Memory()


async def note_miss(address: str, now: datetime) -> None:
    """A well-formed code that is nobody's, tried from ``address``, is counted.

    Raises TooMany once its neighbourhood is over a limit; then this process counts it without the database.
    """
    network = network_of(address)
    _memory.pending += 1
    if over_limit(address, now):
        raise throttle.too_many(_memory.over[network] - now)
    await breaker_open(now)
    for name, limit, window in LIMITS:
        try:
            await throttle.hit(f"code-miss:{name}:{network}", limit=limit, window=window, now=now)
        except TooMany as refusal:
            _remember(network, now + timedelta(seconds=refusal.retry_after or 0), now)
            raise


def over_limit(address: str, now: datetime) -> bool:
    """Whether the neighbourhood of ``address`` missed too often, as far as this process knows: no query.

    Ask before a look-up and treat True like an open breaker: otherwise only wrong guesses would be slowed
    down.
    """
    until = _memory.over.get(network_of(address))
    # Further off than any window, it was noted by a clock that was wrong.
    return until is not None and now < until <= now + LIMITS[-1][2]


async def breaker_open(now: datetime) -> bool:
    """Whether anonymous look-ups must bring proof: more than two misses a second over the last ten minutes.

    Asks the database at most once a second in each process; in between the last answer stands.
    """
    if _memory.read_at is not None and timedelta(0) <= now - _memory.read_at < _READ_EVERY:
        return _memory.open
    _memory.read_at = now
    await _count_pending(now)
    was_open = _memory.open
    _memory.open = await throttle.within(_ALL, BREAKER_WINDOW, now) > BREAKER_LIMIT
    if _memory.open and not was_open:
        log.warning(
            "Code guessing: more than %d misses in ten minutes, look-ups now ask for proof.", BREAKER_LIMIT
        )
    return _memory.open


async def _count_pending(now: datetime) -> None:
    """Add this process's misses to the shared counter: once a second, so that a flood queues for no row."""
    pending, _memory.pending = _memory.pending, 0
    if not pending:
        return
    try:
        await throttle.count(_ALL, _SLICE, now, times=pending)
    except BaseException:
        _memory.pending += pending
        raise


def _remember(network: str, until: datetime, now: datetime) -> None:
    if len(_memory.over) >= _MAX_REMEMBERED:
        _memory.over = {known: end for known, end in _memory.over.items() if now < end}
    # A process that forgets all of them asks the database again at the next miss of each.
    if len(_memory.over) >= _MAX_REMEMBERED:
        _memory.over.clear()
    _memory.over[network] = until
