"""Downtime for tests of cases: what the probe saw of the service that the tests file with."""

from __future__ import annotations

from datetime import datetime, timedelta

from db.availability import AvailabilitySpan
from db.cases import CaseEvent
from portal.cases import clock_terms, crediting
from portal.cases.clock import Past
from portal.i18n import Words
from portal.notices import actions, queries
from portal.notices.drafts import Draft, Saying
from portal.services.queries import service_by_slug
from tests.cases.factories import SLUG

MINUTE = timedelta(minutes=1)
SAYING = Saying(
    title=Words("اختلال شبکه", "Network fault"),
    body=Words("شبکهٔ کشور قطع است.", "The country's network is down."),
    advice=Words("", ""),
    services={SLUG: "unavailable"},
)


async def down(since: datetime, minutes: int, *, goes_on: bool = False) -> None:
    """The service was down so long, then up for a minute unless it ``goes_on``."""
    until = since + minutes * MINUTE
    await seen("down", since, until)
    if not goes_on:
        await seen("up", until, until + MINUTE)


async def seen(state: str, since: datetime, until: datetime) -> None:
    service = await service_by_slug(SLUG, now=since)
    await AvailabilitySpan.insert(
        AvailabilitySpan(
            service=service.id,
            state=state,
            parts="form" if state == "down" else "",
            since=since,
            until=until,
        )
    )


async def an_incident(starts_at: datetime, *, cause: str, now: datetime) -> int:
    """The number of an incident of the service that goes on."""
    draft = Draft(kind="incident", saying=SAYING, starts_at=starts_at, cause=cause)
    no = await actions.post(draft, by=None, now=now)
    queries.forget()
    return no


async def credit(now: datetime) -> int:
    return await crediting.credit_downtime(now=now)


async def credits_of(case_id) -> list[Past]:
    past, _hash = await clock_terms.past_of(case_id)
    return [event for event in past if event.kind == "credited"]


async def n_credits() -> int:
    return await CaseEvent.count().where(CaseEvent.kind == "credited")
