"""The pages of a reset as people and admins see them, and what happens to those who try tricks."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from db.accounts import Account, Session
from db.audit import AuditEntry
from db.outbox import OutboxMessage
from db.people import Setting
from db.resets import ResetApproval, ResetRequest
from portal.resets import halves, mails
from portal.security.sessions import open_session
from tests.resets.people import NEW_PHRASE, PHRASE, person
from tests.resets.visitors import (  # noqa: F401
    ADMIN,
    CODE,
    FORGOT,
    PROOF,
    RESET,
    admin_called,
    approve,
    ask,
    chief,
    code_from,
    deputy,
    has_password,
    logged,
    maryam,
    quick,
    redeem,
)


async def test_a_citizen_calls_and_sets_a_new_password(browser, maryam, chief):
    token = await open_session(maryam, device="old", now=datetime.now(UTC))
    no = await ask(browser)
    code = await code_from(chief, no)
    done = await redeem(browser, code.lower().replace("-", " "))
    assert (done.status_code, done.headers["location"]) == (303, f"{RESET}/done")
    assert "is set" in (await browser.get(f"{RESET}/done")).text
    assert await has_password("maryam", NEW_PHRASE)
    assert not await Session.exists().where(Session.account == maryam), token
    assert "session" not in browser.client.cookies
    assert halves.COOKIE not in browser.client.cookies


async def test_the_cookie_of_the_asking_browser_is_for_this_site_alone(browser, maryam):
    answer = await browser.submit(FORGOT, {"username": "maryam"})
    flags = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= set(flags.split("; "))


async def test_looking_at_the_page_leaves_no_cookie_and_no_row(browser, db):
    for page in (FORGOT, RESET):
        assert "set-cookie" not in (await browser.get(page)).headers
    assert await ResetRequest.count() == 0


@pytest.mark.parametrize("name", ["maryam", "MARYAM ", "m@sample.example", "nobody", "nobody@sample.example"])
async def test_s19_every_name_gets_the_same_answer(browser, maryam, name):
    no = await ask(browser, name)
    page = (await browser.get(RESET)).text.replace(str(no), "")
    await ask(browser, "somebody else")
    other = (await browser.get(RESET)).text
    tokens = re.compile(r'name="_csrf_token" value="[^"]*"|[1-9][0-9]{5}')
    assert tokens.sub("", page) == tokens.sub("", other)


async def test_an_address_is_known_only_once_confirmed_and_alone(browser, maryam):
    await person("reza", "citizen", mails=("m@sample.example",), now=datetime.now(UTC))
    await ask(browser, "m@sample.example")
    assert await ResetRequest.exists().where(ResetRequest.account.is_null())


async def test_a_locked_account_gets_no_new_password(browser, maryam, chief):
    await Account.update({Account.state: "locked"}).where(Account.id == maryam)
    no = await ask(browser)
    assert "belongs to no account" in (await chief.get(f"{ADMIN}/{no}")).text


@pytest.mark.parametrize("name", ["maryam", "m@sample.example", "nobody"])
async def test_the_fourth_wish_of_a_day_under_one_name_says_that_one_is_there(browser, maryam, name):
    for _ in range(3):
        last = await ask(browser, name)
    answer = await browser.submit(FORGOT, {"username": f" {name.upper()}"})
    assert answer.status_code == 429
    assert "three times under this name" in answer.text
    assert 'href="/en/accounts/reset"' in answer.text
    assert str(last) in (await browser.get(RESET)).text
    assert await ResetRequest.count() == 3
    assert await logged("reset_limited") == 1


async def test_the_fourth_wish_for_an_account_under_two_names_leads_nowhere_and_says_nothing(browser, maryam):
    first = await ask(browser)
    await ask(browser)
    last = await ask(browser)
    dead = await ask(browser, "m@sample.example")
    assert await OutboxMessage.count().where(OutboxMessage.template == "resets/mail/asked") == 3
    states = {row["no"]: row["state"] for row in await ResetRequest.select()}
    assert (states[first], states[last], states[dead]) == ("superseded", "open", "void")


async def test_s17_one_network_asks_ten_times_an_hour(browser, maryam):
    for n in range(10):
        await ask(browser, f"name-{n}")
    answer = await browser.submit(FORGOT, {"username": "name-11"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


async def test_s49_staff_need_two_different_admins(browser, chief, deputy):
    await person("clerk", "staff", mails=("clerk@sample.example",), now=datetime.now(UTC))
    no = await ask(browser, "clerk")
    first = await approve(chief, no)
    assert first.headers["location"] == f"{ADMIN}/{no}"
    assert "Your approval is recorded" in (await chief.get(f"{ADMIN}/{no}")).text
    assert "Your approval is recorded" not in (await chief.get(f"{ADMIN}/{no}")).text
    again = await chief.post(f"{ADMIN}/{no}/approve", {})
    assert again.status_code == 403
    await redeem(browser, "ZZZZZZZZZZ")
    assert await has_password("clerk", PHRASE)
    code = await code_from(deputy, no)
    assert (await redeem(browser, code)).status_code == 303
    assert await ResetApproval.count() == 2


async def test_s49_an_admin_alone_gets_nowhere(browser, maryam, chief):
    """The admin asks in a clerk's name in the own browser, approves, and has only half of what it takes."""
    await person("clerk", "staff", mails=("clerk@sample.example",), now=datetime.now(UTC))
    no = await ask(chief, "clerk")
    page = await chief.get(f"{ADMIN}/{no}")
    assert "made in this browser or by you" in page.text
    assert "/approve" not in page.text
    no = await ask(browser, "clerk")  # with another browser
    assert (await approve(chief, no)).status_code == 303
    assert (await chief.get(f"{ADMIN}/{no}")).text.count("You have approved this already") == 1
    assert await OutboxMessage.count().where(OutboxMessage.template == "resets/mail/code") == 0


