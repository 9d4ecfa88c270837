"""Forgetting the people of a case: what named them goes, what proves that promises were kept stays.

Code, dates, states, outcome, the chain of events with its digests and the digests of files remain, so that a
receipt can still be checked and statistics stay true. Salts go with their texts: no digest leads back to them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from db.cases import AccessGrant, Attachment, Case, Message
from db.engine import atomic
from db.outbox import OutboxMessage
from db.ratings import Rating
from db.subscriptions import Subscription
from portal.cases import record, rules
from portal.cases.record import Actor
from portal.errors import Conflict
from portal.i18n import _

AT_ONCE = 200
# The literal states are those of the index case_to_forget.
_OUTLIVED = """
    SELECT c.id FROM service s
    JOIN "case" c ON c.service = s.id
    WHERE s.retention_months IS NOT NULL
        AND c.state IN ('closed', 'rejected', 'withdrawn') AND c.erased_at IS NULL
        AND c.changed_at < {}::timestamptz - make_interval(months => s.retention_months)
    ORDER BY c.changed_at LIMIT {}
"""
# stored_as begins with gone: once the file is no longer kept.
_FORGET_FILES = """
    WITH kept AS (SELECT id, stored_as FROM attachment WHERE "case" = {} AND stored_as NOT LIKE 'gone:%')
    UPDATE attachment SET name = '', stored_as = 'gone:' || kept.id
    FROM kept WHERE attachment.id = kept.id
    RETURNING kept.stored_as
"""


async def erase_outlived(*, now: datetime) -> list[str]:
    """Up to 200 cases whose service's retention is over name nobody any more; returns their files as ``erase``."""
    rows = await Case.raw(_OUTLIVED, now, AT_ONCE)
    return [stored for row in rows for stored in await erase(row["id"], now=now)]


@atomic
async def erase(case_id: UUID, *, now: datetime) -> list[str]:
    """The ended case names nobody: contacts, answers, words and names of files are gone, and nobody holds a key.

    Returns the stored names of its files, which the caller removes from the disk after the commit. Doing it
    again changes nothing. Raises Conflict while the case is open.
    """
    case = await record.locked(case_id)
    if case.erased_at is not None:
        return []
    if case.state not in rules.ENDED_STATES:
        raise Conflict(_("This request has not ended yet; close or withdraw it first."))
    await record.append(case, "erased", Actor("system"), now=now)
    nameless: dict[Any, Any] = {
        Case.contact_name: "",
        Case.contact_email: None,
        Case.contact_phone: None,
        Case.agency_name: "",
        Case.answers: "{}",
        Case.body: "",
        Case.salt: "",
        Case.letter_no: None,
        Case.search_key: "",
        Case.erased_at: now,
    }
    await Case.update(nameless).where(Case.id == case_id)
    await Message.update({Message.body: "", Message.salt: ""}).where(Message.case == case_id)
    await _forget_mails(case_id, now=now)
    await AccessGrant.delete().where(AccessGrant.case == case_id)
    await Rating.update({Rating.comment: "", Rating.token_hash: None}).where(Rating.case == case_id)
    await Subscription.delete().where(Subscription.case == case_id)
    return [row["stored_as"] for row in await Attachment.raw(_FORGET_FILES, case_id)]


async def _forget_mails(case_id: UUID, *, now: datetime) -> None:
    """What was sent to whom is personal, that and when something was sent is not. What waits is not sent."""
    of_case = OutboxMessage.case == case_id
    await OutboxMessage.update({OutboxMessage.state: "dropped", OutboxMessage.ended_at: now}).where(
        of_case, OutboxMessage.state == "queued"
    )
    nameless: dict[Any, Any] = {
        OutboxMessage.recipient: "",
        OutboxMessage.data: "{}",
        OutboxMessage.error: "",
    }
    await OutboxMessage.update(nameless).where(of_case)
