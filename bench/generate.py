"""Fill a database with cases as a desk has them after two years, to measure on. Never for a database in use.

Some hundred stories are told through the portal's verbs (``bench.stories``); the rest are copies of them about other
people in other words (``bench.copies``), written by COPY in two processes while indexes are away. What comes of it
is what the verbs would have written; only, many cases share the instants of their story.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench import stories
from bench.copies import BY_CASE, Mold, Row, Rows, copy, mold, written
from bench.words import Draw

LEAST_STORIES, MOST_STORIES = 20, 2_000
BATCH = 2_000  # cases of one transaction
TABLES = ("case", *BY_CASE, "audit_entry")
_INDEXES = """
    SELECT 'DROP INDEX ' || i.indexrelid::regclass AS drop, pg_get_indexdef(i.indexrelid) AS make
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relname = ANY($1) AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid)
"""
_KEYS = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY($1::text[]::regclass[])
"""


_CASES = 'SELECT * FROM "case" WHERE id = ANY($1)'
_FOR_INDEXES = "SET maintenance_work_mem = '512MB'; SET max_parallel_maintenance_workers = 2"


class Place(msgspec.Struct, frozen=True):
    """The database as its owner, the folder with the keys, the key of the site; ``files`` as in ``stories.Cast``."""

    owner_url: str
    data_dir: Path
    key: bytes
    files: float = 0.15


async def fill(place: Place, n: int, *, seed: int = 0, processes: int = 2, now: datetime) -> None:
    """``n`` more cases are there, sealed in the audit log, and the planner's statistics are fresh.

    Another ``seed`` makes other stories.

    The pool is open, and the sample services were loaded more than two years before ``now``.
    """
    from db.cases import Case

    await stories.clerks(now)
    n_told = min(MOST_STORIES, n, LEAST_STORIES + n // 40)
    seeds = range(seed * processes, (seed + 1) * processes)
    shares = zip(parts(n_told, processes), seeds, strict=True)
    told = await _side_by_side([partial(tell, place, share, one, now=now) for share, one in shares])
    among = Case.id.is_in([case for share in told for case in share])
    in_order = await Case.select(Case.id).where(among).order_by(Case.filed_at).output(as_list=True)
    async with without_indexes(place.owner_url):
        shares = zip(parts(n - n_told, processes), seeds, strict=True)
        await _side_by_side([partial(write_copies, place, in_order, share, one) for share, one in shares])
    await _settle(place)


def parts(n: int, of: int) -> list[int]:
    """``n`` in ``of`` parts, as even as can be."""
    return [n * (place + 1) // of - n * place // of for place in range(of)]


async def tell(place: Place, n: int, seed: int, *, now: datetime) -> list[UUID]:
    """``n`` stories were told; the ids of their cases."""
    from portal import signing

    signing.keep_in(place.data_dir)
    cast = await stories.cast(place.key, files=place.files)
    draw = Draw(seed)
    told = [await stories.tell(cast, draw, now=now) for _ in range(n)]
    await stories.deliver()
    await stories.open_links(told, place.key, now=now)
    return told


async def write_copies(place: Place, told: Sequence[UUID], n: int, seed: int) -> None:
    """``n`` copies of the stories ``told``, as many of each, in the order in which they began."""
    from portal import signing
    from portal.services.queries import service_by_id

    signing.keep_in(place.data_dir)
    connection = await asyncpg.connect(place.owner_url)
    draw, rows = Draw(seed), Rows()
    try:
        names = {table: await _columns(connection, table) for table in TABLES}
        for made_from, share in zip(await _molds(connection, told), parts(n, len(told)), strict=True):
            service = await service_by_id(made_from.case["service"], now=made_from.case["filed_at"])
            assert service, "a case has its service"
            for _number in range(share):
                copy(made_from, service, draw, place.key, rows)
                if len(rows["case"]) == BATCH:
                    await _flush(connection, names, rows)
        await _flush(connection, names, rows)
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def without_indexes(owner_url: str) -> AsyncIterator[None]:
    """Meanwhile the tables of cases have only the indexes that keep rows unique; afterwards all, and all references."""
    connection = await asyncpg.connect(owner_url)
    try:
        found = [
            *await connection.fetch(_KEYS, list(TABLES)),
            *await connection.fetch(_INDEXES, list(TABLES)),
        ]
        for statement in found:
            await connection.execute(statement["drop"])
        try:
            yield
        finally:
            await connection.execute(_FOR_INDEXES)
            for statement in reversed(found):
                await connection.execute(statement["make"])
    finally:
        await connection.close()


async def _settle(place: Place) -> None:
    """What the worker would do first is done, so that it rests while something is measured."""
    from portal.audit_log.actions import seal

    connection = await asyncpg.connect(place.owner_url)
    try:
        await connection.execute("VACUUM (ANALYZE, FREEZE)")
        await seal(place.key)
        await connection.execute("VACUUM (ANALYZE) audit_seal")
    finally:
        await connection.close()


async def _molds(connection: Any, told: Sequence[UUID]) -> list[Mold]:
    """All rows of the cases ``told``, each table read once: its indexes are away."""
    found: dict[UUID, dict[str, list[Row]]] = {case: {table: [] for table in TABLES} for case in told}
    for table in BY_CASE:
        for row in await connection.fetch(f'SELECT * FROM "{table}" WHERE "case" = ANY($1)', told):
            found[row["case"]][table].append(dict(row))
    objects = [f"case:{case}" for case in told]
    for row in await connection.fetch("SELECT * FROM audit_entry WHERE object = ANY($1)", objects):
        found[UUID(row["object"].partition(":")[2])]["audit_entry"].append(dict(row))
    cases = {row["id"]: dict(row) for row in await connection.fetch(_CASES, told)}
    return [mold(cases[case], found[case]) for case in told]


async def _columns(connection: Any, table: str) -> list[str]:
    """What is written of each row, in the order in which it is read."""
    statement = await connection.prepare(f'SELECT * FROM "{table}"')
    return written(table, [attribute.name for attribute in statement.get_attributes()])


async def _flush(connection: Any, names: dict[str, list[str]], rows: Rows) -> None:
    """All ``rows`` are written in one transaction."""
    async with connection.transaction():
        for table in TABLES:
            await connection.copy_records_to_table(table, columns=names[table], records=rows[table])
    rows.clear()


async def _side_by_side(works: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """What each of ``works`` returns; more than one run in processes of their own."""
    if len(works) == 1:
        return [await works[0]()]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(works), mp_context=spawn) as pool:
        running = [asyncio.wrap_future(pool.submit(_run, work)) for work in works]
        return list(await asyncio.gather(*running))


def _run(work: Callable[[], Awaitable[Any]]) -> Any:
    """In a process of its own, with a connection of its own."""

    async def run() -> Any:
        from db.engine import close_pool, open_pool

        await open_pool(1)
        try:
            return await work()
        finally:
            await close_pool()

    return asyncio.run(run())
