"""What a clerk sees of one case: everything, in four queries whatever its length."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Attachment, Case
from portal.cases import rules
from portal.services.statement import Field, Words

_HAS_NUMBER = """
    c.id = coalesce((SELECT id FROM "case" WHERE number = {}), (SELECT "case" FROM dead_number WHERE number = {}))
"""
# In SQL for the joins: names of people and units, and the edition of the form that was filled in.
_CASE = f"""
    SELECT c.id, c.number, c.kind, c.topic, c.level, c.state, c.version, c.audience, c.agency_name, c.contact_name,
           c.contact_email, c.contact_phone, c.locale, c.answers, c.body, c.channel, c.letter_no, c.letter_date,
           c.filed_at, c.first_answer_due_at, c.result_due_at, c.first_answer_at, c.result_at, c.next_due_at, c.risk_at,
           c.owed_since, c.paused_until, c.expected_on, c.outcome,
           c.erased_at, c.assignee, a.display_name AS assignee_name, p.username AS applicant,
           s.id AS service_id, c.sla_version, s.slug AS service_slug, s.title_fa, s.title_en,
           u.id AS unit_id, u.phone AS unit_phone,
           ARRAY(SELECT w.unit FROM case_unit w WHERE w."case" = c.id) AS worked_on_by,
           u.name_fa || ' — ' || g.name_fa AS unit_fa, u.name_en || ' — ' || g.name_en AS unit_en,
           f.fields, v.n AS edition
    FROM "case" c
    JOIN service s ON s.id = c.service
    JOIN unit u ON u.id = c.unit
    JOIN agency g ON g.id = u.agency
    LEFT JOIN account a ON a.id = c.assignee
    LEFT JOIN account p ON p.id = c.applicant
    LEFT JOIN form_version f ON f.id = c.form_version
    LEFT JOIN sla_version v ON v.id = c.sla_version
    WHERE {_HAS_NUMBER}
"""  # noqa: S608 - constants
_HEAD = f"""
    SELECT c.id, c.number, c.kind, u.phone AS unit_phone,
           ARRAY(SELECT w.unit FROM case_unit w WHERE w."case" = c.id) AS worked_on_by,
           u.name_fa || ' — ' || g.name_fa AS unit_fa, u.name_en || ' — ' || g.name_en AS unit_en
    FROM "case" c
    JOIN unit u ON u.id = c.unit
    JOIN agency g ON g.id = u.agency
    WHERE {_HAS_NUMBER}
"""  # noqa: S608 - constants
_EVENTS = """
    SELECT e.id, e.n, e.kind, e.actor_role, e.at, e.data->>'outcome' AS outcome,
           (e.data->>CASE WHEN e.kind <> 'credited' THEN 'until'
               WHEN e.data->'for' @> '"applicant"' THEN 'paused_until' END)::timestamptz AS until,
           (e.data->>'expected_on')::date AS expected_on, (e.data->>'reopen_until')::timestamptz AS reopen_until,
           e.data->>'target' AS target,
           e.actor AS actor_id, a.display_name AS actor,
           t.display_name AS assignee,
           u.name_fa || ' — ' || g.name_fa AS unit_fa, u.name_en || ' — ' || g.name_en AS unit_en,
           m.body, m.visible_to = 'staff' AS internal
    FROM case_event e
    LEFT JOIN account a ON a.id = e.actor
    LEFT JOIN account t ON t.id = (e.data->>'assignee')::uuid
    LEFT JOIN unit u ON u.id = (e.data->>'unit')::uuid
    LEFT JOIN agency g ON g.id = u.agency
    LEFT JOIN message m ON m.event = e.id AND m."case" = e."case"
    WHERE e."case" = {}
    ORDER BY e.n
"""
_FILES = """
    SELECT id, "case", event, field, name, media_type, size, stored_as, scan_state FROM attachment
    WHERE "case" = {} AND stored_as NOT LIKE 'gone:%' ORDER BY at, id
"""
_MAILS = """
    SELECT CASE WHEN template LIKE ANY (ARRAY['cases/mail/%', 'cases/sms/%'])
               THEN split_part(template, '/', 3) ELSE 'notice' END AS kind,
           recipient, state, attempts, created_at, ended_at, error
    FROM outbox_message WHERE "case" = {} ORDER BY created_at DESC, id DESC
"""


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a case. ``size`` is in bytes; ``field`` is the key of the form's question, or empty."""

    id: UUID
    case: UUID
    event: UUID
    field: str
    name: str
    media_type: str
    size: int
    stored_as: str
    scan_state: str


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One event as the desk reads it.

    ``actor`` is None for guests and for the system. ``internal``: the words are for the desk only. ``assignee``
    and ``unit`` are whom the event names, None where it names nobody. ``until`` is the last instant of the pause that
    it began or made longer, ``expected_on`` the day that it announced, ``reopen_until`` the last instant for the
    applicant to undo an end. ``target`` is the promise that was missed.
    """

    n: int
    kind: str
    actor_role: str
    actor_id: UUID | None
    actor: str | None
    at: datetime
    body: str | None
    internal: bool
    assignee: str | None
    unit: Words | None
    outcome: str | None
    until: datetime | None
    expected_on: date | None
    reopen_until: datetime | None
    target: str | None
    files: tuple[CaseFile, ...]


class CaseMail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail about the case and what became of it; see ``db.outbox``.

    ``kind`` is that of the event it tells, or ``notice``.
    """

    kind: str
    recipient: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    error: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answered question of the service's form; several chosen options are several ``values``."""

    label: Words
    kind: str
    values: tuple[str | int | date, ...]


