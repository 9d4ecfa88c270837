"""Filing a request, and its receipt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import codes, uploads
from portal.cases import access, actions, filing_drafts, floods, history, kept_files, same_words, visits
from portal.cases.actions import DifferentSubmission, Filed
from portal.cases.filing_pages import Repetition, different_page, filing_page, paused_page, same_words_page
from portal.cases.forms import FilingForm, read_filing, with_errors
from portal.cases.receipt import Receipt, receipt_of, square_code
from portal.cases.same_words import Marks
from portal.cases.submission import FilingDraft
from portal.cases.visits import Visit, Visitor
from portal.errors import NotFound, TooMany
from portal.i18n import _, current_language, localized, speak_of
from portal.notices import closures
from portal.notices import queries as notices
from portal.notices.closures import Closure
from portal.notices.subscription_routes import own_mails
from portal.notices.subscriptions import Wish, subscribe
from portal.security import upload_quota
from portal.security.address import client_address
from portal.security.cookies import and_say, cookie_value
from portal.security.csrf import Posted, Sent
from portal.services.queries import ServiceView, service_by_slug
from portal.settings import Settings

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
    keys = tokens_of(request, settings) or [access.new_token()]
    kept = kept_files.opened(
        posted.form.get(kept_files.NAME),
        browser=keys[0],
        keys=settings.keys,
        folder=settings.uploads_dir,
        now=now,
    )
    filing = read_filing(posted.form, service, current_language(), today=today, kept=kept)
    if answer := await _instead(filing, posted, service, request, settings, now=now):
        return answer
    if filing.draft is None:
        wrong = await uploads.judge_all(filing.uploads)
        return filing_page(service, with_errors(filing, wrong), status=422)
    received = await upload_quota.receive_all(filing.uploads, settings.uploads_dir, sender=request, now=now)
    if received.errors:
        return filing_page(service, with_errors(filing, received.errors), status=422)
    files = (*await kept_files.adopt(kept, settings.uploads_dir), *received.files)
    draft = msgspec.structs.replace(filing.draft, files=files)
    return await _send(draft, filing, posted, service, request, settings, keys=keys, now=now)


async def _send(
    draft: FilingDraft,
    filing: FilingForm,
    posted: Posted,
    service: ServiceView,
    request: Visitor,
    settings: Settings,
    *,
    keys: list[str],
    now: datetime,
) -> Template | Redirect:
    """The case is filed, unless the same words were sent a moment ago: then the visitor is asked, once."""
    address, key = client_address(request), settings.secret_key
    marks = same_words.marks_of(draft, service.id, browser=keys[0], address=address, key=key)
    before = (
        None if filing.again else await repetition_of(marks, filing.submission_id, request, settings, now)
    )
    if before:
        kept = kept_files.seal(draft.files, browser=keys[0], key=key, now=now)
        return same_words_page(service, filing, kept, before, cookies=[visits.keys(settings, keys)])
    applicant = request.user.account_id if request.user else None
    file = partial(actions.file_case, draft, service=service, key=key, now=now)
    try:
        filed = await with_files(draft, settings, partial(file, browser=keys[0], applicant=applicant))
    except DifferentSubmission as earlier:
        return different_page(service, filing, earlier.number)
    if not filed.replayed:
        await same_words.remember(marks, filed.case_id, now=now)
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
    if posted.stale:
        return filing_page(
            service, with_errors(filing, {"form": str(posted.stale)}), status=posted.stale.status
        )
    if refusal := await floods.slow_down(filing, request, now):
        return await floods.later(filing, refusal, service, request, now=now)
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


async def with_files(draft: FilingDraft, settings: Settings, file: Callable[[], Awaitable[Filed]]) -> Filed:
    """The case that ``file`` makes of ``draft``; its files are discarded unless this very call has made it."""
    filed = None
    try:
        filed = await file()
    finally:
        if filed is None or filed.replayed:
            await uploads.discard_all(draft.files, settings.uploads_dir)
    return filed


async def repetition_of(
    marks: Marks, submission: UUID, request: Visitor, settings: Settings, now: datetime
) -> Repetition | None:
    """What made a case of these words lately; that case is named only to a browser that may read it whole."""
    before = await same_words.sent_before(marks, submission=submission, now=now)
    if before is None:
        return None
    seen = await visits.visit(request, before.number, settings, now)
    return Repetition(
        before.own, (now - before.at) // timedelta(minutes=1), before.number if seen.tier == 2 else None
    )


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
