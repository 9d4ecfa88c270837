"""The audit log as auditors and site admins read it. Nothing here changes it but by adding who exported it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream, Template

from portal import audit, codes, csv_lines
from portal.audit_log import export, labels, queries
from portal.audit_log.forms import Asked, read_filters
from portal.audit_log.queries import LogPage
from portal.errors import BadRequest, NotAllowed, NotFound
from portal.i18n import _, localized
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.settings import Settings

HERE = "/admin/audit"


@get("/", name="audit_log.entries")
async def show_entries(
    request: Request[SignedIn, Any, Any], settings: NamedDependency[Settings], after: FromQuery[str] = ""
) -> Template:
    asked = await _asked(request, settings)
    page = LogPage([], None, {})
    if not asked.errors:
        page = await queries.entries(
            asked.filters, reader=request.user.account_id, after=queries.read_place(after)
        )
    context = {
        "typed": asked.typed,
        "errors": asked.errors,
        "page": page,
        "actions": sorted(
            ((word, labels.action_words(word)) for word in audit.ACTIONS), key=lambda one: one[1]
        ),
        "labels": labels,
        "first": localized(HERE + asked.query()) if after else None,
        "next": localized(HERE + asked.query(page.next)) if page.next else None,
        "export": localized(f"{HERE}/export{asked.query()}"),
        "current": "audit",
    }
    status = 422 if asked.errors else 200
    return Template("audit_log/entries.html", context=context, status_code=status, headers=PRIVATE)


@get("/export", name="audit_log.export")
async def send_export(
    request: Request[SignedIn, Any, Any], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Stream:
    """Every entry that the filters leave, as a file; the log says that it was taken out, and by which filters."""
    asked = await _asked(request, settings)
    if asked.errors:
        raise BadRequest(" ".join(asked.errors.values()))
    used = sorted(name for name, value in asked.typed.items() if value)
    await audit.append("audit_exported", data={"filters": used} if used else {}, now=now)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="audit-{now:%Y-%m-%d}.csv"'}
    return Stream(
        export.lines(asked.filters, reader=request.user.account_id),
        media_type=csv_lines.MEDIA_TYPE,
        headers=headers,
    )


@get("/cases/{case_id:uuid}", name="audit_log.case")
async def show_case(request: Request[SignedIn, Any, Any], case_id: FromPath[UUID]) -> Redirect:
    """To the case at the desk, which notes who looks; so the log itself never shows a tracking code.

    For those who read every case: to others the address would tell the code of a case they may not read.
    """
    if not request.user.reads_all:
        raise NotAllowed(_("Only auditors go from the log to a case."))
    number = await queries.number_of(case_id, reader=request.user.account_id)
    if number is None:
        raise NotFound(_("There is no such case."))
    return Redirect(localized(f"/desk/cases/{codes.show_text(number)}"), status_code=303)


async def _asked(request: Request[Any, Any, Any], settings: Settings) -> Asked:
    """The filters of the address; a tracking code stands for its case."""
    asked = read_filters(request.query_params, settings.zone)
    number = codes.parse(asked.filters.object)
    if not asked.filters.object or isinstance(number, codes.Mistake):
        return asked
    filters = msgspec.structs.replace(asked.filters, object=f"case:{await queries.id_of(number)}")
    return msgspec.structs.replace(asked, filters=filters)


audit_router = Router(HERE, route_handlers=[show_entries, send_export, show_case])
