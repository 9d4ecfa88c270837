"""What is asked about kept promises: what was published, and what the worker counts it from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from db.promises import PublishedPromises
from db.services import Service
from portal.marks import Target
from portal.promises.figures import MINIMUM, Figures
from portal.services.queries import is_slug
from portal.services.statement import Words

YEAR = 365
# In SQL because it joins what no page shows together. The rounds of a case that are open follow from its row: what its
# kind is owed begins and ends together (``cases.clock.targets_of``), the first answer is open until it was given.
_COUNTABLE = """
    WITH present AS (
        SELECT DISTINCT ON (service) service, n, document->'targets' AS targets
        FROM sla_version WHERE in_force_from <= {} ORDER BY service, n DESC
    ), waiting AS (
        SELECT service, count(*) FILTER (WHERE kind = 'request') AS requests,
               count(*) FILTER (WHERE kind = 'request' AND first_answer_at IS NULL) AS unanswered,
               count(*) FILTER (WHERE kind = 'complaint') AS complaints,
               count(*) FILTER (WHERE kind NOT IN ('request', 'complaint')) AS others,
               count(*) FILTER (WHERE next_due_at < {}) AS overdue
        FROM "case" WHERE next_due_at IS NOT NULL GROUP BY service
    )
    SELECT s.id, s.slug, s.sensitive, present.n AS edition, present.targets, coalesce(waiting.requests, 0) AS requests,
           coalesce(waiting.unanswered, 0) AS unanswered, coalesce(waiting.complaints, 0) AS complaints,
           coalesce(waiting.others, 0) AS others, coalesce(waiting.overdue, 0) AS overdue,
           (SELECT max(stopped_at) FROM clock_fact f WHERE f.service = s.id AND f.stopped_at <= {}) AS newest_fact
    FROM service s JOIN present ON present.service = s.id LEFT JOIN waiting ON waiting.service = s.id
    WHERE s.state <> 'draft'
"""
# Rounds are counted in fives of the same edition, promise and round: five different cases, because a case has each
# round of a promise once. Whoever knows of one of them can't tell it from four others, nor see it arrive by itself.
_FACTS = """
    WITH told AS (
        SELECT f.*, v.n AS edition, (row_number() OVER arrival - 1) / {} AS batch
        FROM clock_fact f JOIN sla_version v ON v.id = f.sla_version
        WHERE f.service = {} AND f.target <> 'referral' AND f.stopped_at <= {}
        WINDOW arrival AS (PARTITION BY f.sla_version, f.target, f.round ORDER BY f.stopped_at, f.id)
    ), batched AS (
        SELECT *, count(*) OVER batch AS together, (max(stopped_at) OVER batch AT TIME ZONE {})::date AS counted_on
        FROM told WINDOW batch AS (PARTITION BY sla_version, target, round, batch)
    )
    SELECT edition, target, round, 'working_' || CASE measure WHEN 'minutes' THEN 'hours' ELSE 'days' END AS unit,
           (promised + tenth - 1) / tenth AS promised, counted_on,
           CASE WHEN state = 'met' THEN 'kept' WHEN state = 'dropped' THEN 'dropped' WHEN kept THEN 'late'
                ELSE 'never' END AS state,
           (used + tenth - 1) / tenth AS used,
           round(100 * paused_s / greatest(1, extract(epoch FROM stopped_at - started_at)))::int AS paused,
           count(*) AS n
    FROM batched, LATERAL (SELECT CASE measure WHEN 'minutes' THEN {}::bigint ELSE {}::bigint END AS tenth) t
    WHERE together = {} AND (counted_on > {} OR edition = {})
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
_PUBLISHED = """
    SELECT p.document, s.title_fa, s.title_en, a.name_fa, a.name_en,
           p.facts IS NOT NULL AND NOT s.sensitive AS counted_again
    FROM published_promises p JOIN service s ON s.id = p.service JOIN agency a ON a.id = s.agency
    WHERE s.state <> 'draft'
"""
_ALL = f"{_PUBLISHED} ORDER BY s.position, s.slug"
_ONE = f"{_PUBLISHED} AND s.slug = {{}}"
_PACKED = """
    SELECT p.facts FROM published_promises p JOIN service s ON s.id = p.service
    WHERE s.slug = {} AND s.state <> 'draft' AND NOT s.sensitive
"""


