"""What is read of the audit log: a page of it, the newest first, by any of its filters."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from db.accounts import Account
from db.audit import AuditEntry
from db.cases import Case
from db.independence import barred
from db.services import Agency, Service, Unit
from portal.i18n import current_language
from portal.paging import PAGE

_IS_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EXPORT_PAGE = 1_000
# What was done about a complaint stays between those who may handle it: others read that something was, not by whom or
# from where, since that would tell them who complained.
_KEPT = f"""EXISTS (
    SELECT FROM "case" c WHERE c.id = substring(e.object FROM '^case:([0-9a-f-]+)$')::uuid AND {barred()})
"""  # noqa: S608 - constants
_NUMBER = f'SELECT c.number FROM "case" c WHERE c.id = {{}} AND NOT {barred()}'  # noqa: S608 - constants
# In SQL for the keyset and so that only the rows of the page are joined. Its indexes are in the migration
# "the audit log by time, for each filter".
_ENTRIES = """
    SELECT e.id, e.at, CASE WHEN NOT k.kept THEN e.actor END AS actor, CASE WHEN k.kept THEN '' ELSE e.role END AS role,
           e.action, e.object, CASE WHEN k.kept THEN '' ELSE e.address END AS address, a.username, s.seq, s.mac,
           CASE WHEN k.kept THEN jsonb_build_object('kept', 'complaint')::text ELSE e.data::text END AS data
    FROM (SELECT * FROM audit_entry e WHERE {where} ORDER BY at DESC, id DESC LIMIT {limit}) e
    CROSS JOIN LATERAL (SELECT {kept} AS kept) k
    LEFT JOIN account a ON a.id = e.actor AND NOT k.kept
    LEFT JOIN audit_seal s ON s.entry = e.id
    ORDER BY e.at DESC, e.id DESC
"""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; empty or None is everything. ``since`` is the first instant, ``until`` the first beyond.

    ``who`` is a user name as accounts have it, ``object`` as entries have it.
    """

    who: str = ""
    action: str = ""
    object: str = ""
    address: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Place(msgspec.Struct, frozen=True):
    """The place of an entry in the order of the log."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).isoformat()}_{self.id}"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as ``db.audit`` has it. ``username`` is None for guests and the portal itself.

    ``seq`` and ``mac`` are its place in the chain and its seal, None until it is sealed.
    """

    id: int
    at: datetime
    actor: UUID | None
    username: str | None
    role: str
    action: str
    object: str
    address: str
    data: str
    seq: int | None
    mac: str | None

    @property
    def details(self) -> dict[str, Any]:
        """What else the entry says, by our own names."""
        return msgspec.json.decode(self.data, type=dict[str, Any])

    @property
    def place(self) -> Place:
        return Place(self.at, self.id)


class Known(msgspec.Struct, frozen=True):
    """Something that entries name: what it is called, and its word in addresses (empty for accounts)."""

    name: str
    slug: str = ""


class LogPage(msgspec.Struct, frozen=True):
    """Some entries, the newest first; ``next`` is where the next page begins, None at the end.

    ``known`` are the accounts, agencies and units that entries of this page name, by ``object``.
    """

    rows: list[Entry]
    next: Place | None
    known: dict[str, Known]


async def entries(filters: Filters, *, reader: UUID, after: Place | None = None) -> LogPage:
    """The 50 newest entries that fit, or those that follow ``after``. Four queries at most, however many rows.

    What entries about a complaint say, who made them and from where is kept from a ``reader`` who is barred from it.
    """
    rows = await _entries(filters, reader, after, PAGE + 1)
    shown = rows[:PAGE]
    return LogPage(shown, shown[-1].place if len(rows) > PAGE else None, await _known(shown))


async def every_entry(filters: Filters, *, reader: UUID) -> AsyncIterator[list[Entry]]:
    """All entries that fit, the newest first, in batches: none stays in memory, none is in a long transaction."""
    after = None
    while rows := await _entries(filters, reader, after, EXPORT_PAGE):
        yield rows
        after = rows[-1].place


async def number_of(case_id: UUID, *, reader: UUID) -> int | None:
    """The tracking number of a case; None when there is no such case, or the reader is barred from it."""
    rows = await Case.raw(_NUMBER, case_id, reader)
    return rows[0]["number"] if rows else None


async def id_of(number: int) -> UUID | None:
    """The case with this tracking number, or None."""
    row = await Case.select(Case.id).where(Case.number == number).first()
    return row["id"] if row else None


def read_place(typed: str) -> Place | None:
    """The place that an address carries; None for anything else, which shows the first page."""
    at, _, number = typed[:80].partition("_")
    try:
        place = Place(datetime.fromisoformat(at), int(number))
    except ValueError:
        return None
    known = (
        place.at.tzinfo and 1 < place.at.year < 9999 and 0 < place.id < 2**63
    )  # no zone leads out of the calendar
    return place if known else None


async def _entries(filters: Filters, reader: UUID, after: Place | None, limit: int) -> list[Entry]:
    parts = [
        ("actor = (SELECT id FROM account WHERE username = {})", filters.who),
        ("action = {}", filters.action),
        ("object = {} AND object <> ''", filters.object),
        ("address = {} AND address <> ''", filters.address),
        ("at >= {}", filters.since),
        ("at < {}", filters.until),
    ]
    wanted: list[tuple[str, list[Any]]] = [(condition, [value]) for condition, value in parts if value]
    if filters.who or filters.address:
        wanted.append((f"NOT {_KEPT}", [reader]))
    if after:
        wanted.append(("(at, id) < ({}, {})", [after.at, after.id]))
    where = " AND ".join(condition for condition, _ in wanted) or "true"
    values = [value for _, given in wanted for value in given]
    asked = _ENTRIES.replace("{kept}", _KEPT).replace("{where}", where).replace("{limit}", str(limit))
    rows = await AuditEntry.raw(asked, *values, reader)
    return [Entry(**row) for row in rows]


async def _known(rows: list[Entry]) -> dict[str, Known]:
    fa = current_language() == "fa"
    agency_name, unit_name, title = (
        (Agency.name_fa, Unit.name_fa, Service.title_fa)
        if fa
        else (Agency.name_en, Unit.name_en, Service.title_en)
    )
    found: dict[str, Known] = {}
    for kind, query, key in (
        ("account", Account.select(Account.id, Account.username.as_alias("name")), Account.id),
        ("agency", Agency.select(Agency.id, agency_name.as_alias("name"), Agency.slug), Agency.id),
        ("unit", Unit.select(Unit.id, unit_name.as_alias("name"), Unit.slug), Unit.id),
        ("service", Service.select(Service.id, title.as_alias("name"), Service.slug), Service.id),
    ):
        if ids := _ids(kind, rows):
            for row in await query.where(key.is_in(list(ids))):
                found[f"{kind}:{row['id']}"] = Known(row["name"], row.get("slug", ""))
    return found


def _ids(kind: str, rows: list[Entry]) -> set[UUID]:
    """Of everything of ``kind`` that ``rows`` are about, or say in their data."""
    about = {row.object.partition(":")[2] for row in rows if row.object.startswith(f"{kind}:")}
    said = {row.details[kind] for row in rows if row.details.get(kind)}
    return {UUID(key) for key in about | said if _IS_ID.fullmatch(str(key))}
