"""Registering what came by letter, fax, office automation or official e-mail, and the slip for its sender."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import codes, uploads
from portal.cases import access, desk_actions
from portal.cases.actions import DifferentSubmission, Filed
from portal.cases.desk_case_queries import DeskCase
from portal.cases.receipt import square_code
from portal.cases.register_forms import (
    BY_POST,
    REGISTRATION_FIELDS,
    Registration,
    read_registration,
    registration_labels,
)
from portal.cases.staff_forms import files_again
from portal.cases.staff_pages import (
    LARGEST_BODY,
    Visit,
    address,
    channel_name,
    known_case,
    note_look,
)
from portal.cases.submission import FilingDraft
from portal.forms import named
from portal.i18n import _, localized
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.services.labels import AUDIENCES, CHANNELS
from portal.services.queries import ServiceView, catalogue, service_by_slug
from portal.settings import Settings


@get("/cases/register", name="desk.register")
async def show_registration(request: Visit, now: NamedDependency[datetime]) -> Template:
    blank = {**dict.fromkeys(REGISTRATION_FIELDS, ""), "submission_id": str(uuid4())}
    return await _page(request.user, blank, {}, now=now)


@post("/cases/register", name="desk.register_post", request_max_body_size=LARGEST_BODY)
async def post_registration(
    request: Visit,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    slug = posted.form.get("service")
    service = await service_by_slug(slug, now=now) if isinstance(slug, str) else None
    service = service if service and service.is_open and service.unit_id in request.user.units else None
    today = now.astimezone(settings.zone).date()
    entered = read_registration(posted.form, service, today=today, base_url=settings.base_url)
    if posted.stale:
        return await _again(request.user, entered, {"form": str(posted.stale)}, now=now, status=403)
    if entered.draft is None or service is None:
        return await _page(request.user, entered.typed, entered.errors, now=now, status=422)
    received = await uploads.receive_all(
        [("attachments", "", file) for file in entered.files], settings.uploads_dir
    )
    if received.errors:
        return await _again(request.user, entered, received.errors, now=now)
    draft = msgspec.structs.replace(entered.draft, files=received.files)
    try:
        filed = await _register(draft, entered, service, request, settings, now)
    except DifferentSubmission as earlier:
        known = cast(int, earlier.number)  # the desk may know every number
        return await _different(request.user, entered, known, now=now)
    return Redirect(localized(f"{address(filed.number)}/slip"), status_code=303)


@get("/cases/{code:str}/slip", name="desk.slip")
async def show_slip(
    request: Visit,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """What the sender gets: the code, and for a quarter of an hour the passcode, for the clerk who gave it."""
    case = await known_case(code, request.user)
    await note_look(case, now)
    own = gave_passcode(case) == request.user.account_id
    context = {
        "case": case,
        "channel": channel_name(case),
        "passcode": await access.receipt_passcode(case.id, keys=settings.keys, now=now) if own else None,
        "qr": square_code(settings.base_url, case.number),
        "address": address(case.number),
        "current": "register",
    }
    return Template("cases/slip.html", context=context, headers=PRIVATE)


def gave_passcode(case: DeskCase) -> Any:
    """The account of whoever made the passcode that holds now; None where the applicant filed it."""
    makers = [
        happening for happening in case.happenings if happening.kind in ("filed", "passcode", "renumbered")
    ]
    return makers[-1].actor_id if makers[-1].actor_role == "staff" else None


async def _register(
    draft: FilingDraft,
    entered: Registration,
    service: ServiceView,
    request: Visit,
    settings: Settings,
    now: datetime,
) -> Filed:
    """Register the case; its files are discarded again unless this very call has made it."""
    filed = None
    try:
        filed = await desk_actions.register_case(
            draft,
            service=service,
            channel=entered.channel,
            letter_no=entered.letter_no,
            letter_date=entered.letter_date,
            clerk=request.user.account_id,
            key=settings.secret_key,
            now=now,
        )
    finally:
        if filed is None or filed.replayed:
            await uploads.discard_all(draft.files, settings.uploads_dir)
    return filed


async def _again(
    clerk: SignedIn, entered: Registration, errors: dict[str, str], *, now: datetime, status: int = 422
) -> Template:
    found = {**entered.errors, **files_again(entered.files), **errors}
    return await _page(clerk, entered.typed, found, now=now, status=status)


async def _different(clerk: SignedIn, entered: Registration, number: int, *, now: datetime) -> Template:
    """The same page was sent before with other content: that case stands, this content gets an id of its own."""
    message = _(
        "This page was sent before with other content; that made the case %(code)s. Send it again to make another."
    )
    typed = {**entered.typed, "submission_id": str(uuid4())}
    errors = {"form": message % {"code": codes.show_text(number)}, **files_again(entered.files)}
    return await _page(clerk, typed, errors, now=now, status=409)


async def _page(
    clerk: SignedIn, typed: dict[str, str], errors: dict[str, str], *, now: datetime, status: int = 200
) -> Template:
    labels = registration_labels()
    context = {
        "typed": typed,
        "errors": errors,
        "summary": named(errors, labels),
        "labels": labels,
        "services": await _services(clerk, now),
        "channels": [(channel, _(CHANNELS[channel])) for channel in BY_POST],
        "audiences": [(key, _(label)) for key, label in AUDIENCES.items()],
        "accept": uploads.ACCEPT,
        "current": "register",
    }
    return Template("cases/register.html", context=context, status_code=status, headers=PRIVATE)


async def _services(clerk: SignedIn, now: datetime) -> list[tuple[str, str]]:
    """The open services of the clerk's units; those that no letter can reach say so before one is chosen."""
    offered = []
    for card in await catalogue(now=now):
        service = await service_by_slug(card.slug, now=now)
        if service is None or not service.is_open or service.unit_id not in clerk.units:
            continue
        by_post = set(service.intake_channels) & set(BY_POST)
        title = str(service.title) if by_post else _("%(service)s (portal only)") % {"service": service.title}
        offered.append((service.slug, title))
    return offered


register_handlers = [show_registration, post_registration, show_slip]
