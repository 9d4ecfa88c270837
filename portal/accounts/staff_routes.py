"""/admin/accounts: the list, a new account, one account and what an admin does to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import File, Redirect, Template

from portal import audit, text
from portal.accounts import contacts, labels, proposals, staff_actions, staff_queries
from portal.accounts.staff_actions import Invite
from portal.accounts.staff_forms import read_reason, read_role
from portal.accounts.staff_queries import Facts, Filters
from portal.downloads import download
from portal.errors import NotFound
from portal.i18n import _
from portal.identifiers import mask_email
from portal.security import roles
from portal.security.cookies import and_say, said
from portal.security.sessions import ROLES, SignedIn
from portal.settings import Settings

Signed = Request[SignedIn, Any, Any]
Change = Callable[[Facts, FormMultiDict, UUID, datetime], Awaitable[dict[str, str]]]
"""Does one thing to an account; returns what is wrong with its form, by field."""


@get("", name="accounts.list")
async def show_accounts(
    request: Signed,
    q: FromQuery[str] = "",
    role: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
) -> Template:
    """Fifty accounts, the newest first."""
    state = request.query_params.get("state", "")  # as an argument, "state" means something else to Litestar
    filters = Filters(
        q=text.store(q[:100]),
        role=role if role in ROLES else "",
        state=state if state in labels.STATES else "",
        before=before,
    )
    page = await staff_queries.accounts(filters)
    kept = {"q": filters.q, "role": filters.role, "state": filters.state}
    asked = urlencode({name: value for name, value in kept.items() if value})
    context = {
        **WORDS,
        "filters": filters,
        "page": page,
        "first": f"/admin/accounts?{asked}" if before else None,
        "older": f"/admin/accounts?{asked}&before={page.older}" if page.older else None,
    }
    return Template("accounts/list.html", context=context)


@get("/{account_id:uuid}", name="accounts.account")
async def show_account(
    request: Signed,
    account_id: FromPath[UUID],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    """The account; the log says who looked."""
    word, cookies = said(settings, request)
    page = await _page(account_id, {}, now=now, told=word)
    page.cookies.extend(cookies)
    return page


@post("/{account_id:uuid}/{change:str}", name="accounts.change")
async def post_change(
    request: Signed,
    account_id: FromPath[UUID],
    change: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """One change of ``CHANGES``. Raises NotFound for another word or an unknown account."""
    found = await staff_queries.facts_of(account_id, now=now)
    if found is None or change not in CHANGES:
        raise NotFound(_("There is no such account."))
    errors = await CHANGES[change](found, form, request.user.account_id, now)
    if errors:
        return await _page(account_id, errors, typed=form, now=now, status=422)
    return and_say(settings, f"/admin/accounts/{account_id}", change)


@post("/{account_id:uuid}/invite", name="accounts.invite")
async def post_invite(
    request: Signed,
    account_id: FromPath[UUID],
    form: NamedDependency[FormMultiDict],
    invite: NamedDependency[Invite],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """A new invitation; the link of the one before is void."""
    await invite(account_id, by=request.user.account_id, now=now)
    return and_say(settings, f"/admin/accounts/{account_id}", "invite")


@get("/{account_id:uuid}/letters/{letter_id:uuid}", name="accounts.scan")
async def send_scan(
    account_id: FromPath[UUID],
    letter_id: FromPath[UUID],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> File:
    """The scan of a letter of introduction. Raises NotFound."""
    found = await staff_queries.facts_of(account_id, now=now)
    letter = next((one for one in found.letters if one.id == letter_id), None) if found else None
    if letter is None:
        raise NotFound(_("There is no such file."))
    answer = download(settings, letter)
    await audit.append("introduction_read", object=f"account:{account_id}", now=now)
    return answer


async def _lock(found: Facts, form: FormMultiDict, by: UUID, now: datetime) -> dict[str, str]:
    reason, errors = read_reason(form, "lock_reason")
    if not errors:
        await staff_actions.lock(found.id, reason, by=by, now=now)
    return errors


async def _unlock(found: Facts, form: FormMultiDict, by: UUID, now: datetime) -> dict[str, str]:
    await staff_actions.unlock(found.id, by=by, now=now)
    return {}


async def _sessions(found: Facts, form: FormMultiDict, by: UUID, now: datetime) -> dict[str, str]:
    await staff_actions.end_sessions(found.id, by=by, now=now)
    return {}


async def _role(found: Facts, form: FormMultiDict, by: UUID, now: datetime) -> dict[str, str]:
    role, unit, errors = read_role(form, units=[key for key, _name in await staff_queries.units()])
    if not errors:
        await staff_actions.change_role(found.id, role, unit, by=by, now=now)
    return errors


async def _propose(found: Facts, form: FormMultiDict, by: UUID, now: datetime) -> dict[str, str]:
    reason, errors = read_reason(form)
    if not errors:
        await proposals.propose("grant_admin", by=by, subject=found.id, data={}, reason=reason, now=now)
    return errors


async def _phone(found: Facts, form: FormMultiDict, by: UUID, now: datetime) -> dict[str, str]:
    contact = form.get("contact")
    held = next((one for one in found.contacts if str(one.id) == contact), None)
    if held is None:
        raise NotFound(_("There is no such address or number."))
    await contacts.confirm_phone(found.id, held.id, now=now)
    return {}


CHANGES: dict[str, Change] = {
    "lock": _lock,
    "unlock": _unlock,
    "end-sessions": _sessions,
    "role": _role,
    "propose-admin": _propose,
    "confirm-phone": _phone,
}


async def _page(
    account: UUID,
    errors: dict[str, str],
    *,
    now: datetime,
    typed: FormMultiDict | None = None,
    status: int = 200,
    told: str = "",
) -> Template:
    found = await staff_queries.facts_of(account, now=now)
    if found is None:
        raise NotFound(_("There is no such account."))
    await audit.append("account_read", object=f"account:{account}", now=now)
    context = {
        **WORDS,
        "found": found,
        "typed": typed if typed is not None else {},
        "errors": errors,
        "introduced": staff_actions.INTRODUCED,
        "said": told if told in CHANGES or told in ("made", "invite") else "",
        "told": [mask_email(one.value) for one in found.contacts if one.kind == "email"],
        "units": await staff_queries.units(),
        "given": [(role, roles.role_words(role)) for role in staff_actions.GIVEN],
    }
    return Template("accounts/account.html", context=context, status_code=status)


WORDS = {
    "role_words": roles.role_words,
    "account_state_words": labels.account_state_words,
    "tones": labels.TONES,
    "roles": roles.LABELS,
    "states": labels.STATES,
    "current": "admin",
}

accounts_admin_router = Router(
    "/admin/accounts", route_handlers=[show_accounts, show_account, post_change, post_invite, send_scan]
)
