"""What one day added up to, and what of it does not: asked of the database and of the disk, changing nothing.

Whatever is found belongs to the day on which it came about, so a file that is lost later shows when its day is reckoned
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from portal import outbox, uploads
from portal.cases.events import Event, broken_link, fold, linked
from portal.cases.mails import TOLD
from portal.cases.rules import RESULTS

A_DAY = timedelta(days=1)
# Of the messages written that day: what became of them until now. One that was sent back has the other side's answer,
# one that was dropped was for nobody.
_FIGURES = """
    WITH span AS (SELECT {}::timestamptz AS begins, {}::timestamptz AS ends),
    filed AS (SELECT c.id, c.erased_at FROM "case" c, span WHERE c.filed_at >= begins AND c.filed_at < ends),
    mails AS (SELECT state, state = 'failed' AND error ~ {} AS bounced
        FROM outbox_message, span WHERE created_at >= begins AND created_at < ends AND state <> 'dropped')
    SELECT (SELECT count(*) FROM filed) AS filed,
        (SELECT count(*) FROM filed f
            WHERE EXISTS (SELECT FROM case_event e WHERE e."case" = f.id AND e.n = 1 AND e.kind = 'filed')
            AND (f.erased_at IS NOT NULL OR EXISTS (
                SELECT FROM access_grant g WHERE g."case" = f.id AND g.kind = 'passcode'))) AS coded,
        (SELECT count(*) FROM mails) AS queued,
        (SELECT count(*) FROM mails WHERE state = 'sent') AS handed_over,
        (SELECT count(*) FROM mails WHERE bounced) AS bounced,
        (SELECT count(*) FROM mails WHERE state = 'failed' AND NOT bounced) AS failed,
        (SELECT count(*) FROM mails WHERE state = 'kept') AS kept,
        (SELECT count(*) FROM mails WHERE state = 'queued') AS waiting,
        (SELECT count(*) FROM case_event, span
            WHERE at >= begins AND at < ends AND kind = ANY({})) AS answered
"""
# Each part finds one thing that must not be. A job may be younger than its message, and is gone once that has ended.
_ODD = """
    WITH span AS (
        SELECT {}::timestamptz AS begins, {}::timestamptz AS ends, {}::timestamptz AS settled, {}::timestamptz AS stale)
    SELECT 'no_filing' AS kind, c.id AS "case", NULL::uuid AS message, NULL::bigint AS job, NULL::int AS n
    FROM "case" c, span WHERE c.filed_at >= begins AND c.filed_at < ends
        AND NOT EXISTS (SELECT FROM case_event e WHERE e."case" = c.id AND e.n = 1 AND e.kind = 'filed')
    UNION ALL SELECT 'no_passcode', c.id, NULL, NULL, NULL
    FROM "case" c, span WHERE c.filed_at >= begins AND c.filed_at < ends AND c.erased_at IS NULL
        AND NOT EXISTS (SELECT FROM access_grant g WHERE g."case" = c.id AND g.kind = 'passcode')
    UNION ALL SELECT 'no_mail', c.id, NULL, NULL, e.n
    FROM span, case_event e JOIN "case" c ON c.id = e."case"
    WHERE e.at >= begins AND e.at < ends AND e.kind = ANY({}) AND c.contact_email IS NOT NULL
        AND NOT EXISTS (SELECT FROM outbox_message m WHERE m.cause = 'case:' || c.id || ':' || e.n)
    UNION ALL SELECT 'untried', m."case", m.id, NULL, NULL
    FROM outbox_message m, span WHERE m.created_at >= begins AND m.created_at < ends
        AND m.state = 'sent' AND (m.attempts = 0 OR m.ended_at IS NULL)
    UNION ALL SELECT 'waits', m."case", m.id, NULL, NULL
    FROM outbox_message m, span WHERE m.created_at >= begins AND m.created_at < least(ends, stale)
        AND m.state = 'queued'
    UNION ALL SELECT 'no_job', m."case", m.id, NULL, NULL
    FROM outbox_message m, span WHERE m.created_at >= begins AND m.created_at < least(ends, settled)
        AND m.state = 'queued'
        AND NOT EXISTS (SELECT FROM pgqueuer j WHERE j.entrypoint = 'deliver' AND j.payload = uuid_send(m.id))
    UNION ALL SELECT 'no_message', NULL, NULL, j.id, NULL
    FROM pgqueuer j, span WHERE j.entrypoint = 'deliver' AND j.created >= begins AND j.created < ends
        AND NOT EXISTS (SELECT FROM outbox_message m
            WHERE m.id = CASE length(j.payload) WHEN 16 THEN encode(j.payload, 'hex')::uuid END)
