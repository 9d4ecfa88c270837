"""How far services could be used and how people were told of outages: counted once a minute, kept in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from portal import jalali, place
from portal.availability.queries import seen
from portal.availability.samples import minute_of
from portal.availability.uptime import Day, Observed, Timeline, Uptime, by_day, midnight, uptime
from portal.i18n import Words
from portal.notices import figures, queries
from portal.notices.figures import Told
from portal.notices.rules import Notice
from portal.services.queries import catalogue
from portal.settings import LANGUAGES

STRETCHES = (30, 90, 365)
"""Days back from today, today included."""
BARS = 90
MONTHS = 12
REMEMBER = timedelta(minutes=1)


class Measured(msgspec.Struct, frozen=True):
    """Time in which a service was looked at; ``outside`` is downtime (seconds) by causes outside our power.

    ``incidents`` began in it.
    """

    uptime: Uptime
    outside: int
    told: Told


class Month(msgspec.Struct, frozen=True):
    """A month of the reader's calendar by its first day; the last one is not over yet."""

    first: date
    of: Measured


class OfService(msgspec.Struct, frozen=True, kw_only=True):
    """One service: over the stretches by their days, day by day, month by month in each language's calendar."""

    slug: str
    title: Words
    stretches: Mapping[int, Measured]
    days: tuple[Day, ...]
    months: Mapping[str, tuple[Month, ...]]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Every service as of a whole minute, since looks are minutes.

    ``promised``: how soon an incident is to be announced.
    """

    as_of: datetime
    promised: timedelta
    services: tuple[OfService, ...]

    def of(self, slug: str) -> OfService | None:
        """The service; None where it is not shown."""
        return next((one for one in self.services if one.slug == slug), None)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What one service is counted from; ``now`` is when, in ``zone``."""

    slug: str
    title: Words
    seen: Sequence[Observed]
    notices: Sequence[Notice]
    promised: timedelta
    zone: ZoneInfo
    now: datetime


_kept: Report | None = None
_counting = asyncio.Lock()


async def report(*, zone: ZoneInfo, now: datetime) -> Report:
    """Every service that is shown, at most a minute old. Whoever asks meanwhile waits for the same counting."""
    global _kept
    if (found := _fresh(now)) is None:
        async with _counting:
            if (found := _fresh(now)) is None:
                found = _kept = await _report(zone, minute_of(now))
    return found


async def usable(slug: str, *, zone: ZoneInfo, now: datetime) -> tuple[int, int, int] | None:
    """Seconds of the last 90 days: in which it could be used, in which it was looked at, and all. None: never."""
    of = (await report(zone=zone, now=now)).of(slug)
    found = of.stretches[BARS].uptime if of else None
    return (found.up, found.observed, found.whole) if found and found.observed else None


async def promised_delay() -> timedelta:
    """How soon after it began an incident is to be announced."""
    return timedelta(minutes=await place.get("fault_minutes"))


def forget() -> None:
    """The next question is answered by the database."""
    global _kept
    _kept = None


async def raw(slug: str, *, zone: ZoneInfo, now: datetime) -> tuple[list[Observed], list[Notice]]:
    """What the figures of the service are counted from: what was seen, and the notices of that time."""
    since = _since(zone, now)
    return (await seen([slug], since=since, until=now))[slug], await queries.between(since, now)


def measured(given: Given) -> OfService:
    """Everything that is published about the service."""
    counting = _Counting(given)
    today = given.now.astimezone(given.zone).date()
    return OfService(
        slug=given.slug,
        title=given.title,
        stretches={
            days: counting.over(midnight(today - timedelta(days=days - 1), given.zone), given.now)
            for days in STRETCHES
        },
        days=tuple(by_day(counting.seen, counting.planned, days=BARS, zone=given.zone, now=given.now)),
        months={language: tuple(counting.months(language, today)) for language in LANGUAGES},
    )


def _fresh(now: datetime) -> Report | None:
    return _kept if _kept and timedelta() <= now - _kept.as_of < REMEMBER else None


async def _report(zone: ZoneInfo, now: datetime) -> Report:
    promised = await promised_delay()
    notices = await queries.between(_since(zone, now), now)
    counted = []
    for card in await catalogue(now=now):
        # One after the other: a year of a service that fails every other minute has hundreds of thousand stretches.
        looks = (await seen([card.slug], since=_since(zone, now), until=now))[card.slug]
        given = Given(
            slug=card.slug,
            title=card.title,
            seen=looks,
            notices=notices,
            promised=promised,
            zone=zone,
            now=now,
        )
        counted.append(await asyncio.to_thread(measured, given))
    return Report(as_of=now, promised=promised, services=tuple(counted))


def _since(zone: ZoneInfo, now: datetime) -> datetime:
    """The first instant that any figure counts: a year, or the begin of the first month that is shown."""
    return midnight(now.astimezone(zone).date() - timedelta(days=STRETCHES[-1]), zone)


class _Counting:
    """What all figures of a service are counted from, put in order once."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.seen = Timeline(given.seen)
        self.planned = figures.planned_spans(given.notices, given.slug, given.now)
        self.outside = figures.spans_outside(given.notices, given.slug, given.now)

    def over(self, since: datetime, until: datetime) -> Measured:
        given = self.given
        return Measured(
            uptime=uptime(self.seen, self.planned, since, until),
            outside=uptime(self.seen, self.outside, since, until).planned_down,
            told=figures.told(given.notices, given.slug, since=since, until=until, promised=given.promised),
        )

    def months(self, language: str, today: date) -> list[Month]:
        """The present month and those before it, the newest first."""
        found: list[Month] = []
        zone, day = self.given.zone, today
        while len(found) < MONTHS:
            first, following = jalali.month_around(day, language)
            since, until = midnight(first, zone), min(self.given.now, midnight(following, zone))
            found.append(Month(first, self.over(since, until)))
            day = first - timedelta(days=1)
        return found
