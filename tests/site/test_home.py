"""The front door and what machines ask."""

import asyncpg
import pytest

from db import schema
from portal.app import create_app
from portal.services.actions import SAMPLE_ORDER
from portal.settings import load
from tests.support.browser import client_of


@pytest.mark.parametrize("prefix", ["", "/en"])
async def test_the_home_page_leads_to_every_service_and_to_tracking(samples, browser, prefix):
    page = await browser.get(prefix or "/")
    for slug in SAMPLE_ORDER:
        assert f'href="{prefix}/services/{slug}"' in page.text
    assert f'action="{prefix}/track"' in page.text


async def test_a_desk_without_services_says_so(browser):
    page = await browser.get("/en")
    assert "No service is offered here yet." in page.text


async def test_a_living_process_says_ok(browser):
    answer = await browser.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_a_living_process_asks_the_database_nothing(browser, monkeypatch):
    async def broken(*_):
        raise AssertionError("no query belongs here")

    browser.client.cookies.set("session", "x" * 43)
    monkeypatch.setattr("portal.security.guards.account_of", broken)
    assert (await browser.get("/healthz")).status_code == 200


async def test_a_migrated_database_is_ready(browser):
    answer = await browser.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


async def test_a_database_that_lacks_a_migration_is_not_ready(browser, monkeypatch):
    async def pending():
        return True

    monkeypatch.setattr(schema, "pending", pending)
    answer = await browser.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})


@pytest.mark.parametrize("error", [OSError(), TimeoutError(), asyncpg.CannotConnectNowError("starting")])
async def test_a_database_that_is_away_is_not_ready(browser, monkeypatch, error):
    async def pending():
        raise error

    monkeypatch.setattr(schema, "pending", pending)
    assert (await browser.get("/readyz")).status_code == 503


async def test_robots_are_kept_away_from_cases(browser):
    answer = await browser.get("/robots.txt")
    assert "Disallow: /cases/" in answer.text


async def test_a_desk_of_one_language_offers_no_other(db, tmp_path):
    given = {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_LANGUAGES": "fa"}
    async with client_of(create_app(load(given))) as client:
        page = await client.get("/")
    assert page.status_code == 200
    assert "hreflang" not in page.text


@pytest.mark.parametrize("name", ["%00", "a" * 3000, "portal.css%00.png", "..%2f..%2fpiccolo_conf.py"])
async def test_an_odd_name_of_a_static_file_is_no_page(browser, name):
    assert (await browser.get(f"/static/{name}")).status_code == 404
