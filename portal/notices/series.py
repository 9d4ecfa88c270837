"""Windows that come again: posted as notices of their own some weeks ahead, until the series ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from db.engine import atomic
from db.notices import Notice, NoticeSeries
from db.subscriptions import NoticeMailing
from portal import audit
from portal.errors import NotFound, PortalError
from portal.i18n import N_, Words, _, in_both
from portal.notices import actions, mailings, repeats
from portal.notices.drafts import NOBODY, Draft, Ended, Saying, TooLate, WrongField

AHEAD = timedelta(days=60)
"""How far ahead windows are posted."""
STOOD_STILL = N_("The portal itself had stood still and could not announce this window earlier.")
UNFIT = (PortalError, ValueError, msgspec.MsgspecError, asyncpg.IntegrityConstraintViolationError)
"""What a series raises that can't be posted any more, or whose rule or words can't be read."""
_SILENT = """
    UPDATE notice_mailing SET dropped_at = {} WHERE kind = 'published' AND notice IN (
        SELECT id FROM notice WHERE no = ANY({}))
"""

logger = logging.getLogger(__name__)


def check(draft: Draft, rule: str, zone: ZoneInfo) -> timedelta:
    """The length of each window. Raises WrongField where ``draft`` can't come again by ``rule``."""
    if draft.kind != "planned":
        raise WrongField("repeat", _("Only planned work comes again."))
    if draft.ends_at is None:
        raise WrongField("ends_at", _("What comes again needs an end."))
    if draft.ends_at - draft.starts_at < timedelta(minutes=1):
        raise WrongField("ends_at", _("The end must lie after the beginning."))
    if not repeats.begins(rule, draft.starts_at, zone):
        raise WrongField("repeat", _("By this rule no window begins when the first one does."))
    return draft.ends_at - draft.starts_at


@atomic
async def begin(draft: Draft, rule: str, *, zone: ZoneInfo, by: UUID, now: datetime) -> int:
    """The windows of ``rule`` in the next 60 days are notices, the worker keeps posting; returns the first number.

    People are mailed the first window when it is published, every one by its reminders. A window that is announced
    too late keeps ``draft``'s reason. Raises what ``actions.post`` does, and WrongField for what can't come again.
    """
    length = check(draft, rule, zone)
    series = NoticeSeries(
        rrule=rule,
        starts_at=draft.starts_at,
        minutes=length // timedelta(minutes=1),
        document=msgspec.json.encode(draft.saying).decode(),
        made_until=max(now + AHEAD, draft.starts_at),
        made_by=by,
        made_at=now,
    )
    await NoticeSeries.insert(series)
    await audit.append("notice_series_begun", object=f"series:{series.id}", data={"rule": rule}, now=now)
    before = draft.starts_at - timedelta(seconds=1)
    starts = repeats.windows(rule, draft.starts_at, zone, after=before, until=series.made_until)
    numbers = await _post(draft, starts, late_reason=draft.late_reason, series=series.id, by=by, now=now)
    await NoticeMailing.raw(_SILENT, now, numbers[1:])
    return numbers[0]


@atomic
async def extend(series: UUID, *, zone: ZoneInfo, now: datetime) -> None:
    """The windows of the series that came near are posted, silently; past its last one the series is ended."""
    row = await NoticeSeries.objects().get(NoticeSeries.id == series).lock_rows("NO KEY UPDATE")
    if row is None or row.ended_at is not None:
        return
    until = now + AHEAD
    after = max(row.made_until, now)
    taken = {one["starts_at"] for one in await Notice.select(Notice.starts_at).where(Notice.series == series)}
    coming = repeats.windows(row.rrule, row.starts_at, zone, after=after, until=until)
    # A window that was moved to this time stands for the one of the rule.
    starts = [one for one in coming if one not in taken]
    length = timedelta(minutes=row.minutes)
    draft = Draft(
        kind="planned",
        saying=msgspec.json.decode(row.document, type=Saying),
        starts_at=row.starts_at,
        ends_at=row.starts_at + length,
    )
    reason = in_both(STOOD_STILL)
    numbers = await _post(draft, starts, late_reason=reason, series=series, by=None, now=now)
    await NoticeMailing.raw(_SILENT, now, numbers)
    over = repeats.is_over(row.rrule, row.starts_at, zone, after=until)
    await NoticeSeries.update(
        {NoticeSeries.made_until: max(until, row.made_until), NoticeSeries.ended_at: now if over else None}
    ).where(NoticeSeries.id == series)


async def extend_series(*, zone: ZoneInfo, now: datetime) -> None:
    """The windows of the next 60 days are notices; a series that can't be posted any more holds up no other."""
    due = await NoticeSeries.select(NoticeSeries.id).where(
        NoticeSeries.ended_at.is_null() & (NoticeSeries.made_until < now + AHEAD)
    )
    for row in due:
        try:
            await extend(row["id"], zone=zone, now=now)
        except UNFIT as refusal:
            logger.warning("windows of series %s were not posted: %r", row["id"], refusal)


@atomic
async def end(series: UUID, *, cancelling: Words | None, by: UUID, now: datetime) -> int:
    """No further window is posted; returns how many that lay ahead were cancelled for the reason ``cancelling``.

    Whoever was told of any of these gets one message for all. None leaves them as announced. Raises NotFound; Ended
    where there is nothing left to end.
    """
    row = await NoticeSeries.objects().get(NoticeSeries.id == series).lock_rows("NO KEY UPDATE")
    if row is None:
        raise NotFound(_("There is no notice at this address."))
    if row.ended_at is not None and cancelling is None:
        raise Ended
    ahead: list[dict[str, int]] = []
    if cancelling is not None:
        ahead = (
            await Notice.select(Notice.no, Notice.version)
            .where(
                (Notice.series == series)
                & (Notice.starts_at > now)
                & Notice.cancelled_at.is_null()
                & Notice.finished_at.is_null()
            )
            .order_by(Notice.no)
        )
        for one in ahead:
            await actions.cancel(one["no"], cancelling, seen=one["version"], by=by, now=now)
        await mailings.join_cancellations([one["no"] for one in ahead], now=now)
    if row.ended_at is None:
        await NoticeSeries.update({NoticeSeries.ended_at: now}).where(NoticeSeries.id == series)
    data = {"cancelled": len(ahead)}
    await audit.append("notice_series_ended", object=f"series:{series}", data=data, now=now)
    return len(ahead)


async def _post(
    draft: Draft,
    starts: Sequence[datetime],
    *,
    late_reason: Words,
    series: UUID,
    by: UUID | None,
    now: datetime,
) -> list[int]:
    """The numbers of the windows of ``draft`` that begin at ``starts``; a reason stands only where one is owed."""
    assert draft.ends_at is not None
    length, numbers = draft.ends_at - draft.starts_at, []
    for start in starts:
        window = msgspec.structs.replace(draft, starts_at=start, ends_at=start + length, late_reason=NOBODY)
        try:
            no = await actions.post(window, by=by, now=now, series=series)
        except TooLate:
            window = msgspec.structs.replace(window, late_reason=late_reason)
            no = await actions.post(window, by=by, now=now, series=series)
        numbers.append(no)
    return numbers
