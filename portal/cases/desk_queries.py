"""What the queue of the desk shows: open cases by their nearest promise, filtered and searched.

The expressions below are written exactly as the indexes have them that serve them: case_open_by_promise,
case_state_by_promise, case_by_promise, case_assignee_by_promise. For the search see ``desk_search``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.accounts import Account
from db.cases import Case
from db.services import Unit
from portal.cases import desk_search
from portal.cases.desk_search import ALL, OPEN, Condition, in_state
from portal.paging import PAGE
from portal.security.sessions import STAFF_ROLES, SignedIn
from portal.services.statement import Words

MOST_MATCHES = 2000
"""A search sorts so many matches and says when there were more."""
_NEVER = datetime.max.replace(tzinfo=UTC)  # what asyncpg calls infinity

_DUE = "coalesce(c.next_due_at, 'infinity'::timestamptz)"
_LATE = "c.next_due_at < {now}"
_AT_RISK = "c.next_due_at >= {now} AND c.risk_at <= {now}"
_CASES = f'SELECT c.id, {_DUE} AS due FROM "case" c WHERE '  # noqa: S608 - our own words
_SHOWN = """
    SELECT c.id, c.number, c.state, c.contact_name, c.agency_name, c.filed_at, c.next_due_at, c.risk_at, c.letter_no,
           s.title_fa, s.title_en, u.name_fa AS unit_fa, u.name_en AS unit_en, a.display_name AS assignee,
           found.n_matches
    FROM page
    CROSS JOIN found
    JOIN "case" c ON c.id = page.id
    JOIN service s ON s.id = c.service
    JOIN unit u ON u.id = c.unit
    LEFT JOIN account a ON a.id = c.assignee
    ORDER BY page.due, page.id
"""
_COUNTS = f"""
    SELECT count(*) AS n_open,
           count(*) FILTER (WHERE {_LATE.format(now="now")}) AS n_late,
           count(*) FILTER (WHERE {_AT_RISK.format(now="now")}) AS n_at_risk
    FROM "case" c, (SELECT {{}}::timestamptz AS now) AS clock
    WHERE {OPEN} AND ({{}} OR c.unit = ANY({{}}))
"""  # noqa: S608 - our own words
_CLERKS = """
    SELECT a.id, a.display_name FROM account a
    WHERE a.state = 'active' AND a.role = ANY({})
        AND (a.unit = {} OR EXISTS (SELECT FROM membership m WHERE m.account = a.id AND m.unit = {}))
    ORDER BY a.display_name, a.id
"""
_UNITS = """
    SELECT u.slug, u.id, u.name_fa || ' — ' || g.name_fa AS fa, u.name_en || ' — ' || g.name_en AS en
    FROM unit u JOIN agency g ON g.id = u.agency ORDER BY u.slug
"""

_WORKS_ON = "c.unit = ANY({})"
_WORKED_ON = 'EXISTS (SELECT FROM case_unit w WHERE w."case" = c.id AND w.unit = ANY({}))'

Narrow = Callable[["_Sql"], None]


class QueueFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk asked for. ``state`` is one of rules.STATES, ALL, or empty for the open ones.

    ``service`` and ``unit`` are slugs. ``at_risk`` and ``late`` together mean either. ``q`` is words, the beginning
    of a tracking code, an e-mail address or a phone number, or the last digits of one.
    """

    state: str = ""
    service: str = ""
    unit: str = ""
    mine: bool = False
    at_risk: bool = False
    late: bool = False
    q: str = ""


class Cursor(msgspec.Struct, frozen=True):
    """The place of a case in the order of the queue; ``due_at`` None comes last."""

    due_at: datetime | None
    id: UUID

    def __str__(self) -> str:
        return f"{self.due_at.astimezone(UTC).isoformat() if self.due_at else ''}_{self.id}"


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case in the queue. ``applicant`` is the agency where one asks, else the person.

    ``left`` is the time to the nearest promise, negative when it has passed, None when none is owed.
    ``assignee`` is None when nobody took the case.
    """

    number: int
    service: Words
    unit: Words
    applicant: str
    state: str
    letter_no: str | None
    filed_at: datetime
    next_due_at: datetime | None
    left: timedelta | None
    at_risk: bool
    assignee: str | None

    @property
    def late(self) -> bool:
        return self.left is not None and self.left < timedelta(0)


class QueuePage(msgspec.Struct, frozen=True, kw_only=True):
    """Up to 50 cases. ``next`` is where the following page begins, None on the last one.

    ``capped``: the search met as many cases as it sorts, or more. ``slip``: nothing was found, and what was
    typed has the length of a tracking code but a wrong check character.
    """

    rows: tuple[QueueRow, ...]
    next: Cursor | None
    capped: bool
    slip: bool


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How the desk stands: open cases, and among them those that are late and those that soon may be."""

    n_open: int
    n_late: int
    n_at_risk: int


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One clerk or unit to choose. ``value`` is what the form sends."""

    value: str
    label: str


class _Sql:
    """A statement in the making: its pieces and, in the same order, their values."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.values: list[Any] = []

    def add(self, piece: str, *values: Any) -> None:
        self.parts.append(piece)
        self.values += values


