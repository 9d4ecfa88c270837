"""What a stop of the walk is, and the plain ways to one. The stops themselves are in ``stops.py`` and beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from playwright.async_api import Response

from portal.security.cookies import SAID
from tests.browser.cases import Filed
from tests.browser.demo import Demo
from tests.browser.visitor import Visitor

GUEST, APPLICANT, CITIZEN, STAFF, ADMIN, HOLDER = "guest", "applicant", "citizen", "staff", "admin", "holder"
INSPECTOR = "inspector"
HOLDERS = {"fa": "auditor", "en": "evaluator"}
"""Who sets up a second step on the walk: in each language another account, since both walk at once."""


@dataclass
class World:
    """Cases to look at: those of the applicant, and one of the samples for each state (paths).

    ``complaint`` is about the closed one. ``app_key`` is the key of the authenticator app that is set up on the walk.
    """

    filed: Filed
    waiting: Filed
    closed: Filed
    complaint: Filed
    demo: Demo
    states: dict[str, str] = field(default_factory=dict)
    app_key: str = ""


Go = Callable[[Visitor, World], Awaitable[Response]]


@dataclass(frozen=True)
class Stop:
    """One page: who comes to it, how, and with which status it answers."""

    name: str
    shows: str
    who: str
    go: Go
    status: int = 200


def at(path: str | Callable[[World], str]) -> Go:
    """By its address."""

    async def go(visitor: Visitor, world: World) -> Response:
        return await visitor.open(path if isinstance(path, str) else path(world))

    return go


def told(word: str, path: str | Callable[[World], str]) -> Go:
    """By its address, just after what makes the page state ``word``."""

    async def go(visitor: Visitor, world: World) -> Response:
        await visitor.page.context.add_cookies([{"name": SAID, "value": word, "url": visitor.url}])
        return await at(path)(visitor, world)

    return go


def sending_nothing(path: str | Callable[[World], str], form: str, within: str = "") -> Go:
    """By sending the empty form of the page at ``path``; ``within`` is what has to be unfolded first."""

    async def go(visitor: Visitor, world: World) -> Response:
        await at(path)(visitor, world)
        if within:
            await visitor.page.locator(f"{within} > summary").click()
        return await visitor.send(form)

    return go


def too_old(path: str, form: str = "") -> Go:
    """By sending the form of the page at ``path`` with a token that is no longer good; it goes there or to ``form``."""

    async def go(visitor: Visitor, _: World) -> Response:
        await visitor.open(path)
        await visitor.page.eval_on_selector("main [name=_csrf_token]", "token => { token.value = 'old' }")
        return await visitor.send(form or path)

    return go
