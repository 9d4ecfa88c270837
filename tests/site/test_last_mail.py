"""Who is forgotten hears of it once more, and then the record of that mail has forgotten them, too."""

from __future__ import annotations

import msgspec
import pytest

from db.accounts import ContactPoint
from db.outbox import OutboxMessage
from portal import outbox, smtp
from portal.accounts import contacts
from portal.cases import rules
from portal.courier import courier_of
from portal.outbox import Outcome, Retry
from portal.templating import MailTemplates
from tests.site.test_erasing import (  # noqa: F401
    NAMES,
    ended_case,
    erased,
    every_row,
    person,
    right_now,
    second,
)

LAST = OutboxMessage.template == "accounts/mail/erased"


@pytest.fixture
async def message(person, admin, second, settings):
    """The last mail of somebody with one confirmed address and one that is not."""
    await ended_case(person, settings)
    for address in (NAMES[2], "typo@mehregan.example"):
        await contacts.add(person.account.id, "email", address, now=right_now())
    await ContactPoint.update({ContactPoint.verified_at: right_now()}).where(ContactPoint.value == NAMES[2])
    await erased(person, admin, second)
    (row,) = await OutboxMessage.select(OutboxMessage.id, OutboxMessage.recipient).where(LAST)
    assert row["recipient"] == NAMES[2]
    return row["id"]


async def delivered(message, settings, error=None):
    """What became of the message, and the mails that left."""
    taken = []

    async def post(mail):
        if error:
            raise error
        taken.append(mail)

    courier = courier_of(settings, MailTemplates(settings, rules.NAMES).render)
    courier = msgspec.structs.replace(courier, post=post)
    return await outbox.deliver(message, now=right_now(), courier=courier), taken


async def names_left(db):
    rows = await every_row(db)
    return [name for name in (*NAMES, "typo@mehregan.example") if name in rows]


async def test_the_last_mail_says_what_was_erased_and_what_stays_and_then_nothing_names_anybody(
    message, settings, db
):
    assert await names_left(db) == [NAMES[2]]
    outcome, (mail,) = await delivered(message, settings)
    assert (outcome, mail["To"]) == (Outcome.SENT, NAMES[2])
    said = mail.get_body(("plain",)).get_content()
    assert "پاک شد" in said
    assert NAMES[1] not in said
    assert await names_left(db) == []


async def test_a_refused_last_mail_leaves_nothing_either(message, settings, db):
    outcome, _taken = await delivered(message, settings, smtp.Permanent(f"550 no {NAMES[2]} here"))
    assert outcome is Outcome.FAILED
    assert await names_left(db) == []


async def test_a_last_mail_that_waits_keeps_its_address_and_no_words_of_the_server(message, settings, db):
    with pytest.raises(Retry):
        await delivered(message, settings, smtp.Temporary(f"450 {NAMES[2]} later"))
    row = await OutboxMessage.select().where(LAST).first()
    assert (row["state"], row["recipient"], row["error"]) == ("queued", NAMES[2], "")


async def test_admins_can_look_at_the_record_of_a_last_mail(message, settings, admin):
    await delivered(message, settings)
    page = await admin.get(f"/en/admin/mail/{message}")
    assert page.status_code == 200
    assert NAMES[2] not in page.text
