"""The probe: once a minute the worker walks each service as a visitor would, over HTTP, and keeps what it met.

It runs beside the jobs, not as one of them: while the database is away no job runs, and that is when it matters most.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from db.engine import AWAY
from db.outbox import OutboxMessage
from db.services import Service
from portal.availability import actions
from portal.availability.samples import EVERY, PARTS, Look, Sample, Spool, minute_of
from portal.settings import Settings

PATIENCE = 10.0  # seconds for one answer; a visitor has left by then
MAIL_LATE = timedelta(minutes=15)
"""A message that waits longer than this for its first try is a fault."""
_WAITING = "SELECT min(created_at) AS at FROM outbox_message WHERE state = 'queued' AND attempts = 0"

logger = logging.getLogger(__name__)


class Probe:
    """Looks at the portal behind ``client``; remembers which services there are while the database is away."""

    def __init__(self, client: httpx.AsyncClient, spool: Spool) -> None:
        self.client, self.spool = client, spool
        self.services: list[str] = []

    async def look(self, now: datetime) -> Look:
        """What each service answers in this minute."""
        database, mail = await self._database(now)
        ready, track = await asyncio.gather(self._answers("/readyz"), self._answers("/track"))
        shared = {"database": database and ready, "tracking": track, "mail": mail}
        looked = [await self._service(slug, shared, now) for slug in self.services]
        return Look(minute_of(now), tuple(looked))

    async def keep(self, look: Look) -> None:
        """The look is recorded after those that wait; where the database is away it waits with them."""
        waiting = [*await asyncio.to_thread(self.spool.read), look]
        try:
            for done, one in enumerate(waiting):
                await actions.record(one)
                if done % 100 == 99:  # a long standstill is not written twice if it is cut short
                    await asyncio.to_thread(self.spool.replace, waiting[done + 1 :])
        except AWAY as error:
            logger.warning("a look at the services waits on the disk (%s)", type(error).__name__)
            await asyncio.to_thread(self.spool.add, look)
            return
        if len(waiting) > 1:
            await asyncio.to_thread(self.spool.replace, [])

    async def _database(self, now: datetime) -> tuple[bool, bool]:
        """Whether the database answers and mail leaves in time; unknown mail counts as well."""
        try:
            rows = (
                await Service.select(Service.slug).where(Service.state == "open").order_by(Service.position)
            )
            self.services = [row["slug"] for row in rows]
            oldest = (await OutboxMessage.raw(_WAITING))[0]["at"]
        except AWAY:
            return False, True
        return True, oldest is None or now - oldest < MAIL_LATE

    async def _service(self, slug: str, shared: dict[str, bool], now: datetime) -> Sample:
        page, form = await asyncio.gather(
            self._answers(f"/services/{slug}"), self._answers(f"/cases/new/{slug}")
        )
        works = {**shared, "page": page, "form": form}
        return Sample(slug, minute_of(now), tuple(part for part in PARTS if not works[part]))

    async def _answers(self, path: str) -> bool:
        try:
            return (await self.client.get(path)).status_code < 500
        except httpx.HTTPError:
            return False


def client(settings: Settings) -> httpx.AsyncClient:
    """What reaches this machine's web process past any proxy, by the name that visitors use."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # noqa: S104
    host = "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    headers = {"Host": urlsplit(settings.base_url).netloc, "User-Agent": "rahgir-probe"}
    return httpx.AsyncClient(base_url=f"http://{host}:{settings.port}", headers=headers, timeout=PATIENCE)


async def run(probe: Probe, stop: asyncio.Event, after: Callable[[datetime], Awaitable[object]]) -> None:
    """Look every minute until ``stop`` is set; ``after`` each look that reached the database, announce what it means.

    Whatever goes wrong in one minute is logged and does not end the looking.
    """
    while not await _stopped(stop, until_next(datetime.now(UTC))):
        now = datetime.now(UTC)
        try:
            await probe.keep(await probe.look(now))
            await after(now)
        except AWAY:
            continue
        except Exception:
            logger.exception("a look at the services failed")


def until_next(now: datetime) -> float:
    """Seconds until the next whole minute, at least one."""
    return max(1.0, (minute_of(now) + EVERY - now).total_seconds())


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
