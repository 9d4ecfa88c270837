"""What managers see of the services they keep, always as the database has it now."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.calendars import Calendar
from db.services import FormVersion, Service, Unit
from db.statements import ServiceDraft
from portal.services.edition_queries import state_at
from portal.services.editions import newest_edition
from portal.services.queries import is_slug, words_of
from portal.services.rules import Draft, blank_draft
from portal.services.statement import Audience, Channel, Field, Sheet, Statement, Words

_LIST = """
    SELECT s.slug, s.state, s.title_fa, s.title_en, u.name_fa AS unit_fa, u.name_en AS unit_en,
           d.changed_at AS drafted_at,
           (SELECT max(n) FROM sla_version WHERE service = s.id AND in_force_from <= {}
            AND (superseded_at IS NULL OR superseded_at > {})) AS in_force
    FROM service s
    JOIN unit u ON u.id = s.unit
    LEFT JOIN service_draft d ON d.service = s.id
    ORDER BY s.position, s.slug
"""
_OPEN_CASES = """
    SELECT v.n, count(*) AS cases
    FROM "case" c JOIN sla_version v ON v.id = c.sla_version
    WHERE c.service = {} AND c.state NOT IN ('closed', 'rejected', 'withdrawn')
    GROUP BY v.n ORDER BY v.n
"""


class ListedService(msgspec.Struct, frozen=True, kw_only=True):
    """A service in the list; ``in_force`` is the number of its edition, None without one."""

    slug: str
    state: str
    title: Words
    unit: Words
    in_force: int | None
    drafted_at: datetime | None


class EditionLine(msgspec.Struct, frozen=True, kw_only=True):
    """The newest edition of a statement; ``state`` as in ``edition_queries.Edition``."""

    n: int
    state: str
    begins: datetime
    ends: datetime | None


class ServiceAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """One service to edit: the draft, and what was published (None: nothing yet).

    ``changed_by`` and ``changed_at`` say who worked on the draft last, None while nothing is drafted.
    """

    id: UUID
    slug: str
    state: str
    draft: Draft
    published: Draft | None
    newest: EditionLine | None
    changed_by: str | None
    changed_at: datetime | None

    @property
    def title(self) -> Words:
        return self.draft.title

    @property
    def drafted(self) -> bool:
        return self.changed_at is not None


async def services(*, now: datetime) -> list[ListedService]:
    """Every service, drafts too, in the desk's order."""
    return [
        ListedService(
            title=words_of(row, "title"),
            unit=words_of(row, "unit"),
            **{name: row[name] for name in ("slug", "state", "in_force", "drafted_at")},
        )
        for row in await Service.raw(_LIST, now, now)
    ]


async def service_to_edit(slug: str, *, now: datetime) -> ServiceAtHand | None:
    """The service at /admin/services/<slug>, or None."""
    row = await Service.select().where(Service.slug == slug).first() if is_slug(slug) else None
    if row is None:
        return None
    drafted = (
        await ServiceDraft.select(
            ServiceDraft.document, ServiceDraft.changed_at, ServiceDraft.changed_by.display_name
        )
        .where(ServiceDraft.service == row["id"])
        .first()
    ) or {}
    published = await _published(row)
    edition = await newest_edition(row["id"])
    return ServiceAtHand(
        id=row["id"],
        slug=row["slug"],
        state=row["state"],
        draft=_decoded(drafted["document"]) if drafted else published or blank_draft(),
        published=published,
        newest=_line(edition, now) if edition else None,
        changed_by=drafted.get("changed_by.display_name"),
        changed_at=drafted.get("changed_at"),
    )


async def draft_of(service: UUID) -> Draft:
    """What is drafted for the service, or what was published where nothing is."""
    drafted = await ServiceDraft.select(ServiceDraft.document).where(ServiceDraft.service == service).first()
    if drafted:
        return _decoded(drafted["document"])
    row = await Service.select().where(Service.id == service).first()
    return (await _published(row) if row else None) or blank_draft()


async def open_cases(service: UUID) -> list[tuple[int, int]]:
    """How many open cases each edition has, by its number."""
    return [(row["n"], row["cases"]) for row in await Service.raw(_OPEN_CASES, service)]


async def units() -> list[tuple[str, Words]]:
    """The units a service may have, by slug."""
    rows = await Unit.select(Unit.slug, Unit.name_fa, Unit.name_en).order_by(Unit.slug)
    return [(row["slug"], words_of(row, "name")) for row in rows]


async def calendars() -> dict[str, Words]:
    """The titles of the calendars a target may count in, by name."""
    rows = await Calendar.select(Calendar.name, Calendar.title_fa, Calendar.title_en).order_by(Calendar.name)
    return {row["name"]: words_of(row, "title") for row in rows}


def _decoded(document: str) -> Draft:
    return msgspec.json.decode(document, type=Draft)


def _line(edition: dict[str, Any], now: datetime) -> EditionLine:
    begins, ends = edition["in_force_from"], edition["superseded_at"]
    state = state_at(now, begins, ends, edition["ending"])
    return EditionLine(n=edition["n"], state=state, begins=begins, ends=ends)


async def _published(row: dict[str, Any]) -> Draft | None:
    """The service as it was published last, whether all of it holds yet or not; None for one that never was."""
    edition = await newest_edition(row["id"])
    form = (
        await FormVersion.select(FormVersion.fields)
        .where(FormVersion.service == row["id"])
        .order_by(FormVersion.n, ascending=False)
        .first()
    )
    if edition is None or form is None:
        return None
    unit = await Unit.select(Unit.slug).where(Unit.id == row["unit"]).first()
    sheet = msgspec.json.decode(row["sheet"], type=Sheet)
    statement = msgspec.json.decode(edition["document"], type=Statement)
    return Draft(
        **{name: getattr(sheet, name) for name in Sheet.__struct_fields__},
        title=words_of(row, "title"),
        audience=msgspec.json.decode(row["audience"], type=tuple[Audience, ...]),
        intake_channels=msgspec.json.decode(row["intake_channels"], type=tuple[Channel, ...]),
        sensitive=row["sensitive"],
        retention_months=row["retention_months"],
        recheck_days=row["recheck_days"],
        form=msgspec.json.decode(form["fields"], type=tuple[Field, ...]),
        statement=msgspec.structs.replace(statement, cover=msgspec.UNSET),
        unit=unit["slug"] if unit else "",
    )
