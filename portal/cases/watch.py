"""The clock's watch: whoever works on a case is warned before its promises fall due, and more people after that.

Any number of workers may watch: each case is locked for its look, and what was seen is written down once per round and
level. After a standstill only the most serious level of each round is mailed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from db.cases import Case
from db.clocks import ClockAlarm
from db.engine import atomic
from db.independence import barred
from db.outbox import OutboxMessage
from portal import codes, outbox
from portal.cases import clock, clock_terms, record
from portal.cases.clock import LEVELS, Past, Terms
from portal.i18n import N_, _, using
from portal.services.labels import TARGETS
from portal.services.queries import service_by_id
from portal.settings import Settings
from portal.sla import Reading
from portal.workdays import EmptyCalendar

BATCH = 100
MAIL = "cases/desk/mail/watch"
NO_CALENDAR = timedelta(days=1)
"""When to look again at a case whose calendar has no working time left."""
SUBJECTS = {
    "warned_1": N_("A promise falls due soon"),
    "warned_2": N_("A promise falls due very soon"),
    "missed": N_("A promise was missed"),
    "escalated_1": N_("A promise was missed"),
    "escalated_2": N_("A promise of your unit is still missed"),
    "escalated_3": N_("A promise has been missed for long"),
}
_DUE = 'SELECT id FROM "case" WHERE next_check_at <= {} ORDER BY next_check_at LIMIT {}'
# The clerk who has the case, or everybody of its unit while nobody does; then the unit's head; then managers. Somebody
# who left the unit reads no case of it any more: no mail tells of one either, head or not.
_OF_UNIT = """
    (a.unit = c.unit OR EXISTS (SELECT FROM membership m WHERE m.account = a.id AND m.unit = c.unit))
"""
_CLERKS = f"""
    SELECT a.id FROM account a JOIN "case" c ON c.id = {{}}
    WHERE a.state = 'active' AND (a.id = c.assignee OR c.assignee IS NULL AND a.role = 'staff' AND {_OF_UNIT})
        AND NOT {barred("a.id")}
"""  # noqa: S608 - constants
_HEAD = f"""
    SELECT a.id FROM account a JOIN unit_head h ON h.account = a.id JOIN "case" c ON c.unit = h.unit
    WHERE c.id = {{}} AND a.state = 'active' AND a.role IN ('staff', 'manager', 'admin') AND {_OF_UNIT}
        AND NOT {barred("a.id")}
"""  # noqa: S608 - constants
_MANAGERS = f"""
    SELECT a.id FROM account a JOIN "case" c ON c.id = {{}}
    WHERE a.state = 'active' AND a.role = 'manager' AND {_OF_UNIT} AND NOT {barred("a.id")}
"""  # noqa: S608 - constants
# Nobody of the unit may have anything to do with the complaint: a site admin has to pass it on.
_ADMINS = f"""
    SELECT a.id FROM account a JOIN "case" c ON c.id = {{}}
    WHERE a.state = 'active' AND a.role = 'admin' AND c.kind = 'complaint' AND NOT {barred("a.id")}
"""  # noqa: S608 - constants
_WHO = {"escalated_2": _HEAD, "escalated_3": _MANAGERS}
_ADDRESSES = """
    SELECT DISTINCT p.value, a.locale FROM contact_point p JOIN account a ON a.id = p.account
    WHERE p.account = ANY({}) AND p.kind = 'email' AND p.verified_at IS NOT NULL
