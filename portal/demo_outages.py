"""Notices and availability that ``portal demo`` shows: some weeks that were looked at, what failed in them, what lies
ahead. The notices stand in demo_outages.json, told in days from the first run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from db.availability import AvailabilitySpan
from db.engine import atomic
from db.notices import Notice
from db.services import Service
from portal.availability.samples import minute_of
from portal.availability.uptime import Span
from portal.i18n import Words
from portal.notices import actions
from portal.notices.drafts import Draft, Saying
from portal.notices.rules import Impact, Kind

OUTAGES = Path(__file__).parent / "demo_outages.json"
LOOKED = timedelta(days=56)
GAP = (timedelta(days=33, hours=7), timedelta(days=33))
"""From and until so long ago nobody looked: the worker stood still."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a notice ``after`` so many minutes of its beginning; states of an incident are verbs, too."""

    after: int
    verb: Literal["identified", "watching", "fixed", "report", "end"]
    text: Words


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """One sample notice; it begins ``days`` from today at ``time`` and ``lasts`` minutes.

    ``lead``: minutes between its publication and its beginning, negative when published after it. ``down``: minutes
    in which the probe found those services away.
    """

    kind: Kind
    services: dict[str, Impact]
    days: int
    time: str
    lead: int
    down: int
    title: Words
    body: Words
    advice: Words
    lasts: int = 0
    cause: str = ""
    steps: tuple[Step, ...] = ()

    def begins(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The UTC instant of its beginning."""
        hours, minutes = map(int, self.time.split(":"))
        day = now.astimezone(zone).date() + timedelta(days=self.days)
        return datetime.combine(day, time(hours, minutes), zone).astimezone(UTC)


@atomic
async def fill(*, zone: ZoneInfo, now: datetime) -> None:
    """The sample notices and looks are there, unless somebody has posted or looked before."""
    if await Notice.exists() or await AvailabilitySpan.exists():
        return
    outages = msgspec.json.decode(OUTAGES.read_bytes(), type=tuple[Outage, ...])
    for outage in outages:
        await _post(outage, outage.begins(now, zone), now)
    ids = {row["slug"]: row["id"] for row in await Service.select(Service.slug, Service.id)}
    spans = []
    for slug, key in ids.items():
        starts = [
            (of, of.begins(now, zone)) for of in outages if of.services.get(slug) == "unavailable" and of.down
        ]
        away = [(start, start + timedelta(minutes=of.down)) for of, start in starts]
        spans += [
            AvailabilitySpan(
                service=key,
                state=state,
                parts="form" if state == "down" else "",
                since=since,
                until=until,
            )
            for state, since, until in _seen(away, now)
        ]
    await AvailabilitySpan.insert(*spans)


def _seen(away: Sequence[Span], now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """The weeks until ``now``: up, but for ``away`` and the gap; minute by minute, as the probe looks."""
    last = minute_of(now)
    cuts = sorted(
        [*(("down", *span) for span in away), ("", last - GAP[0], last - GAP[1])], key=lambda cut: cut[1]
    )
    at = last - LOOKED
    for state, since, until in cuts:
        yield "up", at, since
        if state:
            yield state, since, until
        at = until
    yield "up", at, last


async def _post(outage: Outage, start: datetime, now: datetime) -> None:
    saying = Saying(title=outage.title, body=outage.body, advice=outage.advice, services=outage.services)
    planned = outage.kind == "planned"
    draft = Draft(
        kind=outage.kind,
        saying=saying,
        starts_at=start,
        ends_at=start + timedelta(minutes=outage.lasts) if planned else None,
        cause=outage.cause,
    )
    no = await actions.post(draft, by=None, now=min(now, start - timedelta(minutes=outage.lead)))
    for seen, step in enumerate(outage.steps, start=1):
        await _take(step, no, seen, start + timedelta(minutes=step.after))


async def _take(step: Step, no: int, seen: int, at: datetime) -> None:
    if step.verb == "report":
        await actions.report(no, step.text, seen=seen, by=None, now=at)
    elif step.verb == "end":
        await actions.end(no, text=step.text, seen=seen, by=None, now=at)
    else:
        await actions.update(no, step.text, state=step.verb, seen=seen, by=None, now=at)
