"""My desk: the cases, drafts and data of whoever is signed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromQuery
from litestar.response import Redirect, Response, Template

from portal import codes
from portal.accounts import drafts, own_actions
from portal.accounts.own_queries import own_account
from portal.accounts.proposals import waiting_since, withdraw
from portal.cases import access, own_queries, queries, visits
from portal.cases import own_actions as case_actions
from portal.errors import Conflict, NotAllowed, TooMany
from portal.forms import FormReader
from portal.i18n import _, localized
from portal.security import throttle
from portal.security.address import client_address, network_of
from portal.security.cookies import and_say, said
from portal.security.headers import PRIVATE
from portal.security.roles import role_words
from portal.security.sessions import OUTSIDE_ROLES, SignedIn
from portal.services.queries import catalogue
from portal.settings import LANGUAGES, Settings
from portal.site import erasing
from portal.site.own_data import export_of
from portal.text import without_bidi

Person = Request[SignedIn, Any, Any]

DATA = "/mine/data"
CLAIMS, CLAIMS_WINDOW = 20, timedelta(hours=1)
LONGEST_NAME = 160
LONGEST_REASON = 1000


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as the list shows it."""

    form: str
    title: str
    saved_at: datetime


@get("/", name="site.mine")
async def show_mine(
    request: Person,
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    before: FromQuery[UUID | None] = None,
) -> Template:
    word, cookies = said(settings, request)
    shown = await _mine(request.user, now, before=before, told=word)
    shown.cookies.extend(cookies)
    return shown


