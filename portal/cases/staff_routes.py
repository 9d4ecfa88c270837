"""The desk: the queue, one case, its files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import File, Redirect, Template

from portal import audit, text
from portal.cases import desk_queries, desk_search, rules, visits, why
from portal.cases.desk_case_queries import file_of
from portal.cases.desk_queries import Cursor, QueueFilters, read_cursor
from portal.cases.desk_search import ALL
from portal.cases.dossier_routes import send_to_desk
from portal.cases.figures_routes import show_figures
from portal.cases.rating_routes import show_ratings
from portal.cases.register_routes import register_handlers
from portal.cases.staff_forms import MOVES
from portal.cases.staff_moves import post_move
from portal.cases.staff_pages import Visit, address, case_page, known_case, note_look
from portal.downloads import download
from portal.errors import NotFound
from portal.i18n import _, localized
from portal.security.cookies import said
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.services.queries import catalogue
from portal.settings import Settings

LONGEST_SEARCH = 200


@get("/", name="desk.queue")
async def show_queue(
    request: Visit, now: NamedDependency[datetime], after: FromQuery[str] = ""
) -> Template | Redirect:
    filters = _filters(request.query_params)
    number = await desk_search.case_with_code(filters.q) if filters.q else None
    if number is not None:
        return Redirect(localized(address(number)), status_code=303)
    page = await desk_queries.queue(filters, reader=request.user, now=now, after=read_cursor(after))
    context = {
        "filters": filters,
        "page": page,
        "counts": await desk_queries.counts(reader=request.user, now=now),
        "states": [
            ("", _("Open cases")),
            (ALL, _("All")),
            *((key, rules.state_label(key)) for key in rules.STATES),
        ],
        "kinds": [(kind, rules.kind_label(kind)) for kind in rules.KINDS],
        "turns": [
            ("desk", _("The desk")),
            ("applicant", _("The applicant")),
            *([] if request.user.reads_all else [("other", _("Another unit"))]),
        ],
        "services": [(card.slug, str(card.title)) for card in await catalogue(now=now)],
        "units": await _units(request.user),
        "first": localized(_here(filters)) if after else None,
        "next": localized(_here(filters, page.next)) if page.next else None,
        "everywhere": localized(_here(QueueFilters(state=ALL, q=filters.q))),
        "narrowed": filters != QueueFilters(),
        "only": _only(filters),
        "current": "desk",
    }
    return Template("cases/desk.html", context=context, headers=PRIVATE)


@get("/cases/{code:str}", name="desk.case")
async def show_case(
    request: Visit, code: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    case = await known_case(code, request.user)
    word, cookies = said(settings, request)
    shown = await case_page(case, request.user, now=now, made=MOVES.get(word))
    shown.cookies.extend(cookies)
    return shown


@get("/cases/{code:str}/why", name="desk.why")
async def show_why(
    request: Visit, code: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    case = await known_case(code, request.user)
    await note_look(case, now)
    shown = await why.why(
        case.id, case.service_id, case.sla_version, inner=True, opened=True, zone=settings.zone, now=now
    )
    return visits.why_page(case.number, address(case.number), shown, current="desk")


@get("/cases/{code:str}/files/{file_id:str}", name="desk.file")
async def send_file(
    request: Visit,
    code: FromPath[str],
    file_id: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> File:
    """The file as it was sent, always as a download: it may hold anything."""
    case = await known_case(code, request.user)
    found = await file_of(case.number, _id(file_id))
    if found is None:
        raise NotFound(_("There is no such file."))
    answer = download(settings, found)
    await audit.append("file_fetched", object=f"case:{found.case}", data={"file": str(found.id)}, now=now)
    return answer


@get("/cases/{code:str}/{move_name:str}", name="cases.after_move")
async def show_after_move(code: FromPath[str], move_name: FromPath[str]) -> Redirect:
    """Whoever reloads the answer to a move, or takes it in the other language, is back on the page of the case."""
    if move_name not in MOVES:
        raise NotFound(_("There is nothing here."))
    return Redirect(localized(f"/desk/cases/{quote(code, safe='')}"), status_code=303)


async def _units(reader: SignedIn) -> list[tuple[str, str]]:
    """The units whose cases the reader sees, to choose from."""
    known = await desk_queries.units()
    return [(slug, str(name)) for slug, unit, name in known if reader.reads_all or unit in reader.units]


def _filters(asked: Mapping[str, str]) -> QueueFilters:
    """What the address asks for; an unknown state counts as none. Litestar keeps the name ``state`` to itself."""
    state, service, unit, q = (
        text.store(asked.get(name, "")[:LONGEST_SEARCH]) for name in ("state", "service", "unit", "q")
    )
    turn, kind = asked.get("turn", ""), asked.get("kind", "")
    return QueueFilters(
        state=state if state in (ALL, *rules.STATES) else "",
        kind=kind if kind in rules.KINDS else "",
        service=service,
        unit=unit,
        mine=bool(asked.get("mine")),
        at_risk=bool(asked.get("at_risk")),
        late=bool(asked.get("late")),
        turn=turn if turn in desk_queries.TURNS else "",
        q=q,
    )


def _only(filters: QueueFilters) -> str:
    """``late`` or ``at_risk`` where the address asks for these cases and narrows them by nothing else."""
    return next(
        (
            name
            for name in ("late", "at_risk")
            if filters == msgspec.structs.replace(QueueFilters(), **{name: True})
        ),
        "",
    )


def _here(filters: QueueFilters, after: Cursor | None = None) -> str:
    """The address of the queue with these filters."""
    asked = {
        "state": filters.state,
        "kind": filters.kind,
        "service": filters.service,
        "unit": filters.unit,
        "mine": "1" if filters.mine else "",
        "at_risk": "1" if filters.at_risk else "",
        "late": "1" if filters.late else "",
        "turn": filters.turn,
        "q": filters.q,
        "after": str(after or ""),
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/desk?{query}" if query else "/desk"


def _id(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError as error:
        raise NotFound(_("There is no such file.")) from error


staff_router = Router(
    "/desk",
    route_handlers=[
        show_queue,
        show_figures,
        show_ratings,
        show_case,
        show_why,
        send_file,
        send_to_desk,
        *register_handlers,
        post_move,
        show_after_move,
    ],
)
