"""Every route that changes something, against every way another site could send to it (S09)."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from piccolo.engine import engine_finder

from db.accounts import Account, Session
from portal.app import _litestar, create_app
from portal.security import sessions, throttle
from portal.security.csrf import SAFE_METHODS, form_token
from tests.security.test_route_table import SOMETHING, routes_of
from tests.security.test_throttle import hits_of
from tests.support.browser import BASE, client_of, signed_in

SENT_BY = {
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "origin null": {"Origin": "null"},
    "suffix trick": {"Origin": f"{BASE}.evil.example"},
    "prefix trick": {"Origin": "http://localhost:8000@evil.example"},
    "none": {},
}
ELSEWHERE = "بیرون از این سایت نمی‌توان فرم فرستاد"


SIGNED = {"notices.leave_post"}
"""Reached from anywhere by an address that is its own proof: tests/notices/test_subscribing.py."""


def unsafe_routes(settings):
    return [
        (method, path.format(**SOMETHING), name)
        for method, path, name in routes_of(_litestar(settings))
        if method not in SAFE_METHODS and name not in SIGNED
    ]


@pytest.mark.parametrize("way", SENT_BY)
async def test_s09_no_other_site_reaches_any_form(way, settings, application, db):
    async with client_of(application) as client:
        await signed_in(client, "chief", "admin")
        for method, address, name in unsafe_routes(settings):
            answer = await client.request(method, address, headers=SENT_BY[way])
            assert answer.status_code == 403, (way, method, address, name)
    assert await Session.count() == 1


async def test_s09_no_form_works_without_its_token(settings, application, db):
    async with client_of(application) as client:
        await signed_in(client, "chief", "admin")
        for method, address, name in unsafe_routes(settings):
            answer = await client.request(method, address, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code in (400, 401, 403, 404, 405, 409, 413), (
                method,
                address,
                name,
                answer.status_code,
            )
    assert await Account.count() == 1
    assert await Session.count() == 1


async def test_s02_a_thousand_anonymous_looks_leave_no_session_and_no_cookie(application, db):
    async with client_of(application) as client:
        for path in (
            "/",
            "/accounts/sign-in",
            "/accounts/sign-up",
            "/services",
            "/accounts/sign-up/sent",
        ) * 200:
            assert "set-cookie" not in (await client.get(path)).headers
    assert await Session.count() == 0


async def test_s17_limits_hold_across_two_workers_and_a_restart(settings, db):
    """Three applications over one database: two workers, and one started after them."""
    answers = []
    for n in range(7):
        async with client_of(create_app(settings)) as worker:
            token = form_token(settings.secret_key, "", "/accounts/sign-in", datetime.now(UTC))
            typed = {"username": "nobody", "password": "not the right one", "_csrf_token": token}
            headers = {"Sec-Fetch-Site": "same-origin"}
            answer = await worker.post("/accounts/sign-in", data=typed, headers=headers)
            answers.append(answer.status_code)
            assert ("retry-after" in answer.headers) == (n > 4)
    assert answers == [422] * 5 + [429] * 2


async def test_s18_signing_up_uses_up_no_tries_of_signing_in(db):
    now = datetime.now(UTC)
    for _ in range(10):
        await throttle.hit("sign-up:192.0.2.0/24", limit=10, window=timedelta(hours=1), now=now)
    assert await hits_of("sign-in:address:192.0.2.0/24", timedelta(minutes=10), now) == 0


async def test_a_signed_in_page_costs_one_more_query(application, db):
    """The session with its account is one statement; nothing else is asked because somebody is signed in."""
    seen: list[str] = []
    connection = engine_finder().current_transaction.get().connection
    async with client_of(application) as client:
        await client.get("/services")
        connection.add_query_logger(lambda record: seen.append(record.query))
        try:
            await client.get("/services")
            await asyncio.sleep(0.01)  # asyncpg tells its loggers a moment later
            guest = len(seen)
            await signed_in(client, "somebody", "citizen")
            await asyncio.sleep(0.01)
            seen.clear()
            answer: httpx.Response = await client.get("/services")
            await asyncio.sleep(0.01)
        finally:
            connection._query_loggers.clear()
    assert answer.status_code == 200
    assert len(seen) - guest <= 1, seen
    assert sessions.COOKIE in client.cookies
