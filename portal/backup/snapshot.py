"""One instant of the database: held open while it is dumped, counted, and told apart from every other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from portal.backup.manifest import TableFacts

# Rows as text must not depend on the session that reads them.
SAME_TEXT = (
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; "
    "SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmloption = 'content'"
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_WITH_FILES = """
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'stored_as' ORDER BY table_name
"""
_ANYTHING = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
_DIGEST = re.compile(r"[0-9-]+:[0-9-]+")


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the database held at ``made_at``, and ``id``, under which other sessions read the same while it is open.

    ``files`` are the uploaded files that rows name: stored name and SHA-256.
    """

    id: str
    made_at: datetime
    server: int
    migrations: tuple[str, ...]
    tables: dict[str, TableFacts]
    files: dict[str, str]
    connection: Any

    async def close(self) -> None:
        """Nothing of it is held any more."""
        await self.connection.close()


async def take(url: str) -> Snapshot:
    """A snapshot as the role of ``url`` sees it. It holds up no writer, only migrations, until it is closed."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SAME_TEXT)
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return Snapshot(
            id=await connection.fetchval("SELECT pg_export_snapshot()"),
            made_at=await connection.fetchval("SELECT now()"),
            server=connection.get_server_version().major,
            migrations=await _migrations(connection),
            tables=await _tables(connection),
            files=await named_files(connection),
            connection=connection,
        )
    except BaseException:
        await connection.close()
        raise


async def named_files(connection: Any) -> dict[str, str]:
    """Stored name and SHA-256 of every file that a row of any table names and that was not erased."""
    found: dict[str, str] = {}
    for row in await connection.fetch(_WITH_FILES):
        named = f"SELECT stored_as, sha256 FROM public.{_quoted(row[0])} WHERE stored_as ~ '^[0-9a-f]{{32}}$'"  # noqa: S608
        found |= dict(await connection.fetch(named))
    return found


async def still_named(url: str, names: Sequence[str]) -> list[str]:
    """Those of ``names`` that the database names at this moment."""
    connection = await asyncpg.connect(url)
    try:
        known = await named_files(connection)
    finally:
        await connection.close()
    return [name for name in names if name in known]


async def is_empty(url: str) -> bool:
    """There is no table, view or sequence in the database."""
    connection = await asyncpg.connect(url)
    try:
        return not await connection.fetchval(_ANYTHING)
    finally:
        await connection.close()


def check(tables: Mapping[str, TableFacts]) -> str:
    """SQL that fails, and so undoes its transaction, unless each of ``tables`` holds just these rows."""
    lines = [f"{SAME_TEXT};"]
    for name, facts in tables.items():
        if not _DIGEST.fullmatch(facts.digest):
            raise ValueError(f"{facts.digest!r} is no digest")
        expected = f"ROW({facts.rows:d}::bigint, '{facts.digest}'::text)"
        lines.append(
            f"DO $check$ BEGIN IF ({facts_of(name)}) IS DISTINCT FROM {expected} "
            f"THEN RAISE EXCEPTION 'A table differs from the backup: %', {_literal(name)}; END IF; END $check$;"
        )
    return "\n".join(lines)


def facts_of(table: str) -> str:
    """SQL for a table's number of rows and their digest: two sums over the SHA-256 of each row as text.

    Sums need no order. They tell any damage, not an artful forgery: against that stands the encryption.
    """
    return f"""
        SELECT ROW(count(*), coalesce(sum(('x' || substr(h, 1, 16))::bit(64)::bigint), 0)
            || ':' || coalesce(sum(('x' || substr(h, 17, 16))::bit(64)::bigint), 0))
        FROM (SELECT encode(sha256(convert_to(this_row::text, 'UTF8')), 'hex') AS h
              FROM public.{_quoted(table)} this_row) hashed
    """  # noqa: S608


async def _tables(connection: Any) -> dict[str, TableFacts]:
    names = [row[0] for row in await connection.fetch(_TABLES)]
    return {name: TableFacts(*await connection.fetchval(facts_of(name))) for name in names}


async def _migrations(connection: Any) -> tuple[str, ...]:
    if not await connection.fetchval("SELECT to_regclass('public.migration')"):
        return ()
    rows = await connection.fetch("SELECT name FROM public.migration ORDER BY name")
    return tuple(row[0] for row in rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