async def queue(
    filters: QueueFilters, *, reader: SignedIn, now: datetime, after: Cursor | None = None
) -> QueuePage:
    """The page of the queue that begins after ``after``, nearest promise first; one statement.

    It lists what the reader's units work on now; a search also finds what they referred away. Auditors see
    every unit's cases. ``reader`` is who "mine" means.
    """
    sql = _Sql()
    owed = filters.late or filters.at_risk
    state = "" if owed and filters.state == ALL else filters.state  # what has ended owes nothing
    if filters.q:
        sought = desk_search.conditions(filters.q, state)
        _by_search(sql, sought, lambda sql: _narrow(sql, filters, reader, now), after)
    else:
        _by_promise(sql, in_state(state), lambda sql: _narrow(sql, filters, reader, now), after)
    rows = await Case.raw(" ".join([*sql.parts, _SHOWN]), *sql.values)
    shown = rows[:PAGE]
    return QueuePage(
        rows=tuple(_row(row, now) for row in shown),
        next=Cursor(shown[-1]["next_due_at"], shown[-1]["id"]) if len(rows) > PAGE else None,
        capped=bool(rows) and rows[0]["n_matches"] >= MOST_MATCHES,
        slip=not rows and desk_search.is_slip(filters.q),
    )


async def counts(*, reader: SignedIn, now: datetime) -> Counts:
    """How many cases of the reader's units are open, late and at risk now; read from one index."""
    (row,) = await Case.raw(_COUNTS, now, reader.reads_all, list(reader.units))
    return msgspec.convert(row, Counts)


async def clerks(unit: UUID) -> list[Choice]:
    """Everybody who may work a case of ``unit``, by name."""
    rows = await Account.raw(_CLERKS, sorted(STAFF_ROLES), unit, unit)
    return [Choice(value=str(row["id"]), label=row["display_name"]) for row in rows]


async def works_for(clerk: UUID, unit: UUID) -> bool:
    """Whether ``clerk`` may work the cases of ``unit``."""
    return any(choice.value == str(clerk) for choice in await clerks(unit))


async def units() -> list[tuple[str, UUID, Words]]:
    """Slug, id and "unit — agency" of every unit that a case may be with, in the order of their slugs."""
    rows = await Unit.raw(_UNITS)
    return [(row["slug"], row["id"], Words(fa=row["fa"], en=row["en"])) for row in rows]


def read_cursor(typed: str) -> Cursor | None:
    """The cursor that an address carries; None for anything else, which shows the first page."""
    due, _, case_id = typed[:100].partition("_")
    try:
        due_at = datetime.fromisoformat(due) if due else None
        if due_at is not None and due_at.tzinfo is None:
            return None
        return Cursor(due_at.astimezone(UTC) if due_at else None, UUID(case_id))
    except (ValueError, OverflowError):
        return None


def _by_promise(sql: _Sql, sought: Condition, narrow: Narrow, after: Cursor | None) -> None:
    sql.add("WITH found AS (SELECT 0 AS n_matches), page AS (")
    sql.add(_CASES + sought.sql, *sought.values)
    narrow(sql)
    if after:
        sql.add(f"AND ({_DUE}, c.id) > ({{}}, {{}})", after.due_at or _NEVER, after.id)
    sql.add(f"ORDER BY {_DUE}, c.id LIMIT {PAGE + 1})")


def _by_search(sql: _Sql, sought: list[Condition], narrow: Narrow, after: Cursor | None) -> None:
    """Condition by condition until enough is met; what all found together is sorted for the page."""
    sql.add("WITH hits AS MATERIALIZED (SELECT * FROM (")
    for n, condition in enumerate(sought):
        sql.add("UNION ALL (" if n else "(")
        sql.add(_CASES + condition.sql, *condition.values)
        narrow(sql)
        sql.add(f"LIMIT {MOST_MATCHES})")
    sql.add(f") AS hit LIMIT {MOST_MATCHES})")
    sql.add(", found AS (SELECT count(*) AS n_matches FROM hits), page AS (SELECT DISTINCT due, id FROM hits")
    if after:
        sql.add("WHERE (due, id) > ({}, {})", after.due_at or _NEVER, after.id)
    sql.add(f"ORDER BY due, id LIMIT {PAGE + 1})")


def _narrow(sql: _Sql, filters: QueueFilters, reader: SignedIn, now: datetime) -> None:
    if not reader.reads_all:
        sql.add(f"AND {_WORKED_ON if filters.q else _WORKS_ON}", list(reader.units))
    if filters.service:
        sql.add("AND c.service = (SELECT id FROM service WHERE slug = {})", filters.service)
    if filters.unit:
        sql.add("AND c.unit = (SELECT id FROM unit WHERE slug = {})", filters.unit)
    if filters.mine:
        sql.add("AND c.assignee = {}", reader.account_id)
    owed = [sql for sql, wanted in ((_LATE, filters.late), (_AT_RISK, filters.at_risk)) if wanted]
    if owed:
        either = " OR ".join(owed)
        sql.add(f"AND ({either.format(now='{}')})", *[now] * either.count("{now}"))


def _row(row: dict[str, Any], now: datetime) -> QueueRow:
    due = row["next_due_at"]
    return QueueRow(
        number=row["number"],
        service=Words(fa=row["title_fa"], en=row["title_en"]),
        unit=Words(fa=row["unit_fa"], en=row["unit_en"]),
        applicant=row["agency_name"] or row["contact_name"],
        state=row["state"],
        letter_no=row["letter_no"],
        filed_at=row["filed_at"],
        next_due_at=due,
        left=due - now if due else None,
        at_risk=row["risk_at"] is not None and row["risk_at"] <= now,
        assignee=row["assignee"],
    )
