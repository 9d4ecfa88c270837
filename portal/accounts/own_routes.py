"""One's own account: its password, its addresses and numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal.accounts import contacts
from portal.accounts.actions import WrongPassword
from portal.accounts.factor_queries import has_factor
from portal.accounts.forms import read_contact, read_passwords, wished_passphrase
from portal.accounts.new_password import WeakPassword
from portal.accounts.own_password import change_password
from portal.errors import Conflict, TooMany
from portal.security import sessions
from portal.security.address import client_address
from portal.security.cookies import and_say, cookie, said
from portal.security.csrf import Posted
from portal.security.headers import retry
from portal.security.sessions import SignedIn
from portal.settings import Settings

Signed = Request[SignedIn, Any, Any]
CONTACTS = "/accounts/contacts"


@get("/password", name="accounts.password")
async def show_password(request: Signed, settings: NamedDependency[Settings]) -> Template:
    word, cookies = said(settings, request)
    page = await _password_page(request, {}, done=word == "changed")
    page.cookies.extend(cookies)
    return page


@post("/password", name="accounts.password_post")
async def post_password(
    request: Signed,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    if posted.stale:
        return await _password_page(request, {"form": str(posted.stale)}, status=403)
    if offered := wished_passphrase(posted.form):
        return await _password_page(request, {}, offered=offered)
    draft, errors = read_passwords(posted.form)
    if errors:
        return await _password_page(request, errors, status=422)
    try:
        token = await change_password(
            request.user.account_id,
            draft.current,
            draft.new,
            base_url=settings.base_url,
            device=request.headers.get("user-agent", ""),
            address=client_address(request),
            now=now,
        )
    except WrongPassword as refusal:
        return await _password_page(request, {"current_password": str(refusal)}, status=422)
    except WeakPassword as refusal:
        return await _password_page(request, {"new_password": str(refusal)}, status=422)
    except TooMany as refusal:
        return await _password_page(request, {"form": str(refusal)}, status=429, wait=refusal.retry_after)
    return and_say(settings, "/accounts/password", "changed", cookie(settings, sessions.COOKIE, token))


@get("/contacts", name="accounts.contacts")
async def show_contacts(request: Signed, settings: NamedDependency[Settings]) -> Template:
    word, cookies = said(settings, request)
    page = await _contacts_page(request, {}, {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/contacts", name="accounts.contact_add")
async def post_contact(
    request: Signed,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    typed = {name: value for name in ("email", "phone") if isinstance(value := posted.form.get(name), str)}
    if posted.stale:
        return await _contacts_page(request, typed, {"form": str(posted.stale)}, status=403)
    draft, errors = read_contact(posted.form)
    if errors:
        return await _contacts_page(request, typed, errors, status=422)
    try:
        await contacts.add(request.user.account_id, draft.kind, draft.value, now=now)
    except (Conflict, TooMany) as refusal:
        return await _contacts_page(request, typed, {draft.kind: str(refusal)}, status=refusal.status)
    return and_say(settings, CONTACTS, draft.kind)


@post("/contacts/{contact_id:uuid}/remove", name="accounts.contact_remove")
async def post_removal(
    request: Signed,
    contact_id: FromPath[UUID],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    try:
        await contacts.remove(request.user.account_id, contact_id, now=now)
    except Conflict as refusal:
        return await _contacts_page(request, {}, {"form": str(refusal)}, status=409)
    return and_say(settings, CONTACTS, "removed")


async def _password_page(
    request: Signed,
    errors: dict[str, str],
    *,
    status: int = 200,
    offered: str = "",
    done: bool = False,
    wait: int | None = None,
) -> Template:
    factor = await has_factor(request.user.account_id)
    context = {"errors": errors, "offered": offered, "done": done, "has_factor": factor}
    headers = retry(wait)
    return Template("accounts/password.html", context=context, status_code=status, headers=headers)


async def _contacts_page(
    request: Signed, typed: dict[str, str], errors: dict[str, str], *, status: int = 200, told: str = ""
) -> Template:
    held = await contacts.held_by(request.user.account_id)
    context = {"held": held, "typed": typed, "errors": errors, "said": told}
    return Template("accounts/contacts.html", context=context, status_code=status)


own_handlers = [show_password, post_password, show_contacts, post_contact, post_removal]
