"""What managers write for a service before it is published: one draft per service, saved part by part.

A change is a pure function from the draft to the next one. Two who edit are told apart by ``seen``, the
``forms.version_of`` the part on their page: who saves over somebody else's words is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from db.engine import atomic
from db.services import Service, Unit
from db.statements import ServiceDraft
from portal import audit
from portal.errors import NotFound
from portal.forms import version_of
from portal.i18n import _
from portal.services import editor_queries
from portal.services.agency_actions import ChangedMeanwhile, SlugTaken
from portal.services.editions import locked
from portal.services.rules import Draft, Row, blank_draft, rows_of, with_rows
from portal.services.statement import Words

Change = Callable[[Draft], Draft]


@atomic
async def add_service(slug: str, title: Words, unit: str, *, by: UUID, now: datetime) -> None:
    """The service exists, shown to nobody, with an empty draft that has its title and unit (a slug).

    Raises SlugTaken, NotFound when the unit has gone.
    """
    draft = msgspec.structs.replace(blank_draft(), title=title, unit=unit)
    place = await Unit.select(Unit.id, Unit.agency).where(Unit.slug == unit).first()
    if place is None:
        raise NotFound(_("This unit does not exist any more."))
    last = await Service.select(Service.position).order_by(Service.position, ascending=False).first()
    row = Service(
        slug=slug,
        agency=place["agency"],
        unit=place["id"],
        title_fa=title.fa,
        title_en=title.en,
        audience="[]",
        intake_channels="[]",
        sheet=msgspec.json.encode(draft.sheet).decode(),
        position=last["position"] + 1 if last else 0,
    )
    made = (
        await Service.insert(row).on_conflict(target=Service.slug, action="DO NOTHING").returning(Service.id)
    )
    if not made:
        raise SlugTaken
    await _keep(row.id, draft, by=by, now=now)
    await audit.append("service_added", object=f"service:{row.id}", data={"slug": slug}, now=now)


@atomic
async def redraft(service: UUID, change: Change, *, part: str, by: UUID, now: datetime) -> Draft:
    """The service's draft is what ``change`` makes of it, or of what holds where nothing was drafted; returns it.

    Raises what ``change`` raises, NotFound.
    """
    await locked(service)
    before = await editor_queries.draft_of(service)
    after = change(before)
    if after != before:
        await _keep(service, after, by=by, now=now)
        await audit.append("service_drafted", object=f"service:{service}", data={"part": part}, now=now)
    return after


@atomic
async def drop_draft(service: UUID, *, now: datetime) -> None:
    """Nothing is drafted for the service. Raises NotFound."""
    await locked(service)
    if await ServiceDraft.delete().where(ServiceDraft.service == service).returning(ServiceDraft.id):
        await audit.append("service_draft_dropped", object=f"service:{service}", now=now)


def replaced(
    values: dict[str, Any], *, seen: str, version: Callable[[Draft], str], inside: str = ""
) -> Change:
    """The draft (or its part ``inside``) gets ``values``, unless what was filled in is not ``seen`` any more."""

    def change(draft: Draft) -> Draft:
        if inside:
            after = msgspec.structs.replace(
                draft, **{inside: msgspec.structs.replace(getattr(draft, inside), **values)}
            )
        else:
            after = msgspec.structs.replace(draft, **values)
        if after != draft and version(draft) != seen:
            raise ChangedMeanwhile
        return after

    return change


def with_row(part: str, make: Callable[[Draft, Row | None], Row], *, seen: str) -> Change:
    """The list ``part`` holds what ``make`` makes of the row that was ``seen``; of None, at the end, without one."""

    def change(draft: Draft) -> Draft:
        rows = list(rows_of(draft, part))
        if not seen:
            return with_rows(draft, part, [*rows, make(draft, None)])
        place = _place(rows, seen)
        rows[place] = make(draft, rows[place])
        return with_rows(draft, part, rows)

    return change


def without_row(part: str, *, seen: str) -> Change:
    """The row that was ``seen`` is not in the list ``part`` any more."""

    def change(draft: Draft) -> Draft:
        rows = list(rows_of(draft, part))
        del rows[_place(rows, seen)]
        return with_rows(draft, part, rows)

    return change


def moved(part: str, *, seen: str, up: bool) -> Change:
    """The row that was ``seen`` stands one place earlier (or later); a clause moves within its section."""

    def change(draft: Draft) -> Draft:
        rows = list(rows_of(draft, part))
        place = _place(rows, seen)
        others = range(place - 1, -1, -1) if up else range(place + 1, len(rows))
        group = getattr(rows[place], "section", None)
        for other in others:
            if getattr(rows[other], "section", None) == group:
                rows[place], rows[other] = rows[other], rows[place]
                break
        return with_rows(draft, part, rows)

    return change


def _place(rows: Sequence[Row], seen: str) -> int:
    for place, row in enumerate(rows):
        if version_of(row) == seen:
            return place
    raise ChangedMeanwhile


async def _keep(service: UUID, draft: Draft, *, by: UUID, now: datetime) -> None:
    row = ServiceDraft(
        service=service, document=msgspec.json.encode(draft).decode(), changed_at=now, changed_by=by
    )
    values = [ServiceDraft.document, ServiceDraft.changed_at, ServiceDraft.changed_by]
    await ServiceDraft.insert(row).on_conflict(
        target=cast(Any, ServiceDraft.service), action="DO UPDATE", values=values
    )
