"""A receipt as paper, in the reader's language: what was signed in words, and the signed text itself to check it.

Nothing personal stands on it. The same receipt gives the same bytes until its answers and their salt are erased.
"""

from __future__ import annotations

import base64
import io
from typing import Any

from portal import codes, pdf, signing
from portal.cases import attest
from portal.cases.attest import Attested
from portal.cases.receipt import square
from portal.i18n import _, current_language, direction, localized
from portal.receipts import labels, verdict
from portal.receipts.queries import Kept, Secrets
from portal.settings import Settings
from portal.text import persian_digits

TEMPLATE = "receipts/receipt.typ"


async def printed(kept: Kept, secrets: Secrets, settings: Settings) -> bytes:
    """The receipt as a tagged PDF, dated with its time."""
    written = await pdf.beside_the_loop(paper, kept, secrets, settings)
    return await pdf.document(TEMPLATE, written, at=kept.at)


def paper(kept: Kept, secrets: Secrets, settings: Settings) -> dict[str, Any]:
    """What the template prints and attaches."""
    attested = attest.read(kept.document)
    title = _("Receipt %(number)s") % {"number": attested.receipt}
    return {
        "language": current_language(),
        "direction": direction(),
        "title": title,
        "heading": _("Receipt"),
        "author": str(kept.agency),
        "letterhead": f"{kept.agency} — " + _("Receipt"),
        "page": _("Page {page} of {pages}"),
        "code": _code(attested, settings),
        "facts": {"heading": _("What is attested"), "rows": _facts(kept, attested, settings)},
        "digests": {
            "heading": _("Digests (SHA-256)"),
            "words": _("Whoever has the same text or file gets the same digest."),
            "rows": _digests(attested, secrets),
        },
        "proof": _proof(kept, attested, settings),
        "attached": {
            "document": kept.document,
            "signature": list(base64.b64decode(kept.signature)),
            "key": signing.public_pem(kept.public_key),
            "words": [_("What was signed"), _("The signature"), _("The public key")],
        },
        "marked": verdict.marked(kept.document, kept.signature),
    }


def _square(address: str) -> str:
    drawn = io.BytesIO()
    square(address).save(drawn, kind="svg", border=4, light="#fff", omitsize=True)
    return drawn.getvalue().decode()


def _code(attested: Attested, settings: Settings) -> dict[str, str]:
    number = codes.parse(attested.code)
    assert not isinstance(number, codes.Mistake), "we signed it"
    digits = codes.show_numeric(number)
    return {
        "label": _("Tracking code"),
        "text": attested.code,
        "telephone": _("On the telephone:"),
        "numeric": persian_digits(digits) if current_language() == "fa" else digits,
        "square": _square(f"{settings.base_url}/T/{codes.text(number)}"),
        "alt": _("Square code that leads to the request"),
        "words": _("The passcode does not stand here: keep it in another place."),
    }


def _facts(kept: Kept, attested: Attested, settings: Settings) -> list[tuple[str, str]]:
    rows = [
        (_("Occasion"), labels.occasion_label(attested.kind)),
        (_("Time"), labels.moment(attested.at, settings)),
        (_("Filed"), labels.moment(attested.filed, settings)),
        (_("Service") if kept.kind == "request" else _("About"), str(kept.service)),
        (_("State"), labels.standing(attested)),
    ]
    if attested.statement:
        rows.append((_("Edition of the statement"), labels.number(attested.statement.edition)))
    rows.append((_("Files"), labels.number(len(attested.files))))
    rows.append((_("Events in the history"), labels.number(attested.head.n)))
    return rows


def _digests(attested: Attested, secrets: Secrets) -> list[tuple[str, str]]:
    rows = [(_("Answers, with their salt"), labels.groups(attested.answers))]
    if secrets.answers:
        rows.append((_("Salt of the answers"), secrets.answers.salt))
    if attested.words:
        rows.append((_("Words of the decision, with their salt"), labels.groups(attested.words)))
    if secrets.words:
        rows.append((_("Salt of the words"), secrets.words.salt))
    for place, sha256 in enumerate(attested.files, start=1):
        rows.append((_("File %(n)s") % {"n": labels.number(place)}, labels.groups(sha256)))
    if attested.statement:
        rows.append((_("Statement"), labels.groups(attested.statement.sha256)))
    rows.append((_("Last event of the history"), labels.groups(attested.head.hash)))
    return rows


def _proof(kept: Kept, attested: Attested, settings: Settings) -> dict[str, Any]:
    address = settings.base_url + localized(f"/verify/{attested.receipt}")
    return {
        "heading": _("Is this receipt genuine?"),
        "words": _(
            "Open this address, scan the square code or hand in this file there. Without us: the file carries what was "
            "signed, the signature and the key as attachments, and openssl checks them."
        ),
        "receipt": (_("Number of the receipt"), attested.receipt),
        "key": (_("Key"), attested.key),
        "address": address,
        "square": _square(f"{settings.base_url}/V/{attested.receipt.replace('-', '')[1:]}"),
        "alt": _("Square code with the address that checks this receipt"),
        "signed": {
            "heading": _("What was signed"),
            "text": kept.document,
            "signature": _("Signature (Ed25519)"),
            "letters": labels.groups(kept.signature),
        },
    }
