"""What a site admin sees of agencies and their units, always as the database has it now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import ForeignKey

from db.services import Agency, Service, Unit
from portal.services import unit_people
from portal.services.queries import is_slug
from portal.services.statement import Words

AGENCY_VALUES = ("name_fa", "name_en", "outside_fa", "outside_en", "outside_url")
UNIT_VALUES = ("kind", "name_fa", "name_en", "phone", "email")


class ListedUnit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit in a list; ``kind`` as in ``db.services.Unit``; ``unattended``: complaints go there, to nobody."""

    slug: str
    name: Words
    phone: str
    email: str
    kind: str
    unattended: bool


class ListedAgency(msgspec.Struct, frozen=True, kw_only=True):
    """An agency with its units."""

    slug: str
    name: Words
    units: tuple[ListedUnit, ...]

    @property
    def inspected(self) -> bool:
        """Whether it has a unit that hears complaints."""
        return any(unit.kind == "inspection" for unit in self.units)


class AgencyAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """One agency to edit; ``values`` are what its form is filled with. ``used``: something belongs to it."""

    id: UUID
    slug: str
    name: Words
    values: dict[str, str]
    units: tuple[ListedUnit, ...]
    used: bool


class UnitAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """One unit to edit; ``values`` are what its form is filled with, ``agency`` the slug of its agency.

    ``used``: something belongs to it. With ``services`` it stays with its agency.
    """

    id: UUID
    slug: str
    agency: str
    agency_name: Words
    name: Words
    values: dict[str, str]
    services: tuple[Words, ...]
    used: bool


async def agencies() -> list[ListedAgency]:
    """Every agency with its units, by their slugs."""
    units: dict[UUID, list[ListedUnit]] = {}
    unattended = await _unattended()
    for row in await Unit.select().order_by(Unit.slug):
        units.setdefault(row["agency"], []).append(_listed(row, unattended))
    rows = await Agency.select().order_by(Agency.slug)
    return [
        ListedAgency(slug=row["slug"], name=_name(row), units=tuple(units.get(row["id"], ()))) for row in rows
    ]


async def agency_by_slug(slug: str) -> AgencyAtHand | None:
    """The agency at /admin/agencies/<slug>, or None."""
    row = await Agency.select().where(Agency.slug == slug).first() if is_slug(slug) else None
    if row is None:
        return None
    units = await Unit.select().where(Unit.agency == row["id"]).order_by(Unit.slug)
    unattended = await _unattended()
    return AgencyAtHand(
        id=row["id"],
        slug=row["slug"],
        name=_name(row),
        values={name: row[name] for name in AGENCY_VALUES},
        units=tuple(_listed(unit, unattended) for unit in units),
        used=await _used(Agency._meta.foreign_key_references, row["id"]),
    )


async def unit_by_slug(slug: str) -> UnitAtHand | None:
    """The unit at /admin/units/<slug>, or None."""
    row = await _unit(slug) if is_slug(slug) else None
    if row is None:
        return None
    services = await Service.select().where(Service.unit == row["id"]).order_by(Service.position)
    return UnitAtHand(
        id=row["id"],
        slug=row["slug"],
        agency=row["agency.slug"],
        agency_name=Words(fa=row["agency.name_fa"], en=row["agency.name_en"]),
        name=_name(row),
        values={
            "agency": row["agency.slug"],
            **{name: row[name] for name in UNIT_VALUES},
        },
        services=tuple(Words(fa=service["title_fa"], en=service["title_en"]) for service in services),
        used=await _used(Unit._meta.foreign_key_references, row["id"]),
    )


async def _unit(slug: str) -> dict[str, Any] | None:
    agency = (Unit.agency.slug, Unit.agency.name_fa, Unit.agency.name_en)
    row: dict[str, Any] | None = (
        await Unit.select(Unit.id, Unit.slug, *(getattr(Unit, name) for name in UNIT_VALUES), *agency)
        .where(Unit.slug == slug)
        .first()
    )
    return row


async def _used(references: list[ForeignKey], row: UUID) -> bool:
    """Whether a row of any table points to ``row``."""
    for column in references:
        if await column._meta.table.exists().where(column == row):
            return True
    return False


async def _unattended() -> set[str]:
    return {unit.slug for unit in await unit_people.unattended()}


def _listed(row: dict[str, Any], unattended: set[str]) -> ListedUnit:
    return ListedUnit(
        slug=row["slug"],
        name=_name(row),
        phone=row["phone"],
        email=row["email"],
        kind=row["kind"],
        unattended=row["slug"] in unattended,
    )


def _name(row: dict[str, Any]) -> Words:
    return Words(fa=row["name_fa"], en=row["name_en"])
