"""The receipts of one case, for its applicant: as paper, as files to check without us, and one more on demand."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal import codes, zipped
from portal.cases import attest, visits
from portal.cases.visits import Visitor
from portal.codes import Mistake
from portal.downloads import HEADERS
from portal.errors import NotFound
from portal.i18n import _, current_language, localized, speak_of
from portal.receipts import actions, bundle, queries
from portal.receipts.printed import printed
from portal.receipts.queries import Kept, Secrets
from portal.security import throttle
from portal.settings import Settings

ON_DEMAND, ON_DEMAND_WINDOW = 20, timedelta(days=1)
"""Receipts that are made for one case at its applicant's wish."""


@get("/cases/{code:str}/receipt.pdf", name="receipts.pdf")
async def send_pdf(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    no: FromQuery[str] = "",
) -> Response[bytes] | Redirect:
    """The receipt ``no`` of the case, without it that of its filing."""
    proof = await _proof(request, code, no, settings, now)
    if isinstance(proof, Redirect):
        return proof
    kept, secrets = proof
    made = await printed(kept, secrets, settings)
    name = f"{attest.show_number(kept.number)}-{current_language()}.pdf"
    return _file(made, name, "application/pdf", "inline")


@get("/cases/{code:str}/receipt.zip", name="receipts.files")
async def send_files(
    request: Visitor,
    code: FromPath[str],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    no: FromQuery[str] = "",
) -> Response[bytes] | Redirect:
    """All that openssl needs to check the receipt, and what the digest of the answers was made of."""
    proof = await _proof(request, code, no, settings, now)
    if isinstance(proof, Redirect):
        return proof
    kept, secrets = proof
    name = f"{attest.show_number(kept.number)}.zip"
    return _file(bundle.files(kept, secrets), name, zipped.MEDIA_TYPE, "attachment")


@post("/cases/{code:str}/receipts", name="receipts.issue")
async def post_receipt(
    request: Visitor,
    code: FromPath[str],
    form: NamedDependency[FormMultiDict],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    found = await visits.at_code(request, code, settings, now)
    if found.tier < 2:
        return visits.proof_page(found.number)
    await throttle.hit(f"receipt:{found.case_id}", limit=ON_DEMAND, window=ON_DEMAND_WINDOW, now=now)
    await actions.issue(found.case_id, now=now)
    return visits.and_say(found, "receipt", tokens=found.tokens)


@get("/cases/{code:str}/receipts", name="receipts.back")
async def show_after_form(code: FromPath[str]) -> Redirect:
    """Whoever reloads the answer to the form is back on the page of the case."""
    return Redirect(localized(f"/cases/{quote(code, safe='')}"), status_code=303)


async def _proof(
    request: Visitor, code: str, no: str, settings: Settings, now: datetime
) -> tuple[Kept, Secrets] | Redirect:
    """The receipt and what its digests were made of; whoever may not see them is led to the case. Raises NotFound."""
    found = await visits.at_code(request, code, settings, now)
    if found.tier < 2:
        return visits.to_case(found.number)
    number = attest.parse_number(no) if no else None
    kept = None if isinstance(number, Mistake) else await queries.receipt_of_case(found.case_id, number)
    if kept is None:
        raise NotFound(
            _("The request %(code)s has no such receipt.") % {"code": codes.show_text(found.number)}
        )
    await visits.note_look(found)
    speak_of(kept.kind)
    return kept, await queries.secrets_of(kept)


def _file(content: bytes, name: str, media_type: str, disposition: str) -> Response[bytes]:
    headers = {**HEADERS, "Content-Disposition": f'{disposition}; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


case_receipt_handlers = [send_pdf, send_files, post_receipt, show_after_form]
