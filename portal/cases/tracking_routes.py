"""Following a case by its code: the box, the page of a case, opening it further and closing it again."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal import audit, codes
from portal.cases import access, page, visits, why
from portal.cases.applicant_routes import applicant_handlers
from portal.cases.dossier_routes import send_dossier
from portal.cases.rotate_routes import rotate_handlers
from portal.cases.visits import Visit, Visitor
from portal.codes import Mistake
from portal.errors import NotAllowed, TooMany
from portal.forms import FormReader
from portal.i18n import N_, _, speak_of
from portal.security import throttle
from portal.security.address import client_address, network_of
from portal.settings import Settings

TRIES, TRIES_WINDOW = 60, timedelta(minutes=10)
"""Tries to open cases from one neighbourhood, right ones included: an agency behind one address has many."""
TOO_OFTEN = N_("There were too many wrong tries today.")
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
) -> Template | Redirect:
    found = await visits.at_code(request, code, settings, now)
    if key:
        return await _by_link(found, key)
    if code != codes.show_text(found.number):
        return visits.to_case(found.number)
    if found.tier == 0 and await visits.code_is_not_enough(request, now):
        return visits.proof_page(found.number)
    if found.case is None:
        return await visits.missed(request, found)
    return await visits.case_page(found)


@get("/cases/{code:str}/why", name="cases.why")
async def show_why(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Why the case is due when it is; to the code alone no more than days."""
    found = await visits.at_code(request, code, settings, now)
    if found.tier == 0 and await visits.code_is_not_enough(request, now):
        return visits.proof_page(found.number)
    if found.case is None:
        return await visits.missed(request, found)
    case = found.case
    speak_of(case.kind)
    opened = found.tier > 0
    if opened:
        await visits.note_look(found)
    shown = await why.why(
        case.id, case.service, case.sla_version, inner=False, opened=opened, zone=settings.zone, now=now
    )
    back = f"/cases/{codes.show_text(found.number)}"
    return visits.why_page(found.number, back, shown)


@post("/cases/{code:str}/unlock", name="cases.unlock")
async def post_unlock(
    request: Visitor,
    code: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    network = network_of(client_address(request))
    await throttle.hit(f"unlock:{network}", limit=TRIES, window=TRIES_WINDOW, now=now)
    found = await visits.at_code(request, code, settings, now)
    telling = found.tier > 0 or not await visits.code_is_not_enough(request, now)
    if telling and found.case is None:
        return await visits.missed(request, found)
    browser = found.browser
    status, errors = await _unlock(found, FormReader(form), browser)
    if not errors:
        return visits.and_say(found, "unlocked", tokens=found.tokens or [browser])
    if telling:
        return await visits.case_page(found, status=status, errors=errors)
    return visits.proof_page(found.number, refused=True)


@post("/cases/{code:str}/lock", name="cases.lock")
async def post_lock(
    request: Visitor,
    code: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    found = await visits.at_code(request, code, settings, now)
    await access.forget(found.case_id, tokens=found.tokens, keys=settings.keys)
    # Every token goes, the browser's own too: the next person at this device must not file under it.
    return visits.and_say(found, "locked", tokens=[])


def _find(typed: str) -> Template | Redirect:
    """To the case whose code or address was typed; a mistyped one is explained without a query."""
    typed = codes.in_link(typed)
    if not typed.strip():
        return visits.track_page()
    number = codes.parse(typed)
    if isinstance(number, Mistake):
        return visits.track_page(typed, problem=number)
    return visits.to_case(number)


async def _by_link(found: Visit, key: str) -> Redirect:
    """The key of a mail's link moves into the browser's cookie and out of the address. Nothing is stored."""
    token = next(iter(access.tokens_in(key)), "")
    if not token or not await _opens(found, token):
        await _note("unlock_failed", found, "link")
        return visits.and_say(found, "link", tokens=found.tokens)
    await _note("case_unlocked", found, "link")
    # A link's token never becomes the browser's own: others may have the mail, too.
    held = access.with_token(found.tokens or [access.new_token()], token)
    return visits.to_case(found.number, cookies=[visits.keys(found.settings, access.tokens_in(held))])


async def _opens(found: Visit, token: str) -> bool:
    keys = found.settings.keys
    tier = await access.tier_of(
        found.case_id, tokens=[token], account=None, applicant=None, keys=keys, now=found.now
    )
    return tier > 0


async def _unlock(found: Visit, reader: FormReader, browser: str) -> tuple[int, dict[str, str]]:
    """The browser has been let in, or the status and the mistakes by field."""
    passcode, proof = reader.typed("passcode").strip(), reader.typed("proof").strip()
    by = "passcode" if passcode else "proof"
    key, case, now = found.settings.secret_key, found.case, found.now
    try:
        if passcode:
            await access.unlock_with_passcode(
                found.case_id, passcode, browser=browser, keys=found.settings.keys, now=now
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
        await _note("unlock_failed", found, by)
        return 422, {by: str(refusal)}
    except TooMany:
        await _note("unlock_failed", found, by)
        return 429, {"form": _(TOO_OFTEN)}
    await _note("case_unlocked", found, by)
    return 303, {}


async def _note(action: str, found: Visit, by: str) -> None:
    """Also for a code that is nobody's, under the id that stands for it: the same work for every answer."""
    await audit.append(action, object=f"case:{found.case_id}", data={"by": by}, now=found.now)


tracking_handlers = [
    show_track,
    post_track,
    show_short,
    show_case,
    show_why,
    post_unlock,
    post_lock,
    send_dossier,
    *applicant_handlers,
    *rotate_handlers,
]
