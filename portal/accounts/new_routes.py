"""/admin/accounts/new: an account for a named person; /admin/proposals: what takes two admins."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import uploads
from portal.accounts import proposals, staff_actions, staff_queries
from portal.accounts.staff_actions import Invite, Letter, NewAccount
from portal.accounts.staff_forms import NEW_ROLES, SentAccount, read_account
from portal.errors import Conflict, NotFound
from portal.i18n import DEFAULT, _
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.roles import role_words
from portal.security.sessions import SignedIn
from portal.settings import Settings

Signed = Request[SignedIn, Any, Any]
TAKES_A_SCAN = 16 * 2**20
"""Bytes of the form with the letter's scan."""


@get("/accounts/new", name="accounts.new")
async def show_new() -> Template:
    return await _page({}, {})


@post("/accounts/new", name="accounts.new_post", request_max_body_size=TAKES_A_SCAN)
async def post_new(
    request: Signed,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    invite: NamedDependency[Invite],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    sent = read_account(
        posted.form,
        units=[key for key, _name in await staff_queries.units()],
        agencies=[key for key, _name in await staff_queries.agencies()],
        today=now.astimezone(settings.zone).date(),
    )
    if posted.stale:
        return await _page(sent.typed, {"form": str(posted.stale)}, status=403)
    if sent.errors:
        return await _page(sent.typed, sent.errors, status=422)
    received = await uploads.receive_all([("scan", "", sent.scan)] if sent.scan else [], settings.uploads_dir)
    if received.errors:
        return await _page(sent.typed, received.errors, status=422)
    by = request.user.account_id
    try:
        account = await staff_actions.make_named_account(
            _draft(sent, received.files),
            by=by,
            locale=DEFAULT,
            invite=invite,
            folder=settings.uploads_dir,
            now=now,
        )
    except Conflict as refusal:
        return await _page(sent.typed, {"username": str(refusal)}, status=409)
    if sent.values["role"] == "admin":
        reason = sent.values["reason"]
        await proposals.propose("grant_admin", by=by, subject=account, data={}, reason=reason, now=now)
    return and_say(settings, f"/admin/accounts/{account}", "made")


@get("/proposals", name="accounts.proposals")
async def show_proposals(request: Signed, settings: NamedDependency[Settings]) -> Template:
    """What waits for a second admin, and what was decided lately."""
    word, cookies = said(settings, request)
    context = {
        "rows": await proposals.listed(),
        "kinds": proposals.KINDS,
        "said": word if word in ANSWERS else "",
        "current": "admin",
    }
    return Template("accounts/proposals.html", context=context, cookies=cookies)


@post("/proposals/{proposal_id:uuid}/{answer:str}", name="accounts.decide")
async def post_answer(
    request: Signed,
    proposal_id: FromPath[UUID],
    answer: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """One answer of ``ANSWERS``. Raises NotAllowed for agreeing to one's own, NotFound, Conflict."""
    if answer not in ANSWERS:
        raise NotFound(_("There is no such proposal."))
    unnamed = await ANSWERS[answer](proposal_id, by=request.user.account_id, now=now)
    await uploads.discard_names(unnamed, settings.uploads_dir)
    return and_say(settings, "/admin/proposals", answer)


ANSWERS: dict[str, proposals.Answer] = {
    "take-up": proposals.take_up,
    "agree": proposals.agree,
    "refuse": proposals.refuse,
}


def _draft(sent: SentAccount, files: tuple[uploads.StoredFile, ...]) -> NewAccount:
    """The account to make. Who is to become an admin starts as a clerk: the role itself takes two."""
    values = sent.values
    letter = None
    if files:
        letter = Letter(
            agency=values["agency"],
            letter_no=values["letter_no"],
            letter_date=values["letter_date"],
            scan=files[0],
        )
    same = {name: values[name] for name in ("username", "display_name", "email", "phone", "unit")}
    return NewAccount(**same, role="staff" if values["role"] == "admin" else values["role"], letter=letter)


async def _page(typed: dict[str, str], errors: dict[str, str], *, status: int = 200) -> Template:
    context = {
        "typed": typed,
        "errors": errors,
        "new_roles": [(role, role_words(role)) for role in NEW_ROLES],
        "units": await staff_queries.units(),
        "agencies": await staff_queries.agencies(),
        "accept": uploads.ACCEPT,
        "current": "admin",
    }
    return Template("accounts/new.html", context=context, status_code=status)


people_admin_router = Router("/admin", route_handlers=[show_new, post_new, show_proposals, post_answer])
