"""Pages of complaints, suggestions, comments, thanks and tips."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.async_api import Response

from tests.browser.cases import unlike_others
from tests.browser.going import GUEST, STAFF, Go, Stop, World, at, sending_nothing, told, too_old
from tests.browser.visitor import Visitor

NEW = "/feedback/new"
SERVICE = "yearbook-qom"


async def tip_sent(visitor: Visitor, _: World) -> Response:
    await visitor.open(f"{NEW}?kind=tip&service={SERVICE}")
    await visitor.fill("body", "The archive is open at night.")
    return await visitor.send(NEW)


def complained(then: str = "") -> Go:
    """A complaint, filed just now; ``then`` takes the place of its receipt."""

    async def go(visitor: Visitor, _: World) -> Response:
        await visitor.open(f"{NEW}?kind=service&service={SERVICE}")
        for name, value in {
            "subject": "Too late",
            "body": unlike_others("The answer came three weeks late."),
            "contact_email": "reader@mehregan.example",
        }.items():
            await visitor.fill(name, value)
        await visitor.field("audience").first.check()
        receipt = await visitor.send(NEW)
        path = urlsplit(receipt.url).path.removeprefix("/en").removesuffix("/receipt")
        return await visitor.open(path) if then else receipt

    return go


FEEDBACK_STOPS = [
    Stop("feedback", "feedback.new", GUEST, at(NEW)),
    Stop("feedback-about", "feedback.new", GUEST, at(f"{NEW}?about=XKP9&service={SERVICE}")),
    *(
        Stop(f"feedback-{kind}", "feedback.new", GUEST, at(f"{NEW}?kind={kind}&service={SERVICE}"))
        for kind in (
            "case",
            "service",
            "person",
            "unit",
            "accessibility",
            "suggestion",
            "comment",
            "thanks",
            "tip",
        )
    ),
    Stop("feedback-known", "feedback.new", STAFF, at(f"{NEW}?kind=comment")),
    Stop("feedback-errors", "feedback.send", GUEST, sending_nothing(f"{NEW}?kind=unit", NEW), 422),
    Stop(
        "feedback-wrong-code",
        "feedback.send",
        GUEST,
        sending_nothing(f"{NEW}?kind=case&about=XKP9", NEW),
        422,
    ),
    Stop("feedback-stale", "feedback.send", GUEST, too_old(f"{NEW}?kind=thanks", NEW), 403),
    Stop("tip-errors", "feedback.send", GUEST, sending_nothing(f"{NEW}?kind=tip", NEW), 422),
    Stop("tip-sent", "feedback.sent", GUEST, tip_sent),
    Stop("complaint-receipt", "cases.receipt", GUEST, complained()),
    Stop("complaint-case", "cases.show", GUEST, complained("case")),
    Stop("tips", "feedback.tips", STAFF, at("/desk/tips")),
    Stop("tips-read", "feedback.tips", STAFF, told("read", "/desk/tips")),
    Stop("tips-archived", "feedback.tips", STAFF, at("/desk/tips?archived=1")),
]
