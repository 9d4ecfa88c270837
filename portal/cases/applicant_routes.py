"""What the applicant does on the page of a case: write, withdraw, fetch a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import File, Redirect, Template

from portal import audit, uploads
from portal.cases import actions, complaints, queries, visits
from portal.cases.forms import ATTACHMENTS
from portal.cases.visits import Visit, Visitor
from portal.downloads import download
from portal.errors import Conflict, NotFound, TooMany
from portal.forms import FormReader
from portal.i18n import N_, _, localized
from portal.security import throttle, upload_quota
from portal.security.csrf import Posted, Sent
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
    sent: NamedDependency[Sent],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    found = await visits.at_code(request, code, settings, now)
    if found.tier < 1:
        return visits.proof_page(found.number, typed=await _words(sent))
    posted = await sent.read()
    reader = FormReader(posted.form)
    chosen = reader.files(ATTACHMENTS)
    body = reader.long_text("body", max_length=LONGEST_MESSAGE, required=not chosen)
    if refused := await _refused(found, posted, reader, tier=1, typed={"body": body}):
        return refused
    received = await upload_quota.receive_all(
        [(ATTACHMENTS, "", upload) for upload in chosen], settings.uploads_dir, sender=request, now=now
    )
    if received.errors:
        return await visits.case_page(found, status=422, errors=received.errors, typed={"body": body})
    try:
        await _send(found, body, received.files)
    except (Conflict, TooMany) as refusal:
        found = await visits.visit(request, found.number, settings, now)
        errors = {"form": str(refusal)}
        return await visits.case_page(found, status=refusal.status, errors=errors, typed={"body": body})
    return visits.and_say(found, "replied", tokens=found.tokens)


@post("/cases/{code:str}/withdraw", name="cases.withdraw")
async def post_withdraw(
    request: Visitor,
    code: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    reader = FormReader(posted.form)
    reason = reader.long_text("reason", max_length=LONGEST_REASON, required=False)
    found = await visits.at_code(request, code, settings, now)
    if refused := await _refused(found, posted, reader, tier=2, typed={"reason": reason}):
        return refused
    try:
        await actions.withdraw(found.case_id, reason=reason, account=found.account, now=now)
    except Conflict as refusal:
        found = await visits.visit(request, found.number, settings, now)
        return await visits.case_page(found, status=409, errors={"form": str(refusal)})
    return visits.and_say(found, "withdrawn", tokens=found.tokens)


@post("/cases/{code:str}/contest", name="cases.contest")
async def post_contest(
    request: Visitor,
    code: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    return await _with_reason("contest", "contested", actions.contest, request, code, posted, settings, now)


@post("/cases/{code:str}/reopen", name="cases.reopen")
async def post_reopen(
    request: Visitor,
    code: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    return await _with_reason("reopen", "reopened", actions.reopen, request, code, posted, settings, now)


@post("/cases/{code:str}/appeal", name="cases.appeal")
async def post_appeal(
    request: Visitor,
    code: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    return await _with_reason("appeal", "appealed", complaints.appeal, request, code, posted, settings, now)


async def _with_reason(
    form: str,
    said: str,
    verb: Callable[..., Awaitable[None]],
    request: Visitor,
    code: str,
    posted: Posted,
    settings: Settings,
    now: datetime,
) -> Template | Redirect:
    """The applicant's move that needs only a reason; its mistakes stand at its own form."""
    reader = FormReader(posted.form)
    reason = reader.long_text("reason", max_length=LONGEST_REASON)
    if "reason" in reader.errors:
        reader.errors[form] = reader.errors.pop("reason")
    found = await visits.at_code(request, code, settings, now)
    if refused := await _refused(found, posted, reader, tier=1, typed={form: reason}):
        return refused
    try:
        await throttle.hit(f"reply:{found.case_id}", limit=REPLIES, window=REPLIES_WINDOW, now=now)
        await verb(found.case_id, reason=reason, account=found.account, now=now)
    except (Conflict, TooMany) as refusal:
        found = await visits.visit(request, found.number, settings, now)
        errors = {"form": str(refusal)}
        return await visits.case_page(found, status=refusal.status, errors=errors, typed={form: reason})
    return visits.and_say(found, said, tokens=found.tokens)


@get("/cases/{code:str}/files/{file_id:str}", name="cases.file_of")
async def show_file(
    request: Visitor,
    code: FromPath[str],
    file_id: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> File:
    found = await visits.at_code(request, code, settings, now)
    wanted = _uuid(file_id)
    # One answer for a code that is nobody's, a case of others and a file that is not in this case.
    kept = await queries.attachment(found.case_id, wanted) if wanted and found.tier > 1 else None
    if kept is None:
        raise NotFound(_(GONE))
    answer = download(settings, kept)
    await audit.append(
        "file_fetched",
        object=f"case:{found.case_id}",
        data={"file": str(wanted), "tier": found.tier},
        now=now,
    )
    return answer


@get(
    [
        "/cases/{code:str}/reply",
        "/cases/{code:str}/withdraw",
        "/cases/{code:str}/contest",
        "/cases/{code:str}/reopen",
        "/cases/{code:str}/appeal",
        "/cases/{code:str}/rate",
        "/cases/{code:str}/unlock",
        "/cases/{code:str}/lock",
    ],
    name="cases.back",
)
async def show_after_form(code: FromPath[str]) -> Redirect:
    """Whoever reloads the answer to a form, or takes it in the other language, is back on the page of the case."""
    return Redirect(localized(f"/cases/{quote(code, safe='')}"), status_code=303)


async def _words(sent: Sent) -> str:
    """What somebody wrote who may not send it."""
    return FormReader(await sent.texts()).long_text("body", max_length=LONGEST_MESSAGE, required=False)


async def _refused(
    found: Visit, posted: Posted, reader: FormReader, *, tier: int, typed: Mapping[str, str]
) -> Template | None:
    """The page that keeps what was ``typed`` and says why it was not taken from a visitor below ``tier``, of a page
    too old, or with mistakes; None when nothing is wrong.
    """
    if found.tier < tier:
        return visits.proof_page(found.number, typed="".join(typed.values()))
    if posted.stale:
        errors = {"form": str(posted.stale)}
        return await visits.case_page(found, status=403, errors=errors, typed=typed)
    if reader.errors:
        wrong = await uploads.judge_all([(ATTACHMENTS, "", file) for file in reader.files(ATTACHMENTS)])
        return await visits.case_page(found, status=422, errors=reader.errors | wrong, typed=typed)
    return None


async def _send(found: Visit, body: str, files: Sequence[uploads.StoredFile]) -> None:
    """The reply stands in the case with its files, or the files are gone again and the refusal is raised."""
    sent = False
    try:
        await throttle.hit(f"reply:{found.case_id}", limit=REPLIES, window=REPLIES_WINDOW, now=found.now)
        await actions.reply(found.case_id, body=body, files=files, account=found.account, now=found.now)
        sent = True
    finally:
        if not sent:
            await uploads.discard_all(files, found.settings.uploads_dir)


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed[:40])
    except ValueError:
        return None


applicant_handlers = [
    post_reply,
    post_withdraw,
    post_contest,
    post_reopen,
    post_appeal,
    show_file,
    show_after_form,
]
