"""What is asked about one case: its standing, its history, the form as filed, its files."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from portal.cases import reopening
from portal.cases.clock import INNER
from portal.cases.rules import state_after
from portal.cases.titles import title_of
from portal.services.statement import Field, Words

# In SQL because every look at a tracking code asks it: one round trip by the unique index on number. What only a
# visitor with proof may see (what was filed, what was said) is asked separately.
_CASE = """
    SELECT c.id, c.number, c.service, c.sla_version, c.state, c.version, c.locale, c.audience, c.channel, c.applicant,
           c.agency_name, c.contact_name, c.contact_email, c.contact_phone, c.outcome,
           c.kind, c.topic, c.level, c.assignee, c.filed_at, c.first_answer_due_at, c.first_answer_at,
           c.result_due_at, c.result_at, c.next_due_at, c.paused_until, c.expected_on, c.changed_at, c.erased_at,
           s.slug, s.title_fa, s.title_en, s.sensitive,
           u.name_fa AS unit_fa, u.name_en AS unit_en, u.phone AS unit_phone,
           a.name_fa AS agency_fa, a.name_en AS agency_en
    FROM "case" c
    JOIN service s ON s.id = c.service
    JOIN unit u ON u.id = c.unit
    JOIN agency a ON a.id = u.agency
    WHERE c.number = {}
"""
_FILED = """
    SELECT c.agency_name, c.contact_name, c.contact_email, c.contact_phone, c.body, c.answers, f.fields,
           b.kind AS about_kind, b.filed_at AS about_filed, s.title_fa, s.title_en,
           CASE WHEN NOT EXISTS (SELECT FROM dead_number d WHERE d."case" = b.id AND d.replaced_at >= c.filed_at)
               THEN b.number END AS about_number
    FROM "case" c
    LEFT JOIN form_version f ON f.id = c.form_version
    LEFT JOIN "case" b ON b.id = c.about_case
    LEFT JOIN service s ON s.id = b.service
    WHERE c.id = {}
"""
_EVENTS = """
    SELECT e.id, e.kind, e.at, e.data->>'outcome' AS outcome, u.name_fa AS unit_fa, u.name_en AS unit_en,
           (e.data->>CASE WHEN e.kind <> 'credited' THEN 'until'
               WHEN e.data->'for' @> '"applicant"' THEN 'paused_until' END)::timestamptz AS until,
           (e.data->>'expected_on')::date AS expected_on, e.data->>'reopen_until' AS reopen_until,
           e.data->>'target' AS target
    FROM case_event e
    LEFT JOIN unit u ON e.kind = 'referred' AND u.id = (e.data->>'unit')::uuid
    WHERE e."case" = {}
    ORDER BY e.n
"""
_MESSAGES = """
    SELECT event, body FROM message WHERE "case" = {} AND visible_to = 'applicant'
"""
_FILES = """
    SELECT id, event, field, name, media_type, size, scan_state, side, at FROM attachment
    WHERE "case" = {} AND stored_as NOT LIKE 'gone:%' ORDER BY id
"""
_ATTACHMENT = """
    SELECT name, media_type, size, stored_as, scan_state FROM attachment
    WHERE "case" = {} AND id = {} AND stored_as NOT LIKE 'gone:%'
"""

UNSEEN_KINDS = frozenset({"noted", "assigned", "named", "claimed", "erased"})
"""Events that are the desk's own business."""


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """How one case stands; see ``db.cases.Case`` for each field. Times are UTC. Never handed to a public page whole."""

    id: UUID
    number: int
    service: UUID
    sla_version: UUID | None
    state: str
    version: int
    locale: str
    audience: str
    channel: str
    applicant: UUID | None
    agency_name: str
    contact_name: str
    contact_email: str | None
    contact_phone: str | None
    outcome: str | None
    kind: str
    topic: str
    level: int
    assignee: UUID | None
    filed_at: datetime
    first_answer_due_at: datetime | None
    first_answer_at: datetime | None
    result_due_at: datetime | None
    result_at: datetime | None
    next_due_at: datetime | None
    paused_until: datetime | None
    expected_on: date | None
    changed_at: datetime
    erased_at: datetime | None
    slug: str
    title_fa: str
    title_en: str
    sensitive: bool
    unit_fa: str
    unit_en: str
    unit_phone: str
    agency_fa: str
    agency_en: str

    @property
    def title(self) -> Words:
        """What the case is called."""
        return title_of(self.kind, Words(fa=self.title_fa, en=self.title_en))

    @property
    def unit(self) -> Words:
        """Who is responsible now."""
        return Words(fa=self.unit_fa, en=self.unit_en)

    @property
    def agency(self) -> Words:
        """Whose unit that is; ``agency_name`` is the one that the applicant writes for."""
        return Words(fa=self.agency_fa, en=self.agency_en)


