"""The applicant gives their request another tracking code: asked on a page of its own, shown once afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import codes
from portal.cases import access, dead_numbers, renumbering, visits
from portal.cases.receipt import square_code
from portal.cases.visits import Visit, Visitor
from portal.errors import Conflict
from portal.i18n import localized, speak_of
from portal.security import throttle
from portal.security.headers import PRIVATE
from portal.settings import Settings

CHANGES, CHANGES_WINDOW = 3, timedelta(days=1)


@get("/cases/{code:str}/rotate", name="cases.rotate")
async def show_rotate(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Asks before anything changes; whoever may not is led to the page of the case, as for a code of nobody."""
    found = await visits.at_code(request, code, settings, now)
    if not _may(found):
        return visits.to_case(found.number)
    _speak_of_its_kind(found)
    context = {"number": found.number, "current": "track"}
    return Template("cases/rotate.html", context=context, headers=PRIVATE)


@post("/cases/{code:str}/rotate", name="cases.rotate_post")
async def post_rotate(
    request: Visitor,
    code: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Redirect:
    found = await visits.at_code(request, code, settings, now)
    browser = found.browser
    number = await _rotated(found, browser) or await _made_before(request, found)
    if number is None:
        return visits.to_case(found.number)
    held = [visits.keys(settings, found.tokens or [browser])]
    return Redirect(localized(f"/cases/{codes.show_text(number)}/new-code"), status_code=303, cookies=held)


@get("/cases/{code:str}/new-code", name="cases.new_code")
async def show_new_code(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """Code and passcode, for a quarter of an hour and for the browser that asked for them."""
    found = await visits.at_code(request, code, settings, now)
    passcode = await access.fresh_passcode(found.case_id, tokens=found.tokens, keys=settings.keys, now=now)
    if passcode is None:
        return visits.to_case(found.number)
    await visits.note_look(found)
    _speak_of_its_kind(found)
    context = {
        "number": found.number,
        "passcode": passcode,
        "qr": square_code(settings.base_url, found.number),
        "current": "track",
    }
    return Template("cases/new_code.html", context=context, headers=PRIVATE)


def _speak_of_its_kind(found: Visit) -> None:
    """Only after this visitor was let in: the kind of a case is told to nobody else."""
    if found.case is not None:
        speak_of(found.case.kind)


def _may(found: Visit) -> bool:
    return found.tier == 2 and found.case is not None and found.case.erased_at is None


async def _rotated(found: Visit, browser: str) -> int | None:
    """The new number; None where this visitor may not, or somebody was faster."""
    if not _may(found):
        return None
    await throttle.hit(f"rotate:{found.case_id}", limit=CHANGES, window=CHANGES_WINDOW, now=found.now)
    try:
        return await renumbering.rotate(
            found.case_id,
            number=found.number,
            browser=browser,
            account=found.account,
            key=found.settings.secret_key,
            now=found.now,
        )
    except Conflict:
        return None


async def _made_before(request: Visitor, found: Visit) -> int | None:
    """What an earlier sending of the form made, for the browser that sent it: a lost answer must not lose the case.

    The same work for a number that was replaced and for one of nobody.
    """
    number = await dead_numbers.replacement_of(found.number)
    seen = await visits.visit(request, number or found.number, found.settings, found.now)
    return number if _may(seen) else None


rotate_handlers = [show_rotate, post_rotate, show_new_code]
