"""What the applicant can do with a case as it stands, for the page that offers it; the verbs decide again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.cases import contests, ratings, rules
from portal.cases.queries import CaseView, Step


async def offers(case: CaseView, told: Step | None, *, tier: int, now: datetime) -> dict[str, Any]:
    """What the page needs to know of that; ``told`` is the step that brought the case into its state."""
    until = told.reopen_until if told and case.erased_at is None else None
    if not rules.fits("reopened", case.kind):
        until = None
    return {
        "may_reply": rules.allowed("replied", case.state),
        "reopen_until": until,
        "may_reopen": until is not None and now <= until,
        "may_withdraw": tier > 1 and rules.allowed("withdrawn", case.state),
        **await ratings.on_page(case.id, now=now),
        **await _contest(case),
    }


async def _contest(case: CaseView) -> dict[str, bool]:
    """Whether the present pause can be contested, and whether it was."""
    if case.state != "waiting":
        return {"may_contest": False, "contested": False}
    pauses = await contests.pauses_of(case.id)
    return {
        "may_contest": contests.contestable(pauses) is not None,
        "contested": contests.undecided(pauses) is not None,
    }
