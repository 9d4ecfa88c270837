"""What the queue of the desk shows: open cases by their nearest promise, filtered and searched.

The expressions below are written exactly as the indexes have them that serve them: case_open_by_promise,
case_state_by_promise, case_by_promise, case_assignee_by_promise, case_feedback_by_promise. For the search see
``desk_search``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from db.independence import barred
from db.services import Unit
from portal.cases import desk_search, rules
from portal.cases.desk_search import ALL, OPEN, Condition, in_state
from portal.paging import PAGE
from portal.security.sessions import SignedIn
from portal.services.statement import Words

_UNANSWERED = ("registered", "in_review", "waiting", "referred")
MOST_MATCHES = 2000
"""A search sorts so many matches and says when there were more."""
_NEVER = datetime.max.replace(tzinfo=UTC)  # what asyncpg calls infinity

_DUE = "coalesce(c.next_due_at, 'infinity'::timestamptz)"
LATE = "c.next_due_at < {now}"
AT_RISK = "c.next_due_at >= {now} AND c.risk_at <= {now}"
WAITS = "coalesce(c.paused_until > {now}, false)"
"""Conditions on an open case ``c``: a promise has passed, one soon will have, the applicant still has time to act."""
TURNS = ("desk", "applicant", "other")
"""Who can have to act: the units of the reader, the applicant, a unit that the case was referred to."""
_CASES = f'SELECT c.id, {_DUE} AS due FROM "case" c WHERE '  # noqa: S608 - our own words
_SHOWN = """
    SELECT c.id, c.number, c.kind, c.state, c.outcome, c.contact_name, c.agency_name, c.filed_at, c.next_due_at,
           c.risk_at,
           c.letter_no, c.paused_until, c.unit AS unit_id,
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
# All open cases are read from their index first: the planner would gather every case of the units, ended ones too.
_COUNTS = f"""
    WITH clock AS (SELECT {{}}::timestamptz AS now),
    c AS MATERIALIZED (SELECT id, kind, unit, next_due_at, risk_at FROM "case" c WHERE {OPEN})
    SELECT count(*) AS n_open,
           count(*) FILTER (WHERE {LATE.format(now="now")}) AS n_late,
           count(*) FILTER (WHERE {AT_RISK.format(now="now")}) AS n_at_risk
    FROM c, clock
    WHERE ({{}} OR c.unit = ANY({{}})) AND NOT {barred()}
"""  # noqa: S608 - our own words
_UNITS = """
    SELECT u.slug, u.id, u.name_fa || ' — ' || g.name_fa AS fa, u.name_en || ' — ' || g.name_en AS en
    FROM unit u JOIN agency g ON g.id = u.agency ORDER BY u.slug
"""

_WORKS_ON = "c.unit = ANY({})"
_WORKED_ON = 'EXISTS (SELECT FROM case_unit w WHERE w."case" = c.id AND w.unit = ANY({}))'

Narrow = Callable[["_Sql"], None]


class QueueFilters(msgspec.Struct, frozen=True, kw_only=True):
    """What the clerk asked for. ``state`` is one of rules.STATES, ALL, or empty for the open ones.

    ``kind`` is one of rules.KINDS, or empty for all. ``service`` and ``unit`` are slugs. ``at_risk`` and ``late``
    together mean either. ``q`` is words (``desk_search.conditions``), the beginning of a tracking code, an e-mail
    address or a phone number, or the last digits of one. ``turn`` is one of TURNS.
    """

    state: str = ""
    kind: str = ""
    service: str = ""
    unit: str = ""
    mine: bool = False
    at_risk: bool = False
    late: bool = False
    turn: str = ""
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
    ``assignee`` is None when nobody took the case. ``turn`` is one of TURNS, empty where nobody has to act any more;
    ``turn_until`` is the last instant the applicant was given, None where it is not their turn.
    """

    number: int
    kind: str
    service: Words
    unit: Words
    applicant: str
    state: str
    outcome: str | None
    letter_no: str | None
    filed_at: datetime
    next_due_at: datetime | None
    left: timedelta | None
    at_risk: bool
    assignee: str | None
    turn: str
    turn_until: datetime | None

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
    every unit's cases; nobody sees complaints that they are barred from. ``reader`` is who "mine" means.
    """
    sql = _Sql()
    owed = filters.late or filters.at_risk
    # Nobody waits for what has ended.
    state = "" if (owed or filters.turn) and filters.state == ALL else filters.state
    if filters.q:
        sought = desk_search.conditions(filters.q, state)
        _by_search(sql, sought, lambda sql: _narrow(sql, filters, reader, now), after)
    else:
        _by_promise(sql, in_state(state), lambda sql: _narrow(sql, filters, reader, now), after)
    rows = await Case.raw(" ".join([*sql.parts, _SHOWN]), *sql.values)
    shown = rows[:PAGE]
    return QueuePage(
        rows=tuple(_row(row, reader, now) for row in shown),
        next=Cursor(shown[-1]["next_due_at"], shown[-1]["id"]) if len(rows) > PAGE else None,
        capped=bool(rows) and rows[0]["n_matches"] >= MOST_MATCHES,
        slip=not rows and desk_search.is_slip(filters.q),
    )


