"""Migrations: each runs once, as the owner, whole or not at all; the app may do no more than it needs."""

import asyncio
import os
import sys
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from piccolo.engine import engine_finder

from db import schema
from tests.support.database import Urls

MIGRATION = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration

ID = "{id}"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description="")

    async def run():
        await Migration.raw("{statement}")

    manager.add_raw(run)
    return manager
"""


@pytest_asyncio.fixture
async def urls():
    """Addresses of an empty database."""
    ours = Urls(os.environ["PORTAL_DATABASE_OWNER_URL"], os.environ["PORTAL_DATABASE_URL"])
    name = f"rahgir_test_{uuid4().hex}"
    owner = await asyncpg.connect(ours.owner)
    await owner.execute(f"CREATE DATABASE {name}")
    yield ours.of(name)
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


@pytest.fixture
def write_migration(tmp_path, monkeypatch):
    """Adds a migration that runs one statement; there are no others."""
    monkeypatch.setattr(schema.APP_CONFIG, "migrations_folder_path", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    schema._modules.cache_clear()

    def write(identifier: str, statement: str) -> str:
        text = MIGRATION.format(id=identifier, statement=statement)
        (tmp_path / f"test_{uuid4().hex}.py").write_text(text)
        schema._modules.cache_clear()
        return identifier

    yield write
    schema._modules.cache_clear()


async def ask(url: str, statement: str):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def pending_at(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        async with engine_finder().transaction(connection=connection):
            return await schema.pending()
    finally:
        await connection.close()


async def test_a_migration_runs_once_even_when_several_processes_start_together(urls, write_migration):
    first = write_migration("2026-01-01", "CREATE TABLE one (id int)")
    done = await asyncio.gather(*[schema.migrate(urls.owner, urls.app) for _ in range(4)])
    assert sorted(done) == [[], [], [], [first]]
    assert await schema.migrate(urls.owner, urls.app) == []


async def test_migrations_run_in_the_order_of_their_ids(urls, write_migration):
    later = write_migration("2026-01-02", "ALTER TABLE one ADD COLUMN two int")
    earlier = write_migration("2026-01-01", "CREATE TABLE one (id int)")
    assert await schema.migrate(urls.owner, urls.app) == [earlier, later]


async def test_a_migration_that_fails_leaves_nothing_but_the_ones_before_it(urls, write_migration):
    write_migration("2026-01-01", "CREATE TABLE one (id int)")
    write_migration("2026-01-02", "CREATE TABLE two AS SELECT 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await schema.migrate(urls.owner, urls.app)
    assert await ask(urls.owner, "SELECT to_regclass('one')::text") == "one"
    assert await ask(urls.owner, "SELECT to_regclass('two')::text") is None
    assert engine_finder().current_transaction.get() is None


async def test_the_schema_is_pending_until_every_migration_ran(urls, write_migration):
    write_migration("2026-01-01", "CREATE TABLE one (id int)")
    assert await pending_at(urls.app)
    await schema.migrate(urls.owner, urls.app)
    assert not await pending_at(urls.app)
    write_migration("2026-01-02", "CREATE TABLE two (id int)")
    assert await pending_at(urls.app)


async def test_what_a_migration_makes_belongs_to_the_owner(urls, write_migration):
    write_migration("2026-01-01", "CREATE TABLE one (id int)")
    await schema.migrate(urls.owner, urls.app)
    owner = await ask(urls.owner, "SELECT tableowner FROM pg_tables WHERE tablename = 'one'")
    assert owner == schema.user_of(urls.owner)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_event SET id = 2",
        "DELETE FROM case_event",
        "TRUNCATE case_event",
        "ALTER TABLE case_event DISABLE TRIGGER ALL",
        "DELETE FROM migration",
        "DROP TABLE one",
    ],
)
async def test_the_app_cannot_rewrite_the_log(urls, write_migration, statement):
    if schema.user_of(urls.owner) == schema.user_of(urls.app):
        pytest.skip("this server has one role only")
    write_migration("2026-01-01", "CREATE TABLE case_event (id serial)")
    write_migration("2026-01-02", "CREATE TABLE one (id serial)")
    await schema.migrate(urls.owner, urls.app)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(urls.app, statement)


async def test_the_app_may_add_to_the_log_and_change_the_rest(urls, write_migration):
    write_migration("2026-01-01", "CREATE TABLE case_event (id serial, n int)")
    write_migration("2026-01-02", "CREATE TABLE one (id serial, n int)")
    await schema.migrate(urls.owner, urls.app)
    assert await ask(urls.app, "INSERT INTO case_event (n) VALUES (7) RETURNING n") == 7
    assert await ask(urls.app, "INSERT INTO one (n) VALUES (7) RETURNING n") == 7
    assert await ask(urls.app, "UPDATE one SET n = 8 RETURNING n") == 8
    assert await ask(urls.app, "DELETE FROM one RETURNING n") == 8
    assert await ask(urls.app, "SELECT count(*) FROM pgqueuer") == 0


async def test_one_role_for_both_needs_no_grants(urls, write_migration):
    first = write_migration("2026-01-01", "CREATE TABLE one (id int)")
    assert await schema.migrate(urls.owner, urls.owner) == [first]


def test_an_address_without_a_user_is_refused():
    with pytest.raises(ValueError, match="must name its user"):
        schema.user_of("postgresql:///portal?host=/tmp")
