"""Signing in with a second step, in the browser and without script."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from db.accounts import Session
from tests.accounts.holders import PHRASE, Device, new_holder
from tests.support.browser import client_of

SIGN_IN, SECOND = "/accounts/sign-in", "/accounts/second-step"


@pytest.fixture
async def holder(db, settings):
    return await new_holder(settings.secret_key)


async def give_password(browser, **fields):
    return await browser.submit(SIGN_IN, {"username": "maryam", "password": PHRASE, **fields})


async def test_the_right_password_leads_to_the_second_step_and_opens_nothing(browser, holder):
    answer = await give_password(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, SECOND)
    assert (await browser.get("/desk")).headers["location"].startswith(SIGN_IN)
    assert 'autocomplete="one-time-code"' in (await browser.get(SECOND)).text


async def test_the_code_opens_the_page_one_wanted(browser, holder):
    asked = await browser.submit(
        f"{SIGN_IN}?next=/desk?state=all", {"username": "maryam", "password": PHRASE}, to=SIGN_IN
    )
    assert asked.headers["location"] == f"{SECOND}?next=%2Fdesk%3Fstate%3Dall"
    answer = await browser.submit(asked.headers["location"], {"otp": holder.code()}, to=SECOND)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk?state=all")
    assert (await browser.get("/desk")).status_code == 200


async def test_s01_a_new_cookie_comes_with_the_second_step_and_the_old_one_is_dead(browser, stranger, holder):
    await give_password(browser)
    before = browser.client.cookies["session"]
    await browser.submit(SECOND, {"otp": holder.code()})
    assert browser.client.cookies["session"] != before
    stranger.client.cookies.set("session", before)
    assert (await stranger.get("/desk")).status_code == 303
    assert (await stranger.get(SECOND)).headers["location"] == SIGN_IN
    assert await Session.count() == 1


async def test_the_code_may_come_with_the_password(browser, holder):
    answer = await give_password(browser, otp=holder.code())
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert (await browser.get("/desk")).status_code == 200


async def test_a_wrong_code_with_the_password_opens_nothing(browser, holder):
    answer = await give_password(browser, otp="000000")
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


async def test_s47_a_code_that_signed_in_once_is_refused(browser, stranger, holder):
    code = holder.code()
    assert (await give_password(browser, otp=code)).status_code == 303
    await give_password(stranger)
    again = await stranger.submit(SECOND, {"otp": code})
    assert again.status_code == 422
    assert "پیش‌تر به کار رفته" in again.text
    assert (await stranger.get("/desk")).status_code == 303


async def test_a_recovery_code_does_instead(browser, holder):
    await give_password(browser)
    assert (await browser.submit(SECOND, {"otp": holder.recovery[0]})).status_code == 303
    assert "۹" in (await browser.get("/accounts/security")).text


async def test_a_wrong_code_says_so_and_asks_again(browser, holder):
    await give_password(browser)
    page = await browser.submit(SECOND, {"otp": "000000"})
    assert page.status_code == 422
    assert 'href="#otp"' in page.text
    assert 'value="000000"' not in page.text
    empty = await browser.submit(SECOND, {"otp": ""})
    assert (empty.status_code, 'href="#otp"' in empty.text) == (422, True)


async def test_s04_too_many_wrong_codes_say_how_long_to_wait(browser, holder):
    await give_password(browser)
    for _ in range(5):
        await browser.submit(SECOND, {"otp": "000000"})
    page = await browser.submit(SECOND, {"otp": holder.code()})
    assert page.status_code == 429
    assert 0 < int(page.headers["retry-after"]) <= 30


async def test_who_gave_no_password_is_sent_to_do_so(browser, db):
    assert (await browser.get(f"{SECOND}?next=/desk")).headers["location"] == f"{SIGN_IN}?next=%2Fdesk"


async def test_s04_the_second_step_has_ten_minutes(browser, holder):
    await give_password(browser)
    page = await browser.get(SECOND)
    await Session.update({Session.ends_at: datetime.now(UTC) - timedelta(seconds=1)}, force=True)
    assert page.status_code == 200
    assert (await browser.get(SECOND)).headers["location"] == SIGN_IN


async def test_a_passkey_signs_in(browser, application, db, settings):
    holder = await new_holder(settings.secret_key, role="citizen")
    device = Device()
    await give_password(browser, otp=holder.code())
    page = await browser.get("/accounts/security/passkeys/new")
    made = device.register(options_in(page.text))
    assert (await browser.submit("/accounts/security/passkeys/new", {"passkey": made})).status_code == 303
    async with client_of(application) as client:
        browser.client = client
        await give_password(browser)
        given = device.sign(options_in((await browser.get(SECOND)).text))
        answer = await browser.submit(SECOND, {"passkey": given, "otp": ""})
        assert (answer.status_code, answer.headers["location"]) == (303, "/mine")
        assert (await browser.get("/accounts/security")).status_code == 200


async def test_a_passkey_of_nobody_is_told(browser, holder):
    await give_password(browser)
    page = await browser.submit(SECOND, {"passkey": json.dumps({"id": "x"})})
    assert page.status_code == 422


def options_in(html):
    from html import unescape

    return unescape(html.split('data-options="')[1].split('"')[0])
