"""What happens to the editions of a statement: they are published, one after the other.

At every instant at most one is in force; the schema holds that (``db.services.SlaVersion``). Editions that are
announced for a later instant can be read, and replaced before they begin.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.engine import atomic
from db.services import Agency, Service, SlaVersion
from portal import audit
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.services import queries
from portal.services.edition_queries import with_cover
from portal.services.statement import Cover, Sheet, Statement, sha256


class NotInOrder(Conflict):
    """An edition can't begin then; ``earliest`` is the first instant at which it can."""

    def __init__(self, message: str, earliest: datetime) -> None:
        super().__init__(message)
        self.earliest = earliest


class PromisedFree(Conflict):
    """A fee is asked while a statement says that the service is free."""

    def __init__(self) -> None:
        super().__init__(_("The statement says that this service is free, so it can't ask for a fee."))


@atomic
async def publish_statement(service: UUID, statement: Statement, *, at: datetime, now: datetime) -> int:
    """The statement is the service's next edition, in force from ``at``; the one before ends at that instant.

    Its cover says what the service is called now, on which law it stands and what it costs; later changes of the
    service leave it as it is. An edition that has not begun at ``at`` never will. Returns its number; the same
    document as the newest edition publishes nothing. Raises NotInOrder, NotFound.
    """
    cover = await _cover(await locked(service))
    newest = await newest_edition(service)
    if newest and _stands(newest, at) and with_cover(newest) == _complete(statement, cover, newest["n"]):
        return int(newest["n"])
    _check_order(newest, at, now)
    document = _complete(statement, cover, newest["n"] + 1 if newest else 1)
    if newest and newest["superseded_at"] is None:
        await SlaVersion.update({SlaVersion.superseded_at: at, SlaVersion.ending: "superseded"}).where(
            SlaVersion.id == newest["id"]
        )
    row = SlaVersion(
        service=service,
        n=document.version,
        previous=document.version - 1,
        document=msgspec.json.encode(document).decode(),
        sha256=sha256(document),
        in_force_from=at,
        follows=(newest["superseded_at"] or at) if newest else None,
    )
    await SlaVersion.insert(row)
    data = {"edition": document.version, "from": at.isoformat()}
    await audit.append("statement_published", object=f"service:{service}", data=data, now=now)
    queries.forget()
    return document.version


@atomic
async def check_fee(service: UUID, *, now: datetime) -> None:
    """No edition that is or will be in force calls the service free while it asks for a fee. Raises PromisedFree."""
    row = await Service.select(Service.free).where(Service.id == service).first()
    if row is None or row["free"]:
        return
    standing = (SlaVersion.superseded_at.is_null()) | (SlaVersion.superseded_at > now)
    editions = await SlaVersion.select().where(SlaVersion.service == service, standing)
    if any(_promises_free(edition) for edition in editions):
        raise PromisedFree


async def locked(service: UUID) -> dict[str, Any]:
    """The row of the service; nobody else publishes or ends anything of it until the transaction ends."""
    row: dict[str, Any] | None = (
        await Service.select().where(Service.id == service).lock_rows("NO KEY UPDATE").first()
    )
    if row is None:
        raise NotFound(_("It does not exist any more."))
    return row


async def newest_edition(service: UUID) -> dict[str, Any] | None:
    """The row of the last edition that was published, whether it has begun or not."""
    row: dict[str, Any] | None = (
        await SlaVersion.select()
        .where(SlaVersion.service == service)
        .order_by(SlaVersion.n, ascending=False)
        .first()
    )
    return row


def _stands(edition: dict[str, Any], at: datetime) -> bool:
    """Whether the newest edition is still to be in force at ``at`` or later."""
    return edition["superseded_at"] is None or bool(edition["superseded_at"] > at)


def _check_order(newest: dict[str, Any] | None, at: datetime, now: datetime) -> None:
    if at < now:
        raise NotInOrder(_("A statement can't begin in the past."), now)
    if newest is None:
        return
    if newest["ending"] == "terminated" and at < newest["superseded_at"]:
        raise NotInOrder(
            _("The end of the statement is announced. A new edition can begin once it has come."),
            newest["superseded_at"],
        )
    if at < newest["in_force_from"]:
        raise NotInOrder(
            _("Another edition is announced for later. The new one can begin together with it or after it."),
            newest["in_force_from"],
        )


def _promises_free(edition: dict[str, Any]) -> bool:
    begun_and_ended_at_once = edition["superseded_at"] == edition["in_force_from"]
    statement = msgspec.json.decode(edition["document"], type=Statement)
    return statement.free is True and not begun_and_ended_at_once


async def _cover(service: dict[str, Any]) -> Cover:
    names = await Agency.select(Agency.name_fa, Agency.name_en).where(Agency.id == service["agency"]).first()
    assert names
    sheet = msgspec.json.decode(service["sheet"], type=Sheet)
    return Cover(
        title=queries.words_of(service, "title"),
        agency=queries.words_of(names, "name"),
        legal_basis=sheet.legal_basis,
        cost_note=sheet.cost_note,
        fee=sheet.fee,
    )


def _complete(statement: Statement, cover: Cover, n: int) -> Statement:
    return msgspec.structs.replace(statement, cover=cover, version=n)
