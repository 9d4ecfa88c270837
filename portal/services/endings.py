"""How a statement is ended: somebody proposes it, every office that the statement names agrees, then it is announced.

The announcement comes by itself with the last approval. Up to its moment the service takes requests as before;
from then on it takes none until a new edition is published. Open cases keep their edition.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from piccolo.columns import Column

from db.accounts import Account
from db.engine import atomic
from db.services import SlaVersion
from db.statements import EndingApproval, SlaEnding
from portal import audit
from portal.errors import Conflict, NotAllowed, NotFound
from portal.i18n import _
from portal.services import queries
from portal.services.editions import locked, newest_edition
from portal.services.statement import Ending, Statement, Words


class EndingDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to end a statement; a mutual one names the consent of both parties, as it was recorded."""

    kind: Literal["notice", "mutual"]
    reason: str
    notice: Words
    effective_at: datetime
    provider_consent: str = ""
    recipient_consent: str = ""


class TooSoon(Conflict):
    """The notice would be shorter than the statement says; ``earliest`` is the first moment that would do."""

    def __init__(self, earliest: datetime) -> None:
        super().__init__(_("That is sooner than the notice which this statement promises."))
        self.earliest = earliest


class CantEnd(Conflict):
    """This statement can't be ended so; says why."""


class OnePersonTwice(NotAllowed):
    """Two offices need two people."""


@atomic
async def propose_ending(service: UUID, draft: EndingDraft, *, by: UUID, now: datetime) -> UUID:
    """The newest edition may be ended as ``draft`` says, once every office of its statement agrees; returns the id.

    Raises CantEnd, TooSoon, NotFound.
    """
    await locked(service)
    edition, rule = await _edition_at_hand(service)
    _check(draft, rule)
    _check_notice(draft.effective_at, edition, rule, now)
    row = SlaEnding(
        sla_version=edition["id"],
        kind=draft.kind,
        reason=draft.reason,
        notice_fa=draft.notice.fa,
        notice_en=draft.notice.en,
        provider_consent=draft.provider_consent,
        recipient_consent=draft.recipient_consent,
        effective_at=draft.effective_at,
        proposed_by=by,
        proposed_at=now,
    )
    if await SlaEnding.exists().where(
        SlaEnding.sla_version == edition["id"], SlaEnding.withdrawn_at.is_null()
    ):
        raise CantEnd(_("Somebody has proposed to end it already."))
    await SlaEnding.insert(row)
    await _note("ending_proposed", service, row.id, now)
    return row.id


@atomic
async def approve_ending(ending: UUID, *, office: str, by: UUID, now: datetime) -> bool:
    """``office`` agrees, as the manager ``by`` records; returns whether that was the last one.

    Then the end is announced: the notice is public and the edition ends at the moment that was proposed. Raises
    OnePersonTwice, CantEnd, TooSoon (nothing is recorded then), NotAllowed for whoever is no manager, NotFound.
    """
    row, service = await _locked_ending(ending)
    edition, rule = await _edition_at_hand(service)
    if row["notice_at"] or row["withdrawn_at"] or edition["id"] != row["sla_version"]:
        raise CantEnd(_("This proposal is no longer open."))
    if office not in {known.key for known in rule.offices}:
        raise CantEnd(_("The statement does not name this office."))
    if not await Account.exists().where(Account.id == by, Account.role == "manager"):
        raise NotAllowed(_("Only a manager can record that an office agrees."))
    await _record(ending, office, by, now)
    await _note("ending_approved", service, ending, now, office=office)
    agreed = await EndingApproval.select(EndingApproval.office).where(EndingApproval.ending == ending)
    if {known.key for known in rule.offices} - {approval["office"] for approval in agreed}:
        return False
    _check_notice(row["effective_at"], edition, rule, now)
    await SlaEnding.update({SlaEnding.notice_at: now}).where(SlaEnding.id == ending)
    end: dict[Column | str, Any] = {
        SlaVersion.superseded_at: row["effective_at"],
        SlaVersion.ending: "terminated",
    }
    await SlaVersion.update(end).where(SlaVersion.id == edition["id"])
    await _note("ending_announced", service, ending, now)
    queries.forget()
    return True


