"""Tables of the clock: what became of each promise, who was warned of it, and whom to warn."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Boolean, ForeignKey, Integer, SmallInt, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.accounts import Account
from db.cases import Case
from db.keys import uuid7
from db.services import KEEP, Service, SlaVersion, Unit


class ClockFact(Table, tablename="clock_fact"):
    """One round of one promise that has stopped: fulfilled, in time or not, or dropped because nobody waits any more.

    Written once, in the transaction of the event that stopped it. ``state``: met, missed or dropped; ``kept`` says
    that it was fulfilled, however late. ``used`` and ``promised`` are marks of ``portal.workdays`` in ``measure``
    (minutes or days), ``paused_s`` the seconds in which it waited for the applicant. Times are UTC.
    """

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False)
    service = ForeignKey(Service, on_delete=KEEP, null=False)
    sla_version = ForeignKey(SlaVersion, on_delete=KEEP, null=False)
    unit = ForeignKey(Unit, on_delete=KEEP, null=False)
    target = Varchar(length=20)
    round = SmallInt(default=1)
    state = Varchar(length=10)
    kept = Boolean()
    measure = Varchar(length=10)
    promised = BigInt()
    used = BigInt()
    paused_s = Integer(default=0)
    started_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None)
    stopped_at = Timestamptz(default=None)
    clock_fact_once = Unique([case, target, round])
    known_state = Check("state IN ('met', 'missed', 'dropped')")


class ClockAlarm(Table, tablename="clock_alarm"):
    """Somebody's attention was due for one round of one promise: ``level`` is warned_1, warned_2, missed, escalated_1…

    ``due_at`` is when it was due, ``at`` when the worker saw it; ``mailed`` says that people were told: after a
    standstill only the most serious level of each round is.
    """

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False)
    target = Varchar(length=20)
    round = SmallInt(default=1)
    level = Varchar(length=12)
    due_at = Timestamptz(default=None)
    at = Timestamptz(default=None)
    mailed = Boolean(default=False)
    clock_alarm_once = Unique([case, target, round, level])


class CreditedDowntime(Table, tablename="credited_downtime"):
    """A stretch in which a service was down, credited up to ``until`` to every case of it that it concerned.

    ``side`` is applicant or agency, as in the cases' events. What the worker has done, so that it need not look again:
    the truth is in the events, and a row that is missing costs another look.
    """

    id = UUID(primary_key=True, default=uuid7)
    service = ForeignKey(Service, on_delete=KEEP, null=False)
    side = Varchar(length=10)
    since = Timestamptz(default=None)
    until = Timestamptz(default=None)
    credited_downtime_once = Unique([service, side, since])
    known_side = Check("side IN ('applicant', 'agency')")


class UnitHead(Table, tablename="unit_head"):
    """The account that is told when a promise of the unit is missed for long."""

    unit = ForeignKey(Unit, on_delete=KEEP, null=False, primary_key=True)
    account = ForeignKey(Account, on_delete=KEEP, null=False)
