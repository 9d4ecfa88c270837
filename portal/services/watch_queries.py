"""What the page of a service's warnings shows, always as the database has it now; of services not yet shown, too."""

from __future__ import annotations

from uuid import UUID

import msgspec

from db.services import Service
from portal.services.queries import is_slug
from portal.services.statement import Watch, Words


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A service and how it warns; ``unit_slug`` is its unit's name in addresses."""

    id: UUID
    slug: str
    title: Words
    state: str
    unit_id: UUID
    unit_slug: str
    watch: Watch


async def watched(slug: str) -> Watched | None:
    """The service at /admin/services/<slug>, or None."""
    if not is_slug(slug):
        return None
    columns = (Service.id, Service.title_fa, Service.title_en, Service.state, Service.unit, Service.watch)
    row = await Service.select(*columns, Service.unit.slug).where(Service.slug == slug).first()
    if row is None:
        return None
    return Watched(
        id=row["id"],
        slug=slug,
        title=Words(fa=row["title_fa"], en=row["title_en"]),
        state=row["state"],
        unit_id=row["unit"],
        unit_slug=row["unit.slug"],
        watch=msgspec.json.decode(row["watch"], type=Watch) if row["watch"] else Watch(),
    )
