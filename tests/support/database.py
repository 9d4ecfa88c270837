"""Databases of one test run: a migrated template, and a clone of it for each process that runs tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from db import embedded, schema

# A crash of the machine may eat a test database; waiting for the disk would only cost time. A vacuum that happens to
# look into a database of a few minutes keeps it from being dropped, too.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class Urls:
    """DSNs of one database for its owner (with CREATEDB) and for the app's role."""

    owner: str
    app: str

    def of(self, database: str) -> Urls:
        return Urls(*(urlsplit(url)._replace(path=f"/{database}").geturl() for url in (self.owner, self.app)))

    def export(self) -> None:
        os.environ["PORTAL_DATABASE_OWNER_URL"] = self.owner
        os.environ["PORTAL_DATABASE_URL"] = self.app


class TestServer:
    """The server of this run: one given by the environment, else an embedded one in a temporary folder."""

    __test__ = False

    def __init__(self) -> None:
        self.undo = contextlib.ExitStack()
        try:
            self.urls = _given_urls(os.environ) or self._start_embedded()
            self.template = f"rahgir_test_{os.getpid()}"
            # Chosen before anything imports piccolo_conf, which keeps the first address it sees.
            self.urls.of(clone_name(self.template)).export()
            run_sql(self.urls.owner, f"CREATE DATABASE {self.template}")
            self.undo.callback(run_sql, self.urls.owner, f"DROP DATABASE {self.template} WITH (FORCE)")
            asyncio.run(_migrate(self.urls.of(self.template)))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Nothing of this run is left on the server, and no server or folder that it started."""
        self.undo.close()

    def _start_embedded(self) -> Urls:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is told to end cleans up too
        folder = Path(tempfile.mkdtemp(prefix="rahgir-test-"))
        self.undo.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # a server started by root runs as another user, who must get in
        cluster = self.undo.enter_context(embedded.start(folder, HASTY))
        run_sql(cluster.database_url("postgres", role="postgres"), "ALTER ROLE portal_owner CREATEDB")
        return Urls(cluster.owner_url, cluster.app_url)


def clone_name(template: str) -> str:
    return f"{template}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def clone(urls: Urls, template: str) -> Urls:
    """This process has its own copy of the template; its addresses are in the environment."""
    name = clone_name(template)
    run_sql(urls.owner, f"CREATE DATABASE {name} TEMPLATE {template}")
    mine = urls.of(name)
    mine.export()
    return mine


def drop_clone(urls: Urls, template: str) -> None:
    run_sql(urls.owner, f"DROP DATABASE IF EXISTS {clone_name(template)} WITH (FORCE)")


async def empty_tables(owner_url: str) -> None:
    """Every table but the list of migrations is empty."""
    connection = await asyncpg.connect(owner_url)
    try:
        names = await connection.fetchval(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
            "WHERE schemaname = 'public' AND tablename <> 'migration'"
        )
        await connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
    finally:
        await connection.close()


def run_sql(url: str, statement: str) -> Any:
    """First value of ``statement``, run on a connection and in a loop of its own."""

    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def _given_urls(environ: Mapping[str, str]) -> Urls | None:
    for prefix in ("PORTAL_TEST_DATABASE", "PORTAL_DATABASE"):
        app = environ.get(f"{prefix}_URL")
        if app:
            return Urls(owner=environ.get(f"{prefix}_OWNER_URL") or app, app=app)
    return None


async def _migrate(urls: Urls) -> None:
    await schema.migrate(urls.owner, urls.app)
