"""What is backed up comes back as it was, whatever goes on meanwhile."""

from __future__ import annotations

import asyncio
import os
import resource
from pathlib import Path

import msgspec
import pytest

from db.audit import AuditEntry
from db.cases import Attachment, Case
from portal import audit, uploads
from portal.audit_log.actions import seal
from portal.backup.keys import Identity
from portal.backup.manifest import KEPT, BackupError
from tests.backup.places import ME, a_case_with_file, ask, back_up, desk, empty_place, facts, restore, tree
from tests.conftest import NOON

OWNER = "PORTAL_DATABASE_OWNER_URL"


async def seal_one(chosen) -> None:
    await audit.append("signed_out", object="", now=NOON)
    await seal(chosen.secret_key, everything=True)


async def test_a_restored_desk_is_the_one_that_was_backed_up(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    for number in range(3):
        await a_case_with_file(chosen, number)
    await seal_one(chosen)
    for name in KEPT:
        (chosen.data_dir / name).write_text("secret")
    before = await facts(os.environ[OWNER])
    made = await back_up(chosen, tmp_path / "b.age")
    with empty_place(tmp_path / "new") as place:
        restored = await restore(tmp_path / "b.age", place)
        after = await facts(place.owner_url)
        allowed = await ask(place.app_url, "SELECT has_table_privilege('case_event', 'UPDATE')")
        head = await ask(place.owner_url, "SELECT max(seq) FROM audit_seal")
    assert after == before
    assert before[0]["case"]["rows"] == len(before[1]) == 3
    assert tree(tmp_path / "new") == tree(tmp_path / "desk")
    assert (made.missing, restored.checked.wrong_files, restored.checked.wrong_codes) == ([], (), ())
    assert (restored.checked.n_codes, restored.checked.n_files) == (3, 3)
    assert restored.checked.verdict.head.seq == head > 0
    assert not allowed, "the app's role still only adds to the history"


async def test_everybody_whom_it_was_encrypted_to_can_restore_and_nobody_else(committed, tmp_path):
    chosen, other = desk(tmp_path / "desk"), Identity.generate()
    await a_case_with_file(chosen)
    await back_up(chosen, tmp_path / "b.age", to=[ME, other])
    assert b"secret_key" not in (tmp_path / "b.age").read_bytes()
    with empty_place(tmp_path / "new") as place:
        with pytest.raises(BackupError, match="another key"):
            await restore(tmp_path / "b.age", place, Identity.generate())
        assert not place.data_dir.exists()
        assert (await restore(tmp_path / "b.age", place, other)).checked.n_codes == 1


async def test_a_backup_during_filing_holds_a_file_for_every_row_it_holds(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    await asyncio.gather(*[a_case_with_file(chosen, number) for number in range(5)])
    stop = asyncio.Event()

    async def keep_filing(n: int = 0) -> int:
        while not stop.is_set():
            await a_case_with_file(chosen, n)
            n += 1
        return n

    clients = [asyncio.create_task(keep_filing()) for _ in range(4)]
    made = await back_up(chosen, tmp_path / "b.age")
    stop.set()
    filed = sum(await asyncio.gather(*clients))
    with empty_place(tmp_path / "new") as place:
        restored = await restore(tmp_path / "b.age", place)
        tables, files = await facts(place.owner_url)
    n_cases = tables["case"]["rows"]
    assert 5 <= n_cases <= 5 + filed
    assert await Case.count() == 5 + filed
    assert n_cases == tables["attachment"]["rows"] == len(files) == restored.checked.n_files
    assert (made.missing, made.manifest.lost, restored.checked.wrong_files) == ([], (), ())
    assert set(tree(tmp_path / "new")) == {"secret_key", *[f"uploads/{name[:2]}/{name}" for name in files]}


async def test_a_file_that_the_desk_had_lost_is_named_and_the_rest_is_saved(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    lost, changed, _kept = [await a_case_with_file(chosen, number) for number in range(3)]
    uploads.discard(chosen.uploads_dir, lost.stored_as)
    uploads.path_of(chosen.uploads_dir, changed.stored_as).write_bytes(b"%PDF-1.7 other")
    made = await back_up(chosen, tmp_path / "b.age")
    assert sorted(made.missing) == sorted([lost.stored_as, changed.stored_as])
    with empty_place(tmp_path / "new") as place:
        restored = await restore(tmp_path / "b.age", place)
    assert restored.checked.n_files == 1
    assert tree(tmp_path / "new") == tree(tmp_path / "desk")


async def test_a_file_erased_while_it_is_backed_up_counts_as_erased_not_as_lost(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    file = await a_case_with_file(chosen)
    path = uploads.path_of(chosen.uploads_dir, file.stored_as)
    path.unlink()
    os.mkfifo(path)  # the backup waits here, after its snapshot, until somebody writes
    backup = asyncio.create_task(back_up(chosen, tmp_path / "b.age"))
    held_open = await asyncio.to_thread(os.open, path, os.O_WRONLY)
    await Attachment.update(stored_as="gone:1").where(Attachment.stored_as == file.stored_as)
    os.close(held_open)
    made = await backup
    assert (made.missing, made.manifest.lost) == ([], (file.stored_as,))
    with empty_place(tmp_path / "new") as place:
        assert (await restore(tmp_path / "b.age", place)).checked.wrong_files == ()


async def test_a_changed_audit_log_is_restored_as_it_was_and_named(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    await seal_one(chosen)
    entry = (await AuditEntry.select(AuditEntry.id).first())["id"]
    await ask(os.environ[OWNER], "UPDATE audit_entry SET role = 'admin' WHERE id = $1", entry)
    await back_up(chosen, tmp_path / "b.age")
    with empty_place(tmp_path / "new") as place:
        broken = (await restore(tmp_path / "b.age", place)).checked.verdict.broken
    assert (broken.seq, broken.entry) == (1, entry)


async def test_what_is_restored_has_the_modes_of_a_running_place_and_belongs_to_who_restores(
    committed, tmp_path
):
    chosen = desk(tmp_path / "desk")
    file = await a_case_with_file(chosen)
    uploads.path_of(chosen.uploads_dir, file.stored_as).chmod(0o604)
    await back_up(chosen, tmp_path / "b.age")
    assert (tmp_path / "b.age").stat().st_mode & 0o777 == 0o600
    if os.geteuid() == 0:
        os.chown(tmp_path / "b.age", 65534, 65534)
    former = os.umask(0o077)
    try:
        with empty_place(tmp_path / "new") as place:
            await restore(tmp_path / "b.age", place)
    finally:
        os.umask(former)
    found = {path: path.stat() for path in (tmp_path / "new").rglob("*")}
    assert {about.st_uid for about in found.values()} == {os.geteuid()}
    modes = {path.name: about.st_mode & 0o777 for path, about in found.items()}
    assert (modes[file.stored_as], modes["secret_key"]) == (0o640, 0o600)


async def test_a_key_of_the_environment_is_saved_and_not_written_into_the_new_folder(committed, tmp_path):
    chosen = msgspec.structs.replace(
        desk(tmp_path / "desk"), secret_key=b"q7Tz-pL2wXv9_Rk4mB8cNd1fGh6jKs3aYe5u"
    )
    await a_case_with_file(chosen)
    await back_up(chosen, tmp_path / "b.age")
    with empty_place(tmp_path / "new") as place:
        other = msgspec.structs.replace(place, secret_key=b"x" * 40)
        with pytest.raises(BackupError, match="not the key of the backup"):
            await restore(tmp_path / "b.age", other)
        await restore(tmp_path / "b.age", msgspec.structs.replace(place, secret_key=chosen.secret_key))
    assert not (tmp_path / "new" / "secret_key").exists()


async def test_a_forbidden_or_taken_target_leaves_nothing_behind(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    await a_case_with_file(chosen)
    with pytest.raises(BackupError, match="can't be written"):
        await back_up(chosen, tmp_path / "no folder" / "b.age")
    taken = tmp_path / "b.age"
    taken.write_bytes(b"an older one")
    with pytest.raises(BackupError, match="never overwritten"):
        await back_up(chosen, taken)
    assert taken.read_bytes() == b"an older one"
    assert {path.name for path in tmp_path.iterdir()} == {"desk", "b.age"}


async def test_a_disk_that_fills_up_leaves_no_half_backup(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    await a_case_with_file(chosen)
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(BackupError, match=r"can't be written: .*File too large"):
            await back_up(chosen, tmp_path / "b.age")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert names_in(tmp_path) == {"desk"}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_only_an_empty_place_is_restored_into(committed, tmp_path):
    chosen = desk(tmp_path / "desk")
    await a_case_with_file(chosen)
    await back_up(chosen, tmp_path / "b.age")
    with empty_place(tmp_path / "desk") as place:
        before = tree(tmp_path / "desk")
        with pytest.raises(BackupError, match="not empty"):
            await restore(tmp_path / "b.age", place)
        assert tree(tmp_path / "desk") == before
        await ask(place.owner_url, "CREATE TABLE theirs (id int)")
        with pytest.raises(BackupError, match="database is not empty"):
            await restore(tmp_path / "b.age", msgspec.structs.replace(place, data_dir=tmp_path / "new"))
    assert names_in(tmp_path) == {"desk", "b.age"}
