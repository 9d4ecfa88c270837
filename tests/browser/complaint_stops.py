"""The pages of one complaint from its first day to its appeal, in this order: it is decided on the way."""

from __future__ import annotations

from playwright.async_api import Response

from tests.browser.complaining import REMEDY, appeal, decide, open_with_passcode
from tests.browser.going import APPLICANT, INSPECTOR, STAFF, Stop, World, at, sending_nothing
from tests.browser.visitor import Visitor


def page(world: World) -> str:
    return world.complaint.path


def desk_page(world: World) -> str:
    return f"/desk{world.complaint.path}"


async def opened(visitor: Visitor, world: World) -> Response:
    """By its passcode: an earlier stop closed everything on this device."""
    await open_with_passcode(visitor, world.complaint)
    return await at(page)(visitor, world)


async def decided(visitor: Visitor, world: World) -> Response:
    await visitor.open(desk_page(world))
    return await decide(visitor, "partly_upheld", remedy=REMEDY)


async def appealed(visitor: Visitor, world: World) -> Response:
    await visitor.open(page(world))
    return await appeal(visitor, "Nothing of it came.")


COMPLAINT_STOPS = [
    Stop("own-complaint", "cases.show", APPLICANT, opened),
    Stop("desk-case-complained-about", "desk.case", STAFF, at(lambda world: f"/desk{world.closed.path}")),
    Stop("desk-complaint-barred", "desk.case", STAFF, at(desk_page), 403),
    Stop("desk-complaint", "desk.case", INSPECTOR, at(desk_page)),
    Stop(
        "desk-complaint-errors",
        "cases.move",
        INSPECTOR,
        sending_nothing(desk_page, "/verdict", within="#verdict"),
        422,
    ),
    Stop(
        "desk-person-errors",
        "cases.move",
        INSPECTOR,
        sending_nothing(desk_page, "/person", within="#person"),
        422,
    ),
    Stop("desk-complaint-decided", "desk.case", INSPECTOR, decided),
    Stop("own-complaint-decided", "cases.show", APPLICANT, at(page)),
    Stop(
        "appeal-errors",
        "cases.appeal",
        APPLICANT,
        sending_nothing(page, "/appeal", within="#appeal-form"),
        422,
    ),
    Stop("own-complaint-appealed", "cases.show", APPLICANT, appealed),
    Stop("desk-appeal-barred", "desk.case", INSPECTOR, at(desk_page), 403),
]
