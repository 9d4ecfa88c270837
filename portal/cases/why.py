"""Why a case is due when it is: every counted day, by the function that computes the date itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from uuid import UUID

import msgspec

from portal import sla
from portal.cases import clock, clock_terms, contests
from portal.cases.clock import Past, Terms
from portal.cases.contests import AskedPause
from portal.i18n import _, current_language
from portal.marks import Pause, pauses
from portal.office_hours import Reason, Span
from portal.services.labels import TARGETS, promised
from portal.sla import History, Reading
from portal.workdays import ONE, Counted


class WhyDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a count. ``hours`` are its working hours, ``amount`` and ``total`` working days or hours, None where
    they would tell the hour.

    ``closed`` names why nobody works that day, empty for a working day; ``paused`` says that part of it or all of
    it waited for the applicant, ``down`` that part of it is left out because the service was down.
    """

    day: date
    hours: tuple[Span, ...]
    amount: Decimal | None
    total: Decimal | None
    closed: str
    paused: bool
    down: bool


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One promise and how its date comes about. ``unit`` is working_days or working_hours.

    Its ends are instants, or local days on a page that is not ``exact``.
    """

    name: str
    amount: str
    unit: str
    state: str
    started_at: date
    due_at: date
    stopped_at: date | None
    days: tuple[WhyDay, ...]


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """One pause: the applicant had to act from ``since`` to ``until``, while it is ``open`` at the latest to then.

    Its ends as in ``Why``. ``question`` is what was asked, empty for who may not read it. ``contest`` is empty,
    ``open`` (nobody decided yet) or ``denied``; one that was upheld is no pause.
    """

    since: date
    until: date
    open: bool
    question: str
    contest: str


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """The service was down, and a date moved by it: the applicant's own (``reply``), or those of the desk.

    Its ends as in ``Why``; ``lasted`` is None where it would tell an hour. ``notice`` is the number of the notice that
    tells of it, None where none does.
    """

    since: date
    until: date
    lasted: timedelta | None
    reply: bool
    notice: int | None


class WhyPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every promise of a case, the waits and outages that count in all of them. ``exact``: to the instant, with the
    questions.

    ``may_contest``: the applicant may say that the pause of now is wrong.
    """

    promises: tuple[Why, ...]
    waits: tuple[Wait, ...]
    outages: tuple[Outage, ...]
    exact: bool
    may_contest: bool


async def why(
    case_id: UUID,
    service: UUID,
    sla_version: UUID | None,
    *,
    inner: bool,
    opened: bool,
    zone: tzinfo,
    now: datetime,
) -> WhyPage:
    """How each date of the case comes about; with ``inner`` also what the desk owes itself.

    Unless the case was ``opened``, so for everybody who has the code: in days, and not what the applicant was asked.
    """
    events, _hash = await clock_terms.past_of(case_id)
    terms = await clock_terms.terms_of(service, sla_version, events, now=now)
    asked = await contests.pauses_of(case_id) if opened else []
    page = _explained(terms, events, asked, inner=inner, zone=zone, now=now)
    return page if opened else _by_day(page, zone)


def _explained(
    terms: Terms,
    events: Sequence[Past],
    asked: Sequence[AskedPause],
    *,
    inner: bool,
    zone: tzinfo,
    now: datetime,
) -> WhyPage:
    history = clock.history_of(events)
    waits = pauses(history.marks, now=now)
    found = sla.read(terms.targets, terms.calendars, history, now=now)
    return WhyPage(
        promises=tuple(
            _why(terms, reading, history, waits, zone, now)
            for reading in found
            if inner or reading.target.key not in clock.INNER
        ),
        waits=tuple(_wait(pause, asked) for pause in waits),
        outages=tuple(_outages(events, waits)),
        exact=True,
        may_contest=any(pause.open for pause in waits) and contests.contestable(asked) is not None,
    )


