"""Another tracking number for a case: its owner wishes it, or the desk has proved who lost the old one.

The old number becomes one like any that was never given: tried, it is a miss. Every key to the case ends with it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.cases import AccessGrant, Case
from db.engine import atomic
from db.keys import uuid7
from db.outbox import OutboxMessage
from db.ratings import Rating
from portal import codes
from portal.cases import access, mails, record
from portal.cases.desk_actions import check_works_on
from portal.cases.record import Actor, Words
from portal.errors import Conflict
from portal.i18n import _

# Its number leaves the case in the statement that keeps it dead; a number that was ever given is not taken.
_REPLACE = """
    WITH dead AS (
        INSERT INTO dead_number (id, number, "case", replaced_at) VALUES ({}, {}, {}, {})
    )
    UPDATE "case" SET number = {} WHERE id = {}
        AND NOT EXISTS (SELECT FROM dead_number WHERE number = {})
    RETURNING number
"""
# What waits to be sent would lead to a number that is nobody's.
_CORRECT_WAITING = """
    UPDATE outbox_message SET data = jsonb_set(data, ARRAY['number'], to_jsonb({}::text))
    WHERE "case" = {} AND state = 'queued' AND data->>'number' = {}
"""


@atomic
async def rotate(
    case_id: UUID, *, number: int, browser: str, account: UUID | None = None, key: bytes, now: datetime
) -> int:
    """The applicant's case has another number, which is returned, and a passcode that only ``browser`` may ask for.

    Everything that led to it from ``number`` has ended, except the account it belongs to. Raises Conflict when the
    case does not have ``number`` any more.
    """
    case = await record.locked(case_id)
    if case.number != number:
        raise Conflict(_("This request has another tracking code by now."))
    new = await _renumber(case, Actor("applicant", account), None, key=key, now=now)
    await AccessGrant.insert(access.browser_grant(key, case_id, browser, tier=2, now=now))
    return new


@atomic
async def reissue_number(
    case_id: UUID, *, clerk: UUID, seen: int, proof: str, key: bytes, now: datetime
) -> int:
    """As ``rotate``, for somebody who lost the number: the clerk tells the new one and its passcode.

    ``proof`` says how the clerk made sure who is asking; it stays in the history.
    """
    case = await record.locked(case_id, seen=seen)
    await check_works_on(clerk, case)
    return await _renumber(case, Actor("staff", clerk), Words(proof, visible_to="staff"), key=key, now=now)


async def _renumber(case: Case, actor: Actor, words: Words | None, *, key: bytes, now: datetime) -> int:
    old, new = case.number, codes.new_number()
    event = await record.append(case, "renumbered", actor, words=words, now=now)
    if not await Case.raw(_REPLACE, uuid7(), old, case.id, now, new, case.id, new):
        raise RuntimeError("a number was drawn a second time: the source of random numbers must be broken")
    await OutboxMessage.raw(_CORRECT_WAITING, str(new), case.id, str(old))
    await access.start_anew(case.id, key=key, now=now)
    await Rating.update({Rating.token_hash: None}).where(Rating.case == case.id)
    case.number = new
    await mails.tell_everywhere(case, event, now=now)
    return new
