"""Subscribing to notices, confirming by the link in a message, and leaving by one click."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal.accounts.queries import contacts_of
from portal.errors import NotFound, TooMany
from portal.forms import FormReader, named
from portal.i18n import N_, Words, _, current_language, localized
from portal.identifiers import mask_email, mask_phone
from portal.notices import mails, subscriptions
from portal.notices.subscriptions import KINDS, Wish
from portal.security.address import client_address
from portal.security.cookies import and_say
from portal.security.csrf import Sent
from portal.security.headers import PRIVATE, retry
from portal.security.sessions import SignedIn
from portal.settings import Settings
from portal.text import persian_digits

Visitor = Request[SignedIn | None, Any, Any]

KIND_LABELS = {"planned": N_("Planned outages"), "incident": N_("Incidents")}
LABELS = {
    "email": N_("E-mail address"),
    "mobile": N_("Or mobile number"),
    "service": N_("Service"),
    "kinds": N_("What do you want to hear of?"),
}
ALL = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was wished; None while there are ``errors``."""

    wish: Wish | None
    typed: dict[str, Any]
    errors: dict[str, str]


@get("/subscribe", name="notices.subscribe")
async def show_subscribe(
    request: Visitor,
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    service: FromQuery[str] = ALL,
) -> Template:
    typed = {"email": next(iter(await _own_mails(request)), ""), "service": service, "kinds": KINDS}
    return await _page(settings, typed, {}, now)


