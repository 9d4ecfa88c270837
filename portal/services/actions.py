"""What happens to services: they are loaded from files and found by their names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column
from piccolo.columns.combination import Where
from piccolo.table import Table

from db.engine import atomic
from db.services import Agency, FormVersion, Service, Unit
from portal import text
from portal.calendars import actions as calendar_actions
from portal.i18n import Words
from portal.office_hours import IRAN_OFFICE
from portal.services import queries
from portal.services.editions import check_fee, newest_edition, publish_statement
from portal.services.statement import Field, Place, ServiceFile, Sheet

SAMPLES = Path(__file__).parent / "samples"
SAMPLE_ORDER = (
    "yearbook-qom",
    "performance-evaluation",
    "resource-monitoring",
    "spatial-observatory",
    "yearbook-tehran",
)
OFFICE_CALENDAR = "iran-office"
OFFICE_TITLE = Words("ساعت کار اداری ایران", "Office hours of Iran")


@atomic
async def load_service(file: ServiceFile, *, position: int, now: datetime) -> UUID:
    """The service ``file`` describes is shown at /services/<slug> as the file has it; returns its id.

    A new service is open. A form or a statement that differs from the newest becomes a new edition, a
    statement's in force from ``now`` (or as soon as what is announced lets it), the one before it superseded at the
    same instant; the number inside the document is the edition's. The same file again changes nothing. What is
    edited here stays: the state somebody gave the service, its calendar, its agency and its unit; the file makes
    only those that are missing. Raises PromisedFree.
    """
    agency = await _offer(_agency(file.agency), Agency.slug)
    unit = await _offer(_unit(file.unit, agency), Unit.slug)
    await calendar_actions.offer(OFFICE_CALENDAR, OFFICE_TITLE, IRAN_OFFICE, now=now)
    service = await _keep_service(_service(file, agency=agency, unit=unit, position=position))
    await refresh_search(Service.id == service)
    await publish_form(service, file.form, at=now)
    newest = await newest_edition(service)
    at = max(now, newest["superseded_at"] or newest["in_force_from"]) if newest else now
    await publish_statement(service, file.statement, at=at, now=now)
    await check_fee(service, now=now)
    queries.forget()
    return service


async def load_samples(now: datetime) -> None:
    """The five sample services are there, in the order the desk shows them; one that was there stays as it is."""
    for position, slug in enumerate(SAMPLE_ORDER):
        if not await Service.exists().where(Service.slug == slug):
            await load_service(read_sample(slug), position=position, now=now)


def read_sample(slug: str) -> ServiceFile:
    """A sample as its file has it. Raises msgspec.ValidationError for a file that is none."""
    return msgspec.json.decode((SAMPLES / f"{slug}.json").read_bytes(), type=ServiceFile)


async def refresh_search(which: Where) -> None:
    """The catalogue finds those services by what they, their agencies and their units are called now."""
    called = (
        Service.title_fa,
        Service.title_en,
        Service.agency.name_fa,
        Service.agency.name_en,
        Service.unit.name_fa,
        Service.unit.name_en,
    )
    for row in await Service.select(Service.id, Service.sheet, *called).where(which):
        sheet = msgspec.json.decode(row.pop("sheet"), type=Sheet)
        service = row.pop("id")
        words = [f"{words.fa} {words.en}" for words in (sheet.summary, sheet.description, *sheet.documents)]
        key = text.search_key(" ".join([*row.values(), *words]))
        await Service.update({Service.search_key: key}).where(Service.id == service)


async def _keep_service(service: Service) -> UUID:
    stays = {"id", "slug", "state", "search_key", "watch"}
    values = [column for column in Service._meta.columns if column._meta.name not in stays]
    return await _upsert(service, Service.slug, values)


async def _offer(row: Table, target: Column) -> UUID:
    """``row`` is in its table, unless one of the same ``target`` is there, which stays as it is."""
    return await _upsert(row, target, [target])  # DO NOTHING would return no key


async def _upsert(row: Table, target: Column, values: list[Column]) -> UUID:
    """``row`` is in its table; one of the same ``target`` has its ``values`` now. Returns the key.

    Locks the row until the transaction ends.
    """
    table = type(row)
    made = (
        await table.insert(row)
        .on_conflict(target=target, action="DO UPDATE", values=values)
        .returning(table._meta.primary_key)
    )
    kept: UUID = made[0]["id"]
    return kept


def _agency(place: Place) -> Agency:
    return Agency(slug=place.slug, name_fa=place.name.fa, name_en=place.name.en)


def _unit(place: Place, agency: UUID) -> Unit:
    return Unit(
        slug=place.slug,
        agency=agency,
        name_fa=place.name.fa,
        name_en=place.name.en,
        phone=place.phone,
        email=place.email,
    )


def _service(file: ServiceFile, *, agency: UUID, unit: UUID, position: int) -> Service:
    return Service(
        slug=file.slug,
        agency=agency,
        unit=unit,
        title_fa=file.title.fa,
        title_en=file.title.en,
        audience=_json(file.audience),
        intake_channels=_json(file.intake_channels),
        sheet=_json(file.sheet),
        free=file.fee == 0,
        sensitive=file.sensitive,
        retention_months=file.retention_months,
        recheck_days=file.recheck_days,
        state="open",
        position=position,
    )


async def publish_form(service: UUID, fields: tuple[Field, ...], *, at: datetime) -> None:
    """The service asks ``fields`` from ``at`` on; the same as in the newest edition changes nothing."""
    newest = (
        await FormVersion.select(FormVersion.n, FormVersion.fields)
        .where(FormVersion.service == service)
        .order_by(FormVersion.n, ascending=False)
        .first()
    )
    if newest and msgspec.json.decode(newest["fields"], type=tuple[Field, ...]) == fields:
        return
    n = newest["n"] + 1 if newest else 1
    await FormVersion.insert(FormVersion(service=service, n=n, fields=_json(fields), published_at=at))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
