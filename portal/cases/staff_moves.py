"""What a clerk does to a case: every move is one form, sent to its own address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import jalali, uploads
from portal.cases import desk_actions, renumbering
from portal.cases.desk_case_queries import CaseHead
from portal.cases.staff_forms import MOVES, Move, SentMove, files_again, read_move
from portal.cases.staff_pages import (
    LARGEST_BODY,
    Visit,
    address,
    case_page,
    conflict_page,
    known_case,
    known_head,
)
from portal.errors import Conflict, NotFound
from portal.i18n import _, current_language
from portal.office_hours import instant
from portal.security.cookies import and_say
from portal.security.csrf import Posted
from portal.settings import Settings
from portal.uploads import StoredFile

_VERBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "take": desk_actions.take,
    "answer": desk_actions.answer,
    "ask": desk_actions.ask,
    "inform": desk_actions.inform,
    "extend": desk_actions.extend,
    "decide": desk_actions.decide_contest,
    "verdict": desk_actions.decide,
    "person": desk_actions.name_person,
    "note": desk_actions.note,
    "assign": desk_actions.assign,
    "refer": desk_actions.refer,
    "close": desk_actions.close,
    "reject": desk_actions.reject,
    "passcode": desk_actions.reissue_passcode,
    "number": renumbering.reissue_number,
}
_MAKES_SECRET = ("passcode", "number")
_NAMES_SOMEBODY = {"assign": "assignee", "refer": "unit", "person": "person"}


@post("/cases/{code:str}/{move_name:str}", name="cases.move", request_max_body_size=LARGEST_BODY)
async def post_move(
    request: Visit,
    code: FromPath[str],
    move_name: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """One of ``MOVES`` is made; afterwards the page of the case says so."""
    move = MOVES.get(move_name)
    if move is None:
        raise NotFound(_("There is nothing here."))
    case = await known_head(code, request.user)
    sent = read_move(move, posted.form, today=now.astimezone(settings.zone).date())
    if posted.stale:
        return await _again(code, request, move, sent, {"form": str(posted.stale)}, status=403, now=now)
    if sent.errors:
        return await _again(code, request, move, sent, sent.errors, now=now)
    received = await uploads.receive_all(
        [("attachments", "", file) for file in sent.files], settings.uploads_dir
    )
    if received.errors:
        return await _again(code, request, move, sent, received.errors, now=now)
    try:
        made = await _make(move, case, request, sent, received.files, settings, now)
    except Conflict as problem:
        fresh = await known_case(code, request.user)
        return await conflict_page(fresh, request.user, move=move, sent=sent, problem=str(problem), now=now)
    except desk_actions.NotAwaited as problem:
        errors = {"outcome": _with_day(problem, settings)}
        return await _again(code, request, move, sent, errors, now=now)
    except NotFound as problem:
        errors = {_NAMES_SOMEBODY.get(move.name, "form"): str(problem)}
        return await _again(code, request, move, sent, errors, now=now)
    number = made if move.name == "number" else case.number
    end = "/slip" if move.name in _MAKES_SECRET else ""
    return and_say(settings, address(number) + end, move.name)


def _with_day(problem: desk_actions.NotAwaited, settings: Settings) -> str:
    if problem.until is None:
        return str(problem)
    day = jalali.show_moment(problem.until, current_language(), settings.zone)
    return f"{problem} " + _("Their time ends on %(moment)s.") % {"moment": day}


async def _make(
    move: Move,
    case: CaseHead,
    request: Visit,
    sent: SentMove,
    files: tuple[StoredFile, ...],
    settings: Settings,
    now: datetime,
) -> Any:
    """Make the move, and return what its verb does; when it can't be made, its files are discarded again."""
    more: dict[str, Any] = {"key": settings.secret_key} if move.name in _MAKES_SECRET else {}
    if files:
        more["files"] = files
    if until := sent.values.get("until"):  # the whole of that day here, and still that day when it is shown
        more["until"] = instant(settings.zone, until, timedelta(days=1)) - timedelta(seconds=1)
    try:
        return await _VERBS[move.name](
            case.id, clerk=request.user.account_id, seen=sent.seen, now=now, **{**sent.values, **more}
        )
    except BaseException:
        await uploads.discard_all(files, settings.uploads_dir)
        raise


async def _again(
    code: str,
    request: Visit,
    move: Move,
    sent: SentMove,
    errors: dict[str, str],
    *,
    status: int = 422,
    now: datetime,
) -> Template:
    errors = {**files_again(sent.files), **errors}
    case = await known_case(code, request.user)
    return await case_page(case, request.user, now=now, sent=(move, sent), errors=errors, status=status)
