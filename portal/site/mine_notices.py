"""My notices: outages of the services of one's open cases and subscriptions, and who is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from portal.cases.own_queries import open_services
from portal.errors import NotFound
from portal.forms import FormReader
from portal.i18n import Words, _, localized
from portal.notices import queries, subscriptions
from portal.notices.rules import Notice, nearest, stage
from portal.notices.subscription_routes import KIND_LABELS, own_mails
from portal.notices.subscriptions import Held
from portal.security.cookies import and_say, said
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.settings import Settings

Person = Request[SignedIn, Any, Any]

MINE = "/mine/notices"
LOOKED_AT, SHOWN = 200, 30
"""The newest notices that are looked through, and the most that are shown."""


@get("/", name="site.mine_notices")
async def show_notices(
    request: Person, settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    word, cookies = said(settings, request)
    held = await _held(request.user.account_id)
    notices = await _notices(request.user.account_id, held, now)
    context = {
        "said": word,
        "notices": [(notice, stage(notice, now)) for notice in notices],
        "held": [(one, Words(*one.service) if one.service else None) for one in held],
        "kind_words": lambda kind: _(KIND_LABELS[kind]),
        "current": "mine",
    }
    return Template("site/mine_notices.html", context=context, headers=PRIVATE, cookies=cookies)


@post("/end", name="site.end_notices")
async def post_end(
    request: Person, form: NamedDependency[FormMultiDict], settings: NamedDependency[Settings]
) -> Redirect:
    """One of the person's subscriptions has ended. Raises NotFound for one of somebody else."""
    subscription = FormReader(form).uuid("subscription")
    if subscription not in {one.id for one in await _held(request.user.account_id)}:
        raise NotFound(_("There is no such subscription."))
    assert subscription, "it is one of them"
    await subscriptions.leave(subscription, everything=False)
    return and_say(settings, MINE, "ended")


@get("/end", name="site.mine_notices_back")
async def show_notices_again() -> Redirect:
    """Whoever reloads the answer to the form, or takes it in the other language."""
    return Redirect(localized(MINE), status_code=303)


async def _held(account: UUID) -> list[Held]:
    return await subscriptions.held_by(account, await own_mails(account))


async def _notices(account: UUID, held: Sequence[Held], now: datetime) -> list[Notice]:
    """The newest notices of the person's services, of a series only the next window."""
    heard = [one for one in held if not one.ended]
    everything = any(one.service is None for one in heard)
    slugs = {one.slug for one in heard} | set(await open_services(account))
    published = await queries.published(limit=LOOKED_AT, now=now)
    own = [
        notice
        for notice in published
        if everything or slugs & {affected.slug for affected in notice.services}
    ]
    return nearest(own, now)[:SHOWN]


mine_notices_router = Router(MINE, route_handlers=[show_notices, post_end, show_notices_again])
