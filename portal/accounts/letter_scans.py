"""What the virus scanner said of a letter of introduction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.accounts import Introduction
from db.engine import atomic
from portal import audit
from portal.quarantine import INFECTED, QUARANTINED


@atomic
async def judge(letter: UUID, state: str, *, now: datetime) -> None:
    """The scan of the letter, which waited, is in ``state``; the log says so where a virus was found."""
    waiting = (Introduction.id == letter, Introduction.scan_state == QUARANTINED)
    judged = Introduction.update({Introduction.scan_state: state}).where(*waiting)
    rows = await judged.returning(Introduction.account)
    if rows and state == INFECTED:
        await audit.append("letter_infected", object=f"account:{rows[0]['account']}", now=now)
