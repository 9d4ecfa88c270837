"""A running portal with sample data, a mail server and Chromium, shared by every test of this folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.demo import Demo
from tests.browser.tour import Seen, gather_people, tour
from tests.browser.visitor import Visitor
from tests.mail_server import Box, mail_server

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Arrive = Callable[..., Awaitable[Visitor]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever stands in this folder needs Chromium and says so."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def missing(what: str) -> NoReturn:
    """Skip the test and say why; where nothing may be skipped, fail."""
    if os.environ.get("PORTAL_TEST_NO_SKIPS") == "1":
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's browser or the like, without a window."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing(f"No Chromium here: none of {', '.join(NAMES)} can be run.")
    arguments = QUIET + (["--no-sandbox"] if os.geteuid() == 0 else [])
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def demo(chromium: Browser) -> AsyncIterator[Demo]:
    """``portal demo``, stopped by Ctrl-C at the end; nothing of it may be left then."""
    folder = _new_folder()
    async with mail_server(Box()) as box:
        running = Demo(folder, box)
        try:
            running.start()
            await running.ready()
            yield running
        finally:
            left_over = running.stop()
            shutil.rmtree(folder)
    assert left_over == []


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rahgir-browser-"))
    folder.chmod(0o755)  # a database started by root runs as another user, who must get in
    return folder


@pytest_asyncio.fixture
async def arrive(chromium: Browser, demo: Demo) -> AsyncIterator[Arrive]:
    """Somebody comes with a fresh browser: ``await arrive("fa", width=360)``."""
    visitors = []

    async def come(language: str = "fa", *, width: int = 1200, script: bool = True) -> Visitor:
        visitors.append(await Visitor.arrive(chromium, demo.url, language, width=width, script=script))
        return visitors[-1]

    yield come
    for visitor in visitors:
        await visitor.leave()


@pytest_asyncio.fixture(scope="session")
async def toured(chromium: Browser, demo: Demo) -> dict[str, dict[str, Seen]]:
    """What was seen on every page, by language and name of the stop."""
    groups = [await gather_people(chromium, demo, language) for language in ("fa", "en")]
    persian, english = await asyncio.gather(*[tour(group, demo) for group in groups])
    return {"fa": persian, "en": english}
