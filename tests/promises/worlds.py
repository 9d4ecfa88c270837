"""Many ended rounds of promises, written as the clock writes them, for figures to be counted from."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from db.cases import Case
from db.clocks import ClockFact
from portal.office_hours import IRAN_OFFICE
from portal.services.queries import ServiceView
from portal.workdays import ONE, used
from tests.cases.factories import a_case, a_service
from tests.conftest import NOON

SLUG = "yearbook-qom"
DAY = timedelta(days=1)
TEHRAN = ZoneInfo("Asia/Tehran")
LATER = NOON + timedelta(minutes=5)
"""When it is counted."""
_COPY = """
    INSERT INTO "case" ({columns}) SELECT {values} FROM "case" c, generate_series(1, {n}) AS g WHERE c.id = '{first}'
    RETURNING id
"""


async def cases(n: int, *, slug: str = SLUG) -> list[UUID]:
    """``n`` more cases of a service, whose rows owe nothing; one is filed by the verb, the others copied."""
    filed = await a_case(slug=slug)
    first = (await Case.select(Case.id).where(Case.number == filed.number).first())["id"]
    own = {"id": "gen_random_uuid()", "submission_id": "gen_random_uuid()", "number": "c.number + 1000 * g"}
    columns = [column._meta.db_column_name for column in Case._meta.columns]
    values = ", ".join(own.get(name, f'c."{name}"') for name in columns)
    named = ", ".join(f'"{name}"' for name in columns)
    rows = await Case.raw(_COPY.format(columns=named, values=values, n=n, first=first))
    copied = [row["id"] for row in rows]
    await Case.update({Case.next_due_at: None}).where(Case.id.is_in([*copied, first]))
    return copied


def a_fact(service: ServiceView, case: UUID, *, days: float, ago: timedelta, **changed: object) -> ClockFact:
    """A result promised in ten working days that took ``days`` calendar days, ended ``ago`` before noon."""
    stopped = NOON - ago
    started = stopped - timedelta(days=days)
    spent = used(IRAN_OFFICE, started, stopped, "days")
    promised = 10 * ONE["days"]
    given = {
        "case": case, "service": service.id, "sla_version": service.sla_id, "unit": service.unit_id,
        "target": "result", "round": 1, "measure": "days", "promised": promised, "used": spent,
        "state": "met" if spent <= promised else "missed", "kept": True, "paused_s": 0,
        "started_at": started, "due_at": stopped + DAY, "stopped_at": stopped, **changed,
    }  # fmt: skip
    return ClockFact(**given)


async def drawn(n: int, *, seed: int = 7, slug: str = SLUG) -> list[ClockFact]:
    """``n`` cases with a result, some late, dropped or paused, over the last 500 days; some have a second round."""
    service, draw = await a_service(slug), Random(seed)
    facts = []
    for case in await cases(n, slug=slug):
        days, ago = draw.expovariate(1 / 9), DAY * 500 * draw.random()
        changed = {"paused_s": int(days * 86400 * draw.choice((0, 0, 0.25, 0.5)))}
        if draw.random() < 0.1:
            changed |= {"state": "dropped", "kept": False}
        facts.append(a_fact(service, case, days=days, ago=ago, **changed))
        if draw.random() < 0.1:
            facts.append(a_fact(service, case, days=1, ago=ago / 2, round=2))
    await ClockFact.insert(*facts)
    return facts
