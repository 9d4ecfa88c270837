"""The stops around the second step: one person sets it up, signs in with it and takes it away again, in this order."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyotp
from playwright.async_api import Response

from tests.browser.demo import PASSWORD
from tests.browser.going import HOLDER, HOLDERS, Stop, World, at, sending_nothing
from tests.browser.visitor import Visitor

SECURITY = "/accounts/security"


async def arriving(visitor: Visitor, _: World) -> Response:
    await visitor.sign_in(HOLDERS[visitor.language])
    return await visitor.open(SECURITY)


async def begin_app(visitor: Visitor, world: World) -> Response:
    await visitor.open(SECURITY)
    response = await visitor.send(f"{SECURITY}/apps")
    world.app_key = await key_on_page(visitor)
    return response


async def wrong_code(visitor: Visitor, _: World) -> Response:
    return await send_code(visitor, "000000")


async def right_code(visitor: Visitor, world: World) -> Response:
    return await send_code(visitor, pyotp.TOTP(world.app_key).now())


async def session_gone(visitor: Visitor, _: World) -> Response:
    """A form of the page, sent after the session has ended."""
    await visitor.open(SECURITY)
    kept = await visitor.page.context.cookies()
    await visitor.page.context.clear_cookies()
    response = await visitor.send(f"{SECURITY}/apps")
    await visitor.page.context.add_cookies(kept)  # type: ignore[arg-type]
    return response


async def second_step(visitor: Visitor, _: World) -> Response:
    await visitor.open(SECURITY)
    await visitor.send("/accounts/sign-out")
    return await give_password(visitor, HOLDERS[visitor.language])


async def all_gone(visitor: Visitor, world: World) -> Response:
    """Signed in with the next code, and without a second step again."""
    await visitor.fill("otp", next_code(world.app_key))
    await visitor.send("/accounts/second-step")
    await visitor.open(SECURITY)
    return await visitor.send("/remove")


async def give_password(visitor: Visitor, username: str) -> Response:
    await visitor.open("/accounts/sign-in")
    await visitor.fill("username", username)
    await visitor.fill("password", PASSWORD)
    return await visitor.send("/accounts/sign-in")


async def send_code(visitor: Visitor, code: str) -> Response:
    """On the page that sets up an app."""
    await visitor.fill("otp", visitor.digits(code))
    return await visitor.send(visitor.page.url.rpartition("/")[2])


async def key_on_page(visitor: Visitor) -> str:
    (key,) = re.findall(r"secret=([A-Z2-7]{32})", await visitor.page.content())
    return str(key)


def next_code(key: str) -> str:
    """The code after the present one, which may have been used just now."""
    return pyotp.TOTP(key).at(datetime.now(UTC) + timedelta(seconds=30))


SECURITY_STOPS = [
    Stop("security", "accounts.security", HOLDER, arriving),
    Stop("passkey", "accounts.passkey", HOLDER, at(f"{SECURITY}/passkeys/new")),
    Stop("app", "accounts.app", HOLDER, begin_app),
    Stop("app-wrong", "accounts.app_post", HOLDER, wrong_code, 422),
    Stop("recovery-codes", "accounts.app_post", HOLDER, right_code),
    Stop("security-with-app", "accounts.security", HOLDER, at(SECURITY)),
    Stop("confirm", "accounts.confirm", HOLDER, at("/accounts/confirm?next=/desk")),
    Stop(
        "confirm-errors",
        "accounts.confirm_post",
        HOLDER,
        sending_nothing("/accounts/confirm", "/accounts/confirm"),
        422,
    ),
    Stop("session-ended", "accounts.add_app", HOLDER, session_gone, 401),
    Stop("second-step", "accounts.second_step", HOLDER, second_step),
    Stop(
        "second-step-errors",
        "accounts.second_step_post",
        HOLDER,
        sending_nothing("/accounts/second-step", "/accounts/second-step"),
        422,
    ),
    Stop("security-without", "accounts.security", HOLDER, all_gone),
]
