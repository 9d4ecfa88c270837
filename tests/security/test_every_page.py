"""Every page, fetched by every role in a world of hostile words: nothing runs, changes or leaks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import html5lib
import pytest

from db.audit import AuditEntry
from portal.app import _litestar
from portal.security.headers import CSP
from tests.security import world
from tests.security.test_route_table import routes_of
from tests.support.browser import BASE, XHTML

GROWING = {"audit_entry", "throttle", "session", "access_grant"}
"""Looking is written down and counted, keeps a session awake, and a mail's link leaves a grant."""
LOADING = {
    "link": "href",
    "script": "src",
    "img": "src",
    "source": "src",
    "form": "action",
}
NEVER = {"style", "base", "iframe", "object", "embed", "video", "audio"}
OF_THE_TEST = ("httpx", "httpcore", "asyncio")
STATIC = Path(__file__).parents[2] / "templates" / "_static"


@pytest.fixture
async def parts(db, settings):
    return await world.hostile_world(settings)


@pytest.fixture
def pages(settings, parts):
    return world.addresses(routes_of(_litestar(settings)), parts)


@pytest.mark.parametrize("role", world.ROLES_OF_WALK)
async def test_no_page_fails_changes_anything_or_runs_what_was_typed(role, application, pages, parts, caplog):
    """S10, S11, S12, S14, S26, S27, S32, S43, S51."""
    caplog.set_level(logging.DEBUG)
    n_pages = n_hostile = 0
    async with world.walker(application, role) as client:
        before = await world.snapshot()
        for address, _name in pages:
            n_written = await AuditEntry.count()
            answer = await client.get(f"/en{address}")
            assert answer.status_code < 500, address
            check(address, answer)
            n_pages += answer.status_code == 200 and "html" in answer.headers["content-type"]
            n_hostile += "canary()" in answer.text
            if world.EMAIL in answer.text or world.PHONE.removeprefix("+98") in answer.text:
                assert await AuditEntry.count() > n_written, (
                    f"{address} shows a contact, and no log says to whom"
                )
        after = await world.snapshot()
    assert {table for table in after if after[table] != before[table]} <= GROWING
    assert n_pages > 12
    assert n_hostile > 5
    logged = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(OF_THE_TEST)
    )
    for secret in (world.EMAIL, world.PHONE, parts["code"][0], parts["symbols"][0], "canary"):
        assert secret not in logged


def check(address: str, answer: Any) -> None:
    """The answer has the headers of every answer, and its page loads and runs only what is ours."""
    assert CSP in answer.headers.get_list("content-security-policy"), address
    assert answer.headers["x-content-type-options"] == "nosniff", address
    assert answer.headers["referrer-policy"] == "same-origin", address
    assert "server" not in answer.headers, address
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert world.WORKED_OUT not in answer.text, f"{address} works out what was typed"
        for node in html5lib.parse(answer.text).iter():
            check_node(address, str(node.tag).removeprefix(XHTML), node)


def check_node(address: str, tag: str, node: Any) -> None:
    assert not [name for name in node.attrib if str(name).lower().startswith("on")], (address, tag)
    assert tag not in NEVER, (address, tag)
    assert tag != "script" or (node.get("src") and not "".join(node.itertext()).strip()), address
    loaded = node.get(LOADING.get(tag, ""), "")
    assert loaded.startswith("data:image/") or is_ours(loaded), (address, tag, loaded)
    href = str(node.get("href", "")).strip().lower()
    assert not href.startswith(("javascript:", "data:", "vbscript:")), (address, href)


def is_ours(url: str) -> bool:
    return urljoin(f"{BASE}/", url).startswith(f"{BASE}/")


def test_s14_the_style_loads_nothing_from_elsewhere():
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        text = path.read_text()
        assert "@import" not in text, path
        assert not [
            word for word in ("url(http", 'url("http', "url(//", 'from "http', "fetch('http") if word in text
        ]


def test_s45_the_static_folder_holds_plain_files_only():
    for path in STATIC.rglob("*"):
        assert not path.is_symlink(), path
        assert not path.name.startswith("."), path
        assert path.is_dir() or path.suffix in {".css", ".js", ".svg", ".png", ".ico", ".woff2", ".txt"}, path