@post("/claim", name="site.claim")
async def post_claim(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    reader = FormReader(form)
    number = _code(reader)
    passcode = reader.text("passcode", max_length=60)
    if not reader.errors and number is not None:
        try:
            await _claim(number, passcode, request, settings, now)
            return Redirect(localized(f"/cases/{codes.show_text(number)}"), status_code=303)
        except NotAllowed as refusal:
            reader.fail("passcode", str(refusal))
        except (Conflict, TooMany) as refusal:
            reader.fail("form", str(refusal))
    typed = {"code": reader.typed("code")[: codes.LONGEST_TYPED]}
    return await _mine(request.user, now, errors=reader.errors, typed=typed, status=422)


@get(["/data/erase", "/data/keep"], name="site.data_back")
async def show_data_again() -> Redirect:
    """Whoever reloads the answer to a form of this page, or comes back from proving who they are."""
    return Redirect(localized(f"{DATA}#erase"), status_code=303)


@get(["/claim", "/drafts/forget"], name="site.mine_back")
async def show_mine_again() -> Redirect:
    """Whoever reloads the answer to a form, or takes it in the other language."""
    return Redirect(localized("/mine"), status_code=303)


@post("/drafts/forget", name="site.forget_draft")
async def post_forget_draft(
    request: Person, form: NamedDependency[FormMultiDict], settings: NamedDependency[Settings]
) -> Redirect:
    await drafts.forget(request.user.account_id, FormReader(form).typed("form")[:120])
    return and_say(settings, "/mine", "forgotten")


@get("/opened", name="site.openings")
async def show_openings(request: Person, before: FromQuery[str] = "") -> Template:
    """Who of the desk looked into one's cases: when and in which role."""
    page = await own_queries.openings(request.user.account_id, before=_entry(before))
    context = {"page": page, "first": not before, "roles": role_words, "current": "mine"}
    return Template("site/openings.html", context=context, headers=PRIVATE)


@get("/data", name="site.own_data")
async def show_data(request: Person, settings: NamedDependency[Settings]) -> Template:
    word, cookies = said(settings, request)
    shown = await _data(request.user, told=word)
    shown.cookies.extend(cookies)
    return shown


@post("/data", name="site.own_data_post")
async def post_data(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    reader = FormReader(form)
    # What colleagues are called is the site admin's to say: it stands beside what they did.
    display_name = request.user.display_name
    if request.user.role in OUTSIDE_ROLES:
        display_name = without_bidi(reader.text("display_name", max_length=LONGEST_NAME))
    locale = reader.choice("locale", LANGUAGES)
    if reader.errors:
        typed = {name: reader.typed(name) for name in ("display_name", "locale")}
        return await _data(request.user, errors=reader.errors, typed=typed, status=422)
    await own_actions.correct(request.user.account_id, display_name=display_name, locale=locale, now=now)
    return and_say(settings, DATA, "saved")


@post("/data/erase", name="site.ask_erasure")
async def post_erase(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """The wish to be forgotten waits for two admins. Raises Conflict while a request is open."""
    reader = FormReader(form)
    reason = reader.text("reason", required=False, max_length=LONGEST_REASON)
    if reader.typed("sure") != "yes":
        reader.fail("sure", _("Please tick this, so that nothing happens by mistake."))
    if reader.errors:
        return await _data(request.user, errors=reader.errors, reason=reader.typed("reason"), status=422)
    await erasing.ask(request.user.account_id, reason=reason, now=now)
    return and_say(settings, DATA, "wished")


@post("/data/keep", name="site.withdraw_erasure")
async def post_keep(
    request: Person,
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    """The wish to be forgotten is withdrawn."""
    await withdraw(erasing.WISH, by=request.user.account_id, now=now)
    return and_say(settings, DATA, "kept")


@get("/data.json", name="site.own_export")
async def send_data(request: Person, now: NamedDependency[datetime]) -> Response[bytes]:
    """Everything about oneself as a file."""
    data = msgspec.json.format(
        msgspec.json.encode(await export_of(request.user.account_id, now=now)), indent=2
    )
    headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(data, media_type=MediaType.JSON, headers=headers)


def _entry(typed: str) -> int | None:
    """The place in the log that an address carries; None for anything else, which shows the first page."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


def _code(reader: FormReader) -> int | None:
    typed = reader.typed("code")
    if not typed.strip():
        reader.fail("code", _("Please fill this in."))
        return None
    number = codes.parse(typed)
    if isinstance(number, codes.Mistake):
        reader.fail("code", _("This code is mistyped. Please compare it with your receipt."))
        return None
    return number


async def _claim(number: int, passcode: str, request: Person, settings: Settings, now: datetime) -> None:
    """The case is the person's. A code that is nobody's is answered like a wrong passcode."""
    account = request.user.account_id
    network = network_of(client_address(request))
    await throttle.hit(f"claim:{network}", limit=CLAIMS, window=CLAIMS_WINDOW, now=now)
    case = await queries.case_by_number(number)
    case_id = case.id if case else visits.stand_in(number, settings.secret_key)
    await access.check_passcode(case_id, passcode, keys=settings.keys, now=now)
    await case_actions.claim(case_id, account=account, now=now)


async def _mine(
    account: SignedIn,
    now: datetime,
    *,
    before: UUID | None = None,
    told: str = "",
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    context = {
        "said": told,
        "page": await own_queries.own_cases(account.account_id, before=before),
        "first": before is None,
        "drafts": await _drafts(account.account_id, now),
        "errors": errors or {},
        "typed": typed or {},
        "current": "mine",
    }
    return Template("site/mine.html", context=context, status_code=status, headers=PRIVATE)


async def _drafts(account: UUID, now: datetime) -> list[DraftLine]:
    """What was not sent yet; drafts for services that have gone are not shown."""
    saved = await drafts.drafts_of(account, now=now)
    titles = (
        {f"/cases/new/{card.slug}": str(card.title) for card in await catalogue(now=now)} if saved else {}
    )
    return [
        DraftLine(form=draft.form, title=titles[draft.form], saved_at=draft.saved_at)
        for draft in saved
        if draft.form in titles
    ]


async def _data(
    account: SignedIn,
    *,
    told: str = "",
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    reason: str = "",
    status: int = 200,
) -> Template:
    own = await own_account(account.account_id)
    context = {
        "own": own,
        "renames": account.role in OUTSIDE_ROLES,
        "role": role_words(own.role),
        "errors": errors or {},
        "said": told,
        "reason": reason,
        "wish": await waiting_since(erasing.WISH, account.account_id),
        "open_cases": (await own_queries.standing_of(account.account_id)).open,
        "typed": typed or {"display_name": own.display_name, "locale": own.locale},
        "current": "mine",
    }
    return Template("site/own_data.html", context=context, status_code=status, headers=PRIVATE)


mine_router = Router(
    "/mine",
    route_handlers=[
        show_mine,
        post_claim,
        show_mine_again,
        post_forget_draft,
        show_openings,
        show_data,
        post_data,
        post_erase,
        post_keep,
        show_data_again,
        send_data,
    ],
)