async def test_a_site_can_ask_for_two_admins_for_citizens_too(browser, maryam, chief, deputy):
    await Setting(key="reset_approvers", value=2, at=datetime.now(UTC)).save()
    no = await ask(browser)
    assert (await approve(chief, no)).status_code == 303
    assert await code_from(deputy, no)


async def test_nobody_approves_for_themselves(browser, chief):
    no = await ask(browser, "chief")
    assert "Nobody approves" in (await chief.get(f"{ADMIN}/{no}")).text


@pytest.mark.parametrize("missing", [name for name in PROOF if name != "hand_over"])
async def test_without_a_whole_proof_nothing_is_approved(browser, maryam, chief, missing):
    no = await ask(browser)
    answer = await approve(chief, no, **{missing: None})
    assert answer.status_code == 422
    assert f'href="#{missing}"' in answer.text
    assert await ResetApproval.count() == 0


async def test_the_admins_own_password_must_be_right(browser, maryam, chief):
    no = await ask(browser)
    answer = await approve(chief, no, password="not my password at all")
    assert answer.status_code == 422
    assert "This is not your password" in answer.text
    assert "Came to the office" in answer.text
    assert await logged("reset_not_approved") == 1


async def test_the_code_is_mailed_only_when_there_is_mail_and_never_shown(
    browser, maryam, chief, settings, monkeypatch
):
    no = await ask(browser)
    assert 'value="mail"' not in (await chief.get(f"{ADMIN}/{no}")).text
    answer = await approve(chief, no, hand_over="mail")
    assert answer.headers["location"] == f"{ADMIN}/{no}"
    message = await OutboxMessage.objects().get(OutboxMessage.template == mails.CODE).output(load_json=True)
    shown = await mails.prepared(message, settings, now=datetime.now(UTC))
    assert shown["code"] not in (await chief.get(f"/en/admin/mail/{message.id}")).text
    assert (await redeem(browser, shown["code"])).status_code == 303
    assert await has_password("maryam", NEW_PHRASE)


async def test_a_refused_request_opens_nothing(browser, maryam, chief):
    no = await ask(browser)
    code = await code_from(chief, no)
    await chief.submit(f"{ADMIN}/{no}", to=f"{ADMIN}/{no}/refuse")
    assert (await redeem(browser, code)).status_code == 422
    assert await has_password("maryam", PHRASE)


async def test_no_secret_stands_in_the_log_or_the_record_of_mail(browser, maryam, chief):
    no = await ask(browser)
    half_a = browser.client.cookies[halves.COOKIE].partition(".")[2]
    code = await code_from(chief, no)
    await redeem(browser, code)
    for table in (AuditEntry, OutboxMessage, ResetRequest, ResetApproval):
        text = str(await table.select())
        assert half_a not in text
        assert code not in text
        assert code.replace("-", "") not in text
