"""A site admin helps somebody to a new password: the list of requests, one request, the report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal import audit, place
from portal.accounts import devices
from portal.accounts.actions import WrongPassword
from portal.accounts.factor_queries import has_factor
from portal.accounts.queries import active_admins, contacts_of
from portal.errors import NotFound, TooMany
from portal.i18n import _, current_language
from portal.jalali import JALALI_MONTHS
from portal.resets import approvals, halves, labels, lists, queries, rules
from portal.resets.approvals import Approver, Barred
from portal.resets.forms import read_approval
from portal.resets.queries import Request as ResetRequest
from portal.security.address import client_address
from portal.security.cookies import and_say, cookie_value, said
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE
from portal.security.roles import role_words
from portal.security.sessions import SignedIn
from portal.settings import Settings

Admin = Request[SignedIn, Any, Any]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a request is for the admin who looks at it.

    ``bar`` is a key of approvals.WHY that stops this admin now, or empty; ``opens_at`` only for a cool-off.
    ``alone``: there are not enough other admins on this site.
    """

    stage: str
    bar: str
    needed: int
    alone: bool
    same_network: bool
    opens_at: datetime


@get("/resets", name="resets.requests")
async def show_resets(
    now: NamedDependency[datetime], tab: FromQuery[str] = "open", before: FromQuery[str] = ""
) -> Template:
    """Requests by what became of them, 50 a page."""
    tab = tab if tab in lists.TABS else "open"
    context = {
        "tab": tab,
        "page": await lists.requests_in(tab, before=_no(before), now=now),
        "first": not before,
        "now": now,
        "busy": await lists.unusually_busy(now),
    }
    return _page("resets/list.html", context)


@get("/resets/report", name="resets.report")
async def show_report(
    settings: NamedDependency[Settings], now: NamedDependency[datetime], month: FromQuery[str] = ""
) -> Template:
    """What each admin approved in a month of the Jalali year, for the head of the agency."""
    shown = lists.month_called(month, settings.zone) or lists.month_of(now, settings.zone)
    await audit.append("reset_report", object=f"month:{shown.key}", now=now)
    context = {
        "month": shown,
        "previous": lists.previous(shown, settings.zone),
        "next": lists.month_of(shown.ends_at, settings.zone) if shown.ends_at <= now else None,
        "month_words": month_words,
        "deeds": await lists.approvals_in(shown),
    }
    return _page("resets/report.html", context)


