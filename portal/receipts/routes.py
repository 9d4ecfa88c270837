"""Checking a receipt, for everybody: by its number, its square code or its PDF; and the keys that sign them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from portal import signing
from portal.cases import attest
from portal.cases.visits import Visitor
from portal.codes import Mistake
from portal.errors import NotFound, TooMany
from portal.forms import FormReader
from portal.i18n import N_, _, localized, speak_of
from portal.jalali import iso
from portal.receipts import queries, verdict
from portal.receipts.verdict import Verdict
from portal.security import misses, throttle
from portal.security.address import client_address, network_of
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE, retry
from portal.settings import Settings

LARGEST_PDF = 3 * 2**20  # bytes: ours have some 60 KB
LARGEST_BODY = LARGEST_PDF + 2**16
LONGEST_TYPED = 200
FILES, FILES_WINDOW = 60, timedelta(minutes=10)
"""Files to check from one neighbourhood of addresses."""
_PEM = re.compile(r"([0-9a-f]{16})\.pem")
MISTAKES = {
    Mistake.LENGTH: N_("A receipt's number is R and sixteen symbols, like R-XKP9-2ZKY-93WR-1W57."),
    Mistake.SYMBOL: N_("It contains a character that no number of ours has."),
    Mistake.CHECK: N_("One symbol is wrong, or two have changed places. Please compare it with the receipt."),
    Mistake.RANGE: N_("We have never given out a number like this."),
}
UNKNOWN = N_(
    "No receipt of ours has this number. If it is the tracking code of a request, you can follow the request with it."
)
NO_RECEIPT = N_("This file carries no receipt of ours. Please type the number that is printed on it.")
TOO_LARGE = N_("This file is larger than any receipt of ours. Please type the number that is printed on it.")
NOTHING = N_("Please type a number or choose a file.")


@get("/verify", name="receipts.verify")
async def show_verify() -> Template:
    return _form()


@post("/verify", name="receipts.check", request_max_body_size=LARGEST_BODY)
async def post_verify(
    request: Visitor,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    reader = FormReader(posted.form)
    typed, files = reader.typed("receipt").strip()[:LONGEST_TYPED], reader.files("pdf")
    if posted.stale:
        return _form(typed, {"form": str(posted.stale)}, status=403)
    if typed:
        number = attest.parse_number(typed)
        if isinstance(number, Mistake):
            return _form(typed, {"receipt": _(MISTAKES[number])}, status=422)
        return _to_receipt(number)
    if not files:
        return _form(errors={"receipt": _(NOTHING)}, status=422)
    network = network_of(client_address(request))
    await throttle.hit(f"verify:{network}", limit=FILES, window=FILES_WINDOW, now=now)
    content = await files[0].read(LARGEST_PDF + 1)
    if len(content) > LARGEST_PDF:
        return _form(errors={"pdf": _(TOO_LARGE)}, status=422)
    judged = await verdict.of_file(content)
    if judged is None:
        return _form(errors={"pdf": _(NO_RECEIPT)}, status=422)
    return _page(judged, handed_in=True)


@get("/V/{symbols:str}", name="receipts.short")
async def show_short(symbols: FromPath[str]) -> Redirect | Template:
    """The address in the square code on a receipt."""
    number = attest.parse_number(symbols)
    return _mistyped(symbols, number) if isinstance(number, Mistake) else _to_receipt(number)


@get("/verify/{receipt:str}", name="receipts.receipt")
async def show_receipt(
    request: Visitor, receipt: FromPath[str], now: NamedDependency[datetime]
) -> Template | Redirect:
    number = attest.parse_number(receipt)
    if isinstance(number, Mistake):
        return _mistyped(receipt, number)
    if receipt != attest.show_number(number):
        return _to_receipt(number)
    address = client_address(request)
    if misses.over_limit(address, now):
        await misses.note_miss(address, now)  # which refuses
    judged = await verdict.of_number(number)
    if judged is None:
        return await _missed(receipt, address, now)
    return _page(judged)


@get("/verify/keys", name="receipts.keys")
async def show_keys() -> Template:
    """Every public key that receipts were signed with."""
    return Template("receipts/keys.html", context={"keys": await queries.keys()})


@get("/verify/keys.json", name="receipts.keys_document")
async def send_keys() -> list[dict[str, str]]:
    """The same for programs: name, since when, and the 32 bytes as hex and as PEM."""
    return [
        {
            "id": key.id,
            "since": iso(key.made_at),
            "ed25519": key.public_key,
            "pem": signing.public_pem(key.public_key),
        }
        for key in await queries.keys()
    ]


@get("/verify/keys/{name:str}", name="receipts.key_file")
async def send_key(name: FromPath[str]) -> Response[str]:
    """One public key as openssl reads it. Raises NotFound."""
    named = _PEM.fullmatch(name)
    for key in await queries.keys() if named else []:
        if named and key.id == named[1]:
            headers = {"Content-Disposition": f'attachment; filename="receipt_key-{key.id}.pem"'}
            return Response(
                signing.public_pem(key.public_key), media_type="application/x-pem-file", headers=headers
            )
    raise NotFound(_("No receipt was signed with a key of this name."))


async def _missed(receipt: str, address: str, now: datetime) -> Template:
    """Numbers that are nobody's are counted as codes are: whoever invents many has to wait."""
    try:
        await misses.note_miss(address, now)
    except TooMany as refusal:
        return _form(receipt, {"form": str(refusal)}, status=429, retry_after=refusal.retry_after)
    return _form(receipt, {"receipt": _(UNKNOWN)}, status=404)


def _mistyped(typed: str, mistake: Mistake) -> Template:
    return _form(typed[:LONGEST_TYPED], {"receipt": _(MISTAKES[mistake])}, status=404)


def _form(
    typed: str = "",
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
    retry_after: int | None = None,
) -> Template:
    context = {"typed": typed, "errors": errors or {}}
    return Template(
        "receipts/verify.html", context=context, status_code=status, headers={**PRIVATE, **retry(retry_after)}
    )


def _page(judged: Verdict, *, handed_in: bool = False) -> Template:
    speak_of(judged.kind)
    context = {"verdict": judged, "said": judged.attested, "handed_in": handed_in}
    return Template("receipts/verdict.html", context=context, headers=PRIVATE)


def _to_receipt(number: int) -> Redirect:
    return Redirect(localized(f"/verify/{attest.show_number(number)}"), status_code=303, headers=PRIVATE)


verify_router = Router(
    "/",
    route_handlers=[show_verify, post_verify, show_short, show_receipt, show_keys, send_keys, send_key],
)
