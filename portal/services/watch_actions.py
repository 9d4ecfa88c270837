"""Who hears of promises in danger: the head of a unit, and what a service warns of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import msgspec

from db.clocks import UnitHead
from db.engine import atomic
from db.services import Service, Unit
from portal import audit
from portal.errors import Conflict, NotFound
from portal.forms import version_of
from portal.i18n import _
from portal.services import queries, unit_people
from portal.services.agency_actions import ChangedMeanwhile
from portal.services.statement import Watch

Enqueue = Callable[[UUID], Awaitable[None]]
"""Queues, in the caller's transaction, the work that has the open cases of a service warn as it says."""
USUAL = Watch()


class NotOfUnit(Conflict):
    """The account does not work for the unit, or no longer."""


@atomic
async def name_head(unit: UUID, account: UUID | None, *, now: datetime) -> bool:
    """``account`` is told when a promise of the unit is missed for long; None: nobody. Returns whether that is new.

    Raises NotFound; NotOfUnit for an account that does not work the cases of the unit.
    """
    if not await Unit.select(Unit.id).where(Unit.id == unit).lock_rows("NO KEY UPDATE"):
        raise NotFound(_("It does not exist any more."))
    if account is not None and not await unit_people.works_for(account, unit):
        raise NotOfUnit(_("This person does not work for the unit. Please choose another."))
    held = await UnitHead.select(UnitHead.account).where(UnitHead.unit == unit).first()
    before = held["account"] if held else None
    if account == before:
        return False
    await UnitHead.delete().where(UnitHead.unit == unit)
    if account is not None:
        await UnitHead.insert(UnitHead(unit=unit, account=account))
    data = {"account": str(account) if account else None}
    await audit.append("head_named", object=f"unit:{unit}", data=data, now=now)
    return True


@atomic
async def change_watch(
    service: UUID, watch: Watch, *, seen: str, enqueue: Enqueue | None, now: datetime
) -> bool:
    """The service warns as ``watch`` says, its open cases from when the job is done that ``enqueue`` queues.

    Returns whether that is new. Raises NotFound; ChangedMeanwhile unless ``seen`` is the version of what holds.
    """
    row = (
        await Service.select(Service.slug, Service.watch)
        .where(Service.id == service)
        .lock_rows("NO KEY UPDATE")
        .first()
    )
    if row is None:
        raise NotFound(_("It does not exist any more."))
    before = msgspec.json.decode(row["watch"], type=Watch) if row["watch"] else USUAL
    if watch == before:
        return False
    if seen != version_of(before):
        raise ChangedMeanwhile
    stored = None if watch == USUAL else msgspec.json.encode(watch).decode()
    await Service.update({Service.watch: stored}).where(Service.id == service)
    data = {"slug": row["slug"], "old": msgspec.to_builtins(before), "new": msgspec.to_builtins(watch)}
    await audit.append("watch_changed", object=f"service:{service}", data=data, now=now)
    if enqueue:
        await enqueue(service)
    queries.forget()
    return True
