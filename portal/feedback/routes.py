"""The page for complaints, suggestions, comments, thanks and anonymous tips."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from portal import audit, codes, uploads
from portal.accounts.queries import contacts_of
from portal.cases import access, same_words, visits
from portal.cases.actions import DifferentSubmission
from portal.cases.filing_routes import LARGEST_BODY, repetition_of, tokens_of, with_files
from portal.cases.same_words import Marks
from portal.cases.submission import FilingDraft
from portal.cases.visits import Visitor
from portal.errors import PortalError, TooMany
from portal.feedback import actions, queries
from portal.feedback.about import about_request, about_service
from portal.feedback.forms import About, FeedbackForm, blank, read_feedback, read_tip, typed_in
from portal.feedback.pages import chooser, feedback_page
from portal.feedback.rules import SORTS, TIP
from portal.feedback.tips_routes import show_sent
from portal.i18n import _, current_language, localized
from portal.security import throttle, upload_quota
from portal.security.address import client_address, network_of
from portal.security.csrf import Posted, Sent
from portal.settings import Settings

FILINGS, WINDOW = 60, timedelta(minutes=10)
"""From one neighbourhood of addresses."""


@get("/new", name="feedback.new")
async def show_form(
    request: Visitor,
    settings: NamedDependency[Settings],
    kind: FromQuery[str] = "",
    service: FromQuery[str] = "",
    about: FromQuery[str] = "",
) -> Template:
    """The sorts of feedback to choose from, or the form of one of them, filled with what is known."""
    if kind not in SORTS:
        return chooser(service=service, about=about)
    offered = await queries.services_offered()
    if kind == "accessibility" and not service:
        service = next((one.slug for one in offered if one.whole), "")
    given = {"service": service, "about_code": about[: codes.LONGEST_TYPED]}
    if request.user and kind != TIP:
        known = await contacts_of(request.user.account_id)
        form = blank(given, name=request.user.display_name, contacts=known)
    else:
        form = blank(given)
    cookies = (
        [] if kind == TIP or tokens_of(request, settings) else [visits.keys(settings, [access.new_token()])]
    )
    return await feedback_page(kind, form, cookies=cookies)


@post("/new", name="feedback.send", request_max_body_size=LARGEST_BODY)
async def post_form(
    request: Visitor,
    sent: NamedDependency[Sent],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    posted = await sent.read()
    kind = posted.form.get("kind")
    if not isinstance(kind, str) or kind not in SORTS:
        return chooser(status=posted.stale.status if posted.stale else 422)
    if posted.stale:
        return await _refused(kind, posted, posted.stale)
    network = network_of(client_address(request))
    try:
        if kind == TIP:
            return await _leave_tip(posted, network, settings, now)
        await throttle.hit(f"feedback:{network}", limit=FILINGS, window=WINDOW, now=now)
    except TooMany as refusal:
        return await _refused(kind, posted, refusal)
    return await _file(kind, posted, request, settings, now)


async def _file(
    kind: str, posted: Posted, request: Visitor, settings: Settings, now: datetime
) -> Template | Redirect:
    sort, typed = SORTS[kind], typed_in(posted.form).typed
    about = (
        await about_request(request, typed["about_code"], settings, now)
        if sort.topic == "case"
        else await about_service(typed["service"], now)
    )
    units = await queries.units_offered() if sort.topic == "unit" else []
    form = read_feedback(posted.form, sort, about, units, current_language())
    if form.draft is None:
        wrong = await uploads.judge_all(form.uploads)
        return await feedback_page(kind, _with(form, wrong), status=about.status)
    keys = tokens_of(request, settings) or [access.new_token()]
    marks = _marks(form.draft, about, request, settings, keys[0])
    if not form.again and (before := await repetition_of(marks, form.submission_id, request, settings, now)):
        asked = msgspec.structs.replace(_with(form, {}), again=True)
        return await feedback_page(
            kind, asked, status=409, before=before, cookies=[visits.keys(settings, keys)]
        )
    received = await upload_quota.receive_all(form.uploads, settings.uploads_dir, sender=request, now=now)
    if received.errors:
        return await feedback_page(kind, _with(form, received.errors), status=422)
    form = msgspec.structs.replace(form, draft=msgspec.structs.replace(form.draft, files=received.files))
    return await _to_receipt(kind, form, about, request, settings, now, keys=keys, marks=marks)


async def _to_receipt(
    kind: str,
    form: FeedbackForm,
    about: About,
    request: Visitor,
    settings: Settings,
    now: datetime,
    *,
    keys: list[str],
    marks: Marks,
) -> Template | Redirect:
    assert form.draft is not None, "a form without mistakes has its draft"
    assert about.service is not None, "a form without mistakes has its service"
    # Who gave no name did not want to be known by an account either.
    applicant = request.user.account_id if request.user and form.identified else None
    if applicant is None:
        audit.unnamed()
    file = partial(actions.file_feedback, form.draft, service=about.service, key=settings.secret_key, now=now)
    try:
        filed = await with_files(form.draft, settings, partial(file, browser=keys[0], applicant=applicant))
    except DifferentSubmission as earlier:
        anew = msgspec.structs.replace(_with(form, {"form": str(earlier)}), submission_id=uuid4(), again=True)
        return await feedback_page(kind, anew, status=409, earlier=earlier.number)
    if not filed.replayed:
        await same_words.remember(marks, filed.case_id, now=now)
    end = "/receipt" if filed.same_browser else ""
    path = localized(f"/cases/{codes.show_text(filed.number)}{end}")
    return Redirect(path, status_code=303, cookies=[visits.keys(settings, keys)])


def _marks(draft: FilingDraft, about: About, request: Visitor, settings: Settings, browser: str) -> Marks:
    assert about.service is not None, "a form without mistakes has its service"
    address = client_address(request)
    return same_words.marks_of(
        draft, about.service.id, browser=browser, address=address, key=settings.secret_key
    )


async def _leave_tip(posted: Posted, network: str, settings: Settings, now: datetime) -> Template | Redirect:
    """Only what can be stored counts: a neighbour's mistakes keep nobody from leaving a tip. Raises TooMany."""
    about = await about_service(typed_in(posted.form).typed["service"], now, required=False)
    form, body = read_tip(posted.form, about)
    hearing = about.service.id if about.service else await queries.whole_desk()
    if hearing is None:
        form.errors.setdefault("service", _("Choose one."))
    if form.errors or hearing is None:
        return await feedback_page(TIP, form, status=422)
    await actions.count_tip(network, key=settings.secret_key, now=now)
    named = about.service.id if about.service else None
    await actions.leave_tip(
        form.submission_id, service=hearing, about=named, body=body, zone=settings.zone, now=now
    )
    return Redirect(localized("/feedback/sent"), status_code=303)


async def _refused(kind: str, posted: Posted, refusal: PortalError) -> Template:
    """The form with everything that was typed, and when to send it again."""
    form = _with(typed_in(posted.form), {"form": str(refusal)})
    return await feedback_page(kind, form, status=refusal.status, retry_after=refusal.retry_after)


def _with(form: FeedbackForm, errors: dict[str, str]) -> FeedbackForm:
    """The form with what only showed later, and no draft; chosen files have to be chosen again, which is said."""
    again = _("Please choose your files here again: browsers do not keep them.")
    told = {**dict.fromkeys((name for name, _key, _file in form.uploads), again), **errors, **form.errors}
    return msgspec.structs.replace(form, draft=None, errors=told)


router = Router("/feedback", route_handlers=[show_form, post_form, show_sent])
