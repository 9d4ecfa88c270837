"""Slows down guessing of one secret: from the fifth wrong try on, each costs a wait that doubles.

A try is counted before the secret is looked at and taken back when it was right, so fifty tries at once are
not fifty free guesses. Tries are rows of the throttle table, one per instant; those of the last day count.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from db.engine import atomic
from db.throttle import Throttle
from portal.security import throttle

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
REMEMBERED = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@atomic
async def take_turn(key: str, *, now: datetime) -> None:
    """One try at ``key`` is counted. Raises TooMany, counting nothing, while the last one's wait is not over.

    Waits are 30 s after the fifth try, doubling to an hour and never longer: nobody is locked out for good.
    """
    # The lock makes the tries of all processes queue; it ends with this short transaction.
    await Throttle.raw("SELECT pg_advisory_xact_lock(hashtextextended({}, 0))", key)
    rows = await Throttle.raw(
        "SELECT coalesce(sum(hits), 0)::int AS tries, max(window_start) AS last FROM throttle"
        " WHERE key = {} AND window_start > {} AND window_start <= {}",
        key,
        now - REMEMBERED,
        now + LONGEST_WAIT,  # later ones were counted by a clock that was wrong: nobody waits for them
    )
    tries, last = rows[0]["tries"], rows[0]["last"]
    # The last try may be later than ``now``, when two come at once; where nothing is to wait for, nobody waits.
    if (wait := wait_after(tries)) and (left := last + wait - now) > timedelta(0):
        raise throttle.too_many(left)
    await throttle.count(key, _INSTANT, now)


async def forgive(key: str) -> None:
    """The secret was right: tries at ``key`` begin anew."""
    await Throttle.delete().where(Throttle.key == key)


def wait_after(tries: int) -> timedelta:
    """How long after the last of ``tries`` wrong ones the next may come."""
    if tries < FREE_TRIES:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(tries - FREE_TRIES, 20)), LONGEST_WAIT)
