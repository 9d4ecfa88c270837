"""An open incident of which nobody hears: whoever may write to it is told so, once for each silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from db.engine import atomic
from db.notices import Notice as NoticeTable
from db.outbox import OutboxMessage
from portal import outbox, place
from portal.settings import Settings

MAIL = "notices/mail/nag"
# A silence begins with the last change, or with the publication.
_SILENT = """
    UPDATE notice SET nagged_at = {}
    WHERE kind = 'incident' AND finished_at IS NULL AND cancelled_at IS NULL
        AND greatest(changed_at, published_at) <= {}
        AND (nagged_at IS NULL OR nagged_at < greatest(changed_at, published_at))
    RETURNING id, no, version, title_fa, title_en, greatest(changed_at, published_at) AS since
"""
# Clerks of the units of its services, and managers of their agencies; where nobody of them has an address: site admins.
_WRITERS = """
    SELECT DISTINCT p.value, a.locale, a.role = 'admin' AS admin
    FROM account a JOIN contact_point p ON p.account = a.id AND p.kind = 'email' AND p.verified_at IS NOT NULL
    WHERE a.state = 'active' AND (a.role = 'admin' OR EXISTS (
        SELECT FROM notice_service t JOIN service s ON s.id = t.service
        JOIN unit u ON u.id = s.unit OR a.role = 'manager' AND u.agency = s.agency
        WHERE t.notice = {} AND a.role IN ('staff', 'manager')
            AND (u.id = a.unit OR EXISTS (SELECT FROM membership m WHERE m.account = a.id AND m.unit = u.id))
    ))
"""


@atomic
async def nag(*, now: datetime) -> int:
    """Whoever may write to an incident that is silent for too long has a mail; returns how many incidents were.

    ``notice_nag_hours`` of the settings says how long that is, 0: nothing is. A silence is told of once.
    """
    hours = await place.get("notice_nag_hours")
    if not hours:
        return 0
    silent = await NoticeTable.raw(_SILENT, now, now - timedelta(hours=hours))
    for row in silent:
        rows = await NoticeTable.raw(_WRITERS, row["id"])
        for writer in [one for one in rows if not one["admin"]] or rows:
            await outbox.enqueue(
                MAIL,
                recipient=writer["value"],
                locale=writer["locale"],
                data={
                    "no": row["no"],
                    "title": {"fa": row["title_fa"], "en": row["title_en"]},
                    "since": row["since"],
                },
                cause=f"nag:{row['id']}:{row['version']}:{writer['value']}",
                case=None,
                now=now,
            )
    return len(silent)


def shown(message: OutboxMessage, settings: Settings) -> Mapping[str, Any]:
    """What the mail shows."""
    data = cast(Mapping[str, Any], message.data)
    desk = settings.base_url + ("/en" if message.locale == "en" else "")
    return {
        "title": data["title"][message.locale],
        "since": datetime.fromisoformat(data["since"]),
        "link": f"{desk}/desk/notices/{data['no']}",
        "desk": desk,
    }
