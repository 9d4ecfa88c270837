"""Tables of notices: planned outages and incidents, what each touches, everything that was done to them."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.accounts import Account
from db.keys import uuid7
from db.services import KEEP, Service


class NoticeSeries(Table, tablename="notice_series"):
    """Windows that come again: ``rrule`` (RFC 5545, in the agency's zone from ``starts_at``), each ``minutes`` long.

    ``document`` is what every window says, a ``notices.drafts.Saying`` as JSON. The worker keeps the windows of the
    next weeks posted as notices of their own, up to ``made_until``; ``ended_at`` stops it.
    """

    id = UUID(primary_key=True, default=uuid7)
    rrule = Varchar(length=200)
    starts_at = Timestamptz(default=None)
    minutes = Integer()
    document = JSONB()
    made_until = Timestamptz(default=None)
    made_by = ForeignKey(Account, on_delete=KEEP, null=False)
    made_at = Timestamptz(default=None)
    ended_at = Timestamptz(null=True, default=None)
    lasts = Check("minutes > 0")


class Notice(Table, tablename="notice"):
    """One planned outage or one incident; its address is /notices/<no>. The row is a cache of its changes.

    Whether it lies ahead, is on or over is never stored: it follows from the clock (``notices.rules.stage``).
    ``starts_at`` and ``ends_at`` are the window that is announced (of an incident: when the fault was first seen, and
    NULL), ``started_at`` and ``finished_at`` what really happened, NULL while unknown; ``ends_at`` NULL is open.
    ``published_at`` may lie ahead. ``announced_at`` is the instant from which people could know of the present start:
    lead time counts from there. ``state`` of an incident: investigating, identified, watching, fixed; empty for
    planned. ``cause``: software, hardware, infrastructure (outside our power), security, unknown; empty for planned.
    ``source`` is staff or probe. ``late_reason_*`` says why it was announced too late. ``version`` counts changes: the
    optimistic lock and the feeds' SEQUENCE. ``nagged_at``: when staff were last reminded of a silent incident.
    """

    id = UUID(primary_key=True, default=uuid7)
    no = Serial(unique=True)
    kind = Varchar(length=8)
    title_fa = Varchar(length=200)
    title_en = Varchar(length=200)
    body_fa = Text()
    body_en = Text()
    advice_fa = Text(default="")
    advice_en = Text(default="")
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None, index=True)
    verifying_at = Timestamptz(null=True, default=None)
    cancelled_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(default=None, index=True)
    announced_at = Timestamptz(default=None)
    state = Varchar(length=13, default="")
    cause = Varchar(length=14, default="")
    source = Varchar(length=5, default="staff")
    late_reason_fa = Text(default="")
    late_reason_en = Text(default="")
    series = ForeignKey(NoticeSeries, on_delete=KEEP, null=True, default=None)
    version = Integer(default=1)
    changed_at = Timestamptz(default=None)
    nagged_at = Timestamptz(null=True, default=None)
    made_by = ForeignKey(Account, on_delete=KEEP, null=True, default=None)
    made_at = Timestamptz(default=None)
    known_kind = Check("kind IN ('planned', 'incident')")
    known_state = Check(
        "kind = 'planned' AND state = '' AND cause = ''"
        " OR kind = 'incident' AND cause <> '' AND state IN ('investigating', 'identified', 'watching', 'fixed')"
    )
    ends_after_it_starts = Check("ends_at > starts_at AND finished_at >= coalesce(started_at, starts_at)")
    told_beforehand = Check("kind = 'incident' OR published_at < starts_at")
    notice_series_window = Unique([series, starts_at])


class NoticeService(Table, tablename="notice_service"):
    """A service that a notice touches, and how: ``impact`` is unavailable, read_only or slow.

    ``promised_lead_hours`` is what the service's statement promised when the present start was announced; NULL for
    incidents and where no statement is in force.
    """

    id = UUID(primary_key=True, default=uuid7)
    notice = ForeignKey(Notice, on_delete=KEEP, null=False)
    service = ForeignKey(Service, on_delete=KEEP, null=False, index=True)
    impact = Varchar(length=11)
    promised_lead_hours = Integer(null=True, default=None)
    known_impact = Check("impact IN ('unavailable', 'read_only', 'slow')")
    notice_service_once = Unique([notice, service])


class NoticeChange(Table, tablename="notice_change"):
    """Something that was done to a notice. Rows are only added; ``n`` is the notice's version after it.

    ``kind``: posted, updated, investigating, identified, watching, fixed, rescheduled, extended, cancelled, verifying,
    ended, reported, caused. ``data`` holds windows before and after (``before``, ``after``: [start, end] in UTC), or
    the ``cause`` that was named; the texts are what people read, both languages or empty.
    """

    id = UUID(primary_key=True, default=uuid7)
    notice = ForeignKey(Notice, on_delete=KEEP, null=False)
    n = Integer()
    kind = Varchar(length=13)
    at = Timestamptz(default=None)
    by = ForeignKey(Account, on_delete=KEEP, null=True)
    data = JSONB()
    text_fa = Text(default="")
    text_en = Text(default="")
    notice_change_once = Unique([notice, n])
