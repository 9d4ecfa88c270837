"""Handing out the dossier of a case: to its applicant, and to the desk for somebody outside."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream, Template

from portal import audit, zipped
from portal.cases import visits
from portal.cases.dossier import Dossier, dossier_of
from portal.cases.staff_pages import Visit, known_case
from portal.cases.visits import Visitor
from portal.downloads import HEADERS
from portal.i18n import speak_of
from portal.security import throttle
from portal.settings import Settings

TIMES, WINDOW = 20, timedelta(hours=1)
"""How often guests fetch one case's dossier: it may be a hundred megabytes."""


@get("/cases/{code:str}/dossier", name="cases.dossier")
async def send_dossier(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Stream | Template:
    """For whoever may read all of the case; others are asked for proof."""
    found = await visits.at_code(request, code, settings, now)
    if found.tier < 2:
        return visits.proof_page(found.number)
    if found.case is not None:
        speak_of(found.case.kind)
    await throttle.hit(f"dossier:{found.case_id}", limit=TIMES, window=WINDOW, now=now)
    made = await dossier_of(found.case_id, settings, now=now)
    await audit.append("dossier_taken", object=f"case:{found.case_id}", data={"tier": found.tier}, now=now)
    return _sent(made)


@get("/cases/{code:str}/dossier", name="desk.dossier")
async def send_to_desk(
    request: Visit, code: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Stream:
    """For a clerk who reads the case, to hand to an outside authority; the log says that it left the house."""
    case = await known_case(code, request.user)
    made = await dossier_of(case.id, settings, now=now)
    await audit.append("dossier_taken", object=f"case:{case.id}", now=now)
    return _sent(made)


def _sent(made: Dossier) -> Stream:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{made.name}"'}
    return Stream(made.pieces, media_type=zipped.MEDIA_TYPE, headers=headers)