async def counts(*, reader: SignedIn, now: datetime) -> Counts:
    """How many cases of the reader's units are open, late and at risk now; read from one index."""
    (row,) = await Case.raw(_COUNTS, now, reader.reads_all, list(reader.units), reader.account_id)
    return msgspec.convert(row, Counts)


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
    for n, condition in enumerate(sought):
        sql.add(f"{', ' if n else 'WITH '}hits{n} AS MATERIALIZED (")
        sql.add(_CASES + condition.sql, *condition.values)
        narrow(sql)
        if condition.otherwise:
            sql.add(f"AND NOT EXISTS (SELECT FROM hits{n - 1})")
        sql.add(f"LIMIT {MOST_MATCHES})")
    all_hits = " UNION ALL ".join(f"SELECT * FROM hits{n}" for n in range(len(sought)))  # noqa: S608 - numbers
    sql.add(f", hits AS MATERIALIZED (SELECT * FROM ({all_hits}) AS hit LIMIT {MOST_MATCHES})")  # noqa: S608
    sql.add(", found AS (SELECT count(*) AS n_matches FROM hits), page AS (SELECT DISTINCT due, id FROM hits")
    if after:
        sql.add("WHERE (due, id) > ({}, {})", after.due_at or _NEVER, after.id)
    sql.add(f"ORDER BY due, id LIMIT {PAGE + 1})")


def _narrow(sql: _Sql, filters: QueueFilters, reader: SignedIn, now: datetime) -> None:
    if not reader.reads_all:
        away = filters.q or filters.turn == "other"
        sql.add(f"AND {_WORKED_ON if away else _WORKS_ON}", list(reader.units))
    sql.add(f"AND NOT {barred()}", reader.account_id)
    if filters.kind in rules.KINDS:
        sql.add(f"AND c.kind = '{filters.kind}'")  # a literal: parameters find no partial index
    if filters.service:
        sql.add("AND c.service = (SELECT id FROM service WHERE slug = {})", filters.service)
    if filters.unit:
        sql.add("AND c.unit = (SELECT id FROM unit WHERE slug = {})", filters.unit)
    if filters.mine:
        sql.add("AND c.assignee = {}", reader.account_id)
    if filters.turn:
        _narrow_to_turn(sql, filters.turn, reader, now)
    owed = [sql for sql, wanted in ((LATE, filters.late), (AT_RISK, filters.at_risk)) if wanted]
    if owed:
        either = " OR ".join(owed)
        sql.add(f"AND ({either.format(now='{}')})", *[now] * either.count("{now}"))


def _narrow_to_turn(sql: _Sql, turn: str, reader: SignedIn, now: datetime) -> None:
    """As ``_turn`` says it of a row, for open cases."""
    waits = WAITS.format(now="{}")
    if turn == "applicant":
        sql.add(f"AND {waits}", now)
        return
    sql.add(f"AND NOT {waits} AND (c.next_due_at IS NOT NULL OR c.state = ANY({{}}))", now, list(_UNANSWERED))
    if not reader.reads_all:
        sql.add(f"AND {_WORKS_ON if turn == 'desk' else 'NOT ' + _WORKS_ON}", list(reader.units))


def _turn(row: dict[str, Any], reader: SignedIn, now: datetime) -> str:
    if row["paused_until"] and now < row["paused_until"]:
        return "applicant"
    if row["next_due_at"] is None and row["state"] not in _UNANSWERED:
        return ""
    return "desk" if reader.reads_all or row["unit_id"] in reader.units else "other"


def _row(row: dict[str, Any], reader: SignedIn, now: datetime) -> QueueRow:
    due, turn = row["next_due_at"], _turn(row, reader, now)
    return QueueRow(
        number=row["number"],
        kind=row["kind"],
        service=Words(fa=row["title_fa"], en=row["title_en"]),
        unit=Words(fa=row["unit_fa"], en=row["unit_en"]),
        applicant=row["agency_name"] or row["contact_name"],
        state=row["state"],
        outcome=row["outcome"],
        letter_no=row["letter_no"],
        filed_at=row["filed_at"],
        next_due_at=due,
        left=due - now if due else None,
        at_risk=row["risk_at"] is not None and row["risk_at"] <= now,
        assignee=row["assignee"],
        turn=turn,
        turn_until=row["paused_until"] if turn == "applicant" else None,
    )
