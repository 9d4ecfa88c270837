"""Pages of subscribing to notices and leaving them, in this order."""

from __future__ import annotations

import re
from uuid import UUID

from playwright.async_api import Response

from portal.notices import subscriptions
from tests.browser.going import CITIZEN, GUEST, Stop, World, at, told
from tests.browser.visitor import Visitor

SUBSCRIBE = "/notices/subscribe"


def reader(visitor: Visitor) -> str:
    return f"reader-{visitor.language}@mehregan.example"


async def mistyped(visitor: Visitor, _: World) -> Response:
    await visitor.open(SUBSCRIBE)
    await visitor.fill("email", "no address")
    return await visitor.send(SUBSCRIBE)


async def subscribed(visitor: Visitor, _: World) -> Response:
    await visitor.open(SUBSCRIBE)
    await visitor.fill("email", reader(visitor))
    return await visitor.send(SUBSCRIBE)


async def link(visitor: Visitor, world: World) -> str:
    """Where the confirming mail leads."""
    mail = await world.demo.mail(reader(visitor))
    body = mail.get_body(("plain",))
    found = re.search(r"/notices/confirm/\S+", body.get_content() if body else "")
    assert found
    return found[0]


async def asked(visitor: Visitor, world: World) -> Response:
    return await visitor.open(await link(visitor, world))


async def confirmed(visitor: Visitor, world: World) -> Response:
    path = await link(visitor, world)
    await visitor.open(path)
    return await visitor.send(path)


def leaving(token: str) -> str:
    return f"/notices/unsubscribe/{token}"


async def asked_to_leave(visitor: Visitor, world: World) -> Response:
    """By the link of a message about a service of one's open case; looking at it ends nothing."""
    await visitor.open("/mine/notices")
    first = await visitor.page.locator("[name=subscription]").first.input_value()
    return await visitor.open(leaving(token(world, UUID(first))))


async def left(visitor: Visitor, world: World) -> Response:
    return await visitor.open(leaving(token(world, UUID(int=7))))


def token(world: World, subscription: UUID) -> str:
    key = (world.demo.folder / "var" / "secret_key").read_bytes().strip()
    return subscriptions.leave_token([key], subscription)


SUBSCRIPTION_STOPS = [
    Stop("subscribe", "notices.subscribe", GUEST, at(SUBSCRIBE)),
    Stop("subscribe-errors", "notices.subscribe_post", GUEST, mistyped, 422),
    Stop("subscribe-sent", "notices.subscribe_sent", GUEST, subscribed),
    Stop("subscribe-confirm", "notices.confirm", GUEST, asked),
    Stop("subscribe-confirmed", "notices.confirm_post", GUEST, confirmed),
    Stop("subscribe-lapsed", "notices.confirm", GUEST, asked, 404),
    Stop("leave", "notices.leave", CITIZEN, asked_to_leave),
    Stop("left", "notices.leave", GUEST, left),
    Stop("mine-notices", "site.mine_notices", CITIZEN, told("ended", "/mine/notices")),
]
