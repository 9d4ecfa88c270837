"""What the pages of feedback ask: who hears it, what it can be about, the tips of a reader's units."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.feedback import Tip
from db.services import Service, Unit
from portal.paging import PAGE, Page, page_of
from portal.security.sessions import SignedIn
from portal.services.statement import Words

# A complaint about the inspection unit itself goes to the one that hears appeals.
_HEARING = """
    SELECT coalesce(h.id, s.unit) AS unit
    FROM service s
    LEFT JOIN LATERAL (
        SELECT id FROM unit
        WHERE agency = s.agency AND id IS DISTINCT FROM {}::uuid
            AND (kind = 'inspection' OR (kind = 'appeals' AND {}::uuid IS NOT NULL))
        ORDER BY kind = 'appeals', slug LIMIT 1
    ) h ON true
    WHERE s.id = {}
"""
_SERVICES = """
    SELECT id, slug, title_fa, title_en, state = 'desk' AS whole FROM service
    WHERE state <> 'draft' ORDER BY state = 'desk', position, slug
"""
_UNITS = """
    SELECT u.id, u.slug, u.name_fa, u.name_en, a.name_fa AS agency_fa, a.name_en AS agency_en
    FROM unit u JOIN agency a ON a.id = u.agency ORDER BY a.slug, u.slug
"""
_TIPS = """
    SELECT t.id, t.body, t.at, t.state, s.title_fa, s.title_en, u.name_fa AS unit_fa, u.name_en AS unit_en
    FROM tip t
    JOIN unit u ON u.id = t.unit
    LEFT JOIN service s ON s.id = t.service
    WHERE ({} OR t.unit = ANY({})) AND (t.state = 'archived') = {}
        AND ({}::uuid IS NULL OR (t.at, t.id) < (SELECT last.at, last.id FROM tip last WHERE last.id = {}))
    ORDER BY t.at DESC, t.id DESC LIMIT {}
"""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A service that feedback can be about; ``whole``: it is the electronic desk as a whole."""

    id: UUID
    slug: str
    title: Words
    whole: bool


class OfferedUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that a complaint can be about."""

    id: UUID
    slug: str
    name: Words
    agency: Words


class ReadTip(msgspec.Struct, frozen=True, kw_only=True):
    """A tip as its readers see it; ``service`` is None where it is about none."""

    id: UUID
    body: str
    at: datetime
    state: str
    service: Words | None
    unit: Words


async def hearing_unit(service: UUID, *, about_unit: UUID | None = None) -> UUID:
    """Who hears a complaint or a tip about this service: its agency's inspection unit, or its own unit without one."""
    rows = await Unit.raw(_HEARING, about_unit, about_unit, service)
    unit: UUID = rows[0]["unit"]
    return unit


async def services_offered() -> list[Offered]:
    """Every service that is shown, the electronic desk as a whole last."""
    return [
        Offered(id=row["id"], slug=row["slug"], title=_words(row, "title"), whole=row["whole"])
        for row in await Service.raw(_SERVICES)
    ]


async def whole_desk() -> UUID | None:
    """The electronic desk as a whole; None where nobody has set it up."""
    return next((one.id for one in await services_offered() if one.whole), None)


async def units_offered() -> list[OfferedUnit]:
    """Every unit, by its agency."""
    return [
        OfferedUnit(id=row["id"], slug=row["slug"], name=_words(row, "name"), agency=_words(row, "agency"))
        for row in await Unit.raw(_UNITS)
    ]


async def tips(reader: SignedIn, *, archived: bool, before: UUID | None = None) -> Page[ReadTip, UUID]:
    """Up to 50 tips that the reader's units hear (an auditor reads all), the newest or those before ``before``."""
    rows = await Tip.raw(_TIPS, reader.reads_all, list(reader.units), archived, before, before, PAGE + 1)
    found = [
        ReadTip(
            **{name: row[name] for name in ("id", "body", "at", "state")},
            service=_words(row, "title") if row["title_fa"] else None,
            unit=_words(row, "unit"),
        )
        for row in rows
    ]
    return page_of(found, lambda one: one.id)


def _words(row: dict[str, Any], name: str) -> Words:
    return Words(fa=row[f"{name}_fa"], en=row[f"{name}_en"])
