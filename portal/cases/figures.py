"""How the desk stands, for those who run it: open cases, how old they are, and what came and went each week.

Two statements count, whatever the number of services, by indexes: case_open_by_promise, which holds all the
first one asks, case_by_filing and case_event_ending; only how a case ended is read from the events themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from db.cases import Case, CaseEvent
from db.independence import barred
from db.services import Service
from portal.calendars import queries as calendar_queries
from portal.cases import desk_queries, rules
from portal.cases.desk_queries import AT_RISK, LATE, WAITS
from portal.cases.desk_search import OPEN
from portal.office_hours import IRAN_OFFICE, Calendar, is_working_day
from portal.security.sessions import SignedIn
from portal.services.statement import Words

AGES = (2, 5, 10, 20)
"""The last working day of each age but the oldest; the day of filing is day 0."""
WEEKS = 13
SEES_ALL = frozenset({"manager", "admin", "auditor"})
"""Whoever has another role sees the figures of the own units."""
_SATURDAY = 5
_COUNTED = ("n_open", "n_late", "n_at_risk", "n_waiting", "n_came", "n_went")
REOPENED = "reopened"
_COMES = frozenset({"filed", *rules.OPENING_AGAIN})
_Row = dict[str, Any]
_LONGEST_BREAK = 366  # days without a working one, after which a calendar is taken to be empty

_STANDING = f"""
    SELECT c.service, c.unit, (c.filed_at AT TIME ZONE {{}})::date AS day, count(*) AS n_open,
           count(*) FILTER (WHERE {LATE.format(now="clock.now")}) AS n_late,
           count(*) FILTER (WHERE {AT_RISK.format(now="clock.now")}) AS n_at_risk,
           count(*) FILTER (WHERE {WAITS.format(now="clock.now")}) AS n_waiting
    FROM "case" c, (SELECT {{}}::timestamptz AS now) AS clock
    WHERE {OPEN} AND ({{}} OR c.unit = ANY({{}})) AND NOT {barred()}
    GROUP BY 1, 2, 3
"""  # noqa: S608 - our own words
# Complaints that the reader is barred from are taken off what was filed: few, while the index of all holds no kind.
_FLOW = f"""
    WITH moved AS (
        SELECT c.service, c.unit, c.filed_at AS at, 'filed' AS how, 1 AS n FROM "case" c WHERE c.filed_at >= {{}}
        UNION ALL
        SELECT c.service, c.unit, c.filed_at, 'filed', -1 FROM "case" c WHERE c.filed_at >= {{}} AND {barred()}
        UNION ALL
        SELECT c.service, c.unit, e.at, coalesce(e.data->>'outcome', e.kind), 1
        FROM case_event e JOIN "case" c ON c.id = e."case"
        WHERE e.kind IN ('reopened', 'appealed', 'closed', 'rejected', 'withdrawn', 'decided') AND e.at >= {{}}
            AND NOT {barred()}
    )
    SELECT m.service, m.unit, ((m.at AT TIME ZONE {{}})::date - {{}}::date) / 7 AS week,
           m.how, sum(m.n)::int AS n
    FROM moved m WHERE {{}} OR m.unit = ANY({{}})
    GROUP BY 1, 2, 3, 4 HAVING sum(m.n) > 0
"""  # noqa: S608 - our own words
_SERVICES = """
    SELECT s.slug, s.id, s.title_fa, s.title_en, v.document->'targets'->0->>'calendar' AS calendar
    FROM service s LEFT JOIN sla_version v ON v.service = s.id AND v.superseded_at IS NULL
    WHERE s.state <> 'draft' ORDER BY s.position, s.slug
"""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The cases of one service or unit, or of all of them. ``ages`` are the open ones by AGES, the youngest first.

    ``n_late`` have missed a promise by now, ``n_at_risk`` soon will have, ``n_waiting`` are the applicant's turn.
    ``n_came`` and ``n_went`` are those of the 13 weeks.
    """

    slug: str
    name: Words
    n_open: int = 0
    n_late: int = 0
    n_at_risk: int = 0
    n_waiting: int = 0
    ages: tuple[int, ...] = (0,) * (len(AGES) + 1)
    n_came: int = 0
    n_went: int = 0


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """One week from its Saturday on: cases filed or opened again, and cases that ended."""

    begins: date
    n_came: int
    n_went: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What one page shows; ``services`` and ``units`` are those with any case in these figures.

    ``ended`` says how often a case came to which end in the 13 weeks, by outcome or else by state, ``n_reopened`` how
    often one was opened again.

    ``service_choices`` and ``unit_choices`` are those that the reader may narrow the page to.
    """

    total: Line
    services: tuple[Line, ...]
    units: tuple[Line, ...]
    weeks: tuple[Week, ...]
    ended: tuple[tuple[str, int], ...]
    n_reopened: int
    service_choices: tuple[tuple[str, Words], ...]
    unit_choices: tuple[tuple[str, Words], ...]


class _Named(msgspec.Struct, frozen=True):
    """A service or a unit; ``calendar`` is the one that the service's first target counts by."""

    slug: str
    id: UUID
    name: Words
    calendar: str = ""


class _Scope(msgspec.Struct, frozen=True):
    """Whose cases are counted and by whom, and the local day on which they are."""

    everything: bool
    units: list[UUID]
    reader: UUID
    today: date
    zone: ZoneInfo


