"""What people are told when a site admin changes their account, and what the admin is told of that."""

from __future__ import annotations

import re

import pytest

from db.accounts import Account, ContactPoint, Session
from db.outbox import OutboxMessage
from db.resets import ResetRequest
from db.services import Agency, Unit
from portal.accounts import mails, staff_actions, staff_queries
from portal.accounts.actions import make_account
from portal.errors import Conflict
from portal.resets.links import invite
from portal.templating import MailTemplates
from tests.cases.visitors import right_now
from tests.conftest import NOON


async def with_address(account, address="c@mehregan.example"):
    await ContactPoint.insert(ContactPoint(account=account, kind="email", value=address, changed_at=NOON))


@pytest.fixture
async def unit(db):
    agency = Agency(slug="a", name_fa="سازمان نمونه", name_en="Sample agency")
    await Agency.insert(agency)
    made = Unit(agency=agency.id, slug="u", name_fa="واحد آمار", name_en="Statistics", phone="02188880000")
    await Unit.insert(made)
    return made.id


@pytest.fixture
async def invited(db):
    account = await make_account("sara", display_name="Sara A", role="staff", password=None, now=NOON)
    await with_address(account, "sara@mehregan.example")
    return account


async def mail_to(address, settings):
    """The words of the newest mail to ``address``, as text and as HTML."""
    query = OutboxMessage.objects().where(OutboxMessage.recipient == address)
    message = await query.order_by(OutboxMessage.id, ascending=False).first().output(load_json=True)
    shown = await mails.shown(message, settings)
    words = MailTemplates(settings, {}).render(message.template, message.locale, shown)
    return words.text, words.html


async def test_an_account_is_not_locked_without_a_reason(admin, clerk):
    path = f"/en/admin/accounts/{clerk.account.id}"
    page = await admin.submit(path, to=f"{path}/lock")
    assert (page.status_code, 'href="#lock_reason"' in page.text) == (422, True)
    assert await Account.exists().where(Account.id == clerk.account.id, Account.state == "active")


async def test_who_is_locked_out_reads_why_and_whom_to_call(admin, clerk, unit, settings):
    path = f"/en/admin/accounts/{clerk.account.id}"
    await with_address(clerk.account.id)
    await admin.submit(path, {"lock_reason": "Left <the> agency"}, to=f"{path}/lock")
    text, html = await mail_to("c@mehregan.example", settings)
    assert "Left <the> agency" in text
    assert "Left &lt;the&gt; agency" in html
    assert "۰۲۱۸۸۸۸۰۰۰۰" in text
    assert "Left &lt;the&gt; agency" in (await admin.get(path)).text
    await admin.submit(path, to=f"{path}/unlock")
    assert "Left" not in (await admin.get(path)).text


async def test_a_mail_says_which_role_an_account_has_now(admin, clerk, unit, settings):
    path = f"/en/admin/accounts/{clerk.account.id}"
    await with_address(clerk.account.id)
    await admin.submit(path, {"role": "auditor", "unit": ""}, to=f"{path}/role")
    text, html = await mail_to("c@mehregan.example", settings)
    assert "ناظر" in text
    assert "ناظر" in html


async def test_the_sign_in_page_says_why_a_session_is_over(clerk, browser):
    words = "You were signed out"
    assert words not in (await browser.get("/en/accounts/sign-in")).text
    await Session.delete(force=True)
    assert words in (await clerk.get("/en/accounts/sign-in")).text


async def test_an_admin_reads_which_addresses_were_told(admin, clerk, unit):
    path = f"/en/admin/accounts/{clerk.account.id}"
    role = {"role": "auditor", "unit": ""}
    await admin.submit(path, role, to=f"{path}/role")
    assert "nobody was told" in (await admin.get(path)).text
    await with_address(clerk.account.id)
    await admin.submit(path, role, to=f"{path}/role")
    assert "c•••@mehregan.example" in (await admin.get(path)).text


async def test_a_liaison_who_becomes_a_clerk_speaks_for_no_agency(admin, clerk, unit):
    agency = (await Agency.select(Agency.id).first())["id"]
    liaison = clerk.account.id
    await Account.update({Account.role: "liaison", Account.agency: agency}).where(Account.id == liaison)
    await staff_actions.change_role(liaison, "staff", unit, by=admin.account.id, now=NOON)
    assert (await Account.select(Account.agency).where(Account.id == liaison).first())["agency"] is None


async def test_a_new_invitation_ends_the_one_before(admin, invited):
    path = f"/en/admin/accounts/{invited}"
    for _ in range(2):
        assert (await admin.submit(path, to=f"{path}/invite")).status_code == 303
    assert "A new invitation is on its way" in (await admin.get(path)).text
    states = await ResetRequest.select(ResetRequest.state).order_by(ResetRequest.id).output(as_list=True)
    assert states == ["superseded", "approved"]
    assert await OutboxMessage.count().where(OutboxMessage.recipient == "sara@mehregan.example") == 2


async def test_who_has_a_password_is_not_invited_to_set_another(admin, clerk):
    """That would be a new password by one admin's word."""
    await with_address(clerk.account.id)
    assert "/invite" not in (await admin.get(f"/admin/accounts/{clerk.account.id}")).text
    with pytest.raises(Conflict):
        await invite(clerk.account.id, by=admin.account.id, now=right_now())


async def test_a_dead_invitation_says_whom_to_call(browser, unit):
    page = await browser.get("/en/accounts/set-password?key=123456.nobody")
    assert (page.status_code, "02188880000" in page.text) == (404, True)
    sent = await browser.post("/en/accounts/set-password", {"key": "1", "new_password": "x"})
    assert "02188880000" in sent.text


async def test_units_are_told_apart_by_their_agency(admin, clerk, unit):
    assert [name for _key, name in await staff_queries.units()] == ["سازمان نمونه – واحد آمار"]
    for path in ("/admin/accounts/new", f"/admin/accounts/{clerk.account.id}"):
        assert "سازمان نمونه – واحد آمار" in (await admin.get(path)).text


async def test_numbers_are_written_as_people_here_write_them(admin, clerk):
    await ContactPoint.insert(
        ContactPoint(account=clerk.account.id, kind="phone", value="+989120000000", changed_at=NOON)
    )
    page = (await admin.get(f"/admin/accounts/{clerk.account.id}")).text
    assert "۰۹۱۲۰۰۰۰۰۰۰" in page
    assert "+98912" not in page


async def test_what_was_chosen_for_a_role_stays_when_something_is_missing(admin, clerk, unit):
    path = f"/en/admin/accounts/{clerk.account.id}"
    page = await admin.submit(path, {"role": "manager", "unit": ""}, to=f"{path}/role")
    assert page.status_code == 422
    assert re.search(r'value="manager"\s+checked', page.text)


async def test_the_new_account_page_says_what_is_for_whom(admin, unit):
    page = (await admin.get("/en/admin/accounts/new")).text
    assert page.count("(for liaisons and users of an agency)") == 4
    assert page.count("(optional)") == 1  # the mobile number
    assert "at most 10 MB" in page
