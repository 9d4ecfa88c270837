"""Who works for a unit, who of them heads it, and which units hear complaints without anybody in them."""

from __future__ import annotations

from uuid import UUID

import msgspec

from db.accounts import Account
from db.clocks import UnitHead
from portal.security.sessions import STAFF_ROLES
from portal.services.statement import Words

_CLERKS = """
    SELECT a.id, a.display_name FROM account a
    WHERE a.state = 'active' AND a.role = ANY({})
        AND (a.unit = {} OR EXISTS (SELECT FROM membership m WHERE m.account = a.id AND m.unit = {}))
    ORDER BY a.display_name, a.id
"""
# Where an agency has no inspection unit, complaints go to the unit of each service itself.
_UNATTENDED = """
    SELECT u.slug, u.name_fa || ' — ' || g.name_fa AS fa, u.name_en || ' — ' || g.name_en AS en
    FROM unit u JOIN agency g ON g.id = u.agency
    WHERE (u.kind IN ('inspection', 'appeals') OR EXISTS (
            SELECT FROM service s WHERE s.unit = u.id AND s.state <> 'draft'
                AND NOT EXISTS (SELECT FROM unit i WHERE i.agency = s.agency AND i.kind = 'inspection')))
        AND NOT EXISTS (
            SELECT FROM account a WHERE a.state = 'active' AND a.role = ANY({})
                AND (a.unit = u.id OR EXISTS (SELECT FROM membership m WHERE m.account = a.id AND m.unit = u.id)))
    ORDER BY g.slug, u.slug
"""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told when a promise of the unit is missed for long. ``works``: is still active and of the unit."""

    account: str
    name: str
    works: bool


class Unattended(msgspec.Struct, frozen=True):
    """A unit to which complaints or appeals go, with its agency, and for which nobody active works."""

    slug: str
    name: Words


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One clerk to choose. ``value`` is what the form sends."""

    value: str
    label: str


async def clerks(unit: UUID) -> list[Choice]:
    """Everybody who may work a case of ``unit``, by name."""
    rows = await Account.raw(_CLERKS, sorted(STAFF_ROLES), unit, unit)
    return [Choice(value=str(row["id"]), label=row["display_name"]) for row in rows]


async def unattended() -> tuple[Unattended, ...]:
    """Every unit in which a complaint or an appeal would lie unread, by agency."""
    rows = await Account.raw(_UNATTENDED, sorted(STAFF_ROLES))
    return tuple(Unattended(row["slug"], Words(fa=row["fa"], en=row["en"])) for row in rows)


async def works_for(clerk: UUID, unit: UUID) -> bool:
    """Whether ``clerk`` may work the cases of ``unit``."""
    return any(choice.value == str(clerk) for choice in await clerks(unit))


async def head_of(unit: UUID) -> Head | None:
    """The head of ``unit``; None where nobody was named."""
    name = UnitHead.account.display_name
    row = await UnitHead.select(UnitHead.account, name).where(UnitHead.unit == unit).first()
    if row is None:
        return None
    return Head(
        account=str(row["account"]),
        name=row["account.display_name"],
        works=await works_for(row["account"], unit),
    )
