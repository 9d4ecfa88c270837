"""Publishing how promises are kept: the worker counts, pages read what it wrote."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from db.promises import PublishedPromises
from portal.promises import ending_queries, forecast, queries
from portal.promises.endings import Ended, Rated
from portal.promises.figures import MINIMUM, Fact, Facts, Figures, Promised, figures, held_back
from portal.promises.queries import Countable
from portal.services.usual import Usual
from portal.workdays import ONE

LAG = timedelta(minutes=1)
"""What stopped so lately is counted next time: a verb may not have committed yet, and nothing is counted twice."""
TENTH = {"minutes": 60 * ONE["minutes"] // 10, "days": ONE["days"] // 10}
"""Marks of a tenth of a working hour or day."""


class After(NamedTuple):
    """How the requests of a service ended and what was said of it."""

    ended: tuple[Ended, ...]
    rated: tuple[Rated, ...]


async def publish(*, zone: ZoneInfo, now: datetime) -> int:
    """Every service with a statement has its figures as of ``now``; those with nothing new stay. Says how many changed.

    Days are those of ``zone``. Not one transaction: each service stands for itself.
    """
    day, seen = now.astimezone(zone).date(), await queries.seen_before()
    found = [of for of in await queries.countable(now=now - LAG) if seen.get(of.id) != f"{day} {of.state}"]
    if not found:
        return 0
    usual = await forecast.usual_times(now=now)
    services, until = [of.id for of in found], now - LAG
    ended = await ending_queries.ended(services, zone=zone, until=until, fives=MINIMUM)
    rated = await ending_queries.rated(services, zone=zone, until=until, fives=MINIMUM)
    for of in found:
        after = After(ended.get(of.id, ()), rated.get(of.id, ()))
        await _publish(of, after, usual.get(of.id), day=day, zone=zone, now=now)
    return len(found)


async def _publish(
    of: Countable, after: After, usual: Usual | None, *, day: date, zone: ZoneInfo, now: datetime
) -> None:
    rows = await queries.facts_of(of, tenth=TENTH, zone=zone, day=day, until=now - LAG)
    # Hundreds of thousands of facts take seconds: meanwhile the worker delivers mail.
    counted, packed = await asyncio.to_thread(_count, of, rows, after, day=day, now=now)
    row = PublishedPromises(
        service=of.id,
        as_of=now,
        seen=f"{day} {of.state}",
        document=msgspec.json.encode(counted).decode(),
        facts=None if of.sensitive else packed,
        usual=msgspec.json.encode(usual).decode() if usual else None,
    )
    changed = [column for column in PublishedPromises.all_columns() if column != PublishedPromises.service]
    await PublishedPromises.insert(row).on_conflict(
        target=PublishedPromises.service, action="DO UPDATE", values=changed
    )


def _count(
    of: Countable, rows: Sequence[Mapping[str, Any]], after: After, *, day: date, now: datetime
) -> tuple[Figures, bytes]:
    """The figures, and the packed file that they are counted from."""
    promised = tuple(
        Promised(target.key, target.unit, 10 * target.amount, held_back(of.open.get(target.key, 0)))
        for target in of.targets
    )
    given = Facts(
        service=of.slug,
        as_of=now,
        day=day,
        edition=of.edition,
        overdue=held_back(of.overdue),
        promised=promised,
        facts=tuple(Fact(**row) for row in rows),
        ended=after.ended,
        rated=after.rated,
    )
    return figures(given), gzip.compress(msgspec.json.encode(given), 6, mtime=0)
