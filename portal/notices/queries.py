"""What is asked about notices: the board that every page reads, one notice with its history, the past."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.notices import Notice as NoticeTable
from db.notices import NoticeChange
from portal.i18n import Words
from portal.notices.rules import LINGERS, OUTSIDE, Affected, Notice

REMEMBER = 4.0
"""Seconds that the board is kept in this process: with the time it takes to read, nothing is staler than five."""

# In SQL: one round trip for the notices and what they touch.
_NOTICES = """
    SELECT n.id, n.no, n.kind, n.title_fa, n.title_en, n.body_fa, n.body_en, n.advice_fa, n.advice_en, n.starts_at,
           n.ends_at, n.published_at, n.announced_at, n.started_at, n.finished_at, n.verifying_at, n.cancelled_at,
           n.state, n.cause, n.source, n.late_reason_fa, n.late_reason_en, n.version, n.changed_at, n.series,
           touched.services
    FROM notice n CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object(
            'slug', s.slug, 'title', jsonb_build_object('fa', s.title_fa, 'en', s.title_en), 'impact', t.impact,
            'promised_lead_hours', t.promised_lead_hours) ORDER BY s.position, s.slug) AS services
        FROM notice_service t JOIN service s ON s.id = t.service WHERE t.notice = n.id
    ) touched
"""
_CURRENT = f"""{_NOTICES}
    WHERE n.cancelled_at IS NULL AND n.finished_at IS NULL AND (n.ends_at IS NULL OR n.ends_at > {{}})
        OR n.finished_at > {{}} OR n.cancelled_at > {{}}
    ORDER BY coalesce(n.started_at, n.starts_at), n.no
"""
_ONE = f"{_NOTICES} WHERE n.no = {{}}"
_BETWEEN = f"""{_NOTICES}
    WHERE coalesce(n.started_at, n.starts_at) < {{}} AND coalesce(n.finished_at, n.ends_at, 'infinity') > {{}}
    ORDER BY coalesce(n.started_at, n.starts_at), n.no
"""
_OUTSIDE = f"""{_NOTICES}
    WHERE n.kind = 'incident' AND n.cause = '{OUTSIDE}' AND n.cancelled_at IS NULL
        AND greatest(n.changed_at, coalesce(n.finished_at, n.ends_at, 'infinity')) > {{}}
    ORDER BY n.no
"""
_OF = f"{_NOTICES} WHERE n.id = {{}}"
_PAST = f"""{_NOTICES}
    WHERE n.published_at <= {{}} AND n.no < {{}} AND (n.cancelled_at IS NULL OR n.cancelled_at >= n.published_at)
    ORDER BY n.no DESC LIMIT {{}}
"""

_board: tuple[float, list[Notice]] | None = None


def promised_lead(service: str) -> str:
    """In SQL: the hours of notice that the statement in force promises for the column ``service``, NULL without one.

    It asks for the instant twice.
    """
    return f"""(
        SELECT (v.document->>'notice_lead_hours')::int FROM sla_version v
        WHERE v.service = {service} AND v.in_force_from <= {{}} AND (v.superseded_at IS NULL OR v.superseded_at > {{}})
    )"""  # noqa: S608 - the name of a column


Window = tuple[datetime, datetime | None]
"""Beginning and end, None while nobody knows it."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a notice's history; names as in ``db.notices.NoticeChange``."""

    n: int
    kind: str
    at: datetime
    data: dict[str, Any]
    text: Words

    @property
    def before(self) -> Window | None:
        """The window until then; None where it moved nothing."""
        return _window(self.data.get("before"))

    @property
    def after(self) -> Window | None:
        """The window from then on; None where it moved nothing."""
        return _window(self.data.get("after"))


async def board(*, now: datetime) -> list[Notice]:
    """Every notice that a page may have to speak of now or soon, unpublished ones too, in the order they begin.

    One query every 4 seconds per process. What was posted in the last five seconds may be missing.
    """
    global _board
    if _board is None or time.monotonic() - _board[0] > REMEMBER:
        asked = time.monotonic()
        _board = (asked, await current(now=now))
    return _board[1]


