"""Pages for whoever lost a tracking code, wants another one, or sends the same again."""

from __future__ import annotations

import re

from playwright.async_api import Response

from tests.browser.cases import file_request, fill_request
from tests.browser.going import APPLICANT, GUEST, Stop, World, at, sending_nothing
from tests.browser.visitor import Visitor


async def new_code(visitor: Visitor, _: World) -> Response:
    """A request of its own, since its code is lost to every other page of the walk."""
    filed = await file_request(visitor, "yearbook-qom", email="code@mehregan.example")
    await visitor.open(f"{filed.path}/rotate")
    return await visitor.send("/rotate")


LOST = "/feedback/lost-code"


async def lost(visitor: Visitor, _: World) -> Response:
    """Somebody with two requests asks for the link."""
    for _n in range(2):
        await file_request(visitor, "yearbook-qom", email=reader(visitor))
    await visitor.open(LOST)
    await visitor.fill("email", reader(visitor))
    return await visitor.send(LOST)


def reader(visitor: Visitor) -> str:
    return f"lost-{visitor.language}@mehregan.example"


async def link(visitor: Visitor, world: World) -> str:
    """Where the message leads that follows those about the two requests."""
    mail = await world.demo.mail(reader(visitor), after=2)
    body = mail.get_body(("plain",))
    found = re.search(rf"{LOST}/\S+", body.get_content() if body else "")
    assert found
    return found[0]


async def to_the_list(visitor: Visitor, world: World) -> Response:
    return await visitor.open(await link(visitor, world))


async def the_list(visitor: Visitor, world: World) -> Response:
    path = await link(visitor, world)
    await visitor.open(path)
    return await visitor.send(path)


async def same_words(visitor: Visitor, _: World) -> Response:
    """The same request, from the form opened once more."""
    for _n in range(2):
        await fill_request(visitor, "yearbook-qom")
        await visitor.fill("body", "The same words, sent twice from one browser.")
        response = await visitor.send("/cases/new/yearbook-qom")
    return response


CODE_STOPS = [
    Stop("lost-code", "feedback.lost_code", GUEST, at(LOST)),
    Stop("lost-code-errors", "feedback.lost_code_post", GUEST, sending_nothing(LOST, LOST), 422),
    Stop("lost-code-sent", "feedback.lost_code_sent", APPLICANT, lost),
    Stop("lost-code-open", "feedback.lost_code_link", GUEST, to_the_list),
    Stop("lost-code-list", "feedback.lost_code_list", GUEST, the_list),
    Stop("lost-code-lapsed", "feedback.lost_code_link", GUEST, to_the_list, 404),
    Stop("rotate", "cases.rotate", APPLICANT, at(lambda world: f"{world.filed.path}/rotate")),
    Stop("same-words", "cases.file", APPLICANT, same_words, 409),
    Stop("new-code", "cases.new_code", APPLICANT, new_code),
]
