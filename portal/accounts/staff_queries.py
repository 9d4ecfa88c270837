"""What site admins and auditors see of accounts."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from db.accounts import Account, Session
from db.people import Proposal
from db.services import Agency, Unit
from portal import text
from portal.accounts.contacts import Held, held_by
from portal.i18n import current_language
from portal.paging import PAGE, Page, page_of

_LIST = """
    SELECT a.id, a.username, a.display_name, a.role, a.state, a.password_hash <> '' AS has_password
    FROM account a
    WHERE ({} = '' OR a.role = {}) AND ({} = '' OR a.state = {}) AND ({}::uuid IS NULL OR a.id < {}::uuid)
      AND ({} = '' OR a.username LIKE {} OR a.display_name ILIKE {}
           OR EXISTS (SELECT FROM contact_point c WHERE c.account = a.id AND c.value ILIKE {}))
    ORDER BY a.id DESC LIMIT {}
"""
_FACTS = """
    SELECT a.id, a.username, a.display_name, a.role, a.state, a.locale, a.created_at, a.password_changed_at, a.unit,
           a.locked_because,
           a.password_hash <> '' AS has_password, u.name_fa AS unit_fa, u.name_en AS unit_en,
           g.name_fa AS agency_fa, g.name_en AS agency_en,
           (SELECT count(*) FROM session s WHERE s.account = a.id AND s.ends_at > {})::int AS n_sessions,
           EXISTS (SELECT FROM second_factor f WHERE f.account = a.id AND f.confirmed_at IS NOT NULL) AS has_factor
    FROM account a LEFT JOIN unit u ON u.id = a.unit LEFT JOIN agency g ON g.id = a.agency
    WHERE a.id = {}
"""
_LETTERS = """
    SELECT i.id, i.letter_no, i.letter_date, i.name, i.media_type, i.stored_as, i.scan_state, i.at,
           m.display_name AS made_by
    FROM introduction i LEFT JOIN account m ON m.id = i.made_by
    WHERE i.account = {} AND i.stored_as NOT LIKE 'gone:%' ORDER BY i.id
"""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts to list: ``q`` in name, user name or address; empty and None mean all."""

    q: str = ""
    role: str = ""
    state: str = ""
    before: UUID | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An account in the list."""

    id: UUID
    username: str
    display_name: str
    role: str
    state: str
    has_password: bool


class Introduced(msgspec.Struct, frozen=True, kw_only=True):
    """One letter of introduction; ``made_by`` is who entered it."""

    id: UUID
    letter_no: str
    letter_date: date
    name: str
    media_type: str
    stored_as: str
    scan_state: str
    at: datetime
    made_by: str | None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the account's page shows. ``locked_because`` is empty unless it is locked, ``n_sessions`` counts
    open ones; ``proposed``: the admin role waits.
    """

    id: UUID
    username: str
    display_name: str
    role: str
    state: str
    locale: str
    created_at: datetime
    password_changed_at: datetime | None
    unit: UUID | None
    locked_because: str
    unit_name: str | None
    agency_name: str | None
    has_password: bool
    has_factor: bool
    n_sessions: int
    contacts: list[Held]
    letters: list[Introduced]
    proposed: bool


async def accounts(filters: Filters) -> Page[Row, UUID]:
    """The accounts that fit, 50 a page."""
    anywhere = f"%{text.like_literal(text.store(filters.q))}%"
    name = f"%{text.like_literal(text.latin_digits(text.store(filters.q)).casefold())}%"
    known = (filters.role, filters.role, filters.state, filters.state, filters.before, filters.before)
    rows = await Account.raw(_LIST, *known, filters.q, name, anywhere, anywhere, PAGE + 1)
    return page_of([Row(**row) for row in rows], lambda row: row.id)


async def facts_of(account: UUID, *, now: datetime) -> Facts | None:
    """The account with all that belongs to it, None when there is none."""
    rows = await Account.raw(_FACTS, now, account)
    if not rows:
        return None
    row, spoken = dict(rows[0]), current_language()
    names = {kind: (row.pop(f"{kind}_fa"), row.pop(f"{kind}_en")) for kind in ("unit", "agency")}
    said = {f"{kind}_name": name[0] if spoken == "fa" else name[1] for kind, name in names.items()}
    return Facts(
        **row,
        **said,
        contacts=await held_by(account),
        letters=[Introduced(**letter) for letter in await Session.raw(_LETTERS, account)],
        proposed=await Proposal.exists().where(
            Proposal.subject == account, Proposal.kind == "grant_admin", Proposal.state == "open"
        ),
    )


async def units() -> list[tuple[str, str]]:
    """Every unit's id, and its name after that of its agency, for a select."""
    persian = (Unit.name_fa, Unit.agency.name_fa)
    english = (Unit.name_en, Unit.agency.name_en)
    name, agency = persian if current_language() == "fa" else english
    rows = await Unit.select(Unit.id, name.as_alias("name"), agency.as_alias("agency")).order_by(agency, name)
    return [(str(row["id"]), f"{row['agency']} – {row['name']}") for row in rows]


async def agencies() -> list[tuple[str, str]]:
    """Every agency's id and name, for a select."""
    name = Agency.name_fa if current_language() == "fa" else Agency.name_en
    rows = await Agency.select(Agency.id, name.as_alias("name")).order_by(name)
    return [(str(row["id"]), row["name"]) for row in rows]
