"""Sessions: opened at sign-in, over when unused, old, ended, or when the account may no longer."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Request, get

from db.accounts import Account, Session
from portal import settings
from portal.security.guards import SignedInReader
from portal.security.sessions import (
    OUTSIDE_ROLES,
    ROLES,
    account_of,
    end_all_sessions,
    end_session,
    forget_ended,
    idle_limit,
    open_session,
)

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


async def someone(role="citizen", username="maryam") -> UUID:
    account = Account(
        username=username, display_name="مریم", role=role, password_hash="-", locale="fa", created_at=NOON
    )
    await account.save()
    return account.id


async def test_a_session_says_who_is_signed_in(db):
    account = await someone("manager")
    token = await open_session(account, device="Firefox", now=NOON)
    who = await account_of(token, NOON)
    assert (who.account_id, who.username, who.display_name, who.role) == (
        account,
        "maryam",
        "مریم",
        "manager",
    )
    assert (who.units, who.locale, who.is_staff) == ((), "fa", True)


async def test_only_the_digest_of_a_token_is_kept(db):
    token = await open_session(await someone(), device="", now=NOON)
    assert len(token) >= 43
    row = await Session.select().first()
    assert row["token_sha256"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(row)


@pytest.mark.parametrize("planted", ["", "a" * 64, "é", "\ud800", "\0"])
async def test_a_token_we_did_not_give_is_nobody(db, planted):
    await open_session(await someone(), device="", now=NOON)
    assert await account_of(planted, NOON) is None


async def test_two_sign_ins_are_two_sessions(db):
    account = await someone()
    first, second = [await open_session(account, device="", now=NOON) for _ in range(2)]
    await end_session(first)
    assert await account_of(first, NOON) is None
    assert await account_of(second, NOON)


async def test_all_sessions_of_one_person_end_but_the_one_at_hand(db):
    maryam, other = await someone(), await someone(username="other")
    here, there, others = [await open_session(who, device="", now=NOON) for who in (maryam, maryam, other)]
    assert await end_all_sessions(maryam, (await account_of(here, NOON)).session_id) == 1
    assert await account_of(there, NOON) is None
    assert await account_of(here, NOON)
    assert await end_all_sessions(maryam) == 1
    assert await account_of(here, NOON) is None
    assert await account_of(others, NOON)


@pytest.mark.parametrize(
    ("role", "minutes"), [(role, 60 if role in OUTSIDE_ROLES else 30) for role in sorted(ROLES)]
)
async def test_s04_an_unused_session_is_over(db, role, minutes):
    token = await open_session(await someone(role), device="", now=NOON)
    assert idle_limit(role) == minutes * MINUTES
    assert await account_of(token, NOON + minutes * MINUTES) is None
    assert await account_of(token, NOON + (minutes - 1) * MINUTES)


async def test_s04_a_session_in_use_goes_on_but_not_past_twelve_hours(db):
    token = await open_session(await someone("staff"), device="", now=NOON)
    for step in range(1, 36):
        assert await account_of(token, NOON + step * 20 * MINUTES), step
    for minutes in (0, 5):
        assert await account_of(token, NOON + timedelta(hours=12, minutes=minutes)) is None


async def test_use_is_noted_at_most_once_a_minute(db):
    token = await open_session(await someone(), device="", now=NOON)
    await account_of(token, NOON + timedelta(seconds=59))
    assert (await Session.select(Session.seen_at).first())["seen_at"] == NOON
    await account_of(token, NOON + timedelta(seconds=61))
    assert (await Session.select(Session.seen_at).first())["seen_at"] == NOON + timedelta(seconds=61)


async def test_a_lock_ends_every_session_at_once(db):
    token = await open_session(await someone(), device="", now=NOON)
    await Account.update({Account.state: "locked"}, force=True)
    assert await account_of(token, NOON) is None


async def test_a_new_role_holds_from_the_next_request_on(db):
    token = await open_session(await someone("staff"), device="", now=NOON)
    await Account.update({Account.role: "citizen"}, force=True)
    assert not (await account_of(token, NOON)).is_staff


async def test_ended_sessions_leave_no_row(db):
    await open_session(await someone(), device="", now=NOON)
    await forget_ended(NOON + timedelta(hours=11))
    assert await Session.count() == 1
    await forget_ended(NOON + timedelta(hours=12))
    assert await Session.count() == 0


@get("/")
async def who_am_i(request: Request) -> dict[str, str | None]:
    return {"who": request.user and request.user.username}


@pytest.fixture
async def client(tmp_path: Path):
    own = settings.load({"PORTAL_DATA_DIR": str(tmp_path)})
    app = Litestar([who_am_i], middleware=[SignedInReader(own, lambda: NOON)], openapi_config=None)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost:8000"
    ) as client:
        yield client


async def test_the_cookie_says_who_is_asking(db, client):
    token = await open_session(await someone(), device="", now=NOON)
    assert (await client.get("/", headers={"Cookie": f"session={token}"})).json() == {"who": "maryam"}


async def test_a_planted_cookie_is_nobody_and_stays_out_of_the_table(db, client):
    answer = await client.get("/", headers={"Cookie": "session=" + "a" * 64})
    assert answer.json() == {"who": None}
    assert "set-cookie" not in answer.headers
    assert await Session.count() == 0


async def test_a_visitor_without_a_cookie_costs_no_query(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a query was made")

    monkeypatch.setattr(Session, "raw", refuse)
    assert (await client.get("/")).json() == {"who": None}
