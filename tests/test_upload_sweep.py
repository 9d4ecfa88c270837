"""Files that no case names, after a crash between storing and filing, do not stay for ever."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from portal import uploads
from tests.cases.factories import a_case
from tests.conftest import NOON
from tests.support.sample_files import PDF, an_upload, kept_in

LATER = NOON + timedelta(days=1, minutes=1)


async def stored(folder: Path, *, at: datetime = NOON) -> uploads.StoredFile:
    """A file that was stored at ``at``."""
    file = await uploads.receive(an_upload("a.pdf", PDF), folder)
    set_time(uploads.path_of(folder, file.stored_as), at)
    return file


def set_time(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


async def test_a_file_of_no_case_is_gone_after_a_day_and_those_of_cases_stay(db, tmp_path):
    files = (await stored(tmp_path), await stored(tmp_path))
    await a_case(files=files)
    await stored(tmp_path)
    assert await uploads.sweep(tmp_path, now=LATER) == 1
    assert {path.name for path in kept_in(tmp_path)} == {file.stored_as for file in files}


async def test_a_file_whose_case_may_be_under_way_stays(db, tmp_path):
    await a_case(files=(await stored(tmp_path),))
    await stored(tmp_path, at=LATER - timedelta(hours=23))
    assert await uploads.sweep(tmp_path, now=LATER) == 0
    assert len(kept_in(tmp_path)) == 2


async def test_half_a_file_that_a_crash_left_is_gone_too(db, tmp_path):
    file = await stored(tmp_path)
    await a_case(files=(file,))
    half = uploads.path_of(tmp_path, file.stored_as).with_suffix(".part")
    half.write_bytes(b"%PDF")
    set_time(half, NOON)
    assert await uploads.sweep(tmp_path, now=LATER) == 1
    assert not half.exists()


async def test_nothing_is_deleted_while_the_database_knows_hardly_any_file(db, tmp_path, caplog):
    await a_case(files=(await stored(tmp_path),))
    for _ in range(2):
        await stored(tmp_path)
    assert await uploads.sweep(tmp_path, now=LATER) == 0
    assert len(kept_in(tmp_path)) == 3
    assert "2 of 3 files" in caplog.text


async def test_without_any_file_there_is_nothing_to_sweep(db, tmp_path):
    assert await uploads.sweep(tmp_path / "uploads", now=LATER) == 0
