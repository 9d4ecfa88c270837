"""Measured downtime is given back: to applicants who could not answer, and to us where the cause was outside our power.

What was down at least five minutes at a stretch counts. An applicant's reply date moves by it, whatever the cause; our
own promises stand still for it only inside an incident whose cause is named as outside our power, also afterwards.
Nothing is taken back. Any number of workers may credit: each case is locked, and credits only what its events do not
credit yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from db.clocks import CreditedDowntime
from db.engine import atomic
from portal import audit, outbox
from portal.availability import queries as availability
from portal.availability.queries import Downtime
from portal.availability.uptime import overlap
from portal.cases import bulk, clock, rules
from portal.cases.bulk import AtHand
from portal.cases.clock import Dues, Past, Side
from portal.cases.titles import in_mail
from portal.notices import queries as notices
from portal.notices.rules import Notice
from portal.office_hours import Span
from portal.outbox import Letter
from portal.services import queries

LEAST = timedelta(minutes=5)
LOOKED_BACK = timedelta(days=30)
"""How long after the downtime a cause may be named that credits it to us."""
SOON = timedelta(minutes=10)
"""A reply date this near is moved while the downtime still goes on."""
AGAIN_AFTER = timedelta(hours=1)
"""How often that happens to the same case."""
TEMPLATE = "cases/mail/credited"
_WAITING = """SELECT id FROM "case" WHERE service = {} AND state = 'waiting' ORDER BY id"""
_RUNNING_OUT = """
    SELECT id FROM "case" WHERE service = {} AND state = 'waiting' AND paused_until > {} AND paused_until < {}
    ORDER BY id
"""
_OWED = """
    SELECT id FROM "case" WHERE service = {} AND state = ANY({}) AND next_due_at IS NOT NULL AND filed_at < {}
    ORDER BY id
"""
_DONE = "SELECT service, side, since, until FROM credited_downtime WHERE until > {}"
_REMEMBER = """
    INSERT INTO credited_downtime (id, service, side, since, until) VALUES (gen_random_uuid(), {}, {}, {}, {})
    ON CONFLICT (service, side, since) DO UPDATE SET until = greatest(credited_downtime.until, excluded.until)