@post("/subscribe", name="notices.subscribe_post")
async def post_subscribe(
    request: Visitor,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """One answer for everybody whose form is complete; whether the address is known is told to it alone."""
    asked = await _read(form, settings, now)
    if asked.wish is None:
        return await _page(settings, asked.typed, asked.errors, now, status=422)
    own = asked.wish.channel == "mail" and asked.wish.address in await _own_mails(request)
    try:
        await subscriptions.subscribe(
            asked.wish,
            locale=current_language(),
            network=client_address(request),
            account=request.user.account_id if request.user and own else None,
            own=own,
            now=now,
        )
    except TooMany as refusal:
        wait = refusal.retry_after
        return await _page(settings, asked.typed, {"form": str(refusal)}, now, status=429, retry_after=wait)
    if own:
        return and_say(settings, "/mine/notices", "hears")
    return Redirect(localized("/notices/subscribe/sent"), status_code=303)


@get("/subscribe/sent", name="notices.subscribe_sent")
async def show_sent() -> Template:
    return Template("notices/subscribe/sent.html", context={"current": "notices"})


@get("/confirm/{token:str}", name="notices.confirm")
async def show_confirm(token: FromPath[str], now: NamedDependency[datetime]) -> Template:
    """What the link would confirm; looking at it changes nothing, since mail servers look at links, too."""
    try:
        wish = await subscriptions.of_link(token, now=now)
    except NotFound as refusal:
        return _lapsed(refusal)
    context = {
        "token": token,
        "address": _masked(wish.channel, wish.address),
        "service": await mails.service_titled(wish.service),
        "kinds": [_(KIND_LABELS[kind]) for kind in wish.kinds],
        "current": "notices",
    }
    return Template("notices/subscribe/confirm.html", context=context, headers=PRIVATE)


@post("/confirm/{token:str}", name="notices.confirm_post")
async def post_confirm(
    token: FromPath[str], form: NamedDependency[FormMultiDict], now: NamedDependency[datetime]
) -> Template:
    try:
        await subscriptions.confirm(token, now=now)
    except NotFound as refusal:
        return _lapsed(refusal)
    return Template("notices/subscribe/confirmed.html", context={"current": "notices"}, headers=PRIVATE)


@get("/unsubscribe/{token:str}", name="notices.leave")
async def show_leave(token: FromPath[str], settings: NamedDependency[Settings]) -> Template:
    """Asks what to end; looking at it changes nothing."""
    held = await subscriptions.held(subscriptions.subscription_of(token, settings.keys))
    context: dict[str, Any] = {"token": token, "held": held, "done": held is None, "current": "notices"}
    if held is not None:
        context["address"] = _masked(held.channel, held.address)
        context["service"] = Words(*held.service) if held.service else None
    return Template("notices/subscribe/leave.html", context=context, headers=PRIVATE)


@post("/unsubscribe/{token:str}", name="notices.leave_post")
async def post_leave(
    token: FromPath[str], sent: NamedDependency[Sent], settings: NamedDependency[Settings]
) -> Template:
    """The signature in the address is the proof: mail programs post here without session, page or form token.

    They ask for no more of such messages at all; the page can end one subscription alone.
    """
    subscription = subscriptions.subscription_of(token, settings.keys)
    form = await sent.texts()
    await subscriptions.leave(subscription, everything=form.get("what") != "one")
    context = {"token": token, "held": None, "done": True, "current": "notices"}
    return Template("notices/subscribe/leave.html", context=context, headers=PRIVATE)


async def _read(form: FormMultiDict, settings: Settings, now: datetime) -> Asked:
    reader = FormReader(form)
    by_sms = settings.sms is not None and reader.typed("mobile").strip() != ""
    by_mail = reader.typed("email").strip() != ""
    email = None if by_sms else reader.email("email", required=settings.sms is None)
    mobile = reader.mobile("mobile") if by_sms else None
    if settings.sms is not None and by_sms == by_mail:
        reader.fail("mobile" if by_sms else "email", _("Give one: an e-mail address or a mobile number."))
    known = {slug: service for service, slug, _fa, _en in await subscriptions.choices()}
    slug = reader.choice("service", known, required=False)
    kinds = reader.choices("kinds", KINDS)
    typed = {name: reader.typed(name)[:300] for name in ("email", "mobile", "service")}
    address = mobile or email
    wish = None
    if not reader.errors and address:
        chosen = tuple(kind for kind in KINDS if kind in kinds)
        wish = Wish(
            channel="sms" if by_sms else "mail", address=address, service=known.get(slug), kinds=chosen
        )
    return Asked(wish=wish, typed=typed | {"kinds": kinds}, errors=reader.errors)


async def _page(
    settings: Settings,
    typed: dict[str, Any],
    errors: dict[str, str],
    now: datetime,
    *,
    status: int = 200,
    retry_after: int | None = None,
) -> Template:
    headers = {**PRIVATE, **retry(retry_after)}
    labels = {name: _(label) for name, label in LABELS.items()}
    context = {
        "typed": typed,
        "errors": errors,
        "labels": labels,
        "summary": named(errors, labels),
        "services": [(slug, Words(fa, en)) for _id, slug, fa, en in await subscriptions.choices()],
        "kinds": [(kind, _(label)) for kind, label in KIND_LABELS.items()],
        "by_sms": settings.sms is not None,
        "current": "notices",
    }
    return Template("notices/subscribe/subscribe.html", context=context, status_code=status, headers=headers)


def _lapsed(refusal: NotFound) -> Template:
    context = {"lapsed": str(refusal), "current": "notices"}
    return Template("notices/subscribe/lapsed.html", context=context, status_code=404, headers=PRIVATE)


def _masked(channel: str, address: str) -> str:
    if channel == "mail":
        return mask_email(address)
    number = mask_phone(address)
    return str(Words(fa=persian_digits(number), en=number))


async def _own_mails(request: Visitor) -> list[str]:
    """The confirmed addresses of whoever is signed in."""
    return await own_mails(request.user.account_id) if request.user else []


async def own_mails(account: UUID) -> list[str]:
    """The confirmed e-mail addresses of ``account``."""
    return [one.value for one in await contacts_of(account) if one.kind == "email" and one.verified]


subscriptions_router = Router(
    "/notices",
    route_handlers=[
        show_subscribe,
        post_subscribe,
        show_sent,
        show_confirm,
        post_confirm,
        show_leave,
        post_leave,
    ],
)
