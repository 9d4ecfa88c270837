"""How somebody gets to pages that are not found by an address alone; whom they meet there makes no difference."""

from __future__ import annotations

from playwright.async_api import Response

from tests.browser.cases import register_letter
from tests.browser.visitor import Visitor


async def wrong_password(visitor: Visitor, _: object) -> Response:
    await visitor.open("/accounts/sign-in")
    await visitor.fill("username", f"nobody-{visitor.language}")
    await visitor.fill("password", "not the right one at all")
    return await visitor.send("/accounts/sign-in")


async def fresh_slip(visitor: Visitor, _: object) -> Response:
    await register_letter(visitor)
    response = await visitor.page.reload()
    assert response is not None
    return response


async def first_message(visitor: Visitor, _: object) -> Response:
    await visitor.open("/admin/mail")
    return await visitor.follow(visitor.page.locator("main table a").first)


async def forgotten(visitor: Visitor, _: object) -> Response:
    await visitor.open("/accounts/forgot")
    await visitor.fill("username", "auditor")
    return await visitor.send("/accounts/forgot")


async def first_reset(visitor: Visitor, _: object) -> Response:
    await visitor.open("/admin/resets")
    return await visitor.follow(visitor.page.locator("main table a").first)


async def unproved(visitor: Visitor, world: object) -> Response:
    await first_reset(visitor, world)
    return await visitor.send("/approve")


async def wrong_setting(visitor: Visitor, _: object) -> Response:
    await visitor.open("/admin/settings")
    await visitor.fill("reset_contact_phone", "12")
    return await visitor.send("/admin/settings")


async def wrong_watch(visitor: Visitor, _: object) -> Response:
    """Warnings that come one before the other."""
    await visitor.open("/admin/services/yearbook-qom/watch")
    await visitor.fill("warning_1", "95")
    return await visitor.send("/services/yearbook-qom/watch")
