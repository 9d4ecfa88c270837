"""What is asked about services: the catalogue, one service with all its page and form need."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.services import Service, SlaVersion
from portal import text
from portal.calendars import queries as calendar_queries
from portal.marks import Target
from portal.office_hours import Calendar
from portal.services import free_queries
from portal.services.statement import Audience, Channel, Field, Sheet, Statement, Watch, Words
from portal.services.usual import Usual

REMEMBER = 2.0
"""Seconds that a service is kept in this process: every page of a case asks for one."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_SLUG = 80
_LONGEST_SEARCH = 200  # characters

# In SQL because every page of a case and of a service asks it: one round trip for service, form, statement
# and the revisions of the calendars that the statement's targets name, whose hours this process mostly remembers,
# all as of one instant; ``since`` and ``until`` are the instants next to it at which any of this is replaced.
_VIEW = """
    WITH moment AS (SELECT {}::timestamptz AS now)
    SELECT s.id, s.slug, s.title_fa, s.title_en, s.audience, s.intake_channels, s.sheet, s.free, s.sensitive,
           s.retention_months, s.watch, s.state, p.usual, a.name_fa AS agency_fa, a.name_en AS agency_en,
           u.id AS unit_id, u.name_fa AS unit_fa, u.name_en AS unit_en, u.phone AS unit_phone,
           u.email AS unit_email, f.id AS form_id, f.fields, v.id AS sla_id, v.n AS edition, v.sha256, v.document,
           k.calendars, CASE latest.ending WHEN 'terminated' THEN latest.superseded_at END AS ends_at, w.since, w.until
    FROM service s
    CROSS JOIN moment
    JOIN agency a ON a.id = s.agency
    JOIN unit u ON u.id = s.unit
    LEFT JOIN published_promises p ON p.service = s.id
    JOIN LATERAL (
        SELECT id, fields FROM form_version
        WHERE service = s.id AND published_at <= moment.now ORDER BY n DESC LIMIT 1
    ) f ON true
    LEFT JOIN LATERAL (
        SELECT * FROM sla_version
        WHERE service = s.id AND in_force_from <= moment.now ORDER BY n DESC LIMIT 1
    ) latest ON true
    LEFT JOIN sla_version v ON v.id = latest.id
        AND (latest.superseded_at IS NULL OR latest.superseded_at > moment.now)
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(c.name, (SELECT max(n) FROM calendar_revision WHERE calendar = c.id)) AS calendars
        FROM calendar c
        WHERE c.name IN (SELECT t->>'calendar' FROM jsonb_array_elements(v.document->'targets') t)
    ) k ON true
    CROSS JOIN LATERAL (
        SELECT max(at) FILTER (WHERE at <= moment.now) AS since, min(at) FILTER (WHERE at > moment.now) AS until
        FROM (
            SELECT in_force_from AS at FROM sla_version WHERE service = s.id
            UNION ALL SELECT superseded_at FROM sla_version WHERE service = s.id
            UNION ALL SELECT published_at FROM form_version WHERE service = s.id
        ) instants
    ) w
    WHERE
"""
_BY_SLUG = f"{_VIEW} s.slug = {{}} AND s.state <> 'draft'"
_BY_ID = f"{_VIEW} s.id = {{}}"
_CATALOGUE = """
    WITH moment AS (SELECT {}::timestamptz AS now)
    SELECT s.slug, s.title_fa, s.title_en, s.audience, s.sheet->'summary' AS summary, s.free, s.state,
           a.name_fa AS agency_fa, a.name_en AS agency_en, v.document,
           CASE latest.ending WHEN 'terminated' THEN latest.superseded_at END AS ends_at,
           latest.superseded_at <= moment.now AS over
    FROM service s
    CROSS JOIN moment
    JOIN agency a ON a.id = s.agency
    LEFT JOIN LATERAL (
        SELECT * FROM sla_version
        WHERE service = s.id AND in_force_from <= moment.now ORDER BY n DESC LIMIT 1
    ) latest ON true
    LEFT JOIN sla_version v ON v.id = latest.id
        AND (latest.superseded_at IS NULL OR latest.superseded_at > moment.now)
    WHERE s.state IN ('open', 'closed') AND s.search_key LIKE ALL({})
    ORDER BY s.position, s.slug
"""


class ServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """One service as its page, its form and its cases need it, with the form that is asked now.

    ``state`` as in ``db.services.Service``. ``sla_id``, ``edition`` and ``statement``: None without one in force.
    ``calendars`` are those that the statement's targets name, as they hold now; ``calendar_revisions`` says which
    revision of each that is. ``ends_at`` is when the statement was or will be terminated. What stands here holds from
    ``since`` to ``until``; None: nothing is known to replace it. ``usual`` is None where too few requests ended lately.
    """

    id: UUID
    slug: str
    title: Words
    agency: Words
    unit_id: UUID
    unit: Words
    unit_phone: str
    unit_email: str
    audience: tuple[Audience, ...]
    intake_channels: tuple[Channel, ...]
    sheet: Sheet
    free: bool
    sensitive: bool
    retention_months: int | None
    state: str
    form_id: UUID
    fields: tuple[Field, ...]
    sla_id: UUID | None
    statement: Statement | None
    edition: int | None = None
    sha256: str
    calendars: dict[str, Calendar]
    calendar_revisions: dict[str, int] = {}
    ends_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    watch: Watch = Watch()
    usual: Usual | None = None

    @property
    def is_open(self) -> bool:
        """Takes new requests: nobody closed it, and its statement has not been ended."""
        return self.state == "open" and not (self.statement is None and self.ends_at)

    def holds_at(self, now: datetime) -> bool:
        """Whether form and statement are those of ``now``."""
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


