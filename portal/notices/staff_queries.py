"""What those who post notices see besides the notices: their services, who is told, who changed what, series."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from db.notices import Notice as NoticeTable
from db.notices import NoticeChange
from db.services import Service
from db.subscriptions import NoticeMailing, Subscription
from portal.i18n import Words
from portal.notices.queries import promised_lead
from portal.security.sessions import SignedIn

_OFFERED = f"""
    SELECT s.slug, s.title_fa, s.title_en, {promised_lead("s.id")} AS lead
    FROM service s
    WHERE s.state IN ('open', 'closed') AND (
        {{}} OR s.unit = ANY({{}}) OR ({{}} AND s.agency IN (SELECT u.agency FROM unit u WHERE u.id = ANY({{}}))))
    ORDER BY s.position, s.slug
"""  # noqa: S608 - constants
_LISTENERS = """
    SELECT channel, count(DISTINCT address) AS n FROM subscription
    WHERE confirmed_at IS NOT NULL AND ended_at IS NULL AND kinds @> jsonb_build_array({}::text)
        AND (service IS NULL OR service IN (SELECT id FROM service WHERE slug = ANY({})))
    GROUP BY channel
"""


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A service for which somebody may post; ``lead`` hours are promised now, None where no statement is in force."""

    slug: str
    title: Words
    lead: int | None


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round of telling; the fields as in ``db.subscriptions.NoticeMailing``."""

    kind: str
    due_at: datetime
    done_at: datetime | None
    dropped_at: datetime | None
    told: int


class SeriesAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """The series that a notice is a window of; ``ahead`` lists its other windows that are still to come."""

    id: UUID
    rrule: str
    ended_at: datetime | None
    ahead: tuple[tuple[int, datetime], ...]


async def offered(account: SignedIn, *, now: datetime) -> list[Offered]:
    """The services that ``account`` may announce something for.

    A clerk: those of their units. A manager: those of the agencies of their units. A site admin: every one, since
    the machine below them all is theirs. An auditor: none.
    """
    units = list(account.units) if account.is_staff else []
    manages = account.role == "manager"
    rows = await Service.raw(_OFFERED, now, now, account.role == "admin", units, manages, units)
    return [
        Offered(slug=row["slug"], title=Words(row["title_fa"], row["title_en"]), lead=row["lead"])
        for row in rows
    ]


async def listeners(kind: str, slugs: Collection[str]) -> dict[str, int]:
    """How many addresses hear of a notice of ``kind`` about these services, by channel."""
    rows = await Subscription.raw(_LISTENERS, kind, list(slugs))
    return {row["channel"]: row["n"] for row in rows}


async def rounds(no: int) -> list[Round]:
    """Who was told of the notice and who will be, in the order of the clock."""
    columns = (
        NoticeMailing.kind,
        NoticeMailing.due_at,
        NoticeMailing.done_at,
        NoticeMailing.dropped_at,
        NoticeMailing.told,
    )
    rows = (
        await NoticeMailing.select(*columns)
        .where(NoticeMailing.notice.no == no)
        .order_by(NoticeMailing.due_at, NoticeMailing.id)
    )
    return [Round(**row) for row in rows]


async def who_changed(no: int) -> dict[int, str]:
    """The name of whoever made each change of the notice, by its number; what the portal did is missing."""
    name = NoticeChange.by.display_name
    rows = await NoticeChange.select(NoticeChange.n, name).where(NoticeChange.notice.no == no)
    return {row["n"]: row["by.display_name"] for row in rows if row["by.display_name"]}


async def series_of(no: int, *, now: datetime) -> SeriesAtHand | None:
    """The series of the notice; None where it is a single one."""
    row = (
        await NoticeTable.select(
            NoticeTable.series, NoticeTable.series.rrule.as_alias("rrule"), NoticeTable.series.ended_at
        )
        .where((NoticeTable.no == no) & NoticeTable.series.is_not_null())
        .first()
    )
    if row is None:
        return None
    ahead = (
        await NoticeTable.select(NoticeTable.no, NoticeTable.starts_at)
        .where(
            (NoticeTable.series == row["series"])
            & (NoticeTable.no != no)
            & (NoticeTable.starts_at > now)
            & NoticeTable.cancelled_at.is_null()
        )
        .order_by(NoticeTable.starts_at)
    )
    return SeriesAtHand(
        id=row["series"],
        rrule=row["rrule"],
        ended_at=row["series.ended_at"],
        ahead=tuple((one["no"], one["starts_at"]) for one in ahead),
    )
