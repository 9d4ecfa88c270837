"""A forgotten password, the whole way and by keyboard alone: who asks, telephones, proves, approves, redeems."""

from __future__ import annotations

import re

import pytest

from tests.browser.demo import PASSWORD
from tests.browser.tour import AXE_SCRIPT, RULES, _violations
from tests.browser.visitor import LATIN_DIGITS, Visitor

in_both_languages = pytest.mark.parametrize("language", ["fa", "en"])
NEW = {"fa": "چهار کاشی فیروزه‌ای آرام", "en": "seven slow grey herons"}
FOCUS_IS = "selector => document.activeElement.matches(selector)"


async def tab_to(visitor: Visitor, selector: str) -> None:
    """The focus is on what ``selector`` names, after presses of Tab only."""
    for _ in range(90):
        await visitor.page.keyboard.press("Tab")
        if await visitor.page.evaluate(FOCUS_IS, selector):
            return
    pytest.fail(f"no way to {selector} by keyboard")


async def type_into(visitor: Visitor, name: str, words: str) -> None:
    await tab_to(visitor, f"main [name={name}]")
    await visitor.page.keyboard.insert_text(words)


async def press(visitor: Visitor, form: str) -> None:
    """Enter on the button of the form whose address ends with ``form``."""
    await tab_to(visitor, f'main form[action$="{form}"] button:not([type=button])')
    async with visitor.page.expect_navigation():
        await visitor.page.keyboard.press("Enter")


async def ask(visitor: Visitor, username: str) -> str:
    """The number that the page shows."""
    await visitor.open("/accounts/sign-in")
    if visitor.page.url.endswith("/accounts/sign-in"):
        await tab_to(visitor, 'main a[href$="/accounts/forgot"]')
        async with visitor.page.expect_navigation():
            await visitor.page.keyboard.press("Enter")
    else:  # whoever is signed in is not asked to sign in
        await visitor.open("/accounts/forgot")
    await type_into(visitor, "username", username)
    await press(visitor, "/accounts/forgot")
    assert visitor.page.url.endswith("/accounts/reset"), await visitor.page.inner_text("main")
    shown = await visitor.page.locator(".code").text_content()
    return (shown or "").translate(LATIN_DIGITS)


async def approve(admin: Visitor, no: str) -> None:
    """The proof of a person who came in was given; what follows is on the screen."""
    await admin.open(f"/admin/resets/{no}")
    for tick in ("[name=proof_method]", "[name=proof_evidence]", "[value=name]", "[value=made_at]"):
        await tab_to(admin, f"main {tick}")
        await admin.page.keyboard.press("Space")
    await type_into(admin, "proof_note", "Came to the office.")
    await type_into(admin, "password", PASSWORD)
    await press(admin, "/approve")


async def code_on(admin: Visitor) -> str:
    code = await admin.page.locator(".code").text_content()
    assert code
    assert re.fullmatch("[0-9A-Z]{5}-[0-9A-Z]{5}", code)
    await admin.page.evaluate(AXE_SCRIPT)
    assert await _violations(admin.page, RULES, "the code") == []
    return code


async def redeem(visitor: Visitor, code: str, password: str) -> None:
    await visitor.open("/accounts/reset")
    await type_into(visitor, "reset_code", code.lower().replace("-", " "))
    await type_into(visitor, "new_password", password)
    await press(visitor, "/accounts/reset")


async def can_sign_in(visitor: Visitor, username: str, password: str) -> bool:
    await visitor.open("/accounts/sign-in")
    await type_into(visitor, "username", username)
    await type_into(visitor, "password", password)
    await press(visitor, "/accounts/sign-in")
    return not await visitor.page.locator("#errors").count()


@in_both_languages
async def test_s48_somebody_telephones_and_sets_a_new_password(arrive, language):
    person, admin = await arrive(language, width=360), await arrive(language)
    await admin.sign_in("admin")
    no = await ask(person, "liaison")
    await approve(admin, no)
    await redeem(person, await code_on(admin), NEW[language])
    assert person.page.url.endswith("/accounts/reset/done"), await person.page.inner_text("main")
    assert await can_sign_in(person, "liaison", NEW[language])
    assert person.complaints == admin.complaints == []


@in_both_languages
async def test_s49_for_the_desk_two_admins_approve(arrive, language):
    person, first, second = await arrive(language), await arrive(language), await arrive(language)
    await first.sign_in("admin")
    await second.sign_in("admin2")
    no = await ask(person, "evaluator")
    await approve(first, no)
    assert await first.page.locator(".panel.done").count()
    assert not await first.page.locator(".code").count()
    await approve(second, no)
    await redeem(person, await code_on(second), NEW[language])
    assert await can_sign_in(person, "evaluator", NEW[language])


@in_both_languages
async def test_s49_a_malicious_admin_alone_fails(arrive, language):
    admin = await arrive(language)
    await admin.sign_in("admin2")
    no = await ask(admin, "manager")
    await admin.open(f"/admin/resets/{no}")
    assert not await admin.page.locator('form[action$="/approve"]').count()
    await redeem(admin, "AAAAA-AAAAA", NEW[language])
    assert await admin.page.locator("#errors").count()
    assert await can_sign_in(await arrive(language), "manager", PASSWORD)
