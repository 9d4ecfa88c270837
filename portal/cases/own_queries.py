"""What people with an account ask about cases that are theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from portal.cases.rules import ENDED_STATES
from portal.cases.titles import title_of
from portal.paging import PAGE, Page, page_of
from portal.services.statement import Words

# By the index on applicant; nobody has so many cases that sorting them costs anything.
_OWN = """
    SELECT c.id, c.number, c.kind, c.state, c.outcome, c.filed_at, c.next_due_at, s.title_fa, s.title_en
    FROM "case" c JOIN service s ON s.id = c.service
    WHERE c.applicant = {} AND ({}::uuid IS NULL OR (c.filed_at, c.id) < (
        SELECT last.filed_at, last.id FROM "case" last WHERE last.id = {} AND last.applicant = c.applicant))
    ORDER BY c.filed_at DESC, c.id DESC LIMIT {}
"""
# By the index on the object of an entry, once for each of the person's cases.
_OPENINGS = """
    SELECT e.id, c.number, e.role, e.at
    FROM "case" c JOIN audit_entry e ON e.object = 'case:' || c.id
    WHERE c.applicant = {} AND e.action = 'case_viewed' AND e.role IN ('staff', 'manager', 'admin', 'auditor')
        AND ({}::bigint IS NULL OR e.id < {})
    ORDER BY e.id DESC LIMIT {}
"""

# Messages and files as JSON, in the same query: one person's export reads each table once.
_EVERYTHING = """
    SELECT c.number::text AS number, s.slug AS service, c.state, c.outcome, c.filed_at, c.changed_at, c.erased_at,
           c.contact_name, c.contact_email, c.contact_phone, c.agency_name, c.body, c.answers::text AS answers,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('at', m.at, 'direction', m.direction, 'body', m.body)
                ORDER BY m.at), '[]')::text
            FROM message m WHERE m."case" = c.id AND m.visible_to = 'applicant') AS messages,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('name', f.name, 'size', f.size, 'sha256', f.sha256)
                ORDER BY f.at), '[]')::text
            FROM attachment f WHERE f."case" = c.id) AS files,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('at', r.at, 'question', r.moment, 'score', r.score,
                'comment', r.comment) ORDER BY r.at), '[]')::text
            FROM rating r WHERE r."case" = c.id AND r.at IS NOT NULL) AS ratings
    FROM "case" c JOIN service s ON s.id = c.service
    WHERE c.applicant = {} ORDER BY c.filed_at
"""
_OPEN_SERVICES = """
    SELECT DISTINCT s.slug FROM "case" c JOIN service s ON s.id = c.service
    WHERE c.applicant = {} AND NOT c.state = ANY({})
"""


class OwnCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case of the person; ``next_due_at`` is the nearest promise still to keep, None when none is."""

    id: UUID
    number: int
    state: str
    outcome: str | None
    filed_at: datetime
    next_due_at: datetime | None
    title: Words


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the desk looked at one of the person's cases: in which role, not who."""

    id: int
    number: int
    role: str
    at: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of the person's open cases and ids of those that have ended, the oldest first."""

    open: tuple[int, ...]
    ended: tuple[UUID, ...]


async def own_cases(account: UUID, *, before: UUID | None = None) -> Page[OwnCase, UUID]:
    """Up to 50 cases that ``account`` filed or claimed: the newest, or those filed before the case ``before``."""
    rows = await Case.raw(_OWN, account, before, before, PAGE + 1)
    found = [
        OwnCase(
            **{name: row[name] for name in ("id", "number", "state", "outcome", "filed_at", "next_due_at")},
            title=title_of(row["kind"], Words(fa=row["title_fa"], en=row["title_en"])),
        )
        for row in rows
    ]
    return page_of(found, lambda one: one.id)


async def standing_of(account: UUID) -> Standing:
    """Every case of ``account``, by whether it has ended."""
    rows = (
        await Case.select(Case.id, Case.number, Case.state).where(Case.applicant == account).order_by(Case.id)
    )
    return Standing(
        open=tuple(row["number"] for row in rows if row["state"] not in ENDED_STATES),
        ended=tuple(row["id"] for row in rows if row["state"] in ENDED_STATES),
    )


async def openings(account: UUID, *, before: int | None = None) -> Page[Opening, int]:
    """Up to 50 looks of the desk at the person's cases: the newest, or those before the entry ``before``."""
    rows = await Case.raw(_OPENINGS, account, before, before, PAGE + 1)
    return page_of([Opening(**row) for row in rows], lambda one: one.id)


async def everything_of(account: UUID) -> list[dict[str, Any]]:
    """All cases of the person as they may read them, for their own export: forms, words, names of files."""
    rows: list[dict[str, Any]] = await Case.raw(_EVERYTHING, account)
    return rows


async def open_services(account: UUID) -> list[str]:
    """The slugs of the services for which ``account`` has an open case."""
    rows = await Case.raw(_OPEN_SERVICES, account, sorted(ENDED_STATES))
    return [row["slug"] for row in rows]
