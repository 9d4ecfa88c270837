"""A second step as people set it up and use it: with an app, with a passkey, without script."""

from __future__ import annotations

import re

import pyotp
import pytest
import pytest_asyncio

from tests.browser.going import World
from tests.browser.security_stops import SECURITY, begin_app, give_password, key_on_page, next_code, send_code
from tests.browser.visitor import LATIN_DIGITS, Visitor

PEOPLE = {"fa": "manager", "en": "citizen"}
both_languages = pytest.mark.parametrize("language", ["fa", "en"])


async def give_up(visitor: Visitor) -> None:
    """The sample account has no second step again: other tests sign in with its password alone."""
    await visitor.open(SECURITY)
    while await visitor.page.locator('form[action$="/remove"]').count():
        await visitor.unfold('form[action$="/remove"] button')
        await visitor.follow(visitor.page.locator('form[action$="/remove"] button').first)


async def add_device(visitor: Visitor) -> None:
    """The visitor's machine can make passkeys (Chromium's own software authenticator)."""
    wire = await visitor.page.context.new_cdp_session(visitor.page)
    await wire.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    await wire.send("WebAuthn.addVirtualAuthenticator", {"options": kind})


@pytest_asyncio.fixture
async def device(arrive, language):
    """Somebody with a machine that makes passkeys, signed in; afterwards the account is as it was."""
    visitor = await arrive(language)
    await add_device(visitor)
    await visitor.sign_in(PEOPLE[language])
    yield visitor
    await give_up(visitor)


async def press_passkey(visitor: Visitor) -> None:
    async with visitor.page.expect_navigation():
        await visitor.page.locator("[data-passkey] button").click()


@both_languages
async def test_a_passkey_is_made_named_and_signs_in(device, language):
    await device.open(f"{SECURITY}/passkeys/new")
    await device.fill("name", "کلید من")
    await press_passkey(device)
    assert await device.page.locator(".codes li").count() == 10
    await device.open(SECURITY)
    assert await device.says("کلید من")
    await device.send("/accounts/sign-out")
    await give_password(device, PEOPLE[language])
    assert "/accounts/second-step" in device.page.url
    await press_passkey(device)
    assert "/accounts/" not in device.page.url
    await device.open("/accounts/confirm?next=/services")
    await device.fill("password", "four calm turquoise tiles")
    await press_passkey(device)
    assert device.page.url == device.address("/services")
    assert device.complaints == []


@both_languages
async def test_who_stops_the_browser_is_told_and_stays(device, language):
    await device.open(f"{SECURITY}/passkeys/new")
    await device.page.evaluate("void (navigator.credentials.create = () => Promise.reject(Error()))")
    await device.page.locator("[data-passkey] button").click()
    said = device.page.locator("[data-passkey] [role=status]")
    await said.filter(has_text=re.compile(r"\S")).wait_for()
    assert "/passkeys/new" in device.page.url


@both_languages
async def test_an_app_and_a_recovery_code_work_without_script(arrive, demo, language):
    visitor, world = (
        await arrive(language, width=360, script=False),
        World(filed=None, waiting=None, closed=None, complaint=None, demo=demo),
    )
    await visitor.sign_in(PEOPLE[language])
    await visitor.open(f"{SECURITY}/passkeys/new")
    assert await visitor.page.locator("[data-passkey] button:visible").count() == 0
    assert await visitor.page.locator("[data-no-script]").is_visible()
    await begin_app(visitor, world)
    key = await key_on_page(visitor)
    await send_code(visitor, pyotp.TOTP(key).now())
    shown = await visitor.page.locator(".codes bdi").all_text_contents()
    for given in (visitor.digits(next_code(key)), shown[0]):
        await visitor.open(SECURITY)
        await visitor.send("/accounts/sign-out")
        await give_password(visitor, PEOPLE[language])
        await visitor.fill("otp", given)
        await visitor.send("/accounts/second-step")
        assert "/accounts/" not in visitor.page.url
    assert re.fullmatch(r"\d{4} \d{4} \d{4}", shown[0].translate(LATIN_DIGITS))
    await give_up(visitor)


@both_languages
async def test_sessions_elsewhere_are_seen_and_ended(arrive, language):
    here, elsewhere = await arrive(language), await arrive(language, width=360)
    for visitor in (here, elsewhere):
        await visitor.sign_in("admin2")
    await here.open(SECURITY)
    assert await here.page.locator('form[action$="/end"]').count() >= 1
    await here.send("/sessions/end-others")
    assert await here.page.locator('form[action$="/end"]').count() == 0
    await elsewhere.open("/desk")
    assert "/accounts/sign-in" in elsewhere.page.url
