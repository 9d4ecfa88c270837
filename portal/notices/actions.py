"""What people do to notices: post, update, move, extend, cancel, verify, end. Each writes its line of history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from db.engine import atomic
from db.notices import Notice as NoticeTable
from db.notices import NoticeService
from db.services import Service
from portal import audit
from portal.errors import NotFound
from portal.i18n import Words, _
from portal.notices import drafts, mailings, queries, record, rules
from portal.notices.drafts import NOBODY, Draft, Ended, NotBegun, WrongField
from portal.notices.rules import Affected, Impact

_TOUCHED = f"""
    SELECT s.id, s.slug, s.title_fa, s.title_en, {queries.promised_lead("s.id")} AS lead
    FROM service s WHERE s.slug = ANY({{}}) AND s.state IN ('open', 'closed') ORDER BY s.position, s.slug
"""  # noqa: S608 - constants
_PROMISE_ANEW = f"""
    UPDATE notice_service t SET promised_lead_hours = {queries.promised_lead("t.service")} WHERE t.notice = {{}}
"""  # noqa: S608 - constants


@atomic
async def post(
    draft: Draft, *, by: UUID | None, now: datetime, series: UUID | None = None, source: str = "staff"
) -> int:
    """The notice is there and people are told of it from its publication on; returns its number.

    Raises WrongField (``TooLate`` where the promised lead is not kept and no reason is given), NotFound for a
    service that is not there.
    """
    drafts.check(draft, now)
    services = await _services(draft.saying.services, now, planned=draft.kind == "planned")
    row = _row(draft, now)
    row.series, row.source, row.made_by = series, source, by
    record.check_lead(queries.read(row, tuple(services.values())), draft.late_reason)
    made = await NoticeTable.insert(row).returning(NoticeTable.id, NoticeTable.no)
    row.no = made[0]["no"]
    await NoticeService.insert(
        *(
            NoticeService(
                notice=row.id, service=key, impact=of.impact, promised_lead_hours=of.promised_lead_hours
            )
            for key, of in services.items()
        )
    )
    await record.write(row.id, 1, "posted", by=by, now=now)
    await mailings.plan(row.id, queries.read(row, tuple(services.values())), "published", now=now)
    await audit.append("notice_posted", object=f"notice:{row.no}", data={"kind": draft.kind}, now=now)
    queries.forget()
    return cast(int, row.no)


@atomic
async def update(no: int, text: Words, *, state: str = "", seen: int, by: UUID | None, now: datetime) -> None:
    """The notice says ``text``, too; an incident is in ``state``: when fixed, it is over at ``now``.

    Raises NotFound, Ended, ChangedMeanwhile, WrongField for a state that an incident can't have.
    """
    row, notice = await record.locked(no, seen, now)
    if state and (notice.planned or state not in rules.INCIDENT_STATES):
        raise WrongField("state", _("Choose one."))
    columns: dict[str, Any] = {"state": state or notice.state}
    if state == "fixed":
        columns["finished_at"] = now
    kind = state if state and state != notice.state else "updated"
    await record.change(
        row,
        notice,
        kind,
        columns,
        text=text,
        telling="ended" if state == "fixed" else "changed",
        by=by,
        now=now,
    )


@atomic
async def reschedule(
    no: int,
    starts_at: datetime,
    ends_at: datetime | None,
    reason: Words,
    *,
    late_reason: Words = NOBODY,
    seen: int,
    by: UUID | None,
    now: datetime,
) -> None:
    """The planned outage has another window; whoever was told hears of the old and the new one.

    A start outside the old window is announced anew: its lead counts from ``now`` and is promised by the statements in
    force now. Raises NotFound, Ended (also once it has begun), ChangedMeanwhile, TooLate, and WrongField, also where
    another window of its series begins.
    """
    await record.hold_series(no)
    row, notice = await record.locked(no, seen, now)
    if not notice.planned or notice.begins <= now:
        raise Ended
    await record.check_free(row, starts_at)
    drafts.check_moved(starts_at, ends_at, now)
    announced = rules.announced_after(notice, starts_at, now)
    if announced != notice.announced_at:
        await NoticeTable.raw(_PROMISE_ANEW, now, now, row.id)
        notice = msgspec.structs.replace(notice, services=await queries.touched(row.id))
    moved = msgspec.structs.replace(notice, starts_at=starts_at, ends_at=ends_at, announced_at=announced)
    if starts_at <= notice.published_at:
        raise WrongField("starts_at", _("It must be published before it begins."))
    if announced != notice.announced_at:
        record.check_lead(moved, late_reason)
    columns: dict[str, Any] = {"starts_at": starts_at, "ends_at": ends_at, "announced_at": announced}
    if late_reason != NOBODY:
        columns |= record.both("late_reason", late_reason)
    windows = {"before": [notice.starts_at, notice.ends_at], "after": [starts_at, ends_at]}
    await record.change(
        row, moved, "rescheduled", columns, text=reason, data=windows, telling="changed", by=by, now=now
    )


@atomic
async def extend(
    no: int, ends_at: datetime | None, reason: Words, *, seen: int, by: UUID | None, now: datetime
) -> None:
    """The planned outage ends later, or nobody knows when (None).

    Raises NotFound, Ended, ChangedMeanwhile, WrongField.
    """
    row, notice = await record.locked(no, seen, now)
    if not notice.planned:
        raise Ended
    if ends_at is not None and ends_at <= max(now, notice.begins, notice.ends_at or now):
        raise WrongField("ends_at", _("The new end must lie after the old one and in the future."))
    drafts.check_near(now, ends_at=ends_at)
    windows = {"before": [notice.starts_at, notice.ends_at], "after": [notice.starts_at, ends_at]}
    later = msgspec.structs.replace(notice, ends_at=ends_at)
    await record.change(
        row,
        later,
        "extended",
        {"ends_at": ends_at},
        text=reason,
        data=windows,
        telling="changed",
        by=by,
        now=now,
    )


@atomic
async def cancel(no: int, reason: Words, *, seen: int, by: UUID | None, now: datetime) -> None:
    """The planned outage will not take place and is shown as cancelled. Raises NotFound, Ended (also once it has
    begun: then end it), ChangedMeanwhile.
    """
    row, notice = await record.locked(no, seen, now)
    if not notice.planned or notice.begins <= now:
        raise Ended
    await record.change(
        row, notice, "cancelled", {"cancelled_at": now}, text=reason, telling="cancelled", by=by, now=now
    )


@atomic
async def verify(no: int, *, seen: int, by: UUID | None, now: datetime) -> None:
    """The work is done and being checked; the outage stays on. Raises NotFound, Ended, ChangedMeanwhile."""
    row, notice = await record.locked(no, seen, now)
    if not notice.planned or notice.verifying_at is not None:
        raise Ended
    if notice.begins > now:
        raise NotBegun
    await record.change(row, notice, "verifying", {"verifying_at": now}, telling="", by=by, now=now)


@atomic
async def end(
    no: int,
    *,
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    text: Words = NOBODY,
    seen: int,
    by: UUID | None,
    now: datetime,
) -> None:
    """The outage is over, with the times at which it really began and ended; now where none is given.

    Also for a planned one whose announced end has passed, to record when it really ended. Raises NotFound, NotBegun,
    Ended for one that was ended by hand, ChangedMeanwhile, WrongField for impossible times.
    """
    row, notice = await record.locked(no, seen, now, also_over=True)
    began, ended = started_at or notice.begins, finished_at or now
    if notice.finished_at is not None or notice.cancelled_at is not None:
        raise Ended
    if notice.begins > now:
        raise NotBegun
    if not notice.starts_at <= began <= now:
        raise WrongField("started_at", _("This must lie between the announced beginning and now."))
    if not began <= ended <= now:
        raise WrongField("finished_at", _("This must lie between the beginning and now."))
    columns = {"started_at": began, "finished_at": ended} | ({} if notice.planned else {"state": "fixed"})
    windows = {"before": [notice.starts_at, notice.ends_at], "after": [began, ended]}
    told = notice.ends_at is not None and notice.ends_at <= now
    await record.change(
        row,
        notice,
        "ended",
        columns,
        text=text,
        data=windows,
        telling="" if told else "ended",
        by=by,
        now=now,
    )


@atomic
async def report(no: int, text: Words, *, seen: int, by: UUID | None, now: datetime) -> None:
    """The page tells afterwards what happened and what was learnt. Raises NotFound, ChangedMeanwhile."""
    row, notice = await record.locked(no, seen, now, also_over=True)
    await record.change(row, notice, "reported", {}, text=text, telling="", by=by, now=now)


@atomic
async def name_cause(no: int, cause: str, *, seen: int, by: UUID, now: datetime) -> None:
    """The incident has this class of cause. Raises NotFound, ChangedMeanwhile, WrongField."""
    row, notice = await record.locked(no, seen, now, also_over=True)
    if notice.planned or cause not in rules.CAUSES:
        raise WrongField("cause", _("Choose one."))
    await record.change(
        row, notice, "caused", {"cause": cause}, data={"cause": cause}, telling="", by=by, now=now
    )


def _row(draft: Draft, now: datetime) -> NoticeTable:
    planned, published = draft.kind == "planned", max(now, draft.publish_at or now)
    return NoticeTable(
        kind=draft.kind,
        **record.both("title", draft.saying.title),
        **record.both("body", draft.saying.body),
        **record.both("advice", draft.saying.advice),
        **record.both("late_reason", draft.late_reason),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at if planned else None,
        published_at=published,
        announced_at=published,
        state="" if planned else "investigating",
        cause="" if planned else draft.cause or "unknown",
        changed_at=now,
        made_at=now,
    )


async def _services(impacts: Mapping[str, Impact], now: datetime, *, planned: bool) -> dict[UUID, Affected]:
    rows = await Service.raw(_TOUCHED, now, now, list(impacts))
    if not rows or len(rows) != len(impacts):
        raise NotFound(_("There is no such service."))
    return {
        row["id"]: Affected(
            row["slug"],
            Words(row["title_fa"], row["title_en"]),
            impacts[row["slug"]],
            row["lead"] if planned else None,
        )
        for row in rows
    }
