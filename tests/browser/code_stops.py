"""Pages for whoever lost a tracking code, or wants another one."""

from __future__ import annotations

from playwright.async_api import Response

from tests.browser.cases import file_request
from tests.browser.going import APPLICANT, Stop, World, at
from tests.browser.visitor import Visitor


async def new_code(visitor: Visitor, _: World) -> Response:
    """A request of its own, since its code is lost to every other page of the walk."""
    filed = await file_request(visitor, "yearbook-qom", email="code@mehregan.example")
    await visitor.open(f"{filed.path}/rotate")
    return await visitor.send("/rotate")


CODE_STOPS = [
    Stop("rotate", "cases.rotate", APPLICANT, at(lambda world: f"{world.filed.path}/rotate")),
    Stop("new-code", "cases.new_code", APPLICANT, new_code),
]
