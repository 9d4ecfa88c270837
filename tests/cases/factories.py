"""Cases for tests, made through the real verbs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from db.accounts import Account
from portal.cases.actions import Filed, file_case
from portal.cases.submission import FilingDraft
from portal.security.sessions import SignedIn
from portal.services.actions import load_service, read_sample
from portal.services.queries import ServiceView, service_by_slug
from tests.conftest import NOON, OPENED
from tests.support.browser import works_everywhere

KEY = b"k" * 48
SLUG = "spatial-observatory"
NOBODY = UUID(int=7)
BROWSER = "browser-token-of-the-filer"


def reads_all(account: UUID = NOBODY) -> SignedIn:
    """Somebody who sees the cases of every unit."""
    return SignedIn(
        session_id=account,
        account_id=account,
        username="auditor",
        display_name="Auditor",
        role="auditor",
        units=(),
        locale="fa",
        is_staff=False,
        is_fresh=True,
    )


async def a_service(slug: str = SLUG) -> ServiceView:
    """One of the sample services, open for filing."""
    await load_service(read_sample(slug), position=1, now=OPENED)
    await works_everywhere()
    service = await service_by_slug(slug, now=NOON)
    assert service is not None
    return service


def a_draft(**changed: Any) -> FilingDraft:
    """A filled form of a guest with mobile and e-mail."""
    draft = FilingDraft(
        submission_id=uuid4(),
        audience="agency",
        agency_name="اداره‌کل نمونه",
        contact_name="مریم رضایی",
        contact_email="maryam@agency.example",
        contact_phone="+989000001234",
        locale="fa",
        body="لایهٔ راه‌های استان را لازم داریم.",
        answers={},
    )
    return msgspec.structs.replace(draft, **changed)


async def a_case(
    *,
    slug: str = SLUG,
    key: bytes = KEY,
    browser: str = BROWSER,
    applicant: UUID | None = None,
    now: datetime = NOON,
    **changed: Any,
) -> Filed:
    """A filed case; ``changed`` are fields of its draft."""
    service = await a_service(slug)
    return await file_case(
        a_draft(**changed), service=service, browser=browser, applicant=applicant, key=key, now=now
    )


async def a_clerk(username: str = "desk") -> UUID:
    """A clerk who works in every unit."""
    account = Account(
        username=username, display_name=username, role="staff", password_hash="!", created_at=NOON
    )
    await account.save()
    await works_everywhere()
    return account.id