async def figures(
    *, reader: SignedIn, service: str = "", unit: str = "", zone: ZoneInfo, now: datetime
) -> Figures:
    """How the cases stand that ``reader`` may count, narrowed to a service and a unit (slugs; empty: to none).

    Nobody counts a complaint that they are barred from: beside the queue that would tell of it.
    """
    scope = _Scope(
        reader.role in SEES_ALL, list(reader.units), reader.account_id, now.astimezone(zone).date(), zone
    )
    services = [
        _Named(row["slug"], row["id"], Words(fa=row["title_fa"], en=row["title_en"]), row["calendar"] or "")
        for row in await Service.raw(_SERVICES)
    ]
    units = [
        _Named(*found) for found in await desk_queries.units() if scope.everything or found[1] in scope.units
    ]
    rows = await _standing(services, scope, now) + await _flow(scope)
    chosen = {one.id for one in services if service in ("", one.slug)}
    working = {one.id for one in units if unit in ("", one.slug)}
    meant = [row for row in rows if row["service"] in chosen and row["unit"] in working]
    return Figures(
        total=_line("", Words(fa="", en=""), meant),
        services=_lines(services, meant, "service"),
        units=_lines(units, meant, "unit"),
        weeks=_weeks(meant, _first_day(scope.today)),
        ended=_ended(meant),
        n_reopened=sum(row["n"] for row in meant if row.get("how") == REOPENED),
        service_choices=tuple((one.slug, one.name) for one in services),
        unit_choices=tuple((one.slug, one.name) for one in units),
    )


async def _standing(services: Sequence[_Named], scope: _Scope, now: datetime) -> list[_Row]:
    """Open cases by service, unit and the day of filing; ``age`` is the place of that day among the AGES."""
    known = {name: newest.calendar for name, newest in (await calendar_queries.newest()).items()}
    edges = {one.id: _edges(known.get(one.calendar, IRAN_OFFICE), scope.today) for one in services}
    rows = await Case.raw(_STANDING, scope.zone.key, now, scope.everything, scope.units, scope.reader)
    return [{**row, "age": sum(row["day"] < edge for edge in edges[row["service"]])} for row in rows]


async def _flow(scope: _Scope) -> list[_Row]:
    """What came and went by service, unit, week and how; the oldest week is 0."""
    first = _first_day(scope.today)
    since, who = datetime.combine(first, time(), scope.zone), scope.reader
    rows: list[_Row] = await CaseEvent.raw(
        _FLOW, since, since, who, since, who, scope.zone.key, first, scope.everything, scope.units
    )
    return [{**row, "n_came" if row["how"] in _COMES else "n_went": row["n"]} for row in rows]


def _ended(rows: Iterable[_Row]) -> tuple[tuple[str, int], ...]:
    """Each end that occurred, done first."""
    counted: Counter[str] = Counter()
    for row in rows:
        if row.get("how", REOPENED) not in _COMES:
            counted[row["how"]] += row["n"]
    order = {how: n for n, how in enumerate((*rules.OUTCOMES, *rules.DECISIONS, *rules.ENDED_STATES))}
    return tuple(sorted(counted.items(), key=lambda one: order.get(one[0], len(order))))


def _first_day(today: date) -> date:
    """The Saturday on which the oldest week begins; the newest one is still running."""
    return today - timedelta(days=(today.weekday() - _SATURDAY) % 7 + 7 * (WEEKS - 1))


@lru_cache(maxsize=64)
def _edges(calendar: Calendar, today: date) -> tuple[date, ...]:
    """For each of AGES the first day of filing from which no more working days have begun since."""
    edges: list[date] = []
    day, passed = today, 0
    while len(edges) < len(AGES):
        if is_working_day(calendar, day):
            passed += 1
            if passed > AGES[len(edges)]:
                edges.append(day)
        day -= timedelta(days=1)
        if (today - day).days > _LONGEST_BREAK:
            edges += [day] * (len(AGES) - len(edges))
    return tuple(edges)


def _lines(named: Iterable[_Named], rows: Sequence[_Row], key: str) -> tuple[Line, ...]:
    by_id: dict[UUID, list[_Row]] = {}
    for row in rows:
        by_id.setdefault(row[key], []).append(row)
    return tuple(_line(one.slug, one.name, by_id[one.id]) for one in named if one.id in by_id)


def _line(slug: str, name: Words, rows: Iterable[_Row]) -> Line:
    counted: Counter[str] = Counter()
    ages = [0] * (len(AGES) + 1)
    for row in rows:
        counted.update({key: row[key] for key in _COUNTED if key in row})
        if "age" in row:
            ages[row["age"]] += row["n_open"]
    return Line(slug=slug, name=name, ages=tuple(ages), **counted)


def _weeks(rows: Iterable[_Row], first: date) -> tuple[Week, ...]:
    came, went = [0] * WEEKS, [0] * WEEKS
    for row in rows:
        if "week" in row and row["week"] < WEEKS:
            came[row["week"]] += row.get("n_came", 0)
            went[row["week"]] += row.get("n_went", 0)
    return tuple(
        Week(begins=first + timedelta(days=7 * n), n_came=came[n], n_went=went[n]) for n in range(WEEKS)
    )