@get("/resets/{no:int}", name="resets.show")
async def show_reset(
    request: Admin,
    no: FromPath[int],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """One request, what the account holds to compare, and the form of the proof. Raises NotFound."""
    found = await _found(no)
    about = {"account": str(found.account) if found.account else None}
    await audit.append("reset_viewed", object=found.object, data=about, now=now)
    word, cookies = said(settings, request)
    page = await _show(request, found, settings, now, {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/resets/{no:int}/approve", name="resets.approve")
async def post_approve(
    request: Admin,
    no: FromPath[int],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Half B stands in this one answer and nowhere else."""
    found = await _found(no)
    draft, errors = read_approval(posted.form)
    if posted.stale:
        await audit.append("denied", object=request.scope["path"], now=now)
        errors = {"form": str(posted.stale)}
    if errors:
        status = 403 if posted.stale else 422
        return await _show(request, found, settings, now, errors, form=posted.form, status=status)
    try:
        approved = await approvals.approve(
            no,
            approver=_approver(request, settings),
            password=draft.password,
            proof=draft.proof,
            hand_over=draft.hand_over,
            keys=settings.keys,
            now=now,
        )
    except (Barred, WrongPassword, TooMany) as refusal:
        field = refusal.field if isinstance(refusal, Barred) else "password"
        status = 429 if isinstance(refusal, TooMany) else 422
        mistakes = {field or "form": str(refusal)}
        return await _show(request, found, settings, now, mistakes, form=posted.form, status=status)
    if not approved.code:
        return and_say(settings, f"/admin/resets/{no}", "approved" if approved.missing else "mailed")
    context = {"no": no, "approved": approved, "spoken": labels.spoken(approved.code)}
    return _page("resets/code.html", context)


@post("/resets/{no:int}/refuse", name="resets.refuse")
async def post_refuse(
    request: Admin,
    no: FromPath[int],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await approvals.refuse(no, admin=request.user.account_id, now=now)
    return and_say(settings, f"/admin/resets/{no}", "refused")


def month_words(month: lists.Month) -> str:
    """``Aban 1405``, with Latin digits."""
    return f"{JALALI_MONTHS[current_language()][month.number - 1]} {month.year}"


async def _found(no: int) -> ResetRequest:
    found = await queries.by_number(no) if halves.LOWEST <= no <= halves.HIGHEST else None
    if found is None:
        raise NotFound(_("There is no request with this number."))
    return found


def _no(typed: str) -> int:
    """The number after which the next page begins; 0, the first page, for what is no number of a request."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 8 else 0


def _approver(request: Admin, settings: Settings) -> Approver:
    return Approver(
        account=request.user.account_id,
        cookie=cookie_value(settings, request, halves.COOKIE),
        address=client_address(request),
    )


async def _show(
    request: Admin,
    found: ResetRequest,
    settings: Settings,
    now: datetime,
    errors: dict[str, str],
    *,
    form: FormMultiDict | None = None,
    told: str = "",
    status: int = 200,
) -> Template:
    account = found.account if found.username else None
    contacts = await contacts_of(account) if account else []
    subject = await queries.subject_of(account) if account else None
    facts = subject.facts() if subject else {}
    context = {
        "found": found,
        "address": f"/admin/resets/{found.no}",
        "standing": await _standing(found, _approver(request, settings), settings, now),
        "facts": facts,
        "methods": rules.methods(facts),
        "evidence": rules.evidence(facts),
        "has_factor": await has_factor(account) if account else False,
        "device": devices.in_words(found.device) if found.device else "",
        "newer": await queries.newer_than(found) if found.state == "superseded" else None,
        "made_at": subject.made_at if subject else None,
        "numbers": [one.value for one in contacts if one.kind == "phone"],
        "told": [one.value for one in contacts if one.kind == "email"],
        "approvals": await queries.approvals_of(found.id),
        "hand_over": ("voice", "mail") if settings.smtp_url and rules.mail_address(contacts) else ("voice",),
        "typed": form if form is not None else {},
        "ticked": form.getall("proof_checks", []) if form is not None else [],
        "errors": errors,
        "said": told,
        "now": now,
    }
    return _page("resets/show.html", context, status=status)


async def _standing(found: ResetRequest, approver: Approver, settings: Settings, now: datetime) -> Standing:
    opens_at, needed, alone = found.asked_at, 0, False
    if found.account and found.role:
        needed = rules.needed_approvers(found.role, await place.get("reset_approvers"))
        alone = len(await active_admins() - {found.account}) < needed
        subject = await queries.subject_of(found.account)
        contacts = await contacts_of(found.account)
        opens_at = rules.opens_at(found.asked_at, contacts, made_at=subject.made_at, now=now)
    return Standing(
        stage=found.stage(now),
        bar=await approvals.bar(found, approver, opens_at=opens_at, keys=settings.keys, now=now),
        needed=needed,
        alone=alone,
        same_network=approvals.same_network(approver.address, found.address),
        opens_at=opens_at,
    )


def _page(template: str, context: dict[str, Any], *, status: int = 200) -> Template:
    words = {"labels": labels, "role_words": role_words, "why": approvals.WHY, "current": "admin"}
    return Template(template, context={**words, **context}, status_code=status, headers=PRIVATE)


admin_router = Router(
    "/admin", route_handlers=[show_resets, show_report, show_reset, post_approve, post_refuse]
)
