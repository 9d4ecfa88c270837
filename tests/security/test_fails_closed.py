"""When something the portal leans on breaks, nobody gets in, and the visitor learns a reference and nothing more."""

from __future__ import annotations

import logging
import os
import re

import asyncpg
import pytest

from db.accounts import Session
from tests.resets.people import PHRASE, person
from tests.support.browser import Browser, client_of


@pytest.fixture
async def without(committed):
    """Takes a table away until the test has ended."""
    owner = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
    gone: list[str] = []

    async def take(table: str) -> None:
        await owner.execute(f'ALTER TABLE "{table}" RENAME TO "{table}_gone"')
        gone.append(table)

    yield take
    for table in gone:
        await owner.execute(f'ALTER TABLE "{table}_gone" RENAME TO "{table}"')
    await owner.close()


async def sign_in(client):
    typed = {"username": "maryam", "password": PHRASE}
    return await Browser(client).submit("/en/accounts/sign-in", typed)


async def test_signing_in_works_while_nothing_is_broken(committed, application):
    await person("maryam", "citizen")
    async with client_of(application) as client:
        assert (await sign_in(client)).status_code == 303
    assert await Session.count() == 1


@pytest.mark.parametrize("table", ["throttle", "audit_entry", "second_factor", "session"])
async def test_s57_without_limits_log_second_step_or_sessions_nobody_signs_in(table, without, application):
    await person("maryam", "citizen")
    await without(table)
    async with client_of(application) as client:
        answer = await sign_in(client)
        assert answer.status_code in (500, 503)
        assert "session" not in client.cookies
    if table != "session":
        assert await Session.count() == 0


async def test_s57_without_sessions_a_cookie_opens_nothing(without, application):
    await without("session")
    async with client_of(application) as client:
        client.cookies.set("session", "a" * 43)
        answer = await client.get("/en/admin/accounts")
    assert answer.status_code in (500, 503)


async def test_s58_a_mistake_of_ours_is_told_by_a_reference_that_stands_in_the_log(
    without, application, caplog
):
    await without("service")
    with caplog.at_level(logging.ERROR):
        async with client_of(application) as client:
            answer = await client.get("/en/services")
    assert answer.status_code == 500
    reference = answer.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{16}", reference)
    assert reference in answer.text
    assert any(reference in record.getMessage() for record in caplog.records)
    for inside in ("Traceback", "asyncpg", "relation", "UndefinedTable", ".py", "SELECT"):
        assert inside not in answer.text


@pytest.fixture
async def full_disk(committed):
    """A new session finds no room on the database's disk."""
    owner = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
    await owner.execute(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$;"
        " CREATE TRIGGER no_room BEFORE INSERT ON session EXECUTE FUNCTION no_room()"
    )
    yield
    await owner.execute("DROP FUNCTION no_room CASCADE")
    await owner.close()


async def test_who_meets_a_full_disk_is_told_to_come_back(full_disk, application):
    await person("maryam", "citizen")
    async with client_of(application) as client:
        answer = await sign_in(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
