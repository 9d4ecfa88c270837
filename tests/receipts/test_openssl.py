"""Without us: openssl agrees with every receipt and with none that was changed."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from portal import signing
from portal.cases import attest
from portal.receipts.bundle import SIGNATURE_CHECK
from tests.receipts.signed import alone

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
RECEIPTS = 1000


def lay_out(folder: Path, document: bytes, signature: bytes, public: str) -> Path:
    """The files of a receipt as the documented command expects them."""
    folder.mkdir()
    (folder / "receipt.json").write_bytes(document)
    (folder / "receipt.sig").write_bytes(signature)
    (folder / "receipt_key.pem").write_text(signing.public_pem(public))
    return folder


def openssl(folder: Path) -> bool:
    return subprocess.run(SIGNATURE_CHECK.split(), cwd=folder, capture_output=True).returncode == 0


async def test_openssl_verifies_a_thousand_receipts(tmp_path):
    made = [alone(n) for n in range(RECEIPTS)]
    folders = [
        lay_out(
            tmp_path / str(n), receipt.document.encode(), base64.b64decode(receipt.signature), receipt.public
        )
        for n, receipt in enumerate(made)
    ]
    limit = asyncio.Semaphore(2)

    async def check(folder: Path) -> bool:
        async with limit:
            return await asyncio.to_thread(openssl, folder)

    assert all(await asyncio.gather(*map(check, folders)))
    assert len({receipt.document for receipt in made}) == RECEIPTS


def test_what_is_signed_is_canonical_json():
    for n in range(20):
        document = alone(n).document
        again = json.dumps(json.loads(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert again == document


@pytest.mark.parametrize("part", ["answers", "at", "code", "filed", "files", "head", "statement", "receipt"])
def test_openssl_refuses_what_was_changed(tmp_path, part):
    receipt = alone(3)
    said = json.loads(receipt.document)
    value = json.dumps(said[part], separators=(",", ":"))
    place = receipt.document.index(f'"{part}":{value}') + len(part) + 6
    document = bytearray(receipt.document.encode())
    document[place] ^= 1
    signature = base64.b64decode(receipt.signature)
    assert openssl(lay_out(tmp_path / "whole", receipt.document.encode(), signature, receipt.public))
    assert not openssl(lay_out(tmp_path / "changed", bytes(document), signature, receipt.public))


def test_openssl_refuses_a_changed_signature(tmp_path):
    receipt = alone(5)
    signature = bytearray(base64.b64decode(receipt.signature))
    signature[-7] ^= 64
    assert not openssl(lay_out(tmp_path / "x", receipt.document.encode(), bytes(signature), receipt.public))
    assert attest.read(receipt.document).key == receipt.key