"""


class Alarm(msgspec.Struct, frozen=True):
    """One level of attention that one round of one promise needs by now."""

    reading: Reading
    level: str
    at: datetime


async def due(*, now: datetime) -> list[UUID]:
    """The cases somebody has to look at, the longest overdue first, at most ``BATCH``."""
    return [row["id"] for row in await Case.raw(_DUE, now, BATCH)]


@atomic
async def look_at(case_id: UUID, *, now: datetime) -> None:
    """What the case's promises need by ``now`` is written down once, a miss in its history; people were told.

    Nothing happens to a case that another worker looks at, or that was looked at in the meantime.
    """
    case = await (
        Case.objects().get(Case.id == case_id).lock_rows("UPDATE", skip_locked=True).output(load_json=True)
    )
    if case is None or case.next_check_at is None or case.next_check_at > now:
        return
    events, _hash = await clock_terms.past_of(case_id)
    terms = await clock_terms.terms_of(case.service, case.sla_version, events, now=now)
    try:
        fresh = await _fresh(case_id, terms, events, now)
        for alarm in fresh:
            if alarm.level == "missed":
                about = {"target": alarm.reading.target.key, "round": alarm.reading.round}
                await record.append(case, "missed", record.Actor("system"), data=about, now=now)
        next_check_at = clock.dues(terms, events, now=now).next_check_at
    except EmptyCalendar:
        fresh, next_check_at = [], now + NO_CALENDAR
    await Case.update({Case.next_check_at: next_check_at}).where(Case.id == case_id)
    told = _most_serious(fresh)
    for alarm in told:
        await _tell(case, alarm, now)
    await _write_down(case_id, fresh, told, now)


def unseen(
    terms: Terms, events: Sequence[Past], known: Set[tuple[str, int, str]], *, now: datetime
) -> list[Alarm]:
    """Every level that an open round needs by ``now``, but for the ``known``: target, round and level."""
    history = clock.history_of(events)
    return [
        Alarm(reading, level, at)
        for reading in clock.readings(terms, events, now=now)
        if reading.is_open
        for level, at in clock.alarms(terms, reading, history, now=now)
        if at <= now and (reading.target.key, reading.round, level) not in known
    ]


async def put_off(case_id: UUID, *, until: datetime) -> None:
    """Nobody looks at the case before ``until``: something in it can't be counted."""
    await Case.update({Case.next_check_at: until}).where(Case.id == case_id)


def shown(message: OutboxMessage, settings: Settings) -> Mapping[str, Any]:
    """What the mail to the desk's people shows."""
    data = cast(Mapping[str, Any], message.data)
    number = int(data["number"])
    desk = settings.base_url + ("/en" if message.locale == "en" else "")
    level, target = data["level"], data["target"]
    with using(message.locale):
        return {
            "number": number,
            "subject": _(SUBJECTS[level]),
            "promise": _(TARGETS[target]),
            "service": data["service"][message.locale],
            "due_at": datetime.fromisoformat(data["due_at"]),
            "missed": level not in LEVELS[:2],
            "link": f"{desk}/desk/cases/{codes.show_text(number)}",
            "desk": desk,
        }


async def _fresh(case_id: UUID, terms: Terms, events: Sequence[Past], now: datetime) -> list[Alarm]:
    known = await ClockAlarm.select(ClockAlarm.target, ClockAlarm.round, ClockAlarm.level).where(
        ClockAlarm.case == case_id
    )
    return unseen(terms, events, {(row["target"], row["round"], row["level"]) for row in known}, now=now)


def _most_serious(alarms: Sequence[Alarm]) -> list[Alarm]:
    """The last level of each round; they come in order."""
    return list({(alarm.reading.target.key, alarm.reading.round): alarm for alarm in alarms}.values())


async def _tell(case: Case, alarm: Alarm, now: datetime) -> None:
    service = await service_by_id(case.service, now=now)
    assert service is not None, "a case has its service"
    target, level = alarm.reading.target.key, alarm.level
    for row in await Case.raw(_ADDRESSES, await _who(case.id, level)):
        await outbox.enqueue(
            MAIL,
            recipient=row["value"],
            locale=row["locale"],
            data={
                "number": str(case.number),
                "service": {"fa": service.title.fa, "en": service.title.en},
                "target": target,
                "level": level,
                "due_at": alarm.reading.due_at,
            },
            cause=f"watch:{case.id}:{target}:{alarm.reading.round}:{level}:{row['value']}",
            case=None,  # the page of the case lists the mails to its applicant
            now=now,
        )


async def _who(case_id: UUID, level: str) -> list[UUID]:
    """Whom the level concerns; where nobody is head, the managers; where there are none, the clerks.

    Nobody hears of a complaint who is barred from it; where that leaves nobody, the site admins do.
    """
    for query in (_WHO.get(level, _CLERKS), _MANAGERS, _CLERKS, _ADMINS):
        if found := [row["id"] for row in await Case.raw(query, case_id)]:
            return found
    return []


async def _write_down(case_id: UUID, fresh: Sequence[Alarm], told: Sequence[Alarm], now: datetime) -> None:
    rows = [
        ClockAlarm(
            case=case_id,
            target=alarm.reading.target.key,
            round=alarm.reading.round,
            level=alarm.level,
            due_at=alarm.at,
            at=now,
            mailed=alarm in told,
        )
        for alarm in fresh
    ]
    if rows:
        await ClockAlarm.insert(*rows).on_conflict(action="DO NOTHING")
