"""What people with an account do with cases that are theirs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.cases import Case
from db.engine import atomic
from portal.cases import record
from portal.cases.record import Actor
from portal.errors import Conflict
from portal.i18n import _


@atomic
async def claim(case_id: UUID, *, account: UUID, now: datetime) -> None:
    """The case belongs to ``account`` and stands among its cases; the history says since when.

    Whoever calls this has seen proof (the passcode). Doing it again changes nothing. Raises Conflict when it
    belongs to somebody else.
    """
    case = await record.locked(case_id)
    if case.applicant == account:
        return
    if case.applicant is not None:
        raise Conflict(_("This request is already under another account."))
    await record.append(case, "claimed", Actor("applicant", account), now=now)
    await Case.update({Case.applicant: account}).where(Case.id == case_id, Case.applicant.is_null())