"""


class Credit(msgspec.Struct, frozen=True, kw_only=True):
    """Downtime to be credited to one side of a service's cases. ``notice`` is the number of the page that tells of it,
    None where nobody announced it, or nobody looked yet; ``over`` as in ``availability.queries.Downtime``.
    """

    run: Downtime
    side: Side
    since: datetime
    until: datetime
    notice: int | None = None

    @property
    def service(self) -> UUID:
        return self.run.service

    @property
    def over(self) -> bool:
        return self.run.over


async def credit_downtime(*, now: datetime) -> int:
    """What was down lately is credited to every open case that it concerns; returns how many cases that changed."""
    after = now - LOOKED_BACK
    runs = await availability.downtime(after=after, least=LEAST, now=now)
    outside = await notices.outside_our_power(after=after) if runs else []
    done = {
        (row["service"], row["side"], row["since"]): row["until"]
        for row in await CreditedDowntime.raw(_DONE, after)
    }
    changed = 0
    for credit in _credits(runs, outside):
        known = done.get((credit.service, credit.side, credit.since))
        if known is None or known < credit.until:
            changed += await _credit(credit, now=now)
    return changed


def _credits(runs: Sequence[Downtime], outside: Sequence[Notice]) -> Iterator[Credit]:
    for run in runs:
        whole = (run.since, run.until)
        yield Credit(run=run, side="applicant", since=run.since, until=run.until)
        for one in outside:
            inside = overlap(whole, (one.begins, one.ends or run.until))
            if run.over and inside and _tells(one, run):
                yield Credit(run=run, side="agency", since=inside[0], until=inside[1], notice=one.no)


def _tells(notice: Notice, run: Downtime) -> bool:
    """Whether the notice speaks of the service that was down."""
    return notice.cancelled_at is None and any(of.slug == run.slug for of in notice.services)


async def _with_notice(credit: Credit, now: datetime) -> Credit:
    """``credit`` with the number of a notice that people can read by now."""
    near = await notices.between(credit.since, credit.until)
    told = [one for one in near if one.published_at <= now and _tells(one, credit.run)]
    return msgspec.structs.replace(credit, notice=told[0].no) if told else credit


async def _credit(credit: Credit, *, now: datetime) -> int:
    if credit.side == "agency":
        found = await Case.raw(_OWED, credit.service, list(rules.OPEN_STATES), credit.until)
    elif credit.over:
        found = await Case.raw(_WAITING, credit.service)
    else:
        found = await Case.raw(_RUNNING_OUT, credit.service, credit.since, now + SOON)
    if found and credit.notice is None:
        credit = await _with_notice(credit, now)
    changed = sum([await _credit_all(ids, credit, now=now) async for ids in bulk.batches(found)])
    if changed:
        data = {"since": credit.since.isoformat(), "until": credit.until.isoformat(), "for": credit.side}
        await audit.append("cases_credited", object=f"service:{credit.service}", data=data, now=now)
    if credit.over:
        await CreditedDowntime.raw(_REMEMBER, credit.service, credit.side, credit.since, credit.until)
    return changed


@atomic
async def _credit_all(ids: Sequence[UUID], credit: Credit, *, now: datetime) -> int:
    """The cases are credited what they are owed of ``credit``, their applicants told; returns how many changed."""
    done: list[tuple[AtHand, Past, Dues]] = []
    mails: list[Letter | None] = []
    for case in await bulk.locked(ids):
        span = _owed(case, credit, now)
        if span is None:
            continue
        since, until = (instant.isoformat() for instant in span)
        data = {"since": since, "until": until, "for": [credit.side], "notice": credit.notice}
        event = bulk.next_event(case, "credited", data, now=now)
        found = await bulk.counted(case.row, [*case.past, event], now=event.at)
        if found is None or (credit.side == "agency" and not _moves(case.row, found[1])):
            continue
        done.append((case, event, found[1]))
        mails.append(await _letter(case, event, found[1], now=now))
    await bulk.write(done)
    await outbox.enqueue_all(TEMPLATE, [mail for mail in mails if mail], now=now)
    return len(done)


def _owed(case: AtHand, credit: Credit, now: datetime) -> Span | None:
    """What of ``credit`` this case has not been credited yet and is owed; None where nothing is."""
    before = [
        until for since, until in clock.credited(case.past, credit.side) if _touches((since, until), credit)
    ]
    since, until = max([credit.since, case.past[0].at, *before]), credit.until
    if credit.side == "applicant":
        pause = clock.open_pause(case.past, now=now)
        if pause is None or pause.until <= credit.since:
            return None  # it is not their turn, or their last day was over before
        since = max(since, pause.since)
        if not credit.over and (pause.until > now + SOON or (before and until - since < AGAIN_AFTER)):
            return None  # can wait until it is over
    return (since, until) if since < until else None


def _touches(span: Span, credit: Credit) -> bool:
    return overlap(span, (credit.since, credit.until)) is not None


def _moves(row: Mapping[str, Any], dues: Dues) -> bool:
    """Whether a date of the row moves. Downtime of a night moves no promise of an office by day."""
    return any(
        row[name] != getattr(dues, name) for name in ("first_answer_due_at", "result_due_at", "next_due_at")
    )


async def _letter(case: AtHand, event: Past, dues: Dues, *, now: datetime) -> Letter | None:
    """The mail that says until when to answer; None where that is over, or nobody is to answer, or by what way."""
    row, until = case.row, dues.paused_until
    if "applicant" not in event.data["for"] or until is None or not row["contact_email"]:
        return None
    service = await queries.service_by_id(row["service"], now=now)
    pause = clock.open_pause(case.past, now=now)
    since, ended = clock.span_of(event)
    data = {
        "number": str(row["number"]),
        **in_mail(row["kind"], service),
        "due_at": dues.next_due_at,
        "before": pause.until if pause else None,
        "paused_until": until,
        "down": (ended - since).total_seconds(),
        "notice": event.data["notice"],
    }
    return Letter(
        recipient=row["contact_email"],
        locale=row["locale"],
        data=msgspec.to_builtins(data),
        cause=f"case:{row['id']}:{event.n}",
        case=row["id"],
    )
