"""Pages of one's own desk, and of one's own codes."""

from __future__ import annotations

from playwright.async_api import Response

from tests.browser.cases import file_request
from tests.browser.code_stops import CODE_STOPS
from tests.browser.going import ADMIN, CITIZEN, STAFF, Stop, World, at, sending_nothing
from tests.browser.visitor import Visitor


async def with_cases(visitor: Visitor, _: World) -> Response:
    await file_request(visitor, "yearbook-qom", email="mine@mehregan.example")
    return await visitor.open("/mine")


async def with_draft(visitor: Visitor, _: World) -> Response:
    await visitor.open("/cases/new/yearbook-tehran")
    await visitor.fill("body", "Half a sentence")
    return await visitor.follow(visitor.page.locator("button[name=save]"))


async def reopened(visitor: Visitor, world: World) -> Response:
    await with_draft(visitor, world)
    return await visitor.follow(visitor.page.locator("ul.drafts a").first)


async def nameless(visitor: Visitor, _: World) -> Response:
    await visitor.open("/mine/data")
    await visitor.fill("display_name", "")
    return await visitor.send("/mine/data")


async def wished(visitor: Visitor, _: World) -> Response:
    """An admin asks to be forgotten; the wish stays on the list. Not the one with mistakes: both tours share people."""
    await visitor.open("/mine/data")
    if await visitor.field("sure").count():
        await visitor.field("sure").check()
        await visitor.send("/data/erase")
    return await visitor.open("/mine/data")


MINE_STOPS = [
    Stop("mine-empty", "site.mine", STAFF, at("/mine")),
    Stop("mine-cases", "site.mine", CITIZEN, with_cases),
    Stop("mine-draft", "site.mine", CITIZEN, with_draft),
    Stop("new-draft", "cases.new", CITIZEN, reopened),
    Stop("mine-claim-errors", "site.claim", CITIZEN, sending_nothing("/mine", "/mine/claim"), 422),
    Stop("mine-opened", "site.openings", CITIZEN, at("/mine/opened")),
    Stop("own-data-open-cases", "site.own_data", CITIZEN, at("/mine/data")),
    Stop("own-data", "site.own_data", STAFF, at("/mine/data")),
    Stop("own-data-errors", "site.own_data_post", CITIZEN, nameless, 422),
    Stop("erase-errors", "site.ask_erasure", STAFF, sending_nothing("/mine/data", "/data/erase"), 422),
    Stop("erase-waits", "site.own_data", ADMIN, wished),
    Stop("proposals-wish", "accounts.proposals", ADMIN, at("/admin/proposals")),
    *CODE_STOPS,
]
