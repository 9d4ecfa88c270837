"""What is drafted for a service becomes what holds; a service is opened for requests and closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns import Column

from db.engine import atomic
from db.services import FormVersion, Service, Unit
from db.statements import ServiceDraft
from portal import audit, place, sla
from portal.calendars import queries as calendar_queries
from portal.errors import Conflict, NotFound
from portal.forms import version_of
from portal.i18n import _
from portal.marks import Target
from portal.services import editor_queries, queries, rules
from portal.services.actions import publish_form, refresh_search
from portal.services.agency_actions import ChangedMeanwhile
from portal.services.editions import check_fee, locked, publish_statement
from portal.services.labels import TARGETS
from portal.services.rules import Draft
from portal.workdays import EmptyCalendar


class Incomplete(Conflict):
    """Something is missing that a published service must have."""

    def __init__(self) -> None:
        super().__init__(_("Something is still missing, so it can't be published."))


class NeverDue(Conflict):
    """The calendar of ``target`` has too little working time for it."""

    def __init__(self, target: Target) -> None:
        message = _("“%(promise)s” would never fall due: its calendar has too little working time.")
        super().__init__(message % {"promise": _(TARGETS[target.key])})


@atomic
async def publish_draft(service: UUID, *, seen: str, at: datetime | None, now: datetime) -> int:
    """What was drafted holds, and nothing is drafted any more; returns the number of the statement's edition.

    The sheet holds at once, form and statement from ``at`` (None: now). A form or a statement that did not change
    stays the edition it is. Raises ChangedMeanwhile when the draft is not the one that was ``seen``, Incomplete,
    NeverDue, NotInOrder, PromisedFree, NotFound.
    """
    await locked(service)
    draft = await editor_queries.draft_of(service)
    if version_of(draft) != seen:
        raise ChangedMeanwhile
    if rules.missing(draft):
        raise Incomplete
    begins = at or now
    await _check_targets(draft.statement.targets, begins)
    await _publish_sheet(service, draft)
    await publish_form(service, draft.form, at=begins)
    edition = await publish_statement(service, draft.statement, at=begins, now=now)
    await check_fee(service, now=now)
    await ServiceDraft.delete().where(ServiceDraft.service == service)
    data = {"edition": edition, "from": begins.isoformat()}
    await audit.append("service_published", object=f"service:{service}", data=data, now=now)
    _forget()
    return edition


@atomic
async def open_service(service: UUID, *, now: datetime) -> None:
    """The service is shown and takes requests while its statement is not ended. Raises Incomplete, NotFound."""
    await locked(service)
    if not await FormVersion.exists().where(FormVersion.service == service):
        raise Incomplete
    await _set_state(service, "open", now)


@atomic
async def close_service(service: UUID, *, now: datetime) -> None:
    """The service is shown and takes no new requests; open cases go on.

    Raises Incomplete for one that was never opened, NotFound.
    """
    row = await locked(service)
    if row["state"] == "draft":
        raise Incomplete
    await _set_state(service, "closed", now)


_SAID = {"open": "service_opened", "closed": "service_closed", "desk": "service_made_desk"}


@atomic
async def make_desk(service: UUID, *, now: datetime) -> None:
    """The service is the electronic desk as a whole: it stands in no catalogue and takes feedback only.

    Raises Incomplete for one that is open or was never published, NotFound.
    """
    row = await locked(service)
    if row["state"] == "open" or not await FormVersion.exists().where(FormVersion.service == service):
        raise Incomplete
    await _set_state(service, "desk", now)


async def _check_targets(targets: Iterable[Target], at: datetime) -> None:
    calendars = await calendar_queries.newest()
    for target in targets:
        try:
            sla.due_at(target, calendars[target.calendar].calendar, at)
        except EmptyCalendar as empty:
            raise NeverDue(target) from empty


async def _set_state(service: UUID, state: str, now: datetime) -> None:
    changed = (
        await Service.update({Service.state: state})
        .where(Service.id == service, Service.state != state)
        .returning(Service.id)
    )
    if changed:
        await audit.append(_SAID[state], object=f"service:{service}", now=now)
    _forget()


async def _publish_sheet(service: UUID, draft: Draft) -> None:
    unit = await Unit.select(Unit.id, Unit.agency).where(Unit.slug == draft.unit).first()
    if unit is None:
        raise NotFound(_("This unit does not exist any more."))
    values: dict[Column | str, Any] = {
        Service.title_fa: draft.title.fa,
        Service.title_en: draft.title.en,
        Service.audience: _json(draft.audience),
        Service.intake_channels: _json(draft.intake_channels),
        Service.sheet: _json(draft.sheet),
        Service.free: draft.fee == 0,
        Service.sensitive: draft.sensitive,
        Service.retention_months: draft.retention_months,
        Service.recheck_days: draft.recheck_days,
        Service.unit: unit["id"],
        Service.agency: unit["agency"],
    }
    await Service.update(values).where(Service.id == service)
    await refresh_search(Service.id == service)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _forget() -> None:
    queries.forget()
    place.forget()
