"""The dossier: what is in it, who gets it, and that it can be checked without us."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest

from db.audit import AuditEntry
from db.cases import Attachment, Case, CaseEvent
from portal import codes, uploads
from portal.cases import actions, desk_actions, erasure
from portal.cases.dossier import dossier_of
from portal.errors import NotFound
from portal.i18n import using
from portal.text import persian_digits
from portal.uploads import StoredFile
from tests.cases.factories import NOBODY, a_case, a_clerk
from tests.cases.visitors import as_filer, by_desk, filed_now, path_of, prove
from tests.conftest import NOON

LATER = NOON + timedelta(hours=1)
NOTE = "یادداشتِ درونی"
REPLY = "نقشهٔ پیوست را ببینید."


def stored(settings, content: bytes, name: str, *, n: int = 0) -> StoredFile:
    """A file of an upload that lies where uploads lie."""
    stored_as = hashlib.md5(content + bytes([n])).hexdigest()
    path = uploads.path_of(settings.uploads_dir, stored_as)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return StoredFile(name, "application/pdf", len(content), hashlib.sha256(content).hexdigest(), stored_as)


async def taken(case_id, settings, language: str = "en") -> zipfile.ZipFile:
    with using(language):
        dossier = await dossier_of(case_id, settings, now=LATER)
        return zipfile.ZipFile(io.BytesIO(b"".join(dossier.pieces)))


def inside(archive: zipfile.ZipFile, name: str) -> bytes:
    return archive.read(next(one for one in archive.namelist() if one.endswith(name)))


def words_of(archive: zipfile.ZipFile) -> str:
    paper = pypdfium2.PdfDocument(inside(archive, ".pdf"))
    return "\n".join(page.get_textpage().get_text_range() for page in paper)


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return ran(folder, sys.executable, "-c", script)


def ran(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


async def a_history(settings) -> actions.Filed:
    """Filed with two files of one name, noted, answered, replied to."""
    files = (stored(settings, b"one", "نامه.pdf"), stored(settings, b"two", "نامه.pdf"))
    filed = await a_case(files=files)
    clerk = await a_clerk()
    await desk_actions.note(filed.case_id, clerk=clerk, seen=1, body=NOTE, now=NOON)
    await desk_actions.answer(filed.case_id, clerk=clerk, seen=2, body="An answer.", now=NOON)
    await actions.reply(filed.case_id, body=REPLY, now=NOON)
    return filed


async def test_it_holds_the_paper_the_files_and_the_history(db, settings):
    filed = await a_history(settings)
    archive = await taken(filed.case_id, settings)
    folder = f"dossier-{codes.show_text(filed.number)}"
    assert archive.testzip() is None
    assert archive.namelist() == [
        f"{folder}/{name}"
        for name in (
            "README.txt",
            "dossier-en.pdf",
            "events.json",
            "SHA256SUMS",
            "files/01-نامه.pdf",
            "files/02-نامه.pdf",
        )
    ]
    assert {inside(archive, "01-نامه.pdf"), inside(archive, "02-نامه.pdf")} == {b"one", b"two"}


async def test_whoever_has_it_can_check_the_chain_and_the_files_without_us(db, settings, tmp_path):
    filed = await a_history(settings)
    archive = await taken(filed.case_id, settings)
    archive.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    read_me = (folder / "README.txt").read_text()
    lines = read_me[read_me.index("import hashlib") : read_me.index('print("OK", before)')]
    script = f'{lines}print("OK", before)'
    checked = run(script, folder)
    events = json.loads((folder / "events.json").read_text())
    assert checked.stdout == f"OK {events['head']}\n", checked.stderr
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    text = (folder / "events.json").read_text()
    (folder / "events.json").write_text(text.replace(REPLY, "other words"))
    assert "AssertionError: 4" in run(script, folder).stderr


async def test_one_command_checks_every_file_of_it_even_where_none_was_sent(db, settings, tmp_path):
    filed = await a_case()
    (await taken(filed.case_id, settings)).extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    checked = ran(folder, "sha256sum", "-c", "SHA256SUMS")
    assert checked.stdout.splitlines() == ["README.txt: OK", "dossier-en.pdf: OK", "events.json: OK"]
    assert checked.returncode == 0


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_internal_notes_are_not_in_it(db, settings, language):
    filed = await a_history(settings)
    archive = await taken(filed.case_id, settings, language)
    assert NOTE not in words_of(archive)
    assert NOTE not in inside(archive, "events.json").decode()
    assert REPLY in inside(archive, "events.json").decode()


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_the_paper_shows_the_code_in_digits_of_its_language(db, settings, language):
    filed = await a_history(settings)
    spoken = codes.show_numeric(filed.number)
    groups = (spoken if language == "en" else persian_digits(spoken)).split()
    assert set(groups) <= set(words_of(await taken(filed.case_id, settings, language)).split())


async def test_the_paper_says_what_was_said_and_every_digest(db, settings):
    filed = await a_history(settings)
    archive = await taken(filed.case_id, settings)
    said = "".join(words_of(archive).split())
    assert "Ananswer." in said
    assert all(event["hash"] in said for event in json.loads(inside(archive, "events.json"))["events"])


async def test_the_paper_is_tagged(db, settings):
    filed = await a_history(settings)
    assert pypdfium2.PdfDocument(inside(await taken(filed.case_id, settings), ".pdf")).is_tagged()


async def test_after_erasure_it_says_what_is_gone(db, settings):
    filed = await a_history(settings)
    await actions.withdraw(filed.case_id, reason="", now=LATER)
    for name in await erasure.erase(filed.case_id, now=LATER):
        uploads.discard(settings.uploads_dir, name)
    archive = await taken(filed.case_id, settings)
    assert len(archive.namelist()) == 4
    assert "was erased" in words_of(archive)
    events = json.loads(inside(archive, "events.json"))
    assert not any("words" in event for event in events["events"])
    assert [(file["name"], file["erased"]) for file in events["files"]] == [("", True)] * 2


async def test_a_file_that_is_lost_is_named(db, settings):
    filed = await a_history(settings)
    row = await Attachment.select(Attachment.stored_as).order_by(Attachment.id).first()
    uploads.discard(settings.uploads_dir, row["stored_as"])
    archive = await taken(filed.case_id, settings)
    assert [name.rpartition("/")[2] for name in archive.namelist()][4:] == ["02-نامه.pdf"]
    assert "Not found on the disk" in words_of(archive)


async def test_an_event_that_was_slipped_in_shows(db, settings):
    filed = await a_history(settings)
    await CaseEvent(
        case=filed.case_id,
        n=5,
        kind="closed",
        actor_role="staff",
        data="{}",
        at=NOON,
        prev_hash="0" * 64,
        hash="0" * 64,
    ).save()
    assert "does not fit its digests from event 5 on" in words_of(await taken(filed.case_id, settings))


async def test_there_is_none_of_nothing(db, settings):
    with pytest.raises(NotFound):
        await dossier_of(NOBODY, settings, now=LATER)


async def test_the_applicant_takes_it_and_the_log_says_so(browser, settings):
    filed = await filed_now(settings, files=(stored(settings, b"x", "../a:b?.pdf"),))
    answer = await as_filer(browser).get(f"{path_of(filed)}/dossier")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert [Path(name).name for name in archive.namelist()][-1] == "01-_a_b_.pdf"
    assert await AuditEntry.exists().where(AuditEntry.action == "dossier_taken")


async def test_less_than_the_passcode_does_not_open_it(browser, stranger, settings):
    filed = await filed_now(settings)
    assert (await stranger.get(f"{path_of(filed)}/dossier")).status_code == 403
    await prove(browser, filed, proof="1234")
    assert (await browser.get(f"{path_of(filed)}/dossier")).status_code == 403
    assert not await AuditEntry.exists().where(AuditEntry.action == "dossier_taken")


async def test_a_code_that_is_nobodys_is_answered_alike(stranger, settings):
    filed = await filed_now(settings)
    there = await stranger.get(f"{path_of(filed)}/dossier")
    await Case.update({Case.number: codes.new_number()}).where(Case.id == filed.case_id)
    gone = await stranger.get(f"{path_of(filed)}/dossier")
    assert (there.status_code, gone.status_code) == (403, 403)


async def test_it_is_not_fetched_without_end(browser, settings):
    filed = await filed_now(settings)
    visitor = as_filer(browser)
    answers = [(await visitor.get(f"{path_of(filed)}/dossier")).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


async def test_the_desk_takes_it_for_others(clerk, browser, settings):
    filed = await filed_now(settings)
    await by_desk("note", filed, clerk, body=NOTE)
    answer = await clerk.get(path_of(filed).replace("/cases", "/desk/cases") + "/dossier")
    assert NOTE.encode() not in zipfile.ZipFile(io.BytesIO(answer.content)).read(
        f"dossier-{codes.show_text(filed.number)}/events.json"
    )
    entry = await AuditEntry.objects().get(AuditEntry.action == "dossier_taken")
    assert entry.actor == clerk.account.id
