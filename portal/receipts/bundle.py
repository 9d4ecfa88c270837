"""A receipt as files, to be checked without us: what was signed, the signature, the key and the commands."""

from __future__ import annotations

import base64
import io
import zipfile

from portal import signing
from portal.cases import attest
from portal.receipts.queries import FiledText, Kept

SIGNATURE_CHECK = (
    "openssl pkeyutl -verify -pubin -inkey receipt_key.pem -rawin -in receipt.json -sigfile receipt.sig"
)
ANSWERS_CHECK = "cat answers.salt answers.json | openssl dgst -sha256"
FILE_CHECK = "openssl dgst -sha256 FILE"


def files(kept: Kept, filed: FiledText | None) -> bytes:
    """A zip archive, the same bytes for the same receipt; without the answers once ``filed`` was erased."""
    content = {
        "receipt.json": kept.document.encode(),
        "receipt.sig": base64.b64decode(kept.signature),
        "receipt_key.pem": signing.public_pem(kept.public_key).encode(),
    }
    if filed:
        content |= {"answers.salt": filed.salt.encode(), "answers.json": filed.text.encode()}
    content["check.sh"] = _commands(kept, filed).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in content.items():
            packed.writestr(zipfile.ZipInfo(name, kept.at.timetuple()[:6]), data)
    return archive.getvalue()


def _commands(kept: Kept, filed: FiledText | None) -> str:
    attested = attest.read(kept.document)
    lines = [
        "#!/bin/sh",
        "# receipt_key.pem must be a key that the portal publishes at /verify/keys.",
        SIGNATURE_CHECK,
    ]
    if filed:
        lines += [f"# The answers. Expected: {attested.answers}", ANSWERS_CHECK]
    lines += [f"# A file that was sent: {FILE_CHECK}. Expected: {sha256}" for sha256 in attested.files]
    return "\n".join([*lines, ""])