class ServiceCard(msgspec.Struct, frozen=True, kw_only=True):
    """One service in a list, with the statement in force. ``ends_at`` as in ``ServiceView``."""

    slug: str
    title: Words
    summary: Words
    agency: Words
    audience: tuple[Audience, ...]
    free: bool
    is_open: bool
    statement: Statement | None
    ends_at: datetime | None = None

    @property
    def first_answer(self) -> Target | None:
        """The promise of a first answer, None where no statement makes it."""
        return self.statement.target("first_answer") if self.statement else None


_remembered: dict[str | UUID, tuple[float, ServiceView]] = {}
_editions: dict[UUID, Statement] = {}


async def service_by_slug(slug: str, *, now: datetime) -> ServiceView | None:
    """The service at /services/<slug> with the form and statement of ``now``; None for drafts and for no slug.

    What was changed in the last 2 seconds may be missing.
    """
    return await _remember(slug, _BY_SLUG, now) if is_slug(slug) else None


async def service_by_id(service_id: UUID, *, now: datetime) -> ServiceView | None:
    """The service of a case, whatever its state, otherwise as ``service_by_slug``."""
    return await _remember(service_id, _BY_ID, now)


async def statement_version(sla_version: UUID) -> Statement | None:
    """The edition a case was filed under, whatever became of it; editions never change, so it is asked for once."""
    if sla_version not in _editions:
        row = await SlaVersion.select(SlaVersion.document).where(SlaVersion.id == sla_version).first()
        if row is None:
            return None
        _editions[sla_version] = msgspec.json.decode(row["document"], type=Statement)
    return _editions[sla_version]


def forget() -> None:
    """The next question about a service is answered by the database."""
    _remembered.clear()
    _editions.clear()
    free_queries.forget()


async def catalogue(q: str = "", *, now: datetime) -> list[ServiceCard]:
    """Every service that is shown, as of ``now``, in the desk's order; with ``q`` those that hold each of its words.

    Spelling, digits and half-spaces make no difference.
    """
    words = text.search_key(q[:_LONGEST_SEARCH]).split()
    rows = await Service.raw(_CATALOGUE, now, [f"%{text.like_literal(word)}%" for word in words])
    return [_card(row) for row in rows]


def is_slug(slug: str) -> bool:
    """Whether ``slug`` can stand in an address: small Latin letters and digits, single dashes between them."""
    return len(slug) <= _LONGEST_SLUG and _SLUG.fullmatch(slug) is not None


async def _remember(key: str | UUID, query: str, now: datetime) -> ServiceView | None:
    found_at, view = _remembered.get(key, (0.0, None))
    if view is None or time.monotonic() - found_at > REMEMBER or not view.holds_at(now):
        found_at, view = time.monotonic(), await _look_up(key, query, now)
        if view is not None:
            _remembered[key] = (found_at, view)
    return view


async def _look_up(key: str | UUID, query: str, now: datetime) -> ServiceView | None:
    rows = await Service.raw(query, now, key)
    if not rows:
        return None
    revisions = msgspec.json.decode(rows[0]["calendars"] or "{}", type=dict[str, int])
    calendars = {name: await calendar_queries.revision(name, n) for name, n in revisions.items()}
    return _view(rows[0], calendars, revisions)


def _view(row: dict[str, Any], calendars: dict[str, Calendar], revisions: dict[str, int]) -> ServiceView:
    document = row["document"]
    return ServiceView(
        **{name: row[name] for name in _SAME},
        title=words_of(row, "title"),
        agency=words_of(row, "agency"),
        unit=words_of(row, "unit"),
        audience=msgspec.json.decode(row["audience"], type=tuple[Audience, ...]),
        intake_channels=msgspec.json.decode(row["intake_channels"], type=tuple[Channel, ...]),
        sheet=msgspec.json.decode(row["sheet"], type=Sheet),
        fields=msgspec.json.decode(row["fields"], type=tuple[Field, ...]),
        statement=msgspec.json.decode(document, type=Statement) if document else None,
        sha256=row["sha256"] or "",
        calendars=calendars,
        calendar_revisions=revisions,
        watch=msgspec.json.decode(row["watch"], type=Watch) if row["watch"] else Watch(),
        usual=msgspec.json.decode(row["usual"], type=Usual) if row["usual"] else None,
    )


_SAME = (
    "id",
    "retention_months",
    "slug",
    "unit_id",
    "unit_phone",
    "unit_email",
    "free",
    "sensitive",
    "state",
    "form_id",
    "sla_id",
    "edition",
    "ends_at",
    "since",
    "until",
)


def _card(row: dict[str, Any]) -> ServiceCard:
    document = row["document"]
    return ServiceCard(
        slug=row["slug"],
        title=words_of(row, "title"),
        summary=msgspec.json.decode(row["summary"], type=Words),
        agency=words_of(row, "agency"),
        audience=msgspec.json.decode(row["audience"], type=tuple[Audience, ...]),
        free=row["free"],
        is_open=row["state"] == "open" and not row["over"],
        statement=msgspec.json.decode(document, type=Statement) if document else None,
        ends_at=row["ends_at"],
    )


def words_of(row: dict[str, Any], name: str) -> Words:
    """The two columns of a text."""
    return Words(fa=row[f"{name}_fa"], en=row[f"{name}_en"])
