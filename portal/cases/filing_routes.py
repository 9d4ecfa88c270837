"""Filing a request, and its receipt."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import codes, uploads
from portal.cases import access, actions, queries, visits
from portal.cases.actions import DifferentSubmission, Filed, FilingDraft
from portal.cases.forms import (
    FilingForm,
    blank_filing,
    labels,
    needs_body,
    questions,
    read_filing,
    summary,
    takes_files,
    with_errors,
)
from portal.cases.receipt import Receipt, receipt_of, square_code
from portal.cases.visits import Visitor
from portal.errors import NotFound, TooMany
from portal.i18n import _, current_language, localized
from portal.security import throttle
from portal.security.address import client_address, network_of
from portal.security.cookies import cookie_value
from portal.security.csrf import Posted
from portal.services.labels import AUDIENCES
from portal.services.queries import ServiceView, service_by_slug
from portal.settings import Settings

FILINGS, FILINGS_WINDOW = 600, timedelta(hours=1)
"""Filings from one neighbourhood of addresses: a ministry behind one address files many, a flood more."""
TWIN_WITHIN = timedelta(hours=1)
LARGEST_BODY = uploads.MAX_TOTAL + 4 * 2**20  # bytes: all files and the answers around them


@get("/cases/new/{slug:str}", name="cases.new")
async def show_form(request: Visitor, slug: FromPath[str], settings: NamedDependency[Settings]) -> Template:
    service = await _service(slug)
    if not service.is_open:
        return Template("cases/closed.html", context={"service": service, "current": "services"})
    cookies = [] if _tokens(request, settings) else [visits.keys(settings, [access.new_token()])]
    return _page(service, blank_filing(service, request.user), cookies=cookies)


@post("/cases/new/{slug:str}", name="cases.file", request_max_body_size=LARGEST_BODY)
async def post_form(
    request: Visitor,
    slug: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await _service(slug)
    if not service.is_open:
        context = {"service": service, "current": "services"}
        return Template("cases/closed.html", context=context, status_code=409)
    filing = read_filing(posted.form, service, current_language())
    if posted.stale:
        return _page(service, with_errors(filing, {"form": str(posted.stale)}), status=403)
    if filing.draft is None:
        return _page(service, filing, status=422)
    network = network_of(client_address(request))
    try:
        await throttle.hit(f"filing:{network}", limit=FILINGS, window=FILINGS_WINDOW, now=now)
    except TooMany as refusal:
        return _page(service, with_errors(filing, {"form": str(refusal)}), status=429)
    received = await uploads.receive_all(filing.uploads, settings.uploads_dir)
    if received.errors:
        return _page(service, with_errors(filing, received.errors), status=422)
    draft = msgspec.structs.replace(filing.draft, files=received.files)
    keys = _tokens(request, settings) or [access.new_token()]
    twin = await _twin(draft, service, request, settings, now=now)
    if twin is not None and not posted.form.get("again"):
        await uploads.discard_all(draft.files, settings.uploads_dir)
        return _different(service, filing, twin)
    try:
        filed = await _file(draft, service, request, settings, browser=keys[0], now=now)
    except DifferentSubmission as earlier:
        return _different(service, filing, earlier.number)
    end = "/receipt" if filed.same_browser else ""
    path = localized(f"/cases/{codes.show_text(filed.number)}{end}")
    return Redirect(path, status_code=303, cookies=[visits.keys(settings, keys)])


@get("/cases/{code:str}/receipt", name="cases.receipt")
async def show_receipt(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    number = codes.parse(code)
    if isinstance(number, codes.Mistake):
        raise NotFound(_("There is no receipt at this address."))
    seen = await visits.visit(request, number, settings, now)
    receipt = await receipt_of(number) if seen.tier == 2 else None
    if receipt is None:
        # The same answer, after the same work, for a case of others and for none: its own page counts guesses.
        return visits.to_case(number)
    context = {
        "receipt": receipt,
        "passcode": await _passcode(receipt, seen.tokens, settings, now),
        "qr": square_code(settings.base_url, number),
        "current": "track",
    }
    return Template("cases/receipt.html", context=context)


async def _service(slug: str) -> ServiceView:
    service = await service_by_slug(slug)
    if service is None:
        raise NotFound(_("There is no such service."))
    return service


async def _file(
    draft: FilingDraft,
    service: ServiceView,
    request: Visitor,
    settings: Settings,
    *,
    browser: str,
    now: datetime,
) -> Filed:
    """File the case; its files are discarded again unless this very call has made it."""
    filed = None
    try:
        filed = await actions.file_case(
            draft,
            service=service,
            browser=browser,
            applicant=request.user.account_id if request.user else None,
            key=settings.secret_key,
            now=now,
        )
    finally:
        if filed is None or filed.replayed:
            await uploads.discard_all(draft.files, settings.uploads_dir)
    return filed


async def _twin(
    draft: FilingDraft, service: ServiceView, request: Visitor, settings: Settings, *, now: datetime
) -> int | None:
    """The number of a case that this browser filed within the hour with the very same content.

    A browser that goes back restores what was typed into a page with a new id: sent again, that would be a
    second case nobody wanted.
    """
    sha256 = actions.content_sha256(draft, service.id)
    for number in await queries.filed_lately(sha256, submission=draft.submission_id, since=now - TWIN_WITHIN):
        if (await visits.visit(request, number, settings, now)).tier == 2:
            return number
    return None


async def _passcode(receipt: Receipt, tokens: list[str], settings: Settings, now: datetime) -> str | None:
    """The passcode, for a quarter of an hour and for the browser that filed; None for everybody else.

    Only the browser's own token counts here, not those of links from mails.
    """
    keys = settings.keys
    if not tokens or now - receipt.filed_at >= access.PASSCODE_SHOWN:
        return None
    own = await access.tier_of(
        receipt.case_id, tokens=tokens[:1], account=None, applicant=None, keys=keys, now=now
    )
    return await access.receipt_passcode(receipt.case_id, keys=keys, now=now) if own == 2 else None


def _page(
    service: ServiceView,
    filing: FilingForm,
    *,
    status: int = 200,
    cookies: list[Cookie] | None = None,
    template: str = "cases/new.html",
    **more: Any,
) -> Template:
    context = {
        "service": service,
        "filing": filing,
        "labels": labels(service),
        "summary": summary(filing, service),
        "questions": questions(service),
        "takes_files": takes_files(service),
        "needs_body": needs_body(service),
        "audiences": [(key, _(label)) for key, label in AUDIENCES.items()],
        "accept": uploads.ACCEPT,
        "current": "services",
        **more,
    }
    return Template(template, context=context, status_code=status, cookies=cookies or [])


def _different(service: ServiceView, filing: FilingForm, number: int | None) -> Template:
    """What was sent before stands; what was typed now can be sent as a request of its own."""
    anew = msgspec.structs.replace(with_errors(filing, {}), submission_id=uuid4())
    return _page(
        service, anew, status=409, template="cases/different_submission.html", number=number, again=True
    )


def _tokens(request: Visitor, settings: Settings) -> list[str]:
    return access.tokens_in(cookie_value(settings, request, access.KEYS))


filing_handlers = [show_form, post_form, show_receipt]
