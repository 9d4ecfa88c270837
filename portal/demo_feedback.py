"""What ``portal demo`` shows of complaints besides cases: who hears them, the desk as a whole, anonymous tips.

The desk stands in demo_desk.json. Offices and their names are invented.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from uuid import UUID, uuid5

import msgspec

from db.accounts import Account
from db.feedback import Tip
from db.services import Agency, Service, Unit
from portal.feedback import actions
from portal.i18n import Words
from portal.services import agency_actions
from portal.services.actions import load_service
from portal.services.agency_actions import UnitDraft
from portal.services.publishing import make_desk
from portal.services.statement import ServiceFile

DESK = Path(__file__).parent / "demo_desk.json"
SUBMISSIONS = UUID("6b0a5f8e-1d0c-4d6e-9c55-5a3f5f0f7b21")
QOM, TEHRAN, TABRIZ = "mpo-qom", "mpo-tehran", "economy-east-azerbaijan"
INSPECTIONS = (f"{QOM}-inspection", f"{TEHRAN}-inspection", f"{TABRIZ}-inspection")
APPEALS = tuple(f"{agency}-appeals" for agency in (QOM, TEHRAN, TABRIZ))
_NAMES = {
    "inspection": Words("دفتر بازرسی و پاسخگویی به شکایات", "Inspection and Complaints Office"),
    "appeals": Words("هیئت رسیدگی به اعتراض‌ها", "Board of Appeals"),
}
_OUTSIDE = Words(
    "سازمان بازرسی نمونه؛ روزهای کاری، ساعت ۸ تا ۱۴، به‌صورت حضوری یا با نامه",
    "Sample Inspection Organization; in person or by letter, working days from 8 to 14",
)
_OUTSIDE_URL = "https://inspection.example/complaints"
_TIPS = (
    ("yearbook-qom", 2, "در بایگانی طبقهٔ همکف، پرونده‌های مراجعان روی میز و جلوی چشم همه است."),
    ("", 9, "کارهای مراجعان آشنا بیرون از نوبت انجام می‌شود."),
)


async def offices(now: datetime) -> None:
    """Each sample agency has a unit for complaints and one for appeals, and names who outside hears them after it;
    there is a service that stands for the desk as a whole. What is there already stays as it is.
    """
    for agency in (QOM, TEHRAN, TABRIZ):
        for kind, name in _NAMES.items():
            await _office(agency, kind, name, now)
        await Agency.update(
            {
                Agency.outside_fa: _OUTSIDE.fa,
                Agency.outside_en: _OUTSIDE.en,
                Agency.outside_url: _OUTSIDE_URL,
            }
        ).where(Agency.slug == agency, Agency.outside_fa == "")
    file = msgspec.json.decode(DESK.read_bytes(), type=ServiceFile)
    if not await Service.exists().where(Service.slug == file.slug):
        desk = await load_service(file, position=100, now=now)
        await Service.update({Service.state: "closed"}).where(Service.id == desk)
        await make_desk(desk, now=now)


async def tips(*, zone: tzinfo, now: datetime) -> None:
    """Two tips: one that nobody has read yet, an older one that the inspector has."""
    services = {row["slug"]: row["id"] for row in await Service.select(Service.slug, Service.id)}
    inspector = await Account.select(Account.id).where(Account.username == "inspector").first()
    assert inspector, "the sample accounts were made just now"
    for slug, days, body in _TIPS:
        tip, at = uuid5(SUBMISSIONS, body), now - timedelta(days=days)
        if await Tip.exists().where(Tip.id == tip):
            continue
        about = services.get(slug)
        hearing = about or services["electronic-desk"]
        await actions.leave_tip(tip, service=hearing, about=about, body=body, zone=zone, now=at)
        if not slug:
            left = await Tip.select(Tip.unit).where(Tip.id == tip).first()
            assert left, "the tip was left just now"
            await actions.mark_tip(tip, "read", units=(left["unit"],), by=inspector["id"], now=now)


async def _office(agency: str, kind: str, name: Words, now: datetime) -> None:
    slug = f"{agency}-{kind}"
    if await Unit.exists().where(Unit.slug == slug):
        return
    draft = UnitDraft(
        agency=agency, name_fa=name.fa, name_en=name.en, phone="", email=f"{kind}@{agency}.example", kind=kind
    )
    await agency_actions.add_unit(slug, draft, now=now)
