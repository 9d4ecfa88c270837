"""A small desk to back up, and empty places to restore into."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec

from portal import settings, uploads
from portal.backup import making, restoring, snapshot
from portal.backup.keys import Identity
from portal.backup.making import Made
from portal.backup.restoring import Place, Restored
from portal.settings import Settings
from tests.cases.factories import a_case
from tests.support.database import Urls, run_sql
from tests.support.sample_files import PDF, an_upload

ME = Identity.generate()


def desk(folder: Path) -> Settings:
    """The settings of a desk whose files and keys lie in ``folder``."""
    return settings.load({"PORTAL_DATA_DIR": str(folder)})


async def a_case_with_file(chosen: Settings, number: int = 0) -> uploads.StoredFile:
    """A filed case and its one file, unlike all others."""
    upload = an_upload(
        f"نامهٔ {number}.pdf", PDF.replace(b"endobj", b"%" + os.urandom(2000).hex().encode() + b"\nendobj")
    )
    file = await uploads.receive(upload, chosen.uploads_dir)
    await a_case(files=(file,), key=chosen.secret_key)
    return file


async def back_up(chosen: Settings, target: Path, *, to: list[Identity] | None = None) -> Made:
    """Backed up as ``portal backup`` does it, to ``to`` (me when not given), while this loop goes on."""
    recipients = [identity.to_public() for identity in ([ME] if to is None else to)]
    url = os.environ["PORTAL_DATABASE_OWNER_URL"]
    return await asyncio.to_thread(making.back_up, chosen, url, target, recipients)


async def restore(source: Path, place: Place, identity: Identity = ME) -> Restored:
    return await asyncio.to_thread(restoring.restore, source, place, [identity])


@contextmanager
def empty_place(folder: Path) -> Iterator[Place]:
    """A folder that is not there yet and an empty database on the server of the tests."""
    urls = Urls(os.environ["PORTAL_DATABASE_OWNER_URL"], os.environ["PORTAL_DATABASE_URL"])
    name = f"rahgir_restored_{os.getpid()}"
    in_thread(run_sql, urls.owner, f"CREATE DATABASE {name} TEMPLATE template0")
    new = urls.of(name)
    try:
        yield Place(data_dir=folder, app_url=new.app, owner_url=new.owner)
    finally:
        in_thread(run_sql, urls.owner, f"DROP DATABASE {name} WITH (FORCE)")


def in_thread(work, *arguments) -> None:
    """``run_sql`` has a loop of its own, and one runs here already."""
    from threading import Thread

    thread = Thread(target=work, args=arguments)
    thread.start()
    thread.join()


async def facts(url: str) -> tuple[dict, dict]:
    """Counts and digests of every table, and the files that rows name."""
    taken = await snapshot.take(url)
    await taken.close()
    return msgspec.to_builtins(taken.tables), taken.files


async def ask(url: str, statement: str, *values: object):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
