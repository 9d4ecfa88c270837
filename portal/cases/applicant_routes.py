"""What the applicant does on the page of a case: write, withdraw, fetch a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import File, Redirect, Template

from portal import codes, uploads
from portal.cases import actions, queries, visits
from portal.cases.visits import Visit, Visitor
from portal.codes import Mistake
from portal.downloads import download
from portal.errors import Conflict, NotFound, TooMany
from portal.forms import FormReader
from portal.i18n import N_, _, localized
from portal.security import throttle
from portal.security.csrf import Posted
from portal.settings import Settings

LONGEST_MESSAGE = 5000  # characters
LONGEST_REASON = 2000
LARGEST_BODY = uploads.MAX_TOTAL + 4 * 2**20  # bytes: all files and the words around them
REPLIES, REPLIES_WINDOW = 40, timedelta(days=1)
GONE = N_("There is no such file here.")


@post("/cases/{code:str}/reply", name="cases.reply", request_max_body_size=LARGEST_BODY)
async def post_reply(
    request: Visitor,
    code: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    number = codes.parse(code)
    if isinstance(number, Mistake):
        return visits.track_page(code, problem=number)
    reader = FormReader(posted.form)
    chosen = reader.files("attachments")
    body = reader.long_text("body", max_length=LONGEST_MESSAGE, required=not chosen)
    found = await visits.visit(request, number, settings, now)
    if found.tier < 1:
        return visits.proof_page(number, typed=body)
    if refused := await _refused(found, posted, reader, settings, now, typed=body):
        return refused
    received = await uploads.receive_all(
        [("attachments", "", upload) for upload in chosen], settings.uploads_dir
    )
    if received.errors:
        errors = received.errors
        return await visits.case_page(found, settings, now, status=422, errors=errors, typed=body)
    try:
        await _send(found, body, received.files, settings, now)
    except (Conflict, TooMany) as refusal:
        found = await visits.visit(request, number, settings, now)
        errors = {"form": str(refusal)}
        return await visits.case_page(found, settings, now, status=refusal.status, errors=errors, typed=body)
    return visits.to_case(number, said="replied")


@post("/cases/{code:str}/withdraw", name="cases.withdraw")
async def post_withdraw(
    request: Visitor,
    code: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    number = codes.parse(code)
    if isinstance(number, Mistake):
        return visits.track_page(code, problem=number)
    reader = FormReader(posted.form)
    reason = reader.long_text("reason", max_length=LONGEST_REASON, required=False)
    found = await visits.visit(request, number, settings, now)
    if found.tier < 2:
        return visits.proof_page(number, typed=reason)
    if refused := await _refused(found, posted, reader, settings, now):
        return refused
    try:
        await actions.withdraw(found.case_id, reason=reason, account=found.account, now=now)
    except Conflict as refusal:
        found = await visits.visit(request, number, settings, now)
        return await visits.case_page(found, settings, now, status=409, errors={"form": str(refusal)})
    return visits.to_case(number, said="withdrawn")


@get("/cases/{code:str}/files/{file_id:str}", name="cases.file_of")
async def show_file(
    request: Visitor,
    code: FromPath[str],
    file_id: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> File:
    number, wanted = codes.parse(code), _uuid(file_id)
    if isinstance(number, Mistake) or wanted is None:
        raise NotFound(_(GONE))
    found = await visits.visit(request, number, settings, now)
    # One answer for a code that is nobody's, a case of others and a file that is not in this case.
    kept = await queries.attachment(found.case_id, wanted) if found.tier > 1 else None
    if kept is None:
        raise NotFound(_(GONE))
    return download(settings, stored_as=kept.stored_as, name=kept.name, media_type=kept.media_type)


@get(
    [
        "/cases/{code:str}/reply",
        "/cases/{code:str}/withdraw",
        "/cases/{code:str}/unlock",
        "/cases/{code:str}/lock",
    ],
    name="cases.back",
)
async def show_after_form(code: FromPath[str]) -> Redirect:
    """Whoever reloads the answer to a form, or takes it in the other language, is back on the page of the case."""
    return Redirect(localized(f"/cases/{quote(code, safe='')}"), status_code=303)


async def _refused(
    found: Visit, posted: Posted, reader: FormReader, settings: Settings, now: datetime, *, typed: str = ""
) -> Template | None:
    """The page with what was typed and what is wrong with it; None when nothing is."""
    if posted.stale:
        errors = {"form": str(posted.stale)}
        return await visits.case_page(found, settings, now, status=403, errors=errors, typed=typed)
    if reader.errors:
        return await visits.case_page(found, settings, now, status=422, errors=reader.errors, typed=typed)
    return None


async def _send(
    found: Visit, body: str, files: Sequence[uploads.StoredFile], settings: Settings, now: datetime
) -> None:
    """The reply stands in the case with its files, or the files are gone again and the refusal is raised."""
    sent = False
    try:
        await throttle.hit(f"reply:{found.case_id}", limit=REPLIES, window=REPLIES_WINDOW, now=now)
        await actions.reply(found.case_id, body=body, files=files, account=found.account, now=now)
        sent = True
    finally:
        if not sent:
            await uploads.discard_all(files, settings.uploads_dir)


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed[:40])
    except ValueError:
        return None


applicant_handlers = [post_reply, post_withdraw, show_file, show_after_form]
