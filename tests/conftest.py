"""What every test may ask for: a database. Browser and the small world are in tests/support."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from piccolo.engine import engine_finder

from db.engine import close_pool, open_pool
from tests.support.browser import (  # noqa: F401
    admin,
    application,
    browser,
    clerk,
    colleague,
    nothing_remembered,
    settings,
    stranger,
    timed_application,
)
from tests.support.database import TestServer, Urls, clone, drop_clone, empty_tables
from tests.support.samples import OPENED, samples  # noqa: F401

NOON = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)  # 12:00 in Tehran, Saturday 30 Aban 1405

SERVER = pytest.StashKey[TestServer]()
CLONED = pytest.StashKey[tuple[Urls, str]]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """One server and one migrated template per run, a clone for each process that runs tests."""
    config = session.config
    if config.option.collectonly:
        return
    given = getattr(config, "workerinput", None)
    if given is None:
        server = config.stash[SERVER] = TestServer()
        if config.getoption("numprocesses", default=None):
            return  # the workers run the tests
        urls, template = server.urls, server.template
    else:
        urls, template = Urls(*given["database_urls"]), given["database_template"]
    clone(urls, template)
    config.stash[CLONED] = (urls, template)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell a worker of pytest-xdist where the server is."""
    server = node.config.stash[SERVER]
    node.workerinput["database_urls"] = [server.urls.owner, server.urls.app]
    node.workerinput["database_template"] = server.template


def pytest_unconfigure(config: pytest.Config) -> None:
    cloned = config.stash.get(CLONED, None)
    if cloned:
        drop_clone(*cloned)
    server = config.stash.get(SERVER, None)
    if server:
        server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool() -> AsyncIterator[None]:
    """Piccolo queries share the connections of one pool."""
    await open_pool(12)
    yield
    await close_pool()


@pytest_asyncio.fixture
async def db(pool: None) -> AsyncIterator[None]:
    """Everything a test writes is rolled back; verbs join this one transaction."""
    async with engine_finder().transaction() as transaction:
        yield
        await transaction.rollback()


@pytest_asyncio.fixture
async def committed(pool: None) -> AsyncIterator[None]:
    """For tests that need real commits: no surrounding transaction, every table emptied after."""
    yield
    await empty_tables(os.environ["PORTAL_DATABASE_OWNER_URL"])
