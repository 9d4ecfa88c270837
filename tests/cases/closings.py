"""Closed cases for tests, under a statement of one's own, and the mails about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec

from db.cases import Case
from db.outbox import OutboxMessage
from portal.cases import desk_actions, mails, rules
from portal.cases.actions import Filed, file_case
from portal.services.actions import load_service, read_sample
from portal.services.queries import service_by_slug
from portal.settings import Settings
from portal.smtp import MailText
from portal.templating import MailTemplates
from tests.cases.factories import BROWSER, KEY, SLUG, a_clerk, a_draft
from tests.conftest import NOON, OPENED
from tests.support.browser import works_everywhere


async def a_closed_case(
    *,
    outcome: str = "done",
    where_to: str = "",
    reopen_days: int | None = None,
    recheck_days: int | None = None,
    sensitive: bool = False,
    filed_at: datetime = NOON,
    now: datetime = NOON,
    key: bytes = KEY,
    **changed: Any,
) -> Filed:
    """A case that a clerk closed at ``now``, under a statement and a service with these days."""
    sample = read_sample(SLUG)
    statement = msgspec.structs.replace(sample.statement, reopen_days=reopen_days or msgspec.UNSET)
    file = msgspec.structs.replace(
        sample, statement=statement, recheck_days=recheck_days, sensitive=sensitive
    )
    await load_service(file, position=1, now=OPENED)
    await works_everywhere()
    service = await service_by_slug(SLUG, now=NOON)
    assert service
    draft = a_draft(**changed)
    filed = await file_case(draft, service=service, browser=BROWSER, applicant=None, key=key, now=filed_at)
    await close(filed, outcome=outcome, where_to=where_to, now=now)
    return filed


async def close(filed: Filed, *, outcome: str = "done", where_to: str = "", now: datetime = NOON) -> None:
    """A clerk closes the case as it is now."""
    row = await Case.select(Case.version).where(Case.id == filed.case_id).first()
    assert row
    seen, clerk = row["version"], await a_clerk(f"clerk-{uuid4().hex[:12]}")
    if outcome == rules.NO_ANSWER:  # once the applicant was asked in vain
        await desk_actions.ask(filed.case_id, clerk=clerk, seen=seen, body="کدام؟", until=now, now=now)
        seen += 1
    await desk_actions.close(
        filed.case_id, clerk=clerk, seen=seen, outcome=outcome, reason="دلیل", where_to=where_to, now=now
    )


async def mail_about(kind: str, settings: Settings, *, now: datetime = NOON) -> MailText:
    """The newest mail about an event of ``kind``, as it leaves."""
    message = (
        await OutboxMessage.objects()
        .where(OutboxMessage.template == f"cases/mail/{kind}")
        .order_by(OutboxMessage.id, ascending=False)
        .first()
        .output(load_json=True)
    )
    assert message, f"no mail about {kind}"
    shown = await mails.with_link(message, settings, now=now)
    return MailTemplates(settings, rules.NAMES).render(message.template, message.locale, shown)
