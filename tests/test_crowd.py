"""Too many at once: whoever comes while others wait for the database is told at once to come back."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from piccolo.engine import engine_finder

from db import engine
from portal import crowd as back_pressure
from portal.crowd import Crowd
from tests.support.browser import checked, client_of

LONG, MANY = engine.LONG_WAIT + 0.1, engine.MANY_WAITING


@contextlib.asynccontextmanager
async def one_connection_taken():
    """There is one connection, and whoever needs it waits until this ends."""
    await engine.close_pool()
    await engine.open_pool(1)
    try:
        async with engine_finder().pool.acquire():
            yield
    finally:
        await engine.close_pool()
        await engine.open_pool(12)


async def waiting(n: int) -> list[asyncio.Task]:
    """So many who wait for a connection."""

    async def wait() -> None:
        async with engine_finder().pool.acquire():
            pass

    tasks = [asyncio.create_task(wait()) for _ in range(n)]
    await asyncio.sleep(0)
    return tasks


async def test_who_comes_after_a_long_wait_is_turned_away_at_once_in_both_languages(committed, application):
    async with client_of(application) as client, one_connection_taken():
        waits = await waiting(MANY)
        await asyncio.sleep(LONG)
        began = time.monotonic()
        answer = checked(await client.get("/services"))
        assert time.monotonic() - began < 0.05
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "content-security-policy" in answer.headers
        assert "میز خدمت مشغول است" in answer.text
        assert "The desk is busy" in answer.text
        assert "Please try again in 5 seconds." in answer.text
        assert (await client.get("/healthz")).status_code == 200
    await asyncio.gather(*waits, return_exceptions=True)
    async with client_of(application) as client:
        assert (await client.get("/services")).status_code == 200


async def test_a_few_who_wait_turn_nobody_away_and_a_crowd_does_at_once(committed, monkeypatch):
    monkeypatch.setattr(engine, "MOST_WAITING", MANY + 5)
    async with one_connection_taken():
        few = await waiting(MANY - 1)
        await asyncio.sleep(LONG)
        assert not engine.is_overrun()
    await asyncio.gather(*few, return_exceptions=True)
    async with one_connection_taken():
        many = await waiting(MANY + 4)
        assert not engine.is_overrun()
        more = await waiting(1)
        assert engine.is_overrun()
        for task in more:
            task.cancel()  # a visitor who leaves stands in nobody's way
        await asyncio.gather(*more, return_exceptions=True)
        assert not engine.is_overrun()
    await asyncio.gather(*many, return_exceptions=True)
    assert not engine.is_overrun()


@pytest.mark.parametrize("path", ["/", "/en/track", "/desk"])
async def test_nothing_is_asked_of_the_application_while_the_crowd_lasts(committed, settings, path):
    async def application(scope, receive, send):
        raise AssertionError("it should rest")

    sent = []

    async def send(message):
        sent.append(message)

    crowd = Crowd(application, settings, clock=None)
    async with one_connection_taken():
        waits = await waiting(MANY)
        await asyncio.sleep(LONG)
        await crowd({"type": "http", "path": path, "method": "HEAD"}, None, send)
    await asyncio.gather(*waits, return_exceptions=True)
    assert (sent[0]["status"], sent[1]["body"]) == (503, b"")


async def test_of_very_many_at_once_the_last_are_turned_away_until_one_is_done(settings, monkeypatch):
    monkeypatch.setattr(back_pressure, "MOST_AT_ONCE", 3)
    done = asyncio.Event()
    statuses = []

    async def application(scope, receive, send):
        await done.wait()
        await send({"type": "http.response.start", "status": 200})

    async def send(message):
        if "status" in message:
            statuses.append(message["status"])

    crowd = Crowd(application, settings, clock=None)
    page = {"type": "http", "path": "/services", "method": "GET"}
    served = [asyncio.create_task(crowd(page, None, send)) for _ in range(3)]
    await asyncio.sleep(0)
    await crowd(page, None, send)
    assert statuses == [503]
    done.set()
    await asyncio.gather(*served)
    await crowd(page, None, send)
    assert statuses == [503, 200, 200, 200, 200]
