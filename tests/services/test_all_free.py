"""The foot of a page says that all services are free only while they are."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from portal.services import free_queries
from portal.services.actions import load_service, read_sample
from portal.services.free_queries import all_free
from portal.services.publishing import close_service
from tests.conftest import NOON
from tests.services.managers import a_manager, a_wish, end

QOM = "yearbook-qom"
LATER = NOON + timedelta(days=1)
SENTENCE = "All services are free of charge."


async def load(*, free, fee: int = 0, now=NOON):
    file = read_sample(QOM)
    statement = msgspec.structs.replace(file.statement, free=free)
    return await load_service(
        msgspec.structs.replace(file, fee=fee, statement=statement), position=0, now=now
    )


@pytest.mark.parametrize("path", ["/en", "/en/services", "/en/track", f"/en/services/{QOM}/sla"])
async def test_the_foot_of_every_page_says_so_while_it_is_true(samples, browser, path):
    assert SENTENCE in (await browser.get(path)).text


async def test_it_says_nothing_once_one_service_asks_for_a_fee(samples, browser):
    await load(free=False, fee=500)
    assert SENTENCE not in (await browser.get("/en")).text


async def test_a_statement_that_does_not_promise_it_is_enough_to_stay_silent(samples):
    assert await all_free(now=NOON)
    for silent in (False, msgspec.UNSET):
        await load(free=silent)
        assert not await all_free(now=LATER)


async def test_an_edition_counts_from_its_own_moment(db, monkeypatch):
    monkeypatch.setattr(free_queries, "REMEMBER", -1.0)
    await load(free=True)
    await load(free=False, now=LATER)
    assert await all_free(now=LATER - timedelta(seconds=1))
    assert not await all_free(now=LATER)


async def test_a_desk_without_services_promises_nothing(db, browser):
    assert SENTENCE not in (await browser.get("/en")).text


async def test_a_closed_service_counts_and_an_ended_statement_does_not(db):
    service = await load(free=True)
    await close_service(service, now=NOON)
    assert await all_free(now=NOON)
    offices = {office: await a_manager(office) for office in ("head", "deputy")}
    await end(service, a_wish(), offices)
    assert await all_free(now=NOON + timedelta(days=40))


async def test_many_pages_ask_the_database_once(samples, browser, monkeypatch):
    asked = []
    raw = free_queries.Service.raw

    def counted(query, *values):
        asked.extend([query] if query == free_queries._ALL_FREE else [])
        return raw(query, *values)

    monkeypatch.setattr(free_queries.Service, "raw", counted)
    for _n in range(3):
        await browser.get("/en/services")
    assert len(asked) == 1


async def test_a_page_that_needs_no_database_does_without_the_sentence(browser, monkeypatch):
    async def away(**_):
        raise OSError

    monkeypatch.setattr("portal.app.all_free", away)
    page = await browser.get("/en/track")
    assert page.status_code == 200
    assert SENTENCE not in page.text
