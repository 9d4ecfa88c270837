"""How often something happened lately: counters in the database, so every process counts together.

Windows are fixed: one of ten minutes begins at :00, :10, :20 of the clock (UTC). Call these outside of any
verb, so that a count stays when the rest of the request is rolled back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from db.throttle import Throttle
from portal.errors import TooMany
from portal.i18n import _

# Not waiting for the disk: a crash may forget the last half second of counts, and filing is a third faster.
_COUNT = """
    INSERT INTO throttle AS kept (id, key, window_start, hits)
    SELECT {}::uuid, {}::varchar, {}::timestamptz, {}::integer
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS hasty
    ON CONFLICT (key, window_start) DO UPDATE SET hits = kept.hits + excluded.hits RETURNING hits
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def hit(key: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """``key`` has happened once more in the present window.

    Raises TooMany from the ``limit + 1``th on; its ``retry_after`` is the seconds until the window ends.
    """
    if await count(key, window, now) > limit:
        raise too_many(_start(window, now) + window - now)


async def count(key: str, window: timedelta, now: datetime, *, times: int = 1) -> int:
    """``key`` has happened ``times`` more; returns how often in the present window, these included."""
    rows = await Throttle.raw(
        _COUNT,
        uuid4(),  # tells no moment
        key,
        _start(window, now),
        times,
    )
    return int(rows[0]["hits"])


async def peek_each(keys: Sequence[str], window: timedelta, now: datetime) -> dict[str, int]:
    """How often each of ``keys`` happened in the present window, counting nothing. One query."""
    rows = await Throttle.raw(
        "SELECT key, hits FROM throttle WHERE key = ANY({}) AND window_start = {}",
        list(keys),
        _start(window, now),
    )
    return dict.fromkeys(keys, 0) | {row["key"]: row["hits"] for row in rows}


async def within(key: str, span: timedelta, now: datetime) -> int:
    """How often ``key`` happened in all windows that began during the last ``span``."""
    rows = await Throttle.raw(
        "SELECT coalesce(sum(hits), 0)::bigint AS hits FROM throttle"
        " WHERE key = {} AND window_start > {} AND window_start <= {}",
        key,
        now - span,
        now,
    )
    return int(rows[0]["hits"])


async def forget_before(moment: datetime, *, prefix: str = "") -> None:
    """No counter of a window that began before ``moment`` is left, of all or of those whose key begins with ``prefix``.

    31 days back hurts no limit we keep.
    """
    await Throttle.delete().where(Throttle.window_start < moment, Throttle.key.like(f"{prefix}%"))


def too_many(wait: timedelta) -> TooMany:
    """The refusal that asks to come back after ``wait``, in whole seconds rounded up."""
    return TooMany(
        _("That was too many tries. Please wait a little."),
        retry_after=max(1, math.ceil(wait.total_seconds())),
    )


def _start(window: timedelta, now: datetime) -> datetime:
    return now - (now - _EPOCH) % window
