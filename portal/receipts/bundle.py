"""A receipt as files, to be checked without us: what was signed, the signature, the key and the commands."""

from __future__ import annotations

import base64

from portal import signing, zipped
from portal.receipts.queries import Kept, Secrets

SIGNATURE_CHECK = (
    "openssl pkeyutl -verify -pubin -inkey receipt_key.pem -rawin -in receipt.json -sigfile receipt.sig"
)

CHECK = rf"""#!/bin/sh
# Ends with 1 where something is not as it was signed. Your files are compared, too: sh check.sh letter.pdf
# receipt_key.pem must be a key that the portal publishes at /verify/keys.
differs=0
sha256() {{ openssl dgst -sha256 -r | cut -c1-64; }}
compare() {{ # a name, and what the signed text must say
    if grep -q "$2" receipt.json; then echo "$1: as it was signed"; else echo "$1: NOT as it was signed"; differs=1; fi
}}
{SIGNATURE_CHECK} || differs=1
for name in answers words; do
    if [ -f $name.txt ]; then compare $name.txt "\"$name\":\"$(cat $name.salt $name.txt | sha256)\""; fi
done
for file; do
    compare "$file" "\"files\":\[[^]]*\"$(sha256 <"$file")\""
done
exit $differs
"""


def files(kept: Kept, secrets: Secrets) -> bytes:
    """A zip archive, the same bytes for the same receipt until its ``secrets`` are erased."""
    content = {
        "receipt.json": kept.document.encode(),
        "receipt.sig": base64.b64decode(kept.signature),
        "receipt_key.pem": signing.public_pem(kept.public_key).encode(),
    }
    for name, made_of in (("answers", secrets.answers), ("words", secrets.words)):
        if made_of:
            content |= {f"{name}.salt": made_of.salt.encode(), f"{name}.txt": made_of.text.encode()}
    content["check.sh"] = CHECK.encode()
    return b"".join(zipped.pieces([zipped.Member(name, data, kept.at) for name, data in content.items()]))
