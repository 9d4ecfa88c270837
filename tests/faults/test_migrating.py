"""Migrations are killed in the middle, and run while people file: each runs whole or not at all, and nobody notices."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from piccolo.apps.migrations.tables import Migration
from piccolo.engine import engine_finder

from db import embedded, schema
from tests.faults.filing import Told, check_nothing_lost, people_filing, serve_demo
from tests.faults.test_supervisor import Portal, portal  # noqa: F401
from tests.support.database import Urls, run_sql

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parents[2]
CASES, KILLS = 1000, 10
OLD = "2026-11-21T15:26:10:000000"
"""Every migration after this one loses nothing when it is undone; those before it made tables."""
MIGRATE = """
import asyncio, os
from db import embedded, schema
schema.known()  # reads the modules
print("begins", flush=True)
asyncio.run(schema.migrate(os.environ["PORTAL_DATABASE_OWNER_URL"], os.environ["PORTAL_DATABASE_URL"]))
"""
INDEXES = ["2026-11-21T16:13:00:000000", "2026-11-21T16:33:10:000000"]
"""Migrations that a portal of this version can be without for a while."""
CLIENTS, ROLLS = 10, 3
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_NOT_DATA = {"migration", "pgqueuer", "pgqueuer_log", "pgqueuer_statistics", "pgqueuer_schedules"}
_DIGEST = """
    SELECT md5(string_agg(one, '' ORDER BY one)) FROM (SELECT md5(to_jsonb(t)::text) AS one FROM "{}" t) AS rows