class CaseHead(msgspec.Struct, frozen=True, kw_only=True):
    """Which case it is and who works on it. ``unit`` names its agency too; ``worked_on_by`` are all units that did."""

    id: UUID
    number: int
    kind: str
    unit: Words
    unit_phone: str
    worked_on_by: tuple[UUID, ...]


class DeskCase(CaseHead, frozen=True, kw_only=True):
    """One case with everything the desk knows of it; names as in ``db.cases.Case``.

    ``applicant`` is the user name of whoever filed it signed in. ``edition`` is that of the statement whose
    promises hold. ``happenings`` begin with the filing.
    """

    topic: str
    level: int
    state: str
    version: int
    service: Words
    service_id: UUID
    sla_version: UUID | None
    service_slug: str
    unit_id: UUID
    assignee: UUID | None
    assignee_name: str | None
    applicant: str | None
    audience: str
    agency_name: str
    contact_name: str
    contact_email: str | None
    contact_phone: str | None
    locale: str
    body: str
    answers: tuple[Answer, ...]
    channel: str
    letter_no: str | None
    letter_date: date | None
    filed_at: datetime
    first_answer_due_at: datetime | None
    result_due_at: datetime | None
    first_answer_at: datetime | None
    result_at: datetime | None
    next_due_at: datetime | None
    risk_at: datetime | None
    owed_since: datetime | None
    paused_until: datetime | None
    expected_on: date | None
    outcome: str | None
    erased_at: datetime | None
    edition: int | None
    happenings: tuple[Happening, ...]
    mails: tuple[CaseMail, ...]

    @property
    def renumbered_at(self) -> datetime | None:
        """When it got the number it has, None where that is its first one."""
        return next((one.at for one in reversed(self.happenings) if one.kind == "renumbered"), None)

    def since(self, seen: int) -> tuple[Happening, ...]:
        """What happened after version ``seen``."""
        return tuple(happening for happening in self.happenings if happening.n > seen)

    @property
    def shown_state(self) -> str:
        """Its state as it is told."""
        return rules.shown_state(self.state, level=self.level, taken=self.assignee is not None)


async def case_head(number: int) -> CaseHead | None:
    """The same case as ``desk_case``, for whoever only has to know which one it is."""
    rows = await Case.raw(_HEAD, number, number)
    if not rows:
        return None
    plain = {name: rows[0][name] for name in CaseHead.__struct_fields__ if name in rows[0]}
    return CaseHead(**{**plain, **_units(rows[0])})


async def desk_case(number: int) -> DeskCase | None:
    """The case with this tracking number, or that had it before it got another; or None."""
    rows = await Case.raw(_CASE, number, number)
    if not rows:
        return None
    row = rows[0]
    events = await Case.raw(_EVENTS, row["id"])
    files = [msgspec.convert(file, CaseFile) for file in await Case.raw(_FILES, row["id"])]
    mails = await Case.raw(_MAILS, row["id"])
    fields = msgspec.json.decode(row["fields"] or "[]", type=tuple[Field, ...])
    plain = {name: row[name] for name in DeskCase.__struct_fields__ if name in row}
    return DeskCase(
        **{
            **plain,
            "service": Words(fa=row["title_fa"], en=row["title_en"]),
            **_units(row),
            "answers": _answers(fields, msgspec.json.decode(row["answers"])),
            "happenings": tuple(_happening(event, files) for event in events),
            "mails": tuple(msgspec.convert(mail, CaseMail) for mail in mails),
        }
    )


def _units(row: dict[str, Any]) -> dict[str, Any]:
    unit = Words(fa=row["unit_fa"], en=row["unit_en"])
    return {"unit": unit, "worked_on_by": tuple(row["worked_on_by"])}


async def file_of(number: int, file_id: UUID) -> CaseFile | None:
    """The file ``file_id`` when it belongs to the case with this number, else None."""
    of_case = (Attachment.id == file_id, Attachment.case.number == number)
    row = await Attachment.select().where(*of_case, Attachment.stored_as.not_like("gone:%")).first()
    return msgspec.convert(row, CaseFile) if row else None


def _happening(event: dict[str, Any], files: list[CaseFile]) -> Happening:
    unit = Words(fa=event["unit_fa"], en=event["unit_en"]) if event["unit_fa"] is not None else None
    plain = {name: event[name] for name in Happening.__struct_fields__ if name in event}
    return Happening(
        **{
            **plain,
            "internal": bool(event["internal"]),
            "unit": unit,
            "files": tuple(file for file in files if file.event == event["id"]),
        }
    )


def _answers(fields: tuple[Field, ...], stored: dict[str, Any]) -> tuple[Answer, ...]:
    """The answers in the order of the form; what was left empty is left out."""
    given = [(field, stored[field.key]) for field in fields if stored.get(field.key) not in (None, "", [])]
    return tuple(
        Answer(label=field.label, kind=field.kind, values=tuple(_values(field, value)))
        for field, value in given
    )


def _values(field: Field, value: Any) -> list[str | int | date]:
    if field.kind in ("choice", "choices"):
        chosen = value if isinstance(value, list) else [value]
        return [field.label_of(choice) for choice in chosen]
    return [date.fromisoformat(value) if field.kind == "date" else value]
