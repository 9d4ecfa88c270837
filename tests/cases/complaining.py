"""A desk with an inspection and an appeals unit, and complaints about its cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.accounts import Account, Membership
from db.services import Agency, Unit
from portal.cases.actions import Filed, file_case
from portal.security.sessions import SignedIn
from portal.services.queries import ServiceView, service_by_slug
from tests.cases.factories import BROWSER, KEY, SLUG, a_draft, a_service
from tests.conftest import NOON

SECRET = "کارشناس پروندهٔ من را گم کرده است"
"""What nobody but those who handle the complaint may read."""
HEARD = ("inspection", "appeals")


async def the_service() -> ServiceView:
    """The service that complaints are about; loaded unless the test has done so."""
    return await service_by_slug(SLUG, now=NOON) or await a_service()


async def hearing_units(kinds: tuple[str, ...] = HEARD) -> dict[str, UUID]:
    """The units of the service's agency by kind, those that hear complaints made anew; ``desk`` has the service."""
    service = await the_service()
    desk = await Unit.objects().get(Unit.id == service.unit_id)
    assert desk is not None
    units = {"desk": desk.id}
    for kind in kinds:
        unit = Unit(
            slug=f"aa-{kind}", agency=desk.agency, name_fa=f"واحد {kind}", name_en=kind.title(), kind=kind
        )
        await unit.save()
        units[kind] = unit.id
    outside = {Agency.outside_fa: "سازمان بازرسی کل کشور، ۱۳۶", Agency.outside_en: "General Inspection, 136"}
    await Agency.update(outside).where(Agency.id == desk.agency)
    return units


async def somebody(name: str, *units: UUID, role: str = "staff") -> SignedIn:
    """A new account of these units."""
    first = units[0] if units else None
    account = Account(
        username=name, display_name=name.title(), role=role, unit=first, password_hash="!", created_at=NOON
    )
    await account.save()
    if units[1:]:
        await Membership.insert(*[Membership(account=account.id, unit=unit) for unit in units[1:]])
    return SignedIn(
        session_id=account.id,
        account_id=account.id,
        username=name,
        display_name=name.title(),
        role=role,
        units=units,
        locale="fa",
        is_staff=role != "auditor",
        is_fresh=True,
    )


async def a_complaint(
    unit: UUID, *, key: bytes = KEY, now: datetime = NOON, browser: str = BROWSER, **changed: Any
) -> Filed:
    """A complaint that ``unit`` hears, filed by ``browser``; ``changed`` are fields of its draft."""
    service = msgspec.structs.replace(await the_service(), unit_id=unit)
    draft = a_draft(**{"kind": "complaint", "topic": "case", "body": SECRET, **changed})
    return await file_case(draft, service=service, browser=browser, applicant=None, key=key, now=now)
