"""What only complaints have: the words of a decision, whom to turn to after it, and the appeal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from db.accounts import Account
from db.cases import Case
from db.engine import atomic
from portal.cases import access, record, rules
from portal.cases.appeals import way_on
from portal.cases.record import Actor
from portal.errors import Conflict
from portal.i18n import _, using
from portal.security.sessions import STAFF_ROLES
from portal.services.statement import Words
from portal.services.unit_people import Choice

HEARING = ["inspection", "appeals"]
"""Kinds of units to which a complaint is referred."""
_ABOUT = """
    SELECT b.id AS case_id, b.number, s.title_fa, s.title_en, p.display_name AS person,
           n.name_fa || ' — ' || g.name_fa AS unit_fa, n.name_en || ' — ' || g.name_en AS unit_en
    FROM "case" c
    LEFT JOIN "case" b ON b.id = c.about_case
    LEFT JOIN service s ON s.id = b.service
    LEFT JOIN unit n ON n.id = c.about_unit
    LEFT JOIN agency g ON g.id = n.agency
    LEFT JOIN account p ON p.id = c.about_person
    WHERE c.id = {}
"""
_UNITS = """
    SELECT u.id, u.name_fa || ' — ' || g.name_fa AS fa, u.name_en || ' — ' || g.name_en AS en
    FROM unit u JOIN agency g ON g.id = u.agency, "case" c
    WHERE c.id = {} AND u.id <> c.unit
        AND (c.kind <> 'complaint' OR u.kind = ANY({}) AND u.id IS DISTINCT FROM c.about_unit)
    ORDER BY u.slug
"""
_OWN = """
    SELECT c.id, c.number, c.filed_at, c.state, coalesce(c.applicant = {}, false) AS own, u.name_fa, u.name_en
    FROM "case" c JOIN unit u ON u.id = c.unit
    WHERE c.about_case = {} AND c.kind = 'complaint'
    ORDER BY own DESC, c.filed_at DESC LIMIT 20
"""
_PEOPLE = """
    SELECT a.id, a.display_name FROM account a
    WHERE a.state = 'active' AND a.role = ANY({}) AND EXISTS (
        SELECT FROM "case" c JOIN service s ON s.id = c.service JOIN unit u ON u.agency = s.agency
        WHERE c.id = {} AND (u.id = a.unit
            OR EXISTS (SELECT FROM membership m WHERE m.account = a.id AND m.unit = u.id)))
    ORDER BY a.display_name, a.id
"""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a complaint is about, each None where it is not about such a thing or that is not known (yet)."""

    case_id: UUID | None
    number: int | None
    title: Words | None
    unit: Words | None
    person: str | None


class OwnComplaint(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint of whoever reads the case that it is about, and the unit that has it; ``ended``: nobody has."""

    number: int
    filed_at: datetime
    unit: Words
    ended: bool


class UnitChoice(msgspec.Struct, frozen=True):
    """A unit that a case may be sent to, with its agency."""

    id: UUID
    name: Words


async def about(case_id: UUID) -> Subject:
    """What this complaint, which must exist, is about."""
    (row,) = await Case.raw(_ABOUT, case_id)
    return Subject(
        case_id=row["case_id"],
        number=row["number"],
        title=Words(fa=row["title_fa"], en=row["title_en"]) if row["title_fa"] else None,
        unit=Words(fa=row["unit_fa"], en=row["unit_en"]) if row["unit_fa"] else None,
        person=row["person"],
    )


async def own_about(
    case_id: UUID, *, account: UUID | None, tokens: list[str], keys: Sequence[bytes], now: datetime
) -> list[OwnComplaint]:
    """The complaints about the case that ``account`` filed or ``tokens`` open whole, so that they tell their reader
    nothing new; the oldest first, of many about one case the newest twenty at most.
    """
    rows = await Case.raw(_OWN, account, case_id)
    held = await access.opened_whole([row["id"] for row in rows], tokens=tokens, keys=keys, now=now)
    return [
        OwnComplaint(
            number=row["number"],
            filed_at=row["filed_at"],
            unit=Words(fa=row["name_fa"], en=row["name_en"]),
            ended=row["state"] in rules.ENDED_STATES,
        )
        for row in sorted(rows, key=lambda row: row["filed_at"])
        if row["own"] or row["id"] in held
    ]


async def units_for(case_id: UUID) -> list[UnitChoice]:
    """The units that the case may be sent to: any other; of a complaint those that hear complaints."""
    rows = await Case.raw(_UNITS, case_id, HEARING)
    return [UnitChoice(row["id"], Words(fa=row["fa"], en=row["en"])) for row in rows]


def decision_in_words(reasons: str, remedy: str, *, locale: str) -> str:
    """What the applicant reads: the reasons, and what is done about it where something is."""
    if not remedy.strip():
        return reasons
    with using(locale):
        return "\n".join((reasons, "", _("What we do about it:"), remedy))


async def people_of_agency(case_id: UUID) -> list[Choice]:
    """Everybody who works in a unit of the agency that the complaint is about, by name."""
    rows = await Account.raw(_PEOPLE, sorted(STAFF_ROLES), case_id)
    return [Choice(value=str(row["id"]), label=row["display_name"]) for row in rows]


@atomic
async def appeal(case_id: UUID, *, reason: str, account: UUID | None = None, now: datetime) -> None:
    """The complaint is with the agency's appeals unit, or with others of its unit, and an answer is owed anew.

    Raises Conflict when it is not decided, was appealed before, or was decided more than 30 days ago.
    """
    case = await record.locked(case_id)
    way = await way_on(case_id)
    if way.until is None:
        raise Conflict(_("Only a complaint that was decided once can be appealed."))
    if now > way.until:
        raise Conflict(_("The decision is more than 30 days old, so it can't be appealed any more."))
    data = {"unit": str(way.unit_id), "level": 2}
    actor, words = Actor("applicant", account), record.Words(reason)
    await record.append(case, "appealed", actor, data=data, words=words, now=now)
