"""What stands in the mails about a case."""

import pytest

from db.outbox import OutboxMessage
from db.services import Unit
from portal.cases import actions, mails, rules
from portal.templating import MailTemplates
from tests.cases.visitors import filed_now, right_now


@pytest.fixture
async def withdrawn(db, settings):
    """The mail as recorded when a request was withdrawn."""
    filed = await filed_now(settings, locale="en")
    await Unit.update({Unit.phone: "02538000000"}, force=True)
    await actions.withdraw(filed.case_id, reason="", now=right_now())
    template = OutboxMessage.template == "cases/mail/withdrawn"
    return await OutboxMessage.objects().get(template).output(load_json=True)


def drawn(message, settings):
    shown = mails.shown(message, settings)
    return MailTemplates(settings, rules.NAMES).render(message.template, message.locale, shown)


async def test_the_mail_about_a_withdrawal_says_whom_to_call(withdrawn, settings):
    mail = drawn(withdrawn, settings)
    assert "please contact us at once. Telephone: \u206602538000000\u2069" in mail.text
    assert ">02538000000<" in mail.html


async def test_a_mail_recorded_without_a_telephone_still_goes_out(withdrawn, settings):
    del withdrawn.data["phone"]
    assert "Telephone" not in drawn(withdrawn, settings).text
