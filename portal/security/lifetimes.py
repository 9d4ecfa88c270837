"""How long a secret lives, on a machine whose clock may have been wrong for a while. Pure.

What was made while the clock ran ahead opens nothing once it is right: it would live longer than it should.
"""

from __future__ import annotations

from datetime import datetime, timedelta

AHEAD = timedelta(minutes=5)
"""So far a clock may be set back without anybody having to sign in again."""


def latest_start(now: datetime) -> datetime:
    """What was made or used later than this belongs to a clock that was wrong."""
    return now + AHEAD


def latest_end(lasts: timedelta, now: datetime) -> datetime:
    """What lasts so long and ends later than this was made by a clock that was wrong."""
    return now + lasts + AHEAD