"""
_CHAINS = """
    SELECT e."case", e.n, e.kind, e.actor_role, e.actor, e.data, e.text_hash, e.at, e.prev_hash, e.hash,
           c.state, c.version
    FROM case_event e JOIN "case" c ON c.id = e."case"
    WHERE e."case" IN (SELECT "case" FROM case_event WHERE at >= {} AND at < {})
    ORDER BY e."case", e.n
"""
_FILES = """
    SELECT "case", stored_as, size FROM attachment
    WHERE at >= {} AND at < {} AND stored_as NOT LIKE 'gone:%' ORDER BY id
"""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one day. ``coded`` of the ``filed`` have their first event and can be opened by their applicant.

    ``queued`` messages to somebody were written that day: each was ``handed_over``, ``bounced`` (refused for good by
    who should take it), ``failed`` otherwise, is ``kept`` here or ``waiting``. ``answered``: results given that day.
    """

    filed: int = 0
    coded: int = 0
    queued: int = 0
    handed_over: int = 0
    bounced: int = 0
    failed: int = 0
    kept: int = 0
    waiting: int = 0
    answered: int = 0


class Oddity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that does not add up: ``kind`` (``labels.ODDITIES``) and what it is about.

    ``n`` is the number of an event in the history of ``case``.
    """

    kind: str
    case: UUID | None = None
    message: UUID | None = None
    job: int | None = None
    n: int | None = None


class Span(msgspec.Struct, frozen=True):
    """A day as instants: from its beginning up to the beginning of the next."""

    begins: datetime
    ends: datetime


def span_of(day: date, zone: tzinfo) -> Span:
    """``day`` of ``zone``, which may have 23 or 25 hours."""
    return Span(
        datetime.combine(day, time(), tzinfo=zone), datetime.combine(day + A_DAY, time(), tzinfo=zone)
    )


async def figures_of(span: Span) -> Figures:
    """What the day added up to, by what is known now."""
    rows = await Case.raw(_FIGURES, span.begins, span.ends, outbox.SENT_BACK, sorted(RESULTS))
    return Figures(**rows[0])


async def oddities_of(span: Span, uploads_dir: Path, *, now: datetime) -> list[Oddity]:
    """Everything of the day that does not add up at ``now``."""
    settled, stale = now - outbox.LOST_AFTER, now - A_DAY
    rows = await Case.raw(_ODD, span.begins, span.ends, settled, stale, sorted(TOLD))
    chains = await Case.raw(_CHAINS, span.begins, span.ends)
    files = await Case.raw(_FILES, span.begins, span.ends)
    # Digests and disk take their time, and the worker has mail to deliver meanwhile.
    found = await asyncio.to_thread(lambda: [*_in_chains(chains), *_on_disk(files, uploads_dir)])
    return [Oddity(**row) for row in rows] + found


def _in_chains(rows: Sequence[Mapping[str, Any]]) -> Iterator[Oddity]:
    for case, history in groupby(rows, lambda row: row["case"]):
        events = list(history)
        links = [linked(row) for row in events]
        if n := broken_link(links):
            yield Oddity(kind="chain", case=case, n=n)
        elif not _stands(events[-1], (event for event, _hash in links)):
            yield Oddity(kind="standing", case=case)


def _stands(row: Mapping[str, Any], events: Iterable[Event]) -> bool:
    """Whether the case stands as its history says."""
    try:
        standing = fold(events)
    except (KeyError, ValueError):
        return False
    return (standing.state, standing.version) == (row["state"], row["version"])


def _on_disk(rows: Iterable[Mapping[str, Any]], folder: Path) -> Iterator[Oddity]:
    for row in rows:
        try:
            size = uploads.path_of(folder, row["stored_as"]).stat().st_size
        except OSError:
            yield Oddity(kind="file_lost", case=row["case"])
            continue
        if size != row["size"]:
            yield Oddity(kind="file_size", case=row["case"])
