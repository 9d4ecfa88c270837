"""Pauses of a case and what the applicant said to them: a pause may be contested once, and somebody else decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.cases import CaseEvent
from portal.cases.clock import Past, credited


class AskedPause(msgspec.Struct, frozen=True, kw_only=True):
    """A pause that began with a question to the applicant: event ``n`` of the case, asked by account ``by``.

    ``question`` is empty once it was erased. ``decision`` is None while nobody decided; then ``upheld`` (it never
    was) or ``denied`` (it stands).
    """

    n: int
    by: UUID | None
    question: str
    contested: bool
    decision: str | None


_PAUSES = """
    SELECT a.n, a.actor AS by,
           coalesce((SELECT m.body FROM message m WHERE m.event = a.id AND m.visible_to = 'applicant'), '')
               AS question,
           EXISTS (SELECT FROM case_event c WHERE c."case" = a."case" AND c.kind = 'contested'
                   AND (c.data->>'pause')::integer = a.n) AS contested,
           (SELECT substr(d.kind, 9) FROM case_event d WHERE d."case" = a."case"
            AND d.kind IN ('contest_upheld', 'contest_denied') AND (d.data->>'pause')::integer = a.n) AS decision
    FROM case_event a
    WHERE a."case" = {} AND a.kind = 'asked'
    ORDER BY a.n
"""
_SETTLED = frozenset({"replied", "answered", "contest_upheld", "reopened", "appealed"})
"""What came of a question, or made it one of an earlier life of the case."""


async def pauses_of(case_id: UUID) -> list[AskedPause]:
    """Every pause of the case, the oldest first."""
    return [AskedPause(**row) for row in await CaseEvent.raw(_PAUSES, case_id)]


def undecided(pauses: Sequence[AskedPause]) -> AskedPause | None:
    """The pause somebody has to decide about."""
    return next((pause for pause in pauses if pause.contested and pause.decision is None), None)


def contestable(pauses: Sequence[AskedPause]) -> AskedPause | None:
    """The present pause, unless it was contested before. Only for a case that waits for its applicant."""
    return pauses[-1] if pauses and not pauses[-1].contested else None


def given_until(events: Sequence[Past]) -> datetime | None:
    """The last instant the applicant was given for the desk's last question, with the downtime credited to them.

    None where no question is open: none was asked, the desk has answered since, or the applicant has written or
    contests it.
    """
    asked = next((n for n in reversed(range(len(events))) if events[n].kind == "asked"), None)
    if asked is None or not (until := events[asked].data.get("until")):
        return None
    since = events[asked + 1 :]
    kinds = {event.kind for event in since}
    if kinds & _SETTLED or ("contested" in kinds and "contest_denied" not in kinds):
        return None
    down = sum((end - begin for begin, end in credited(since, "applicant")), timedelta())
    return datetime.fromisoformat(until) + down
