"""What the probe's looks mean for notices: a fault is announced by itself, and called over by itself.

Staff take over an incident by writing to it; from then on only they end it.
"""

from __future__ import annotations

from datetime import datetime

from db.engine import atomic
from db.notices import Notice as NoticeTable
from portal.availability import queries as availability
from portal.availability.queries import Present
from portal.availability.samples import EVERY
from portal.i18n import Words
from portal.notices import actions, queries
from portal.notices.drafts import Draft, Saying
from portal.notices.rules import Notice, is_on

CERTAIN = 3 * EVERY
"""One lost answer is no fault; three looks in a row are."""
CALM = 5 * EVERY
"""So long all is well before a fault that nobody has taken over is called over."""
SAYING_FAULT = {
    "title": Words("اختلال در خدمت", "A service is disturbed"),
    "body": Words(
        "پایش خودکار ما نشان می‌دهد که این خدمت در دسترس نیست. در حال بررسی هستیم.",
        "Our automatic checks cannot reach this service. We are looking into it.",
    ),
    "advice": Words(
        "لطفاً کمی بعد دوباره تلاش کنید. مهلت پاسخ شما به اندازهٔ مدت اختلال بیشتر می‌شود.",
        "Please try again a little later. Your deadlines for answering grow by the time of the disturbance.",
    ),
}
SAYING_OVER = Words(
    "پایش خودکار ما نشان می‌دهد که خدمت دوباره در دسترس است.",
    "Our automatic checks reach the service again.",
)
_LOCK = 7_244_215_640_916
"""Any number, the same in every version: workers announce one after the other."""


@atomic
async def announce(now: datetime) -> int | None:
    """Services that have been down for three looks, and of which no notice speaks, have an incident: its number.

    An incident of the probe that nobody has written to is fixed once its services have been well for five looks.
    """
    await NoticeTable.raw(f"SELECT pg_advisory_xact_lock({_LOCK})")
    seen = {one.slug: one for one in await availability.present(now=now)}
    notices = [notice for notice in await queries.current(now=now) if is_on(notice, now)]
    for notice in notices:
        if notice.source == "probe" and notice.version == 1 and _is_calm(notice, seen):
            await actions.update(notice.no, SAYING_OVER, state="fixed", seen=1, by=None, now=now)
    spoken_of = {of.slug for notice in notices for of in notice.services if of.impact == "unavailable"}
    down = [
        one for one in seen.values() if not one.up and one.lasted >= CERTAIN and one.slug not in spoken_of
    ]
    if not down:
        return None
    saying = Saying(**SAYING_FAULT, services={one.slug: "unavailable" for one in down})
    since = min(one.since for one in down)
    draft = Draft(kind="incident", saying=saying, starts_at=min(since, now), cause="unknown")
    return await actions.post(draft, by=None, source="probe", now=now)


def _is_calm(notice: Notice, seen: dict[str, Present]) -> bool:
    """Every service of the notice has been well for five looks."""
    return all(
        (one := seen.get(of.slug)) is not None and one.up and one.lasted >= CALM for of in notice.services
    )