def _wait(pause: Pause, asked: Sequence[AskedPause]) -> Wait:
    told = next((one for one in asked if one.n == pause.n), None)
    return Wait(
        since=pause.since,
        until=pause.until,
        open=pause.open,
        question=told.question if told else "",
        contest=(told.decision or "open") if told and told.contested else "",
    )


def _outages(events: Sequence[Past], waits: Sequence[Pause]) -> Iterator[Outage]:
    """What was credited, without what lay in a pause that never was."""
    for event in events:
        if event.kind == "credited":
            since, until = clock.span_of(event)
            reply = "applicant" in event.data["for"]
            if not reply or any(wait.since <= since <= wait.until for wait in waits):
                notice = event.data["notice"]
                yield Outage(since=since, until=until, lasted=until - since, reply=reply, notice=notice)


def _by_day(page: WhyPage, zone: tzinfo) -> WhyPage:
    """The page for whoever has the code alone: no instant finer than a day, no part of a day, which would tell one."""
    return msgspec.structs.replace(
        page,
        promises=tuple(_promise_by_day(promise, zone) for promise in page.promises),
        waits=tuple(
            msgspec.structs.replace(wait, since=_local(wait.since, zone), until=_local(wait.until, zone))
            for wait in page.waits
        ),
        outages=tuple(
            msgspec.structs.replace(
                outage, since=_local(outage.since, zone), until=_local(outage.until, zone), lasted=None
            )
            for outage in page.outages
        ),
        exact=False,
    )


def _promise_by_day(promise: Why, zone: tzinfo) -> Why:
    return msgspec.structs.replace(
        promise,
        started_at=_local(promise.started_at, zone),
        due_at=_local(promise.due_at, zone),
        stopped_at=_local(promise.stopped_at, zone) if promise.stopped_at else None,
        days=tuple(msgspec.structs.replace(day, amount=None, total=None) for day in promise.days),
    )


def _local(at: date, zone: tzinfo) -> date:
    return at.astimezone(zone).date() if isinstance(at, datetime) else at


def _why(
    terms: Terms, reading: Reading, history: History, waits: Sequence[Pause], zone: tzinfo, now: datetime
) -> Why:
    days = sla.steps(reading, terms.calendars[reading.target.calendar], history, now=now)
    one = ONE[reading.target.measure] * (60 if reading.target.unit == "working_hours" else 1)
    total, rows = 0, []
    waited = [wait for wait in waits if reading.stopped_at is None or wait.since < reading.stopped_at]
    down = [span for span in history.credits if reading.stopped_at is None or span[0] < reading.stopped_at]
    for counted in days:
        total += counted.marks
        amounts = _amount(counted.marks, one), _amount(total, one)
        rows.append(_day(counted, amounts, waited, down, zone))
    name = _(TARGETS[reading.target.key])
    if reading.round > 1:
        name = _("%(promise)s, again") % {"promise": name}
    return Why(
        name=name,
        amount=promised(reading.target),
        unit=reading.target.unit,
        state=reading.state,
        started_at=reading.started_at,
        due_at=reading.due_at,
        stopped_at=reading.stopped_at,
        days=tuple(rows),
    )


def _day(
    counted: Counted,
    amounts: tuple[Decimal, Decimal],
    waits: Sequence[Pause],
    down: Sequence[Span],
    zone: tzinfo,
) -> WhyDay:
    begins = datetime.combine(counted.day, datetime.min.time(), zone)
    ends = begins + timedelta(days=1)
    return WhyDay(
        day=counted.day,
        hours=tuple(counted.windows),
        amount=amounts[0],
        total=amounts[1],
        closed=_closed(counted.reason),
        paused=any(pause.since < ends and pause.until > begins for pause in waits),
        down=any(since < ends and until > begins for since, until in down),
    )


def _closed(reason: Reason) -> str:
    own = reason.fa if current_language() == "fa" else reason.en
    if reason.closed == "weekend":
        return _("weekend")
    return own or (_("closed") if reason.closed else "")


def _amount(marks: int, one: int) -> Decimal:
    return (Decimal(marks) / one).quantize(Decimal("0.01")).normalize() + 0