class Countable(msgspec.Struct, frozen=True, kw_only=True):
    """A service whose promises are counted. ``targets`` are the public ones of its ``edition`` in force or last;
    ``open`` says how many rounds of each still run, ``state`` what the figures would be counted from, in short.
    """

    id: UUID
    slug: str
    sensitive: bool
    edition: int
    targets: tuple[Target, ...]
    open: dict[str, int]
    overdue: int
    state: str


class Published(msgspec.Struct, frozen=True):
    """The published figures of a service; ``counted_again``: its facts are published, too."""

    title: Words
    agency: Words
    figures: Figures
    counted_again: bool


async def seen_before() -> dict[UUID, str]:
    """What the figures of each service were last counted from."""
    rows = await PublishedPromises.select(PublishedPromises.service, PublishedPromises.seen)
    return {row["service"]: row["seen"] for row in rows}


async def countable(*, now: datetime) -> list[Countable]:
    """Every service that is shown and has a statement, as it stands at ``now``."""
    return [_countable(row) for row in await Service.raw(_COUNTABLE, now, now, now)]


async def facts_of(
    of: Countable, *, tenth: Mapping[str, int], zone: ZoneInfo, day: date, until: datetime
) -> list[dict[str, Any]]:
    """The facts of a service that may be published, alike ones together: fields of ``figures.Fact``, in an order that
    tells nothing of when they came. ``tenth``: marks of a tenth by measure.
    """
    first = date.fromordinal(day.toordinal() - YEAR)
    rows: list[dict[str, Any]] = await Service.raw(
        _FACTS, MINIMUM, of.id, until, zone.key, tenth["minutes"], tenth["days"], MINIMUM, first, of.edition
    )
    return rows


async def published() -> list[Published]:
    """What is published of every service, in the order of the catalogue."""
    return [_published(row) for row in await Service.raw(_ALL)]


async def published_of(slug: str) -> Published | None:
    """What is published of one service; None where nothing was counted yet."""
    rows = await Service.raw(_ONE, slug) if is_slug(slug) else []
    return _published(rows[0]) if rows else None


async def packed_facts(slug: str) -> bytes | None:
    """The gzip of the file of facts of a service; None where none is published."""
    rows = await Service.raw(_PACKED, slug) if is_slug(slug) else []
    return bytes(rows[0]["facts"]) if rows and rows[0]["facts"] is not None else None


def _countable(row: Mapping[str, Any]) -> Countable:
    targets = msgspec.json.decode(row["targets"], type=tuple[Target, ...])
    numbers = [row[name] for name in ("edition", "requests", "unanswered", "complaints", "others", "overdue")]
    open_now = {
        "first_answer": row["unanswered"],
        "result": row["requests"],
        "keep_in_touch": row["requests"] + row["complaints"],
        "complaint_answer": row["complaints"],
        "feedback_answer": row["others"],
    }
    return Countable(
        id=row["id"],
        slug=row["slug"],
        sensitive=row["sensitive"],
        edition=row["edition"],
        targets=tuple(target for target in targets if target.key != "referral"),
        open={t.key: open_now[t.key] for t in targets if t.key != "referral"},
        overdue=row["overdue"],
        state=f"{row['newest_fact']} {numbers}",
    )


def _published(row: Mapping[str, Any]) -> Published:
    return Published(
        Words(fa=row["title_fa"], en=row["title_en"]),
        Words(fa=row["name_fa"], en=row["name_en"]),
        msgspec.json.decode(row["document"], type=Figures),
        row["counted_again"],
    )
