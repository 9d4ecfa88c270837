"""Bring a database to the newest schema, and say whether it is there."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
from types import ModuleType
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import asyncpg
from pgqueuer import Queries
from pgqueuer.db import AsyncpgDriver
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.engine import engine_finder

from db.engine import Engine
from db.piccolo_app import APP_CONFIG

APPEND_ONLY = (
    "case_event",
    "audit_entry",
    "audit_seal",
    "calendar_revision",
    "notice_change",
    "receipt",
    "receipt_key",
)  # the app's role may add and read rows, never change them
READ_ONLY = ("migration",)
LOCK = 7_244_215_640_913  # any number, the same in every version: one migration at a time per database
WAIT_FOR_TABLE_LOCK = (
    "5s"  # a migration must not queue behind a long reader and stall everybody behind itself
)


async def migrate(owner_url: str, app_url: str) -> list[str]:
    """Every migration has run, PgQueuer's tables are current, the app's role has its grants.

    Returns the ids of the migrations that ran now; each ran in a transaction of its own as the owner. Safe
    from several processes at once: others wait. Raises what PostgreSQL raised; nothing of that migration
    remains.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        await _take_turn(connection)
        await connection.execute(f"SET lock_timeout = '{WAIT_FOR_TABLE_LOCK}'")
        done = await _run_migrations(connection)
        await _install_queue(connection)
        app_user, owner = user_of(app_url), await connection.fetchval("SELECT current_user")
        if app_user != owner:
            await _grant(connection, app_user)
        return done
    finally:
        await connection.close()


async def pending() -> bool:
    """The database lacks a migration that this version has. One small query with the app's role."""
    if not await Migration.table_exists():
        return True
    return bool(_modules().keys() - set(await Migration.get_migrations_which_ran(APP_CONFIG.app_name)))


def known() -> set[str]:
    """The ids of all migrations of this version."""
    return set(_modules())


def user_of(url: str) -> str:
    """The role a DSN signs in as. Raises ValueError when it names none."""
    name = unquote(urlsplit(url).username or "")
    if not name:
        raise ValueError("The database address must name its user: postgresql://user:password@host/database")
    return name


async def _take_turn(connection: Any) -> None:
    # Polled, since a session that waits inside a statement would hold up CREATE INDEX CONCURRENTLY elsewhere.
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def _run_migrations(connection: Any) -> list[str]:
    engine = cast(Engine, engine_finder())
    async with engine.transaction(connection=connection):
        await BaseMigrationManager().create_migration_table()
        ran = set(await Migration.get_migrations_which_ran(APP_CONFIG.app_name))
    done = sorted(_modules().keys() - ran)
    for migration_id in done:
        # Piccolo sends every query of this task through the open transaction: here, the owner's.
        async with engine.transaction(connection=connection):
            manager = await _modules()[migration_id].forwards()
            if isinstance(manager, MigrationManager):
                with contextlib.redirect_stdout(io.StringIO()):  # its emoji stop a terminal without UTF-8
                    await manager.run()
            await Migration.insert(Migration(name=migration_id, app_name=APP_CONFIG.app_name))
    return done


@functools.cache
def _modules() -> dict[str, ModuleType]:
    """Migration modules by id. Read once, since Piccolo adds a folder to sys.path each time it looks."""
    folder = APP_CONFIG.resolved_migrations_folder_path
    return cast(dict[str, ModuleType], BaseMigrationManager().get_migration_modules(folder))


async def _install_queue(connection: Any) -> None:
    queue = Queries(AsyncpgDriver(connection))
    if await queue.schema_is_installed():
        await queue.upgrade()
        return
    async with connection.transaction():
        await queue.install()


async def _grant(connection: Any, role: str) -> None:
    """``role`` may use every table and sequence of the schema, but only add to the logs."""
    name = '"' + role.replace('"', '""') + '"'
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ]
    tables = {
        row["tablename"]
        for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    }
    for table in tables.intersection(APPEND_ONLY + READ_ONLY):
        kept = "UPDATE, DELETE, TRUNCATE" if table in APPEND_ONLY else "INSERT, UPDATE, DELETE, TRUNCATE"
        statements.append(f'REVOKE {kept} ON "{table}" FROM {name}')
    async with connection.transaction():  # nobody sees the moment between grant and revoke
        await connection.execute("; ".join(statements))
