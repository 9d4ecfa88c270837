"""The pages on which a service's draft is published and its statement ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import jalali
from portal.errors import Conflict, NotFound, PortalError
from portal.forms import FormReader, named, version_of
from portal.i18n import _, current_language
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.services import editor_queries, ending_queries, endings, publishing, rules
from portal.services.editions import NotInOrder
from portal.services.editor_queries import ServiceAtHand
from portal.services.editor_routes import SERVICES, Manager, at_hand, page_context
from portal.services.endings import EndingDraft, TooSoon
from portal.services.labels import field_labels
from portal.services.statement import Words
from portal.settings import Settings

ENDING_FIELDS = (
    *("kind", "reason", "notice_fa", "notice_en", "effective_at"),
    *("provider_consent", "recipient_consent"),
)
LONGEST = 4000  # characters


@get("/services/{slug:str}/publish", name="services.preview")
async def show_preview(slug: FromPath[str], now: NamedDependency[datetime]) -> Template:
    """What publishing would change, for whom, and what is still missing."""
    return await _preview(await at_hand(slug, now), "", {})


@post("/services/{slug:str}/publish", name="services.publish")
async def publish(
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await at_hand(slug, now)
    reader = FormReader(posted.form)
    at = reader.moment("at", settings.zone, required=False)
    typed, seen = reader.typed("at"), reader.typed("seen")
    if posted.stale:
        return await _preview(service, typed, {"form": str(posted.stale)}, status=403)
    if reader.errors:
        return await _preview(service, typed, reader.errors, status=422)
    try:
        await publishing.publish_draft(service.id, seen=seen, at=at, now=now)
    except NotInOrder as refusal:
        return await _preview(service, typed, {"at": _with_earliest(refusal, settings)}, status=422)
    except Conflict as refusal:
        return await _preview(await at_hand(slug, now), typed, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{SERVICES}/{slug}", "published")


@get("/services/{slug:str}/end", name="services.end")
async def show_end(
    request: Manager,
    slug: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """What it takes to end the statement, and how far a proposal has come."""
    word, cookies = said(settings, request)
    page = await _end_page(await at_hand(slug, now), {}, {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/services/{slug:str}/end", name="services.propose_end")
async def propose_end(
    request: Manager,
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await at_hand(slug, now)
    wish, typed, errors = _read_wish(posted.form, settings)
    if posted.stale:
        return await _end_page(service, typed, {"form": str(posted.stale)}, status=403)
    if wish is None:
        return await _end_page(service, typed, errors, status=422)
    try:
        await endings.propose_ending(service.id, wish, by=request.user.account_id, now=now)
    except TooSoon as refusal:
        errors = {"effective_at": _with_earliest(refusal, settings)}
        return await _end_page(service, typed, errors, status=422)
    except PortalError as refusal:
        return await _end_page(service, typed, {"form": str(refusal)}, status=409)
    return and_say(settings, f"{SERVICES}/{slug}/end", "proposed")


@post("/services/{slug:str}/end/approve", name="services.approve_end")
async def approve_end(
    request: Manager,
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await at_hand(slug, now)
    reader = FormReader(posted.form)
    office = reader.typed("office")
    if posted.stale:
        return await _end_page(service, {}, {"form": str(posted.stale)}, status=403)
    try:
        last = await endings.approve_ending(
            _proposal(reader), office=office, by=request.user.account_id, now=now
        )
    except TooSoon as refusal:
        errors = {"form": _with_earliest(refusal, settings)}
        return await _end_page(service, {}, errors, status=409)
    except PortalError as refusal:
        return await _end_page(service, {}, {"form": str(refusal)}, status=refusal.status)
    return and_say(settings, f"{SERVICES}/{slug}/end", "announced" if last else "agreed")


@post("/services/{slug:str}/end/withdraw", name="services.withdraw_end")
async def withdraw_end(
    slug: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await at_hand(slug, now)
    await endings.withdraw_ending(_proposal(FormReader(form)), now=now)
    return and_say(settings, f"{SERVICES}/{slug}/end", "withdrawn")


def _proposal(reader: FormReader) -> UUID:
    proposal = reader.uuid("proposal")
    if proposal is None:
        raise NotFound(_("It does not exist any more."))
    return proposal


def _read_wish(
    form: FormMultiDict, settings: Settings
) -> tuple[EndingDraft | None, dict[str, str], dict[str, str]]:
    reader = FormReader(form)
    kind = reader.choice("kind", ("notice", "mutual"))
    together = kind == "mutual"
    effective_at = reader.moment("effective_at", settings.zone, required=True)
    reason = reader.long_text("reason", max_length=LONGEST)
    notice = Words(*(reader.long_text(f"notice_{code}", max_length=LONGEST) for code in ("fa", "en")))
    consents = {
        name: reader.long_text(name, max_length=LONGEST, required=together)
        for name in ("provider_consent", "recipient_consent")
    }
    typed = {name: reader.typed(name) for name in ENDING_FIELDS}
    if reader.errors or effective_at is None:
        return None, typed, reader.errors
    values: dict[str, Any] = {"kind": kind, "reason": reason, "effective_at": effective_at, **consents}
    return EndingDraft(notice=notice, **values), typed, {}


def _with_earliest(refusal: NotInOrder | TooSoon, settings: Settings) -> str:
    earliest = jalali.show_moment(refusal.earliest, current_language(), settings.zone)
    return f"{refusal} " + _("The earliest moment is %(moment)s.") % {"moment": earliest}


async def _preview(service: ServiceAtHand, at: str, errors: dict[str, str], *, status: int = 200) -> Template:
    changes = rules.differences(service.published, service.draft)
    context = {
        **page_context(service),
        "changes": changes,
        "gaps": rules.missing(service.draft),
        "cases": await editor_queries.open_cases(service.id),
        "calendars": await editor_queries.calendars(),
        "next": service.newest.n + 1 if service.newest else 1,
        "at": at,
        "seen": version_of(service.draft),
        "errors": errors,
        "summary": named(errors, field_labels()),
    }
    return Template("services/editor_publish.html", context=context, status_code=status)


async def _end_page(
    service: ServiceAtHand,
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    told: str = "",
    status: int = 200,
) -> Template:
    proposal = await ending_queries.ending_at_hand(service.id)
    if proposal and (service.newest is None or proposal.n != service.newest.n):
        proposal = None
    ending = service.published.statement.ending if service.published else msgspec.UNSET
    context = {
        **page_context(service),
        "proposal": proposal,
        "over": bool(service.newest and service.newest.state == "terminated"),
        "rule": ending or None,
        "typed": {**dict.fromkeys(ENDING_FIELDS, ""), **typed},
        "errors": errors,
        "summary": named(errors, field_labels()),
        "said": told,
    }
    return Template("services/editor_end.html", context=context, status_code=status)


publish_handlers = [
    *(show_preview, publish, show_end, propose_end, approve_end, withdraw_end),
]
