"""Asking once more, after the service's own interval, whether what was closed as done still is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.cases import Case
from db.engine import atomic
from db.ratings import Rating
from portal import outbox
from portal.cases import ratings
from portal.cases.titles import in_mail
from portal.services.queries import service_by_id

TEMPLATE = "cases/mail/recheck"
AT_ONCE = 200
_DUE = "SELECT id FROM rating WHERE asked_at IS NULL AND due_at <= {} ORDER BY due_at LIMIT {}"


async def ask_due(*, now: datetime) -> int:
    """Up to 200 questions whose day has come were asked, or dropped where the case has moved on. Returns how many."""
    rows = await Rating.raw(_DUE, now, AT_ONCE)
    for row in rows:
        await ask(row["id"], now=now)
    return len(rows)


@atomic
async def ask(rating: UUID, *, now: datetime) -> None:
    """The question stands on the page of the case and in a mail, if the case still is closed; otherwise it is gone."""
    row = await Rating.objects().get(
        (Rating.id == rating) & Rating.asked_at.is_null() & (Rating.due_at <= now)
    )
    if row is None:
        return
    case = await Case.objects().get(Case.id == row.case).lock_rows("UPDATE")
    asked = {one.id: one for one in await ratings.of_case(row.case, now=now)}
    if case is None or not asked[rating].current:
        await Rating.delete().where(Rating.id == rating)
        return
    await Rating.update({Rating.asked_at: now, Rating.expires_at: now + ratings.OPEN_FOR}).where(
        Rating.id == rating
    )
    if case.contact_email:
        await _enqueue(case, row, now=now)


async def _enqueue(case: Case, row: Rating, *, now: datetime) -> None:
    service = await service_by_id(case.service, now=now)
    await outbox.enqueue(
        TEMPLATE,
        recipient=case.contact_email,
        locale=case.locale,
        data={
            "number": str(case.number),
            **in_mail(case.kind, service),
            "due_at": None,
            "round": row.round,
            "moment": row.moment,
        },
        cause=f"rating:{row.id}",
        case=case.id,
        now=now,
    )
