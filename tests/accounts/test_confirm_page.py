"""Confirming that it is still oneself, before what is sensitive; and what every cookie looks like."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from db.accounts import Session
from db.factors import SecondFactor
from portal.app import create_app
from portal.security.permissions import ACCESS
from tests.accounts.holders import PHRASE, new_holder, new_person
from tests.accounts.test_security_page import CONFIRM, SECURITY, come_in, no_longer_fresh
from tests.support.browser import Browser, client_of

SENSITIVE = f"{SECURITY}/passkeys/new"


@pytest.fixture
async def maryam(browser):
    """A clerk without a second step, signed in a while ago."""
    await new_person("maryam", "staff")
    await come_in(browser)
    await no_longer_fresh()
    return browser


async def test_s07_what_changes_a_way_in_needs_a_fresh_proof():
    sensitive = {name for name, access in ACCESS.items() if access.fresh}
    assert sensitive >= {
        "accounts.add_app",
        "accounts.app_post",
        "accounts.passkey_post",
        "accounts.remove_factor",
        "accounts.recovery_codes",
        "site.own_export",
    }


async def test_s07_a_sensitive_page_asks_once_more_and_opens_then(maryam):
    asked = await maryam.get(SENSITIVE)
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        f"{CONFIRM}?next={SENSITIVE.replace('/', '%2F')}",
    )
    before = maryam.client.cookies["session"]
    answer = await maryam.submit(asked.headers["location"], {"password": PHRASE}, to=CONFIRM)
    assert (answer.status_code, answer.headers["location"]) == (303, SENSITIVE)
    assert maryam.client.cookies["session"] != before
    assert (await maryam.get(SENSITIVE)).status_code == 200
    assert await Session.count() == 1


async def test_s07_the_proof_lasts_a_quarter_of_an_hour(maryam):
    await maryam.submit(CONFIRM, {"password": PHRASE})
    assert (await maryam.get(SENSITIVE)).status_code == 200
    await Session.update({Session.proved_at: datetime.now(UTC) - timedelta(minutes=15)}, force=True)
    assert (await maryam.get(SENSITIVE)).status_code == 303


async def test_s07_a_form_without_a_fresh_proof_changes_nothing_and_keeps_the_words(maryam):
    page = await maryam.post(
        f"{SECURITY}/apps/{'0' * 8}-0000-0000-0000-{'0' * 12}", {"name": "A name of many words"}
    )
    assert page.status_code == 403
    assert "A name of many words" in page.text
    assert f"{CONFIRM}?next=" in page.text
    assert (await maryam.post(f"{SECURITY}/apps", {})).status_code == 403
    assert await SecondFactor.count() == 0


async def test_s07_after_a_form_one_comes_back_to_the_page_it_stood_on(maryam):
    headers = {"Sec-Fetch-Site": "same-origin", "Referer": f"http://localhost:8000/en{SECURITY}?x=1"}
    page = await maryam.client.post(f"/en{SECURITY}/apps", headers=headers)
    assert f'href="/en{CONFIRM}?next=/accounts/security%3Fx%3D1"' in page.text


async def test_a_passphrase_is_never_among_the_words_that_are_shown_again(maryam):
    typed = {"name": "Two words", "new_password": "four calm turquoise tiles", "otp": "1234 5678 9012"}
    page = await maryam.post(f"{SECURITY}/apps", typed)
    assert "Two words" in page.text
    assert "turquoise" not in page.text
    assert "1234 5678" not in page.text


@pytest.mark.parametrize("referer", ["http://[::1", "", "//evil.example", "x" * 5000, "/\\evil.example"])
async def test_an_odd_referer_leads_nowhere(maryam, referer):
    headers = {"Sec-Fetch-Site": "same-origin", "Referer": referer}
    page = await maryam.client.post(f"{SECURITY}/apps", headers=headers)
    assert page.status_code == 403
    assert "evil" not in page.text


async def test_a_wrong_password_confirms_nothing(maryam):
    page = await maryam.submit(f"{CONFIRM}?next={SENSITIVE}", {"password": "not the right one"}, to=CONFIRM)
    assert page.status_code == 422
    assert 'href="#password"' in page.text
    assert f'name="next" value="{SENSITIVE}"' in page.text
    assert (await maryam.get(SENSITIVE)).status_code == 303


async def test_with_a_second_step_the_password_alone_confirms_nothing(browser, settings, db):
    holder = await new_holder(settings.secret_key)
    await come_in(browser, otp=holder.code(-1))
    await no_longer_fresh()
    for otp in ("", "000000"):
        page = await browser.submit(CONFIRM, {"password": PHRASE, "otp": otp})
        assert (page.status_code, 'href="#otp"' in page.text) == (422, True)
    assert (await browser.submit(CONFIRM, {"password": PHRASE, "otp": holder.code(1)})).status_code == 303
    assert (await browser.get(SENSITIVE)).status_code == 200


async def test_wrong_passwords_wait_here_too(maryam):
    for _ in range(5):
        await maryam.submit(CONFIRM, {"password": "not the right one"})
    page = await maryam.submit(CONFIRM, {"password": PHRASE})
    assert (page.status_code, int(page.headers["retry-after"]) <= 30) == (429, True)


async def test_nobody_is_led_to_another_site(maryam):
    answer = await maryam.submit(
        f"{CONFIRM}?next=//evil.example", {"password": PHRASE, "next": "//evil.example"}, to=CONFIRM
    )
    assert answer.headers["location"] == SECURITY


async def test_s08_every_cookie_is_host_only_secure_and_out_of_reach_of_scripts(db, settings):
    own = msgspec.structs.replace(settings, base_url="https://desk.example.org")
    holder = await new_holder(own.secret_key)
    async with client_of(create_app(own)) as client:
        client.base_url = "https://desk.example.org"
        browser, set_cookies = Browser(client), []

        async def remember(response):
            set_cookies.extend(response.headers.get_list("set-cookie"))

        client.event_hooks["response"].append(remember)
        await come_in(browser)
        await browser.submit("/accounts/second-step", {"otp": holder.code(-1)})
        await browser.submit(CONFIRM, {"password": PHRASE, "otp": holder.code()})
        for path in crawled(
            await browser.get("/"), await browser.get("/services"), await browser.get(SECURITY)
        ):
            await browser.get(path)
        await browser.submit(SECURITY, to="/accounts/sign-out")
    assert len(set_cookies) >= 4
    for sent in set_cookies:
        name, *flags = sent.lower().split("; ")
        assert name.startswith("__host-"), sent
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= set(flags), sent
        assert not any(flag.startswith("domain") for flag in flags), sent


def crawled(*pages):
    """Every address of ours that the pages name."""
    return sorted({path for page in pages for path in re.findall(r'href="(/[^"#]*)"', page.text)})
