"""What happens to agencies and their units: a site admin adds, changes and removes them.

Two who edit the same one are told apart by ``seen``, the ``forms.version_of`` the values on their page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from piccolo.table import Table

from db.engine import atomic
from db.services import Agency, Service, Unit
from portal import audit, place
from portal.errors import Conflict, NotFound
from portal.forms import version_of
from portal.i18n import _
from portal.services import queries
from portal.services.actions import refresh_search


class AgencyDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What an agency is called, and who outside of it hears complaints after it (empty: nobody is named)."""

    name_fa: str
    name_en: str
    outside_fa: str = ""
    outside_en: str = ""
    outside_url: str = ""


class UnitDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit is called, whose it is (the agency's slug), how it is reached (empty: not said), what it is for."""

    agency: str
    name_fa: str
    name_en: str
    phone: str
    email: str
    kind: str = "desk"


class SlugTaken(Conflict):
    """Another one has this address."""

    def __init__(self) -> None:
        super().__init__(_("This address is taken. Please choose another."))


class ChangedMeanwhile(Conflict):
    """Somebody else has changed it since the page was opened."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else has changed this meanwhile."))


class StillUsed(Conflict):
    """Something belongs to it, so it stays."""


@atomic
async def add_agency(slug: str, draft: AgencyDraft, *, now: datetime) -> None:
    """The agency ``slug`` exists, without units. Raises SlugTaken."""
    await _add(Agency(slug=slug, **msgspec.structs.asdict(draft)), now=now)


@atomic
async def add_unit(slug: str, draft: UnitDraft, *, now: datetime) -> None:
    """The unit ``slug`` exists in its agency. Raises SlugTaken, NotFound when the agency has gone."""
    await _add(Unit(slug=slug, **await _columns(draft)), now=now)


@atomic
async def change_agency(agency: UUID, draft: AgencyDraft, *, seen: str, now: datetime) -> list[str]:
    """The agency is called as ``draft`` says, on every page and in the search; returns what is new.

    Raises ChangedMeanwhile, NotFound.
    """
    row = await _locked(Agency, agency)
    before = {name: row[name] for name in AgencyDraft.__struct_fields__}
    after = msgspec.structs.asdict(draft)
    changed = await _change(Agency, agency, before, after, held=version_of(before), seen=seen, now=now)
    if changed:
        await refresh_search(Service.agency == agency)
    return changed


@atomic
async def change_unit(unit: UUID, draft: UnitDraft, *, seen: str, now: datetime) -> list[str]:
    """The unit is as ``draft`` says, on every page and in the search; returns what is new.

    Raises ChangedMeanwhile; NotFound; StillUsed for another agency while services belong to the unit.
    """
    row = await _locked(Unit, unit)
    before = {name: row[name] for name in UnitDraft.__struct_fields__}
    agency = await Agency.select(Agency.slug).where(Agency.id == row["agency"]).first()
    held = version_of({**before, "agency": agency["slug"] if agency else ""})
    after = await _columns(draft)
    if after["agency"] != row["agency"] and await Service.exists().where(Service.unit == unit):
        raise StillUsed(_("This unit has services, so it stays with its agency."))
    changed = await _change(Unit, unit, before, after, held=held, seen=seen, now=now)
    if changed:
        await refresh_search(Service.unit == unit)
    return changed


@atomic
async def remove_agency(agency: UUID, *, now: datetime) -> None:
    """There is no such agency any more. Raises NotFound, StillUsed when something belongs to it."""
    await _remove(Agency, agency, now=now)


@atomic
async def remove_unit(unit: UUID, *, now: datetime) -> None:
    """There is no such unit any more. Raises NotFound, StillUsed when something belongs to it."""
    await _remove(Unit, unit, now=now)


async def _add(row: Table, *, now: datetime) -> None:
    key, name = row._meta.primary_key, row._meta.tablename
    slug = row._meta.get_column_by_name("slug")
    made = await type(row).insert(row).on_conflict(target=slug, action="DO NOTHING").returning(key, slug)
    if not made:
        raise SlugTaken
    data = {"slug": made[0]["slug"]}
    await audit.append(f"{name}_added", object=f"{name}:{made[0]['id']}", data=data, now=now)
    _forget()


async def _locked(table: type[Agency] | type[Unit], row: UUID) -> dict[str, Any]:
    """The row as it is; nobody else changes it until the transaction ends."""
    found: dict[str, Any] | None = (
        await table.select().where(table.id == row).lock_rows("NO KEY UPDATE").first()
    )
    if found is None:
        raise _gone()
    return found


async def _change(
    table: type[Table],
    row: UUID,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    held: str,
    seen: str,
    now: datetime,
) -> list[str]:
    changed = [name for name, value in after.items() if value != before[name]]
    if not changed:
        return []
    if held != seen:
        raise ChangedMeanwhile
    key = table._meta.primary_key
    await table.update({name: after[name] for name in changed}).where(key == row)
    old, new = ({name: str(values[name]) for name in changed} for values in (before, after))
    name = table._meta.tablename
    await audit.append(f"{name}_changed", object=f"{name}:{row}", data={"old": old, "new": new}, now=now)
    _forget()
    return changed


async def _remove(table: type[Table], row: UUID, *, now: datetime) -> None:
    key, name = table._meta.primary_key, table._meta.tablename
    slug = table._meta.get_column_by_name("slug")
    try:
        removed = await table.delete().where(key == row).returning(slug)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise StillUsed(_("Something belongs to it now, so it can't be removed.")) from error
    if not removed:
        raise _gone()
    await audit.append(f"{name}_removed", object=f"{name}:{row}", data=removed[0], now=now)
    _forget()


async def _columns(draft: UnitDraft) -> dict[str, Any]:
    agency = await Agency.select(Agency.id).where(Agency.slug == draft.agency).first()
    if agency is None:
        raise NotFound(_("This agency does not exist any more."))
    return {**msgspec.structs.asdict(draft), "agency": agency["id"]}


def _gone() -> NotFound:
    return NotFound(_("It does not exist any more."))


def _forget() -> None:
    """Names and telephones that this process remembers are those before the change."""
    queries.forget()
    place.forget()
