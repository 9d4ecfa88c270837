"""Whoever may write to an open incident hears of its silence, once for each; the clock is simulated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.accounts import Account, ContactPoint
from db.outbox import OutboxMessage
from db.services import Service
from portal import place
from portal.notices import actions, mails, nagging
from portal.settings import Settings
from portal.templating import MailTemplates
from tests.conftest import NOON
from tests.notices.outages import HOUR, INCIDENT, PLANNED, WHY, YEARBOOK, posted

SECOND = timedelta(seconds=1)


async def somebody(name: str, role: str, *, unit=None, locale: str = "en", state: str = "active") -> None:
    account = Account(
        username=name, display_name=name, role=role, unit=unit, locale=locale, created_at=NOON, state=state
    )
    await Account.insert(account)
    address = ContactPoint(
        account=account.id, kind="email", value=f"{name}@example.org", verified_at=NOON, changed_at=NOON
    )
    await ContactPoint.insert(address)


@pytest.fixture
async def people(samples):
    """A clerk of the yearbook, one of another unit, one who is locked, and a site admin."""
    units = {row["slug"]: row["unit"] for row in await Service.select(Service.slug, Service.unit)}
    await somebody("clerk", "staff", unit=units[YEARBOOK])
    await somebody("other", "staff", unit=units["performance-evaluation"])
    await somebody("locked", "staff", unit=units[YEARBOOK], state="locked")
    await somebody("boss", "admin")


async def told() -> list[str]:
    rows = await OutboxMessage.select(OutboxMessage.recipient).where(OutboxMessage.template == nagging.MAIL)
    return sorted(row["recipient"] for row in rows)


async def test_four_hours_of_silence_are_told_to_the_clerks_of_the_service(people):
    await posted(INCIDENT)
    assert await nagging.nag(now=NOON + 4 * HOUR - SECOND) == 0
    assert await nagging.nag(now=NOON + 4 * HOUR) == 1
    assert await told() == ["clerk@example.org"]


async def test_a_silence_is_told_once_and_the_next_one_again(people):
    incident = await posted(INCIDENT)
    assert await nagging.nag(now=NOON + 4 * HOUR) == 1
    assert await nagging.nag(now=NOON + 9 * HOUR) == 0
    await actions.update(incident.no, WHY, seen=1, by=None, now=NOON + 10 * HOUR)
    assert await nagging.nag(now=NOON + 13 * HOUR) == 0
    assert await nagging.nag(now=NOON + 14 * HOUR) == 1
    assert len(await told()) == 2


async def test_where_no_clerk_can_be_reached_the_admins_are(people):
    await ContactPoint.delete().where(ContactPoint.value == "clerk@example.org")
    await posted(INCIDENT)
    await nagging.nag(now=NOON + 4 * HOUR)
    assert await told() == ["boss@example.org"]


async def test_what_is_over_or_planned_is_left_alone(people):
    incident = await posted(INCIDENT)
    await actions.update(incident.no, WHY, state="fixed", seen=1, by=None, now=NOON + HOUR)
    await posted(PLANNED)
    assert await nagging.nag(now=NOON + 100 * HOUR) == 0


async def test_zero_hours_mean_never(people):
    await posted(INCIDENT)
    await place.change("notice_nag_hours", 0, by=None, now=NOON)
    assert await nagging.nag(now=NOON + 100 * HOUR) == 0


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_the_mail_names_the_incident_and_leads_to_it(people, settings: Settings, language):
    await Account.update({Account.locale: language}).where(Account.username == "clerk")
    incident = await posted(INCIDENT)
    await nagging.nag(now=NOON + 4 * HOUR)
    message = (
        await OutboxMessage.objects()
        .where(OutboxMessage.template == nagging.MAIL)
        .first()
        .output(load_json=True)
    )
    data = await mails.prepared(message, settings, now=NOON)
    mail = MailTemplates(settings, {}).render(message.template, message.locale, data)
    title = incident.title.en if language == "en" else incident.title.fa
    assert title in mail.subject
    assert f"/desk/notices/{incident.no}" in mail.text
    assert title in mail.html
