"""Filing a request, and its receipt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import codes, uploads
from portal.cases import access, actions, filing_drafts, history, queries, submission, visits
from portal.cases.actions import DifferentSubmission, Filed
from portal.cases.filing_pages import different_page, filing_page, paused_page
from portal.cases.forms import FilingForm, read_filing, with_errors
from portal.cases.receipt import Receipt, receipt_of, square_code
from portal.cases.submission import FilingDraft
from portal.cases.visits import Visit, Visitor
from portal.errors import NotFound, TooMany
from portal.i18n import _, current_language, localized, speak_of
from portal.notices import closures
from portal.notices import queries as notices
from portal.notices.closures import Closure
from portal.notices.subscription_routes import own_mails
from portal.notices.subscriptions import Wish, subscribe
from portal.security import throttle, upload_quota
from portal.security.address import client_address, network_of
from portal.security.cookies import and_say, cookie_value
from portal.security.csrf import Posted, Sent
from portal.services.queries import ServiceView, service_by_slug
from portal.settings import Settings

FILINGS, FILINGS_WINDOW = 600, timedelta(hours=1)
"""Filings from one neighbourhood of addresses: a ministry behind one address files many, a flood more."""
TWIN_WITHIN = timedelta(hours=1)
LARGEST_BODY = uploads.MAX_TOTAL + 4 * 2**20  # bytes: all files and the answers around them


@get("/cases/new/{slug:str}", name="cases.new")
async def show_form(
    request: Visitor,
    slug: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    service = await _service(slug, now)
    if not service.is_open:
        return Template("cases/closed.html", context={"service": service, "current": "services"})
    filing = await filing_drafts.begun(service, request.user, now=now)
    if closed := await _closure(service, now):
        return paused_page(service, filing, closed, now=now, kept=filing.saved_at is not None)
    cookies = [] if tokens_of(request, settings) else [visits.keys(settings, [access.new_token()])]
    return filing_page(service, filing, cookies=cookies)


@post("/cases/new/{slug:str}", name="cases.file", request_max_body_size=LARGEST_BODY)
async def post_form(
    request: Visitor,
    slug: FromPath[str],
    sent: NamedDependency[Sent],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    service = await _service(slug, now)
    if not service.is_open:
        context = {"service": service, "current": "services"}
        return Template("cases/closed.html", context=context, status_code=409)
    posted = await sent.read()
    today = now.astimezone(settings.zone).date()
    filing = read_filing(posted.form, service, current_language(), today=today)
    if answer := await _instead(filing, posted, service, request, settings, now=now):
        return answer
    if filing.draft is None:
        wrong = await uploads.judge_all(filing.uploads)
        return filing_page(service, with_errors(filing, wrong), status=422)
    received = await upload_quota.receive_all(filing.uploads, settings.uploads_dir, sender=request, now=now)
    if received.errors:
        return filing_page(service, with_errors(filing, received.errors), status=422)
    draft = msgspec.structs.replace(filing.draft, files=received.files)
    twin = await _twin(draft, service, request, settings, now=now)
    if twin is not None and not posted.form.get("again"):
        await uploads.discard_all(draft.files, settings.uploads_dir)
        return different_page(service, filing, twin)
    keys = tokens_of(request, settings) or [access.new_token()]
    applicant = request.user.account_id if request.user else None
    file = partial(actions.file_case, draft, service=service, key=settings.secret_key, now=now)
    try:
        filed = await with_files(draft, settings, partial(file, browser=keys[0], applicant=applicant))
    except DifferentSubmission as earlier:
        return different_page(service, filing, earlier.number)
    await _hear(posted.form.get("hear"), draft, service, request, now=now)
    return await _to_receipt(filed, service, request, settings, keys)


async def _instead(
    filing: FilingForm,
    posted: Posted,
    service: ServiceView,
    request: Visitor,
    settings: Settings,
    *,
    now: datetime,
) -> Template | Redirect | None:
    """What is answered where nothing is to be filed: the form is closed, refused or only kept. None: go on."""
    keeper = request.user.account_id if request.user and posted.form.get(filing_drafts.SAVE) else None
    closed = await _closure(service, now)
    if closed and keeper is None:
        kept = False
        if request.user and not posted.stale:
            kept = await filing_drafts.keep(filing, service, request.user.account_id, now=now)
        typed = with_errors(msgspec.structs.replace(filing, errors={}), {})
        return paused_page(service, typed, closed, now=now, kept=kept, sent=True)
    if refusal := posted.stale or await _slow_down(filing, request, now):
        return filing_page(service, with_errors(filing, {"form": str(refusal)}), status=refusal.status)
    if keeper is not None:
        await filing_drafts.keep(filing, service, keeper, now=now)
        return and_say(settings, "/mine", "saved")
    return None


async def _closure(service: ServiceView, now: datetime) -> Closure | None:
    """Why a notice keeps the form closed now; None while none does."""
    return closures.closure(await notices.board(now=now), service.slug, now)


async def _hear(
    wished: object, draft: FilingDraft, service: ServiceView, request: Visitor, *, now: datetime
) -> None:
    """If ``wished``: applicants hear of outages after the case has ended, too, once their address has confirmed."""
    if not wished or not draft.contact_email:
        return
    account = request.user.account_id if request.user else None
    own = account is not None and draft.contact_email in await own_mails(account)
    with suppress(TooMany):  # the case is filed whatever becomes of this
        await subscribe(
            Wish(address=draft.contact_email, service=service.id),
            locale=draft.locale,
            network=client_address(request),
            account=account if own else None,
            own=own,
            now=now,
        )


async def _to_receipt(
    filed: Filed, service: ServiceView, request: Visitor, settings: Settings, keys: list[str]
) -> Redirect:
    if request.user:
        await filing_drafts.sent(service, request.user.account_id)
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
    seen = await visits.at_code(request, code, settings, now)
    receipt = await receipt_of(seen.number) if seen.tier == 2 else None
    if receipt is None:
        # The same answer, after the same work, for a case of others and for none: its own page counts guesses.
        return visits.to_case(seen.number)
    await visits.note_look(seen)
    speak_of(receipt.kind)
    context = {
        "receipt": receipt,
        "passcode": await _passcode(receipt, seen),
        "is_own": seen.account is not None and seen.account == receipt.applicant,
        "qr": square_code(settings.base_url, seen.number),
        "signed": await history.filing_receipt(seen.case_id),
        "current": "track",
    }
    return Template("cases/receipt.html", context=context)


async def _service(slug: str, now: datetime) -> ServiceView:
    service = await service_by_slug(slug, now=now)
    if service is None:
        raise NotFound(_("There is no such service."))
    return service


async def _slow_down(filing: FilingForm, request: Visitor, now: datetime) -> TooMany | None:
    """Count what makes work: filings, and files that come with mistakes. Returns the refusal of one too many."""
    if filing.draft or filing.uploads:
        counted = "filing" if filing.draft else "misfiling"
        network = network_of(client_address(request))
        try:
            await throttle.hit(f"{counted}:{network}", limit=FILINGS, window=FILINGS_WINDOW, now=now)
        except TooMany as refusal:
            return refusal
    return None


async def with_files(draft: FilingDraft, settings: Settings, file: Callable[[], Awaitable[Filed]]) -> Filed:
    """The case that ``file`` makes of ``draft``; its files are discarded unless this very call has made it."""
    filed = None
    try:
        filed = await file()
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
    sha256 = submission.content_sha256(draft, service.id)
    for number in await queries.filed_lately(sha256, submission=draft.submission_id, since=now - TWIN_WITHIN):
        if (await visits.visit(request, number, settings, now)).tier == 2:
            return number
    return None


async def _passcode(receipt: Receipt, seen: Visit) -> str | None:
    """The passcode, for a quarter of an hour and for the browser that filed; None for everybody else."""
    if seen.now - receipt.filed_at >= access.PASSCODE_SHOWN:
        return None
    return await access.fresh_passcode(
        receipt.case_id, tokens=seen.tokens, keys=seen.settings.keys, now=seen.now
    )


def tokens_of(request: Visitor, settings: Settings) -> list[str]:
    """What this browser holds for cases, its own token first; empty for a browser that has none."""
    return access.tokens_in(cookie_value(settings, request, access.KEYS))


filing_handlers = [show_form, post_form, show_receipt]
