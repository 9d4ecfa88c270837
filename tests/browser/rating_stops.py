"""Pages on which applicants say how they were served, in this order: an answer is given once."""

from __future__ import annotations

import re

from playwright.async_api import Response

from tests.browser.going import APPLICANT, GUEST, STAFF, Stop, World, at, sending_nothing
from tests.browser.visitor import Visitor

MOST_MAILS = 50


async def link(visitor: Visitor, world: World) -> str:
    """Where the mail about the closing asks how it was."""
    for n in range(MOST_MAILS):
        mail = await world.demo.mail("tour@mehregan.example", after=n)
        body = mail.get_body(("plain",))
        text = body.get_content() if body else ""
        found = re.search(r"/rate/\S+", text)
        if found and world.closed.text in text:
            return found[0]
    raise AssertionError("no mail asks how it was")


async def asked(visitor: Visitor, world: World) -> Response:
    return await visitor.open(await link(visitor, world))


async def undecided(visitor: Visitor, world: World) -> Response:
    path = await link(visitor, world)
    await visitor.open(path)
    return await visitor.send(path)


async def unhappy(visitor: Visitor, world: World) -> Response:
    path = await link(visitor, world)
    await visitor.open(path)
    await visitor.choose("score", "1")
    return await visitor.send(path)


RATING_STOPS = [
    Stop(
        "own-rating-errors",
        "cases.rate",
        APPLICANT,
        sending_nothing(lambda world: world.closed.path, "/rate"),
        422,
    ),
    Stop("rating-none", "cases.rating", GUEST, at("/rate/nothing"), 404),
    Stop("rating", "cases.rating", GUEST, asked),
    Stop("rating-errors", "cases.rating_post", GUEST, undecided, 422),
    Stop("rating-given", "cases.rating", GUEST, unhappy),
    Stop("own-case-rated", "cases.show", APPLICANT, at(lambda world: world.closed.path)),
    Stop("desk-ratings", "desk.ratings", STAFF, at("/desk/ratings")),
]
