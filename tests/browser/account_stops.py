"""Pages about accounts, one's own and everybody's."""

from __future__ import annotations

from playwright.async_api import Response

from tests.browser.going import ADMIN, CITIZEN, GUEST, Go, Stop, World, at, sending_nothing, too_old
from tests.browser.visitor import Visitor


async def words_offered(visitor: Visitor, _: World) -> Response:
    await visitor.open("/accounts/sign-up")
    return await visitor.follow(visitor.page.locator(f"button[value={visitor.language}]"))


def account_of(username: str) -> Go:
    """By the list of accounts."""

    async def go(visitor: Visitor, _: World) -> Response:
        await visitor.open(f"/admin/accounts?q={username}")
        return await visitor.follow(visitor.page.locator("main table a").last)

    return go


async def no_reason(visitor: Visitor, world: World) -> Response:
    await account_of("auditor")(visitor, world)
    return await visitor.send("/propose-admin")


async def locked_for_nothing(visitor: Visitor, world: World) -> Response:
    await account_of("liaison")(visitor, world)
    return await visitor.send("/lock")


async def proposed(visitor: Visitor, world: World) -> Response:
    """The list with something in it: a clerk who is to become an admin."""
    await account_of("evaluator")(visitor, world)
    if await visitor.field("reason").count():
        await visitor.fill("reason", "A second admin for the summer")
        await visitor.send("/propose-admin")
    return await visitor.open("/admin/proposals")


ACCOUNT_STOPS = [
    Stop("sign-up", "accounts.sign_up", GUEST, at("/accounts/sign-up")),
    Stop("sign-up-words", "accounts.sign_up_post", GUEST, words_offered),
    Stop(
        "sign-up-errors", "accounts.sign_up_post", GUEST, sending_nothing("/accounts/sign-up", "sign-up"), 422
    ),
    Stop("sign-up-stale", "accounts.sign_up_post", GUEST, too_old("/accounts/sign-up"), 403),
    Stop("sign-up-sent", "accounts.sign_up_sent", GUEST, at("/accounts/sign-up/sent")),
    Stop("address-lapsed", "accounts.address", GUEST, at("/accounts/address?key=nothing"), 404),
    Stop("password", "accounts.password", CITIZEN, at("/accounts/password")),
    Stop(
        "password-errors",
        "accounts.password_post",
        CITIZEN,
        sending_nothing("/accounts/password", "password"),
        422,
    ),
    Stop("contacts", "accounts.contacts", CITIZEN, at("/accounts/contacts")),
    Stop(
        "contacts-errors",
        "accounts.contact_add",
        CITIZEN,
        sending_nothing("/accounts/contacts", "/contacts"),
        422,
    ),
    Stop("accounts", "accounts.list", ADMIN, at("/admin/accounts")),
    Stop("accounts-none", "accounts.list", ADMIN, at("/admin/accounts?q=zzzz")),
    Stop("account", "accounts.account", ADMIN, account_of("staff")),
    Stop("account-own", "accounts.account", ADMIN, account_of("admin")),
    Stop("account-errors", "accounts.change", ADMIN, no_reason, 422),
    Stop("account-lock-errors", "accounts.change", ADMIN, locked_for_nothing, 422),
    Stop("account-new", "accounts.new", ADMIN, at("/admin/accounts/new")),
    Stop(
        "account-new-errors", "accounts.new_post", ADMIN, sending_nothing("/admin/accounts/new", "/new"), 422
    ),
    Stop("proposals", "accounts.proposals", ADMIN, proposed),
]
