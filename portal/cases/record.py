"""Writing a case's history: one event at a time, with its words, files and mail, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Attachment, Case, CaseEvent
from db.engine import connection_of_transaction
from db.keys import uuid7
from portal import audit
from portal.cases import attest, clock, clock_terms, mails, reopening, rules
from portal.cases.attest import Issued
from portal.cases.clock import Dues, Past
from portal.cases.events import DUES, Event, Standing, after, text_hash
from portal.errors import Conflict, NotFound
from portal.i18n import _
from portal.notices import subscriptions
from portal.uploads import StoredFile


class Stale(Conflict):
    """Somebody else changed the case since it was read; nothing was written."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts: role ``applicant``, ``staff`` or ``system``; ``account`` is None for a guest."""

    role: str
    account: UUID | None = None


class Words(msgspec.Struct, frozen=True):
    """What was written with an event. ``visible_to`` is applicant or staff (an internal note)."""

    body: str
    visible_to: str = "applicant"


APPLICANT = Actor("applicant")
# The event, its words, its entry in the audit log, its receipt and who hears of notices in one round trip: filing and
# every deed wait for each.
_INSERT = f"""
    WITH logged AS ({audit.INSERT}),
    worked_on AS (
        INSERT INTO case_unit (id, "case", unit)
        SELECT gen_random_uuid(), $9, $19::uuid WHERE $19 IS NOT NULL
        ON CONFLICT DO NOTHING
    ),
    {subscriptions.FOLLOWING},
    {attest.ISSUED},
    spoken AS (
        INSERT INTO message (id, "case", event, direction, visible_to, body, salt, at)
        SELECT $25::uuid, $9, $8, $26::varchar, $27::varchar, $28::text, $29::varchar, $16 WHERE $25 IS NOT NULL
    )
    INSERT INTO case_event
        (id, "case", n, kind, actor_role, actor, data, text_hash, at, prev_hash, hash)
    VALUES ($8, $9, $10, $11, $12, $13, $14::jsonb, $15, $16, $17, $18)
"""  # noqa: S608 - constants


# In SQL because every verb asks them: Piccolo takes a millisecond to write these.
_COLUMNS = [column._meta.db_column_name for column in Case._meta.columns]
_PLACES = ", ".join(f"${n}" for n in range(1, len(_COLUMNS) + 1))
_NEW = f"""
    INSERT INTO "case" ({", ".join(_COLUMNS)}) VALUES ({_PLACES}) ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608 - constants
_LOCK = f"""SELECT {", ".join(_COLUMNS)} FROM "case" WHERE id = $1 FOR UPDATE"""  # noqa: S608 - constants
_CHANGED = (*Standing.__struct_fields__, "changed_at", "risk_at", "next_check_at")
_UPDATE = f"""
    UPDATE "case" SET {", ".join(f"{name} = ${n}" for n, name in enumerate(_CHANGED, start=3))}
    WHERE id = $1 AND version = $2 RETURNING id
"""  # noqa: S608 - constants


async def insert_case(case: Case) -> bool:
    """The row exists; False where its number or its submission is taken."""
    values = {name: getattr(case, name) for name in _COLUMNS}
    values["answers"] = msgspec.json.encode(values["answers"]).decode()
    return bool(await connection_of_transaction().fetchrow(_NEW, *values.values()))


async def locked(case_id: UUID, *, seen: int | None = None) -> Case:
    """The case, locked until the transaction ends. Raises NotFound, and Stale when it is past version ``seen``."""
    row = await connection_of_transaction().fetchrow(_LOCK, case_id)
    if row is None:
        raise NotFound(_("There is no such case."))
    case = Case(**{**row, "answers": msgspec.json.decode(row["answers"])})
    if seen is not None and case.version != seen and await _others_acted(case_id, seen):
        raise Stale(_("Somebody else changed this case in the meantime."))
    return case


async def _others_acted(case_id: UUID, seen: int) -> bool:
    """Whether people did something since version ``seen``; what the clock records collides with nobody."""
    return await CaseEvent.exists().where(
        CaseEvent.case == case_id, CaseEvent.n > seen, CaseEvent.actor_role != "system"
    )


def check(kind: str, case: Case) -> None:
    """Raises Conflict for an event that can't happen to the case as it stands."""
    if case.erased_at is not None:
        raise Conflict(_("What named people here was erased. Nothing can be added any more."))
    if not (rules.allowed(kind, case.state) and rules.fits(kind, case.kind)):
        raise Conflict(
            _("This can't be done any more: the request is “%(state)s”.")
            % {"state": _(rules.STATE_LABELS[case.state])}
        )


