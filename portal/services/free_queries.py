"""Whether all that is offered is free, as the foot of every page says it."""

from __future__ import annotations

import time
from datetime import datetime

from db.services import Service

REMEMBER = 2.0
"""Seconds that the answer is kept in this process: every page asks."""

# A service without a statement in force promises nothing; it still must ask for no fee.
_ALL_FREE = """
    SELECT coalesce(bool_and(s.free AND coalesce((v.document->>'free')::boolean, v.id IS NULL)), false) AS free
    FROM service s
    LEFT JOIN sla_version v ON v.service = s.id AND v.in_force_from <= {}
        AND (v.superseded_at IS NULL OR v.superseded_at > {})
    WHERE s.state IN ('open', 'closed')
"""

_remembered: tuple[float, bool] | None = None


async def all_free(*, now: datetime) -> bool:
    """Every service that is shown asks for no fee, and its statement in force promises that; False without any.

    Up to 2 seconds old.
    """
    global _remembered
    if _remembered is None or time.monotonic() - _remembered[0] > REMEMBER:
        found_at = time.monotonic()
        (row,) = await Service.raw(_ALL_FREE, now, now)
        _remembered = (found_at, row["free"])
    return _remembered[1]


def forget() -> None:
    """The next question is answered by the database."""
    global _remembered
    _remembered = None
