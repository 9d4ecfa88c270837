"""A receipt as files, to be checked without us: what was signed, the signature, the key and the commands."""

from __future__ import annotations

import base64

from portal import signing, zipped
from portal.cases import attest
from portal.receipts.queries import Kept, Secrets

SIGNATURE_CHECK = (
    "openssl pkeyutl -verify -pubin -inkey receipt_key.pem -rawin -in receipt.json -sigfile receipt.sig"
)


def files(kept: Kept, secrets: Secrets) -> bytes:
    """A zip archive, the same bytes for the same receipt until its ``secrets`` are erased."""
    attested = attest.read(kept.document)
    content = {
        "receipt.json": kept.document.encode(),
        "receipt.sig": base64.b64decode(kept.signature),
        "receipt_key.pem": signing.public_pem(kept.public_key).encode(),
    }
    lines = [
        "#!/bin/sh",
        "# receipt_key.pem must be a key that the portal publishes at /verify/keys.",
        SIGNATURE_CHECK,
    ]
    for name, made_of, digest in (
        ("answers", secrets.answers, attested.answers),
        ("words", secrets.words, attested.words),
    ):
        if made_of:
            content |= {f"{name}.salt": made_of.salt.encode(), f"{name}.txt": made_of.text.encode()}
            lines += [f"# Expected: {digest}", f"cat {name}.salt {name}.txt | openssl dgst -sha256"]
    lines += [
        f"# A file in the history: openssl dgst -sha256 FILE gives {sha256}" for sha256 in attested.files
    ]
    content["check.sh"] = "\n".join([*lines, ""]).encode()
    return b"".join(zipped.pieces([zipped.Member(name, data, kept.at) for name, data in content.items()]))
