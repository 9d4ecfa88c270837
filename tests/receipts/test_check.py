"""``check.sh`` in the archive of a receipt: it compares with what was signed, and its end says whether all is so."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest

from portal.cases import attest
from portal.receipts import bundle, queries
from tests.cases.factories import a_case
from tests.cases.visitors import FILE
from tests.receipts.signed import close_it, receipts_of

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
SENT = b"a letter of mine"
SENT_FILE = msgspec.structs.replace(
    FILE, sha256=hashlib.sha256(SENT).hexdigest(), size=len(SENT), stored_as="1" * 32
)


@pytest.fixture
async def folder(db, tmp_path: Path) -> Path:
    """The archive of a decision, unpacked, with the file that was sent."""
    filed = await a_case(files=(FILE, SENT_FILE))
    await close_it(filed.case_id)
    decision = (await receipts_of(filed.case_id))[-1]
    kept = await queries.receipt_by_number(attest.parse_number(decision.receipt))
    packed = bundle.files(kept, await queries.secrets_of(kept))
    zipfile.ZipFile(io.BytesIO(packed)).extractall(tmp_path)
    (tmp_path / "letter.pdf").write_bytes(SENT)
    return tmp_path


def check(folder: Path, *files: str) -> tuple[int, str]:
    """How it ended, and all that it said."""
    done = subprocess.run(["sh", "check.sh", *files], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_all_is_as_it_was_signed(folder):
    status, said = check(folder, "letter.pdf")
    assert (status, said.count(": as it was signed")) == (0, 3)
    assert "Signature Verified Successfully" in said


@pytest.mark.parametrize("name", ["answers.txt", "answers.salt", "words.txt", "letter.pdf"])
def test_what_was_changed_is_named(folder, name):
    with (folder / name).open("ab") as changed:
        changed.write(b"!")
    status, said = check(folder, "letter.pdf")
    assert (status, said.count("NOT as it was signed")) == (1, 1)
    assert f"{name.replace('salt', 'txt')}: NOT" in said


@pytest.mark.parametrize("name", ["receipt.json", "receipt.sig"])
def test_a_broken_signature_ends_it_with_1(folder, name):
    changed = bytearray((folder / name).read_bytes())
    changed[-3] ^= 1
    (folder / name).write_bytes(changed)
    assert check(folder)[0] == 1


def test_a_file_that_was_never_sent_or_is_not_there_differs(folder):
    (folder / "other.pdf").write_bytes(b"never sent")
    assert check(folder, "other.pdf")[0] == 1
    assert check(folder, "nowhere.pdf")[0] == 1