def latest() -> list[Notice]:
    """The board as it was last read, without asking anybody: for what is drawn while the database is down."""
    return _board[1] if _board else []


def forget() -> None:
    """The next question for the board is answered by the database."""
    global _board
    _board = None


async def current(*, now: datetime) -> list[Notice]:
    """What ``board`` holds, as it is now."""
    since = now - LINGERS - timedelta(seconds=REMEMBER)
    return [_notice(row) for row in await NoticeTable.raw(_CURRENT, since, since, since)]


async def notice(no: int) -> Notice | None:
    """The notice at /notices/<no>, published or not."""
    rows = await NoticeTable.raw(_ONE, no) if 0 < no < 2**31 else []
    return _notice(rows[0]) if rows else None


async def published(*, before: int = 2**31 - 1, limit: int = 50, now: datetime) -> list[Notice]:
    """Published notices, the newest number first, numbered below ``before``."""
    return [_notice(row) for row in await NoticeTable.raw(_PAST, now, before, limit)]


async def between(since: datetime, until: datetime) -> list[Notice]:
    """Every notice whose window touches the time from ``since`` to ``until``, in the order they begin."""
    return [_notice(row) for row in await NoticeTable.raw(_BETWEEN, until, since)]


async def outside_our_power(*, after: datetime) -> list[Notice]:
    """Incidents whose cause is outside our power that went on after ``after`` or were written to since."""
    return [_notice(row) for row in await NoticeTable.raw(_OUTSIDE, after)]


async def changes(no: int) -> list[Change]:
    """What was done to the notice, oldest first."""
    return (await history([no])).get(no, [])


async def history(numbers: Sequence[int]) -> dict[int, list[Change]]:
    """What was done to each of the notices, oldest first."""
    rows = (
        await NoticeChange.select(
            NoticeChange.notice.no.as_alias("no"),
            NoticeChange.n,
            NoticeChange.kind,
            NoticeChange.at,
            NoticeChange.data,
            NoticeChange.text_fa,
            NoticeChange.text_en,
        )
        .where(NoticeChange.notice.no.is_in(list(numbers)))
        .order_by(NoticeChange.n)
        .output(load_json=True)
        if numbers
        else []
    )
    found: dict[int, list[Change]] = {}
    for row in rows:
        words = Words(fa=row["text_fa"], en=row["text_en"])
        change = Change(n=row["n"], kind=row["kind"], at=row["at"], data=row["data"], text=words)
        found.setdefault(row["no"], []).append(change)
    return found


def read(row: NoticeTable, services: tuple[Affected, ...]) -> Notice:
    """The notice that a row and what it touches make."""
    same = {name: getattr(row, name) for name in _SAME}
    return Notice(**same, **_words(row.to_dict()), services=services)


async def notice_of(notice_id: UUID) -> Notice:
    """The notice of a row that names it."""
    return _notice((await NoticeTable.raw(_OF, notice_id))[0])


async def touched(notice_id: UUID) -> tuple[Affected, ...]:
    """What the notice touches."""
    return (await notice_of(notice_id)).services


def _notice(row: dict[str, Any]) -> Notice:
    services = msgspec.json.decode(row["services"] or "[]", type=tuple[Affected, ...])
    return Notice(**{name: row[name] for name in _SAME}, **_words(row), services=services)


def _window(stored: Any) -> Window | None:
    return msgspec.convert(stored, Window) if stored else None


def _words(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Words(fa=row[f"{name}_fa"], en=row[f"{name}_en"])
        for name in ("title", "body", "advice", "late_reason")
    }


_SAME = (
    "no",
    "kind",
    "starts_at",
    "ends_at",
    "published_at",
    "announced_at",
    "started_at",
    "finished_at",
    "verifying_at",
    "cancelled_at",
    "state",
    "cause",
    "source",
    "version",
    "changed_at",
    "series",
)
