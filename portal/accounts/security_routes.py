"""The page about one's own security: second factors, recovery codes, and where one is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import segno
from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal.accounts import devices, factor_actions
from portal.accounts.factor_actions import WrongCode
from portal.accounts.factor_queries import factors_of, recovery_codes_left, secret_of_new_app, sessions_of
from portal.accounts.forms import read_given, read_name
from portal.accounts.step_routes import SECURITY, ceremony
from portal.errors import Conflict, NotFound
from portal.forms import FormReader
from portal.i18n import _, localized
from portal.security import authenticator, passkeys
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.passkeys import Ceremony
from portal.security.sessions import FACTOR_ROLES, SignedIn
from portal.settings import Settings

Person = Request[SignedIn, Any, Any]


@get("/", name="accounts.security")
async def show_security(
    request: Person, settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    who = request.user
    opened = await sessions_of(who.account_id, who.role, now=now)
    word, cookies = said(settings, request)
    context = {
        "said": word,
        "factors": await factors_of(who.account_id),
        "codes_left": await recovery_codes_left(who.account_id),
        "sessions": [(one, devices.in_words(one.device)) for one in opened],
        "needed": who.role in FACTOR_ROLES,
        "demo": settings.second_factor_grace is None,
    }
    return Template("accounts/security.html", context=context, cookies=cookies)


@post("/apps", name="accounts.add_app")
async def post_add_app(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    app = await factor_actions.begin_app(request.user.account_id, key=settings.secret_key, now=now)
    return _to(f"{SECURITY}/apps/{app}")


@get("/apps/{factor_id:uuid}", name="accounts.app")
async def show_app(
    request: Person, settings: NamedDependency[Settings], factor_id: FromPath[UUID]
) -> Template:
    return await _app(request.user, settings, factor_id, name=_("My phone"))


@post("/apps/{factor_id:uuid}", name="accounts.app_post")
async def post_app(
    request: Person,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    factor_id: FromPath[UUID],
) -> Template | Redirect:
    who, reader = request.user, FormReader(posted.form)
    name, given = read_name(reader), read_given(reader)
    if posted.stale:
        return await _app(who, settings, factor_id, name=name, errors={"form": str(posted.stale)}, status=403)
    if not given.code:
        reader.fail("otp", _("Please fill this in."))
    if reader.errors:
        return await _app(who, settings, factor_id, name=name, errors=reader.errors)
    try:
        codes = await factor_actions.confirm_app(
            who.account_id, factor_id, given.code, name=name, keys=settings.keys, now=now
        )
    except WrongCode as refusal:
        return await _app(who, settings, factor_id, name=name, errors={"otp": str(refusal)})
    return _recovery_codes(codes) if codes else and_say(settings, SECURITY, "added")


@get("/passkeys/new", name="accounts.passkey")
async def show_passkey(
    request: Person, settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    return await _passkey(request.user, ceremony(request, settings), now, name=_("This device"))


@post("/passkeys/new", name="accounts.passkey_post")
async def post_passkey(
    request: Person,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    who, at, reader = request.user, ceremony(request, settings), FormReader(posted.form)
    name, given = read_name(reader), read_given(reader)
    if posted.stale:
        return await _passkey(who, at, now, name=name, errors={"form": str(posted.stale)}, status=403)
    if reader.errors:
        return await _passkey(who, at, now, name=name, errors=reader.errors)
    try:
        codes = await factor_actions.add_passkey(who.account_id, given.answer, name=name, at=at, now=now)
    except (WrongCode, Conflict) as refusal:
        return await _passkey(who, at, now, name=name, errors={"form": str(refusal)})
    return _recovery_codes(codes) if codes else and_say(settings, SECURITY, "added")


@post("/factors/{factor_id:uuid}/rename", name="accounts.rename_factor")
async def post_rename(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    factor_id: FromPath[UUID],
) -> Redirect:
    # An empty name changes nothing: the page shows the old one again.
    if name := read_name(FormReader(form)):
        await factor_actions.rename_factor(request.user.account_id, factor_id, name=name, now=now)
        return and_say(settings, SECURITY, "renamed")
    return _to(SECURITY)


@post("/factors/{factor_id:uuid}/remove", name="accounts.remove_factor")
async def post_remove(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    factor_id: FromPath[UUID],
) -> Redirect:
    who = request.user
    keep_one = who.role in FACTOR_ROLES and settings.second_factor_grace is not None
    await factor_actions.remove_factor(who.account_id, factor_id, keep_one=keep_one, now=now)
    return and_say(settings, SECURITY, "removed")


@post("/recovery-codes", name="accounts.recovery_codes")
async def post_recovery_codes(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template:
    codes = await factor_actions.renew_recovery_codes(
        request.user.account_id, key=settings.secret_key, now=now
    )
    return _recovery_codes(codes)


@post("/sessions/{session_id:uuid}/end", name="accounts.end_session")
async def post_end_session(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    session_id: FromPath[UUID],
) -> Redirect:
    await factor_actions.end_one_session(request.user.account_id, session_id, now=now)
    return and_say(settings, SECURITY, "ended")


@post("/sessions/end-others", name="accounts.end_other_sessions")
async def post_end_others(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    await factor_actions.end_other_sessions(request.user.account_id, request.user.session_id, now=now)
    return and_say(settings, SECURITY, "alone")


async def _app(
    who: SignedIn,
    settings: Settings,
    factor: UUID,
    *,
    name: str,
    errors: dict[str, str] | None = None,
    status: int = 422,
) -> Template:
    secret = await secret_of_new_app(who.account_id, factor, keys=settings.keys)
    if secret is None:
        raise NotFound(_("This app is not waiting to be set up. Please begin again."))
    host = Ceremony(settings.keys, settings.base_url, "").host
    address = authenticator.app_address(secret, username=who.username, host=host)
    context = {
        "action": f"{SECURITY}/apps/{factor}",
        "square": segno.make_qr(address, error="l").svg_data_uri(border=4, light="#fff", omitsize=True),
        "address": address,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "name": name,
        "errors": errors or {},
    }
    return Template("accounts/app.html", context=context, status_code=status if errors else 200)


async def _passkey(
    who: SignedIn,
    at: Ceremony,
    now: datetime,
    *,
    name: str,
    errors: dict[str, str] | None = None,
    status: int = 422,
) -> Template:
    known = [one.credential_id for one in await factors_of(who.account_id) if one.credential_id]
    options = passkeys.registration_options(
        at,
        account=who.account_id,
        username=who.username,
        display_name=who.display_name,
        known=known,
        now=now,
    )
    context = {"options": options, "name": name, "errors": errors or {}}
    return Template("accounts/passkey.html", context=context, status_code=status if errors else 200)


def _recovery_codes(codes: list[str]) -> Template:
    groups = [f"{code[:4]} {code[4:8]} {code[8:]}" for code in codes]
    return Template("accounts/recovery_codes.html", context={"codes": groups})


def _to(path: str) -> Redirect:
    return Redirect(localized(path), status_code=303)


security_router = Router(
    SECURITY,
    route_handlers=[
        show_security,
        post_add_app,
        show_app,
        post_app,
        show_passkey,
        post_passkey,
        post_rename,
        post_remove,
        post_recovery_codes,
        post_end_session,
        post_end_others,
    ],
)