class AboutRequest(msgspec.Struct, frozen=True):
    """The request that a complaint is about; ``number`` is None where it got another one after it was typed."""

    number: int | None
    title: Words
    filed_at: datetime


class FiledForm(msgspec.Struct, frozen=True, kw_only=True):
    """What was filed, with the questions as they were asked then; ``about`` is that of a complaint about a case."""

    agency_name: str
    contact_name: str
    contact_email: str | None
    contact_phone: str | None
    body: str
    answers: dict[str, Any]
    fields: tuple[Field, ...]
    about: AboutRequest | None


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a case; ``size`` in bytes, ``side`` applicant or staff, ``field`` the form's key or empty."""

    id: UUID
    event: UUID
    field: str
    name: str
    media_type: str
    size: int
    scan_state: str
    side: str
    at: datetime


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """Where one file lies (``stored_as``, below the uploads folder) and how to hand it out."""

    name: str
    media_type: str
    size: int
    stored_as: str
    scan_state: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, as the applicant may read it. ``unit`` is set where one took over.

    ``until`` is the last instant of the pause that it began or made longer, ``expected_on`` the day that it announced,
    ``reopen_until`` the last instant to undo an end, None where it is none that can be undone. ``target`` is the
    promise that was missed.
    """

    kind: str
    at: datetime
    unit: Words | None
    outcome: str | None
    until: datetime | None
    expected_on: date | None
    reopen_until: datetime | None
    target: str | None
    message: str
    files: tuple[FileView, ...]


async def case_by_number(number: int) -> CaseView | None:
    """The case with this tracking number; None when it is nobody's. One query."""
    rows = await Case.raw(_CASE, number)
    return CaseView(**rows[0]) if rows else None


async def filed_form(case_id: UUID) -> FiledForm:
    """What was filed as this case, which must exist."""
    row = (await Case.raw(_FILED, case_id))[0]
    answers = msgspec.json.decode(row["answers"], type=dict[str, Any])
    fields = msgspec.json.decode(row["fields"] or "[]", type=tuple[Field, ...])
    contacts = {name: row[name] for name in ("agency_name", "contact_name", "contact_email", "contact_phone")}
    return FiledForm(**contacts, body=row["body"], answers=answers, fields=fields, about=_about(row))


async def timeline(case_id: UUID, tier: int) -> list[Step]:
    """What happened so far, the newest first, as far as ``tier`` may see it; files from tier 2 on.

    Internal notes never appear. Tier 0 sees nothing of it. Three queries, however long the history.
    """
    if tier < 1:
        return []
    events = await Case.raw(_EVENTS, case_id)
    messages = {row["event"]: row["body"] for row in await Case.raw(_MESSAGES, case_id)}
    files: dict[UUID, list[FileView]] = defaultdict(list)
    for file in await files_of(case_id) if tier > 1 else []:
        files[file.event].append(file)
    steps = [_step(row, messages, files) for row in _worth_telling(events)]
    return steps[::-1]


async def files_of(case_id: UUID) -> list[FileView]:
    """Every file of the case, the oldest first."""
    return [FileView(**row) for row in await Case.raw(_FILES, case_id)]


async def attachment(case_id: UUID, attachment_id: UUID) -> KeptFile | None:
    """One file of this very case; None for any other."""
    rows = await Case.raw(_ATTACHMENT, case_id, attachment_id)
    return KeptFile(**rows[0]) if rows else None


def _about(row: dict[str, Any]) -> AboutRequest | None:
    if not row["about_kind"]:
        return None
    title = title_of(row["about_kind"], Words(fa=row["title_fa"], en=row["title_en"]))
    return AboutRequest(row["about_number"], title, row["about_filed"])


def _worth_telling(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the desk's own business: notes, inner deadlines, and who hands a case on while it stays as it was."""
    told: list[dict[str, Any]] = []
    state: str | None = None
    for event in events:
        before, state = state, state_after(event["kind"], state)
        unseen = event["kind"] in UNSEEN_KINDS or event["target"] in INNER
        if unseen or (event["kind"] == "taken" and state == before):
            continue
        told.append(event)
    return told


def _step(row: dict[str, Any], messages: dict[UUID, str], files: dict[UUID, list[FileView]]) -> Step:
    return Step(
        kind=row["kind"],
        at=row["at"],
        unit=Words(fa=row["unit_fa"], en=row["unit_en"]) if row["unit_fa"] else None,
        outcome=row["outcome"],
        until=row["until"],
        expected_on=row["expected_on"],
        reopen_until=reopening.until(row["at"], row) if row["kind"] in reopening.ENDS else None,
        target=row["target"],
        message=messages.get(row["id"], ""),
        files=tuple(files.get(row["id"], ())),
    )
