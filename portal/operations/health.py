"""How the installation is: what an operator would look up in ten places; the worker does so every ten minutes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from db.audit import AuditEntry
from db.operations import HealthReport
from portal import outbox, place
from portal.audit_log import verify
from portal.i18n import Words
from portal.operations import queries
from portal.operations.certificate import Certificate, certificate_of
from portal.services import unit_people
from portal.services.unit_people import Unattended
from portal.settings import Settings

JOB = "look"
"""A worker looks soon after its start, too, without waiting for the tenth minute."""
A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)
WAITS_LONG = timedelta(hours=1)
STUCK = timedelta(minutes=15)
"""A job or a clock that is due for so long is not being worked on."""
VERIFY_EVERY = timedelta(hours=20)
"""Checking the whole audit log takes seconds: once a day, and a little earlier rather than later."""
SILENT_HOURS = 4
"""Without news an incident is stale after this time where the settings name none."""
# A mail is given up after three days.
_MAILS = """
    WITH late AS (SELECT state, created_at, error, error ~ {} AS refused, ended_at > {} AS lately
        FROM outbox_message WHERE created_at > {})
    SELECT count(*) FILTER (WHERE state = 'failed' AND lately AND refused) AS bounced,
        count(*) FILTER (WHERE state = 'failed' AND lately AND NOT refused) AS failed,
        count(*) FILTER (WHERE state = 'queued' AND created_at < {}) AS waiting
    FROM late
"""
# Earlier versions of this program may have left clocks of other names or other times.
_STUCK_JOBS = (
    "SELECT count(*) AS n FROM pgqueuer WHERE execute_after < {} AND coalesce(heartbeat, created) < {}"
)
_LATE_CLOCKS = """
    SELECT entrypoint FROM pgqueuer_schedules WHERE entrypoint = ANY({})
    GROUP BY entrypoint HAVING max(next_run) < {} ORDER BY entrypoint
"""
_INCIDENTS = """
    SELECT no, title_fa, title_en, greatest(changed_at, published_at) AS since FROM notice
    WHERE kind = 'incident' AND finished_at IS NULL AND cancelled_at IS NULL
        AND published_at <= {} AND greatest(changed_at, published_at) <= {}
    ORDER BY since
"""
_KEPT_BACK = """
    SELECT count(*) FILTER (WHERE scan_state = 'quarantined' AND at < {}) AS waiting,
        count(*) FILTER (WHERE scan_state = 'infected' AND at > {}) AS infected
    FROM attachment WHERE scan_state IN ('quarantined', 'infected') AND stored_as NOT LIKE 'gone:%'
"""
_RESETS = """
    SELECT who.display_name AS name, count(*) AS approvals
    FROM reset_approval p JOIN account who ON who.id = p.admin
    WHERE p.at > {} GROUP BY who.id, who.display_name ORDER BY approvals DESC, name
"""


class Incident(msgspec.Struct, frozen=True):
    """An open incident of which nobody has heard since ``since``."""

    no: int
    title: Words
    since: datetime


class Approver(msgspec.Struct, frozen=True):
    """How many new passwords one admin approved within the last day."""

    name: str
    approvals: int


class Sealed(msgspec.Struct, frozen=True):
    """The audit log as it was checked at ``at``: good up to entry ``seq``, and what is wrong after it, or nothing."""

    at: datetime
    seq: int
    broken: str


class Mails(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that ended badly within the last day, sent back by the other side or otherwise.

    ``waiting`` ones are over an hour old.
    """

    bounced: int
    failed: int
    waiting: int


class Scans(msgspec.Struct, frozen=True, kw_only=True):
    """Files that have waited for the virus scanner for over an hour, and those of the last week that it kept back."""

    waiting: int = 0
    infected: int = 0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen at ``made_at``. ``free`` and ``total`` are bytes of the disk with the data; ``certificate`` is None
    where the address needs none. ``unheard``: the digest is on, and no site admin has a confirmed address for it.
    """

    made_at: datetime
    mails: Mails
    stuck_jobs: int
    late_clocks: tuple[str, ...]
    free: int
    total: int
    certificate: Certificate | None
    incidents: tuple[Incident, ...]
    approvers: tuple[Approver, ...]
    odd_days: tuple[tuple[date, int], ...]
    audit: Sealed
    unheard: bool
    unattended: tuple[Unattended, ...]
    scans: Scans = Scans()


async def look(settings: Settings, *, clocks: Sequence[str], now: datetime) -> Health:
    """How the installation is at ``now``; it is kept for the page of those who run it. ``clocks``: its regular work."""
    before = await newest()
    disk = await asyncio.to_thread(shutil.disk_usage, _existing(settings.data_dir))
    health = Health(
        made_at=now,
        mails=await _mails(now),
        stuck_jobs=await _stuck_jobs(now),
        late_clocks=tuple(
            row["entrypoint"] for row in await AuditEntry.raw(_LATE_CLOCKS, clocks, now - STUCK)
        ),
        free=disk.free,
        total=disk.total,
        certificate=await certificate_of(settings.base_url),
        incidents=await _silent_incidents(now),
        approvers=tuple(Approver(**row) for row in await AuditEntry.raw(_RESETS, now - A_DAY)),
        odd_days=tuple(await queries.odd_days()),
        audit=await _sealed(settings, before, now),
        scans=Scans(**(await AuditEntry.raw(_KEPT_BACK, now - WAITS_LONG, now - A_WEEK))[0]),
        unheard=await place.get("digest_on") and not await queries.digest_readers(),
        unattended=await unit_people.unattended(),
    )
    row = HealthReport(id=1, document=msgspec.json.encode(health).decode(), made_at=now)
    await HealthReport.insert(row).on_conflict(
        target=HealthReport.id,
        action="DO UPDATE",
        values=[HealthReport.document, HealthReport.made_at],
    )
    return health


async def newest() -> Health | None:
    """The last look; None before the first of this version of the program."""
    row = await HealthReport.select(HealthReport.document).first()
    try:
        return msgspec.json.decode(row["document"], type=Health) if row else None
    except msgspec.ValidationError:
        return None


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else folder.parent


async def _mails(now: datetime) -> Mails:
    values = outbox.SENT_BACK, now - A_DAY, now - A_DAY - outbox.GIVE_UP_AFTER, now - WAITS_LONG
    return Mails(**(await AuditEntry.raw(_MAILS, *values))[0])


async def _stuck_jobs(now: datetime) -> int:
    n: int = (await AuditEntry.raw(_STUCK_JOBS, now - STUCK, now - STUCK))[0]["n"]
    return n


async def _silent_incidents(now: datetime) -> tuple[Incident, ...]:
    hours = await place.get("notice_nag_hours") or SILENT_HOURS
    rows = await AuditEntry.raw(_INCIDENTS, now, now - timedelta(hours=hours))
    return tuple(
        Incident(row["no"], Words(fa=row["title_fa"], en=row["title_en"]), row["since"]) for row in rows
    )


async def _sealed(settings: Settings, before: Health | None, now: datetime) -> Sealed:
    """The verdict on the audit log: that of the last check while it is young enough and was good."""
    if before and not before.audit.broken and now - before.audit.at < VERIFY_EVERY:
        return before.audit
    verdict = await verify.check_chain(settings.keys)
    return Sealed(now, verdict.head.seq, str(verdict.broken or ""))
