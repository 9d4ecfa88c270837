"""What is asked about services: the catalogue, one service with all its page and form need, a statement."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.services import Calendar as CalendarRow
from db.services import Service, SlaVersion
from portal import text
from portal.marks import Target
from portal.office_hours import Calendar, Week
from portal.services.statement import Audience, Channel, Field, Sheet, Statement, Watch, Words
from portal.services.usual import Usual

REMEMBER = 2.0
"""Seconds that a service is kept in this process: every page of a case asks for one."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_SLUG = 80
_LONGEST_SEARCH = 200  # characters
_LARGEST_EDITION = 2**31 - 1  # what the column holds

# In SQL because every page of a case and of a service asks it: one round trip for service, form, statement
# and the calendars that the statement's targets name.
_VIEW = """
    SELECT s.id, s.slug, s.title_fa, s.title_en, s.audience, s.intake_channels, s.sheet, s.free, s.sensitive,
           s.retention_months, s.watch, s.state, p.usual, a.name_fa AS agency_fa, a.name_en AS agency_en,
           u.id AS unit_id, u.name_fa AS unit_fa, u.name_en AS unit_en, u.phone AS unit_phone,
           u.email AS unit_email, f.id AS form_id, f.fields, v.id AS sla_id, v.sha256, v.document, k.calendars
    FROM service s
    JOIN agency a ON a.id = s.agency
    JOIN unit u ON u.id = s.unit
    JOIN LATERAL (SELECT id, fields FROM form_version WHERE service = s.id ORDER BY n DESC LIMIT 1) f ON true
    LEFT JOIN published_promises p ON p.service = s.id
    LEFT JOIN sla_version v ON v.service = s.id AND v.superseded_at IS NULL
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(to_jsonb(c)) AS calendars FROM calendar c
        WHERE c.name IN (SELECT t->>'calendar' FROM jsonb_array_elements(v.document->'targets') t)
    ) k ON true
    WHERE
"""
_BY_SLUG = f"{_VIEW} s.slug = {{}} AND s.state <> 'draft'"
_BY_ID = f"{_VIEW} s.id = {{}}"
_CATALOGUE = """
    SELECT s.slug, s.title_fa, s.title_en, s.audience, s.sheet->'summary' AS summary, s.free, s.state,
           a.name_fa AS agency_fa, a.name_en AS agency_en, v.document->'targets' AS targets
    FROM service s
    JOIN agency a ON a.id = s.agency
    LEFT JOIN sla_version v ON v.service = s.id AND v.superseded_at IS NULL
    WHERE s.state <> 'draft' AND s.search_key LIKE ALL({})
    ORDER BY s.position, s.slug
"""
_STATEMENT = """
    SELECT s.slug, s.title_fa, s.title_en, a.name_fa AS agency_fa, a.name_en AS agency_en,
           v.n, v.sha256, v.document, v.in_force_from, v.superseded_at,
           (SELECT array_agg(o.n ORDER BY o.n DESC) FROM sla_version o WHERE o.service = s.id) AS editions
    FROM service s
    JOIN agency a ON a.id = s.agency
    JOIN sla_version v ON v.service = s.id
    WHERE s.slug = {} AND s.state <> 'draft'
"""
_IN_FORCE = f"{_STATEMENT} AND v.superseded_at IS NULL"
_EDITION = f"{_STATEMENT} AND v.n = {{}}"


class ServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """One service as its page, its form and its cases need it, with the form that is asked now.

    ``state`` is draft, open or closed. Without a statement in force, ``sla_id`` and ``statement`` are None.
    ``calendars`` are those that the statement's targets name.
    ``usual`` is None where too few requests ended lately.
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
    sha256: str
    calendars: dict[str, Calendar]
    watch: Watch = Watch()
    usual: Usual | None = None

    @property
    def is_open(self) -> bool:
        """Takes new requests."""
        return self.state == "open"


class ServiceCard(msgspec.Struct, frozen=True, kw_only=True):
    """One service in a list. ``first_answer`` is None where no statement promises one."""

    slug: str
    title: Words
    summary: Words
    agency: Words
    audience: tuple[Audience, ...]
    free: bool
    state: str
    first_answer: Target | None


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """One edition of a service's statement; ``editions`` are the numbers of all, the newest first.

    ``superseded_at`` is None while it is in force.
    """

    slug: str
    title: Words
    agency: Words
    n: int
    statement: Statement
    sha256: str
    in_force_from: datetime
    superseded_at: datetime | None
    editions: tuple[int, ...]

    @property
    def canonical(self) -> bytes:
        """The document that ``sha256`` is the digest of: JSON with sorted keys and without spaces."""
        return msgspec.json.encode(self.statement, order="deterministic")


_remembered: dict[str | UUID, tuple[float, ServiceView]] = {}
_editions: dict[UUID, Statement] = {}
_calendars: dict[str, tuple[float, dict[str, Calendar]]] = {}


async def service_by_slug(slug: str) -> ServiceView | None:
    """The service at /services/<slug>; None for drafts and for what is no slug. Up to 2 seconds old."""
    return await _remember(slug, _BY_SLUG) if is_slug(slug) else None


async def service_by_id(service_id: UUID) -> ServiceView | None:
    """The service of a case, whatever its state. Up to 2 seconds old."""
    return await _remember(service_id, _BY_ID)


async def statement_version(sla_version: UUID) -> Statement | None:
    """The edition a case was filed under, whatever became of it; editions never change, so it is asked for once."""
    if sla_version not in _editions:
        row = await SlaVersion.select(SlaVersion.document).where(SlaVersion.id == sla_version).first()
        if row is None:
            return None
        _editions[sla_version] = msgspec.json.decode(row["document"], type=Statement)
    return _editions[sla_version]


async def calendars() -> dict[str, Calendar]:
    """Every calendar by its name. Up to 2 seconds old."""
    found_at, known = _calendars.get("all", (0.0, {}))
    if not known or time.monotonic() - found_at > REMEMBER:
        known = {row["name"]: _calendar(row) for row in await CalendarRow.select().output(load_json=True)}
        _calendars["all"] = (time.monotonic(), known)
    return known


def forget() -> None:
    """The next question about a service is answered by the database."""
    for remembered in (_remembered, _editions, _calendars):
        remembered.clear()


async def catalogue(q: str = "") -> list[ServiceCard]:
    """Every service that is shown, in the desk's order; with ``q`` those that hold each of its words.

    Spelling, digits and half-spaces make no difference.
    """
    words = text.search_key(q[:_LONGEST_SEARCH]).split()
    rows = await Service.raw(_CATALOGUE, [f"%{text.like_literal(word)}%" for word in words])
    return [_card(row) for row in rows]


async def statement_of(slug: str, n: int | None = None) -> Edition | None:
    """Edition ``n`` of a service's statement, without ``n`` the one in force; None where there is none."""
    if not is_slug(slug) or not (n is None or 0 < n <= _LARGEST_EDITION):
        return None
    rows = await (Service.raw(_IN_FORCE, slug) if n is None else Service.raw(_EDITION, slug, n))
    return _edition(rows[0]) if rows else None


def is_slug(slug: str) -> bool:
    """Whether ``slug`` can stand in an address: small Latin letters and digits, single dashes between them."""
    return len(slug) <= _LONGEST_SLUG and _SLUG.fullmatch(slug) is not None


async def _remember(key: str | UUID, query: str) -> ServiceView | None:
    found_at, view = _remembered.get(key, (0.0, None))
    if view is None or time.monotonic() - found_at > REMEMBER:
        found_at, view = time.monotonic(), await _look_up(key, query)
        if view is not None:
            _remembered[key] = (found_at, view)
    return view


async def _look_up(key: str | UUID, query: str) -> ServiceView | None:
    rows = await Service.raw(query, key)
    return _view(rows[0]) if rows else None


def _view(row: dict[str, Any]) -> ServiceView:
    document = row["document"]
    calendars = [_calendar(found) for found in msgspec.json.decode(row["calendars"] or "[]")]
    return ServiceView(
        **{name: row[name] for name in _SAME},
        title=_words(row, "title"),
        agency=_words(row, "agency"),
        unit=_words(row, "unit"),
        audience=msgspec.json.decode(row["audience"], type=tuple[Audience, ...]),
        intake_channels=msgspec.json.decode(row["intake_channels"], type=tuple[Channel, ...]),
        sheet=msgspec.json.decode(row["sheet"], type=Sheet),
        fields=msgspec.json.decode(row["fields"], type=tuple[Field, ...]),
        statement=msgspec.json.decode(document, type=Statement) if document else None,
        sha256=row["sha256"] or "",
        calendars={calendar.name: calendar for calendar in calendars},
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
)


def _card(row: dict[str, Any]) -> ServiceCard:
    targets = msgspec.json.decode(row["targets"] or "[]", type=tuple[Target, ...])
    return ServiceCard(
        slug=row["slug"],
        title=_words(row, "title"),
        summary=msgspec.json.decode(row["summary"], type=Words),
        agency=_words(row, "agency"),
        audience=msgspec.json.decode(row["audience"], type=tuple[Audience, ...]),
        free=row["free"],
        state=row["state"],
        first_answer=next((target for target in targets if target.key == "first_answer"), None),
    )


def _edition(row: dict[str, Any]) -> Edition:
    return Edition(
        slug=row["slug"],
        title=_words(row, "title"),
        agency=_words(row, "agency"),
        n=row["n"],
        statement=msgspec.json.decode(row["document"], type=Statement),
        sha256=row["sha256"],
        in_force_from=row["in_force_from"],
        superseded_at=row["superseded_at"],
        editions=tuple(row["editions"]),
    )


def _calendar(row: dict[str, Any]) -> Calendar:
    week = msgspec.convert(row["week"], Week, strict=False)
    return Calendar(name=row["name"], zone=row["zone"], week=week, holidays=row["holidays"])


def _words(row: dict[str, Any], name: str) -> Words:
    return Words(fa=row[f"{name}_fa"], en=row[f"{name}_en"])
