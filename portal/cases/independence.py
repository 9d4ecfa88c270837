"""Complaints are handled by others than those they are about; ``db.independence`` says who that is.

A complaint can't be read in working detail, taken, answered or decided by whoever acted on the case it is about, is the
person or of the unit that it is about, or, after an appeal, worked on it before. That holds for every role.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from db.cases import Case, CaseUnit
from db.independence import barred
from portal.cases import rules
from portal.errors import NotAllowed
from portal.i18n import _
from portal.security.sessions import SignedIn
from portal.services.statement import Words

_IS_BARRED = f'SELECT c.id FROM "case" c WHERE c.id = {{}} AND {barred()}'  # noqa: S608 - constants
_BARRED_OF = f"""
    SELECT a.id FROM account a, "case" c WHERE c.id = {{}} AND a.id = ANY({{}}::uuid[]) AND {barred("a.id")}
"""  # noqa: S608 - constants
_OF_UNIT = """
    (a.unit = c.unit OR EXISTS (SELECT FROM membership m WHERE m.account = a.id AND m.unit = c.unit))
"""
_ABOUT = f"""
    SELECT c.number, c.state, c.unit AS unit_id, {barred()} AS kept,
           u.name_fa || ' — ' || g.name_fa AS fa, u.name_en || ' — ' || g.name_en AS en
    FROM "case" c JOIN unit u ON u.id = c.unit JOIN agency g ON g.id = u.agency
    WHERE c.about_case = {{}} AND c.kind = 'complaint' ORDER BY c.filed_at, c.id
"""  # noqa: S608 - constants
_STRANDED = f"""
    SELECT c.id FROM "case" c
    WHERE c.id = {{}} AND c.kind = 'complaint' AND c.state = ANY({{}}) AND NOT {barred()}
        AND EXISTS (SELECT FROM account w WHERE w.id = {{}} AND w.state = 'active' AND w.role = 'admin')
        AND NOT EXISTS (SELECT FROM account a WHERE a.state = 'active' AND a.role IN ('staff', 'manager', 'admin')
            AND {_OF_UNIT} AND NOT {barred("a.id")})
"""  # noqa: S608 - constants


class Barred(NotAllowed):
    """This complaint is about something the person took part in: somebody else has to handle it."""


class AboutCase(msgspec.Struct, frozen=True, kw_only=True):
    """A complaint about a case, as whoever reads that case sees it.

    ``number`` is None for those who may not read the complaint; ``handled``: its unit has it now, ``ended``: it has
    been decided or ended otherwise.
    """

    number: int | None
    unit: Words
    handled: bool
    ended: bool


async def check(account: UUID, case_id: UUID, *, kind: str = "complaint") -> None:
    """Raises Barred for somebody who may have nothing to do with this complaint; lets all else through.

    ``kind`` is the case's, where it is known: only a complaint bars anybody, and others need no look.
    """
    if kind == "complaint" and await is_barred(account, case_id):
        raise Barred(
            _(
                "This complaint is about something you took part in. Somebody independent of it has to handle it."
            )
        )


async def is_barred(account: UUID, case_id: UUID) -> bool:
    """Whether ``account`` may neither read nor work on this case; only ever true of complaints."""
    return bool(await Case.raw(_IS_BARRED, case_id, account))


async def barred_of(accounts: list[UUID], case_id: UUID) -> frozenset[UUID]:
    """Those of ``accounts`` who are barred from this case."""
    return frozenset(row["id"] for row in await Case.raw(_BARRED_OF, case_id, accounts))


async def complaints_about(case_id: UUID, reader: SignedIn) -> list[AboutCase]:
    """Every complaint about the case, the oldest first: who handles it, and its number for who may read it."""
    return [
        AboutCase(
            number=row["number"] if not row["kept"] and _reads(reader, row["unit_id"]) else None,
            unit=Words(fa=row["fa"], en=row["en"]),
            handled=not row["kept"] and row["unit_id"] in reader.units,
            ended=row["state"] in rules.ENDED_STATES,
        )
        for row in await Case.raw(_ABOUT, reader.account_id, case_id)
    ]


async def reads(case_id: UUID, reader: SignedIn) -> bool:
    """Whether the reader may see this case in working detail."""
    if await is_barred(reader.account_id, case_id):
        return False
    by_unit = reader.reads_all or await CaseUnit.exists().where(
        CaseUnit.case == case_id, CaseUnit.unit.is_in(list(reader.units))
    )
    return by_unit or await opens(case_id, reader)


async def opens(case_id: UUID, reader: SignedIn) -> bool:
    """Whether the case is open to the reader whose unit never had it: the unit has an open complaint about it, or the
    case is a complaint that the reader has to pass on.
    """
    about = await complaints_about(case_id, reader)
    return any(one.handled and not one.ended for one in about) or await may_pass_on(
        reader.account_id, case_id
    )


async def may_pass_on(account: UUID, case_id: UUID) -> bool:
    """Whether everybody of the complaint's unit is barred, so that this site admin has to refer it to another."""
    return bool(await Case.raw(_STRANDED, case_id, list(rules.OPEN_STATES), account, account))


def _reads(reader: SignedIn, unit: UUID) -> bool:
    return reader.reads_all or unit in reader.units
