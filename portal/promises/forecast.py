"""How long a service usually takes: said beside its promise, from what ended in the last 90 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from db.clocks import ClockFact
from portal.promises.figures import nearest_rank
from portal.services.usual import Usual
from portal.workdays import ONE

LOOKS_BACK = timedelta(days=90)
MORE_THAN = 20
"""Requests above which a forecast is said, and answers of one person in ten minutes above which they are a clean-up."""
_HOUR = 60
ONE_UNIT = {"days": ONE["days"], "minutes": _HOUR * ONE["minutes"]}
UNITS = {"days": "working_days", "minutes": "working_hours"}
KEYS = ("result", "first_answer")
"""The promise people wait for who file a request, the first of these that a service has."""
# Slots are ten minutes by the clock. Who answered is only asked where a slot is crowded; where no person is known
# (figures brought in from elsewhere) a crowd is nobody's clean-up. Windows, not joins: a join took minutes for 250,000.
_SPENT = """
    WITH lately AS (
        SELECT "case", service, target, measure, used, stopped_at, date_bin('10 minutes', stopped_at, 'epoch') AS slot
        FROM clock_fact
        WHERE target = ANY({}) AND kept AND stopped_at > {} AND stopped_at <= {}
    ), crowded AS (
        SELECT *, count(*) OVER (PARTITION BY service, target, slot) AS crowd FROM lately
    ), named AS (
        SELECT c.*, CASE WHEN crowd > {} THEN (
            SELECT e.actor FROM case_event e
            WHERE e."case" = c."case" AND e.at = c.stopped_at AND e.actor IS NOT NULL LIMIT 1
        ) END AS actor FROM crowded c
    ), tidied AS (
        SELECT *, count(*) OVER (PARTITION BY service, target, slot, actor) AS by_one FROM named
    )
    SELECT service, target, measure, greatest(1, (used + whole - 1) / whole) AS used, count(*) AS n
    FROM tidied, LATERAL (SELECT CASE measure WHEN 'minutes' THEN {}::bigint ELSE {}::bigint END AS whole) u
    WHERE actor IS NULL OR by_one <= {}
    GROUP BY 1, 2, 3, 4
"""


async def usual_times(*, now: datetime) -> dict[UUID, Usual]:
    """The usual time of each service that had enough requests, clean-ups left out."""
    rows = await ClockFact.raw(
        _SPENT,
        list(KEYS),
        now - LOOKS_BACK,
        now,
        MORE_THAN,
        ONE_UNIT["minutes"],
        ONE_UNIT["days"],
        MORE_THAN,
    )
    spent: dict[tuple[UUID, str, str], list[tuple[int, int]]] = {}
    for row in rows:
        of = spent.setdefault((row["service"], row["target"], row["measure"]), [])
        of.append((row["used"], row["n"]))
    return _chosen(spent)


def _chosen(spent: Mapping[tuple[UUID, str, str], list[tuple[int, int]]]) -> dict[UUID, Usual]:
    """One promise a service, in the unit that most of it was counted in."""
    chosen: dict[UUID, Usual] = {}
    enough = [(of, n) for of, values in spent.items() if (n := sum(n for _, n in values)) > MORE_THAN]
    for (service, key, measure), _ in sorted(enough, key=lambda one: (KEYS.index(one[0][1]), -one[1])):
        values = spent[service, key, measure]
        usual = Usual(key, nearest_rank(values, 50), nearest_rank(values, 90), UNITS[measure])
        chosen.setdefault(service, usual)
    return chosen
