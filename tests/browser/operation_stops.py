"""The stops of those who run the place: what each day added up to, and how the installation is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Response

from tests.browser.going import ADMIN, APPLICANT, Stop, World, at, too_old
from tests.browser.visitor import Visitor

DAYS = "/admin/reconciliation"
PAST = f"{DAYS}/2020-03-20"


async def reckoned(visitor: Visitor, _: World) -> Response:
    today = datetime.now(ZoneInfo("Asia/Tehran")).date()  # a tour may go on beyond midnight
    await visitor.open(f"{DAYS}/{today}")
    return await visitor.send(f"{DAYS}/{today}")


async def with_file(visitor: Visitor, world: World) -> Response:
    """A message with a file that no other has."""
    await visitor.open(world.filed.path)
    await visitor.fill("body", "The letter is attached.", within="#write")
    paper = {"name": "letter.txt", "mimeType": "text/plain", "buffer": _content(visitor)}
    await visitor.field("attachments", "#write").set_input_files([paper])  # type: ignore[list-item]
    return await visitor.send("/reply")


async def without_file(visitor: Visitor, world: World) -> Response:
    """The same after somebody has taken that file from the disk."""
    for one in (world.demo.folder / "var" / "uploads").rglob("*"):
        if one.is_file() and one.read_bytes() == _content(visitor):
            one.unlink()
    response = await reckoned(visitor, world)
    assert await visitor.page.locator("#odd ~ .card").count()
    return response


def _content(visitor: Visitor) -> bytes:
    return f"A letter that gets lost ({visitor.language}).\n".encode()


OPERATION_STOPS = [
    Stop("reconciliation-day-empty", "operations.day", ADMIN, at(PAST)),
    Stop("reconciliation-stale", "operations.reckon", ADMIN, too_old(PAST), 403),
    Stop("reconciliation-day", "operations.day", ADMIN, reckoned),
    Stop("own-case-with-file", "cases.show", APPLICANT, with_file),
    Stop("reconciliation-day-odd", "operations.day", ADMIN, without_file),
    Stop("reconciliation", "operations.days", ADMIN, at(DAYS)),
    Stop("reconciliation-older", "operations.days", ADMIN, at(f"{DAYS}?before=2020-01-01")),
    Stop("health", "operations.health", ADMIN, at("/admin/health")),
]