"""
_CATALOG = """
    SELECT 'column', table_name::text, column_name || ' ' || data_type || coalesce(character_maximum_length::text, '')
        || ' ' || is_nullable
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index', tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3
"""
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Database:
    """A database of its own, a copy of ``template``; a process is given it by the environment."""

    def __init__(self, name: str, template: str) -> None:
        here = Urls(os.environ["PORTAL_DATABASE_OWNER_URL"], os.environ["PORTAL_DATABASE_URL"])
        self.name, self.server, self.urls = name, here, here.of(name)
        run_sql(here.owner, f"CREATE DATABASE {name} TEMPLATE {template}")
        self.environ = {
            **os.environ,
            "PORTAL_DATABASE_OWNER_URL": self.urls.owner,
            "PORTAL_DATABASE_URL": self.urls.app,
        }

    def drop(self) -> None:
        run_sql(self.server.owner, f"DROP DATABASE {self.name} WITH (FORCE)")

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A Python that works on this database."""
        return subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, text=True
        )

    def all(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """The rows that each of ``statements`` gives, in one transaction."""

        async def run() -> list[list[tuple[Any, ...]]]:
            connection = await asyncpg.connect(self.urls.owner)
            try:
                async with connection.transaction():
                    return [[tuple(row) for row in await connection.fetch(one)] for one in statements]
            finally:
                await connection.close()

        return asyncio.run(run())


@contextlib.contextmanager
def database(name: str, template: str) -> Iterator[Database]:
    made = Database(name, template)
    try:
        yield made
    finally:
        made.drop()


def content(at: Database) -> dict[str, Any]:
    """What stands in each table, as a digest."""
    (found,) = at.all(_TABLES)
    names = sorted({name for (name,) in found} - _NOT_DATA)
    return dict(zip(names, at.all(*map(_DIGEST.format, names)), strict=True))


def catalog(at: Database) -> list[tuple[Any, ...]]:
    (found,) = at.all(_CATALOG)
    return found


def ran(at: Database) -> list[str]:
    (found,) = at.all("SELECT name FROM migration ORDER BY name")
    return [name for (name,) in found]


def migrate(at: Database) -> list[str]:
    return asyncio.run(schema.migrate(at.urls.owner, at.urls.app))


async def undo(owner_url: str, migration_id: str) -> None:
    """As before that migration; Piccolo says what it does."""
    connection = await asyncpg.connect(owner_url)
    try:
        async with engine_finder().transaction(connection=connection):
            manager = await schema._modules()[migration_id].forwards()
            with contextlib.redirect_stdout(io.StringIO()):
                await manager.run(backwards=True)
            await Migration.delete().where(Migration.name == migration_id)
    finally:
        await connection.close()


def fill(at: Database) -> None:
    with at.start("-m", "tests.faults.filled", str(CASES)) as process:
        assert process.wait(120) == 0


def killed_after(at: Database, n: int, seconds: float) -> None:
    """A process that migrates was killed so long after ``n`` migrations had run; nothing of it goes on."""
    with at.start("-c", MIGRATE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        asyncio.run(until_ran(at, n))
        time.sleep(seconds)
        process.kill()
    give_up_at = time.monotonic() + 10
    while at.all(_OTHERS) != [[(0,)]]:
        assert time.monotonic() < give_up_at, "the killed process still works in the database"
        time.sleep(0.02)


async def until_ran(at: Database, n: int) -> None:
    connection = await asyncpg.connect(at.urls.owner)
    async with asyncio.timeout(20):
        while await connection.fetchval("SELECT count(*) FROM migration") < n:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    await connection.close()


def test_f11_a_killed_migration_ran_whole_or_not_at_all(measured):
    template = f"rahgir_test_{os.getpid()}"
    with database(f"{template}_new", template) as new:
        fill(new)
        rows = content(new)
        newest = len(gone_back(new)) - 1
        began = time.monotonic()
        assert len(migrate(new)) == newest > 3
        took = time.monotonic() - began
        assert content(new) == rows, "back and forth changes nothing"
        with database(f"{template}_old", new.name) as old:
            schemas = gone_back(old)
            reached = [killed_once(old, schemas, rows, n * newest // KILLS) for n in range(KILLS)]
    measured(
        "F11",
        f"{CASES} cases, the newest {newest} migrations ({took:.1f} s in all) killed {KILLS} times, after "
        f"{sorted(reached)} of them had run: all finished by the next, schema and content as without a kill",
    )


def killed_once(old: Database, schemas: dict[int, Any], rows: dict[str, Any], n: int) -> int:
    """Killed after about ``n`` migrations and started again, the database is as if nothing had been; returns how
    many had run.
    """
    with database(f"{old.name}_killed", old.name) as killed:
        killed_after(killed, min(schemas) + n, random.uniform(0, 0.03))
        done = len(ran(killed))
        assert catalog(killed) == schemas[done], "either before or after each migration"
        migrate(killed)
        assert catalog(killed) == schemas[max(schemas)]
        assert content(killed) == rows
        return done - min(schemas)


def gone_back(at: Database) -> dict[int, list[tuple[Any, ...]]]:
    """The database is as after OLD; returns the schema by how many migrations had run."""
    schemas = {}
    while (done := ran(at))[-1] > OLD:
        schemas[len(done)] = catalog(at)
        asyncio.run(undo(at.urls.owner, done[-1]))
    schemas[len(done)] = catalog(at)
    return schemas


def test_f12_a_portal_that_serves_is_migrated_under_load_without_an_error(portal, measured):
    serve_demo(portal)
    told = asyncio.run(migrated_under_load(portal))
    portal.send(signal.SIGTERM)
    filed = asyncio.run(check_nothing_lost(portal, told))
    assert max(told.statuses) < 500
    measured(
        "F12",
        f"{ROLLS} times the migrations of indexes ran while {CLIENTS} clients filed: {len(told.answers)} answers, "
        f"none an error, the slowest after {told.seconds[-1]:.2f} s, {filed} cases all whole",
    )


async def migrated_under_load(portal: Portal) -> Told:
    with embedded.start(Path(portal.environ["PORTAL_DATA_DIR"])) as cluster:
        async with people_filing(portal, CLIENTS) as told:
            await filed_more(told, 40)
            for _roll in range(ROLLS):
                for migration_id in INDEXES:
                    await undo(cluster.owner_url, migration_id)
                assert await schema.migrate(cluster.owner_url, cluster.app_url) == INDEXES
                await filed_more(told, 20)
                assert await schema.migrate(cluster.owner_url, cluster.app_url) == []
                await filed_more(told, 20)
    return told


async def filed_more(told: Told, n: int) -> None:
    """So many more were told their codes."""
    enough = len(told.numbers) + n
    async with asyncio.timeout(60):
        while len(told.numbers) < enough:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