@atomic
async def withdraw_ending(ending: UUID, *, now: datetime) -> None:
    """The proposal is given up; an announced end that has not come is called off, and the edition goes on.

    Raises CantEnd, NotFound.
    """
    row, service = await _locked_ending(ending)
    newest = await newest_edition(service)
    if row["withdrawn_at"]:
        raise CantEnd(_("This proposal is no longer open."))
    if row["notice_at"]:
        if row["effective_at"] <= now or newest is None or newest["id"] != row["sla_version"]:
            raise CantEnd(_("The end has come, or a new edition follows it, so it can't be called off."))
        goes_on: dict[Column | str, Any] = {SlaVersion.superseded_at: None, SlaVersion.ending: ""}
        await SlaVersion.update(goes_on).where(SlaVersion.id == row["sla_version"])
    await SlaEnding.update({SlaEnding.withdrawn_at: now}).where(SlaEnding.id == ending)
    await _note("ending_withdrawn", service, ending, now)
    queries.forget()


async def _record(ending: UUID, office: str, by: UUID, now: datetime) -> None:
    """The approval is kept; the caller holds the service, so that nobody records another one meanwhile."""
    approvals = await EndingApproval.select().where(EndingApproval.ending == ending)
    if any(approval["office"] == office for approval in approvals):
        raise CantEnd(_("This office has agreed already."))
    if any(approval["account"] == by for approval in approvals):
        raise OnePersonTwice(_("You have recorded one office; another person records the other."))
    await EndingApproval.insert(EndingApproval(ending=ending, office=office, account=by, approved_at=now))


async def _locked_ending(ending: UUID) -> tuple[dict[str, Any], UUID]:
    """The proposal and its service, which nobody else changes until the transaction ends."""
    found = await SlaEnding.select(SlaEnding.sla_version.service).where(SlaEnding.id == ending).first()
    if found is None:
        raise NotFound(_("It does not exist any more."))
    service = found["sla_version.service"]
    await locked(service)
    row = await SlaEnding.select().where(SlaEnding.id == ending).first()
    assert row is not None, "proposals are never deleted"
    return row, service


async def _edition_at_hand(service: UUID) -> tuple[dict[str, Any], Ending]:
    """The newest edition, to which no end is set, and what it takes to end it."""
    edition = await newest_edition(service)
    if edition is None or edition["superseded_at"] is not None:
        raise CantEnd(_("There is no statement whose end is still open."))
    rule = msgspec.json.decode(edition["document"], type=Statement).ending
    if not rule or not rule.offices:
        raise CantEnd(_("This statement does not say who may end it. Publish an edition that does."))
    return edition, rule


def _check(draft: EndingDraft, rule: Ending) -> None:
    if not (draft.reason and draft.notice.fa and draft.notice.en):
        raise CantEnd(_("To end a statement, give a reason and a notice in both languages."))
    if draft.kind == "mutual" and not rule.mutual:
        raise CantEnd(_("This statement does not let both sides end it together."))
    if draft.kind == "mutual" and not (draft.provider_consent and draft.recipient_consent):
        raise CantEnd(_("Ending it together needs the recorded consent of both sides."))


def _check_notice(effective_at: datetime, edition: dict[str, Any], rule: Ending, now: datetime) -> None:
    earliest = max(now + rule.notice, edition["in_force_from"])
    if effective_at < earliest:
        raise TooSoon(earliest)


async def _note(action: str, service: UUID, ending: UUID, now: datetime, **data: str) -> None:
    await audit.append(action, object=f"service:{service}", data={"ending": str(ending), **data}, now=now)
