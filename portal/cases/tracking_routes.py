"""Following a case by its code: the box, the page of a case, opening it further and closing it again."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal import codes
from portal.cases import access, page, visits
from portal.cases.applicant_routes import applicant_handlers
from portal.cases.visits import Visit, Visitor
from portal.codes import Mistake
from portal.errors import NotAllowed, TooMany
from portal.forms import FormReader
from portal.i18n import N_, _
from portal.security import throttle
from portal.security.address import client_address, network_of
from portal.settings import Settings

TRIES, TRIES_WINDOW = 60, timedelta(minutes=10)
"""Tries to open cases from one neighbourhood, right ones included: an agency behind one address has many."""
TOO_OFTEN = N_(
    "There were too many attempts to open this request today. Please try again tomorrow, or call the unit."
)
NOTHING_TYPED = N_("Please type your passcode.")
SOMETHING_PLEASE = N_("Please fill in one of the two boxes.")


@get("/track", name="cases.track")
async def show_track(code: FromQuery[str] = "") -> Template | Redirect:
    return _find(code)


@post("/track", name="cases.track_post")
async def post_track(form: NamedDependency[FormMultiDict]) -> Template | Redirect:
    return _find(FormReader(form).typed("code"))


@get("/T/{symbols:str}", name="cases.short")
async def show_short(symbols: FromPath[str]) -> Template | Redirect:
    """The address in the square code on paper."""
    return _find(symbols)


@get("/cases/{code:str}", name="cases.show")
async def show_case(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    key: FromQuery[str] = "",
    said: FromQuery[str] = "",
) -> Template | Redirect:
    number = codes.parse(code)
    if isinstance(number, Mistake):
        return visits.track_page(code, problem=number)
    if key:
        return await _by_link(request, number, key, settings, now)
    if code != codes.show_text(number):
        return visits.to_case(number)
    found = await visits.visit(request, number, settings, now)
    if found.tier == 0 and await visits.code_is_not_enough(request, now):
        return visits.proof_page(number)
    if found.case is None:
        return await visits.missed(request, number, now)
    return await visits.case_page(found, settings, now, said=said)


@post("/cases/{code:str}/unlock", name="cases.unlock")
async def post_unlock(
    request: Visitor,
    code: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    number = codes.parse(code)
    if isinstance(number, Mistake):
        return visits.track_page(code, problem=number)
    network = network_of(client_address(request))
    await throttle.hit(f"unlock:{network}", limit=TRIES, window=TRIES_WINDOW, now=now)
    found = await visits.visit(request, number, settings, now)
    telling = found.tier > 0 or not await visits.code_is_not_enough(request, now)
    if telling and found.case is None:
        return await visits.missed(request, number, now)
    browser = found.browser
    status, errors = await _unlock(found, FormReader(form), browser, settings, now)
    if not errors:
        cookie = visits.keys(settings, found.tokens or [browser])
        return visits.to_case(number, said="unlocked", cookies=[cookie])
    if telling:
        return await visits.case_page(found, settings, now, status=status, errors=errors)
    return visits.proof_page(number, refused=True)


@post("/cases/{code:str}/lock", name="cases.lock")
async def post_lock(
    request: Visitor,
    code: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    number = codes.parse(code)
    if isinstance(number, Mistake):
        return visits.track_page(code, problem=number)
    found = await visits.visit(request, number, settings, now)
    await access.forget(found.case_id, tokens=found.tokens, keys=settings.keys)
    # Every token goes, the browser's own too: the next person at this device must not file under it.
    return visits.to_case(number, said="locked", cookies=[visits.keys(settings, [])])


def _find(typed: str) -> Template | Redirect:
    """To the case whose code was typed; a mistyped one is explained without a query."""
    if not typed.strip():
        return visits.track_page()
    number = codes.parse(typed)
    if isinstance(number, Mistake):
        return visits.track_page(typed, problem=number)
    return visits.to_case(number)


async def _by_link(request: Visitor, number: int, key: str, settings: Settings, now: datetime) -> Redirect:
    """The key of a mail's link moves into the browser's cookie and out of the address. Nothing is stored."""
    found = await visits.visit(request, number, settings, now)
    token = next(iter(access.tokens_in(key)), "")
    if not token or not await _opens(found, token, settings, now):
        return visits.to_case(number, said="link")
    # A link's token never becomes the browser's own: others may have the mail, too.
    held = access.with_token(found.tokens or [access.new_token()], token)
    return visits.to_case(number, cookies=[visits.keys(settings, access.tokens_in(held))])


async def _opens(found: Visit, token: str, settings: Settings, now: datetime) -> bool:
    keys = settings.keys
    tier = await access.tier_of(
        found.case_id, tokens=[token], account=None, applicant=None, keys=keys, now=now
    )
    return tier > 0


async def _unlock(
    found: Visit, reader: FormReader, browser: str, settings: Settings, now: datetime
) -> tuple[int, dict[str, str]]:
    """The browser has been let in, or the status and the mistakes by field."""
    passcode, proof = reader.typed("passcode").strip(), reader.typed("proof").strip()
    key, case = settings.secret_key, found.case
    try:
        if passcode:
            await access.unlock_with_passcode(
                found.case_id, passcode, browser=browser, keys=settings.keys, now=now
            )
        elif proof:
            phone, email = (case.contact_phone, case.contact_email) if case else (None, None)
            await access.unlock_with_proof(
                found.case_id, proof, phone=phone, email=email, browser=browser, key=key, now=now
            )
        else:
            asked_for_both = found.tier == 0 and case is not None and page.proof_of(case)
            return 422, {"passcode": _(SOMETHING_PLEASE if asked_for_both else NOTHING_TYPED)}
    except NotAllowed as refusal:
        return 422, {"passcode" if passcode else "proof": str(refusal)}
    except TooMany:
        return 429, {"form": _(TOO_OFTEN)}
    return 303, {}


tracking_handlers = [
    show_track,
    post_track,
    show_short,
    show_case,
    post_unlock,
    post_lock,
    *applicant_handlers,
]