async def append(
    case: Case,
    kind: str,
    actor: Actor,
    *,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    words: Words | None = None,
    files: Sequence[StoredFile] = (),
) -> Event:
    """The event ends the chain, never before the last one's time, words and files beside it, the row as they make it.

    Queues the applicant's mail, if there is one. ``case`` must be locked. Raises Conflict for what it does not allow.
    """
    check(kind, case)
    events, last_hash = await clock_terms.past_of(case.id)
    told = {**(data or {}), **({"files": [file.sha256 for file in files]} if files else {})}
    events.append(Past(case.version + 1, kind, at := max(now, events[-1].at), told))
    terms = await clock_terms.terms_of(case.service, case.sla_version, events, now=now)
    told |= reopening.stamp(kind, case.kind, terms, now=at)
    dues = clock.dues(terms, events, now=at)
    salt = secrets.token_hex(16)
    event = Event(
        case=case.id,
        n=case.version + 1,
        kind=kind,
        actor_role=actor.role,
        actor=actor.account,
        data=told if kind in clock.SILENT else told | stamps(dues),
        text_hash=text_hash(salt, words.body) if words and words.body else None,
        at=at,
        prev_hash=last_hash,
    )
    standing = after(standing_of(case), event)
    receipt = await attest.of_decision(case, event, standing, events)
    await write(event, words=words, salt=salt, files=files, receipt=receipt)
    await _update(case, standing, dues, now=at)
    await clock_terms.record_stopped(case, terms, events, event)
    await mails.tell_applicant(case, event, now=now)
    return event


def stamps(dues: Dues) -> dict[str, str | None]:
    """The dates an event leads to, as its data carries them."""
    return {name: moment.isoformat() if (moment := getattr(dues, name)) else None for name in DUES}


async def write(
    event: Event,
    *,
    words: Words | None = None,
    salt: str = "",
    files: Sequence[StoredFile] = (),
    receipt: Issued | None = None,
) -> None:
    """The rows of one event exist: itself, its words and files, its receipt if it has one, the unit it brings in, its
    entry in the audit log.
    """
    side = "staff" if event.actor_role == "staff" else "applicant"
    said: tuple[Any, ...] = (None,) * 5
    if words and words.body:
        direction = "in" if side == "applicant" else "out"
        said = (uuid7(), direction, words.visible_to, words.body, salt)
    event_id = await _insert_event(event, receipt, said)
    if files:
        await Attachment.insert(
            *[
                Attachment(
                    id=uuid7(),
                    case=event.case,
                    event=event_id,
                    side=side,
                    at=event.at,
                    **msgspec.structs.asdict(file),
                )
                for file in files
            ]
        )


async def _insert_event(event: Event, receipt: Issued | None, said: tuple[Any, ...]) -> UUID:
    event_id = uuid7()
    logged = audit.values(
        f"case_{event.kind}", object=f"case:{event.case}", data={"n": event.n}, now=event.at
    )
    await connection_of_transaction().execute(
        _INSERT,
        *logged,
        event_id,
        event.case,
        event.n,
        event.kind,
        event.actor_role,
        event.actor,
        msgspec.json.encode(event.data).decode(),
        event.text_hash,
        event.at,
        event.prev_hash,
        event.hash,
        event.data.get("unit"),
        *attest.values(receipt),
        *said,
    )
    return event_id


def standing_of(case: Case) -> Standing:
    """How the row says the case stands."""
    return Standing(**{name: getattr(case, name) for name in Standing.__struct_fields__})


async def _update(case: Case, standing: Standing, dues: Dues, *, now: datetime) -> None:
    values = (*msgspec.structs.astuple(standing), now, dues.risk_at, dues.next_check_at)
    updated = await connection_of_transaction().fetchrow(_UPDATE, case.id, case.version, *values)
    assert updated, "the case was not locked"
    for name, value in zip(_CHANGED, values, strict=True):
        setattr(case, name, value)
