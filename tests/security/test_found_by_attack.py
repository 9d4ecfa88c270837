"""What an attacker once found stays mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from litestar.datastructures import FormMultiDict

from db.accounts import Account, Session
from portal import codes
from portal.cases import access
from portal.resets import actions, links
from portal.resets.forms import read_approval
from tests.cases.factories import a_case
from tests.resets.people import person
from tests.support.browser import client_of, signed_in

SIXTEEN_MINUTES = timedelta(minutes=16)


@pytest.fixture
async def somebody(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "maryam", "citizen")


async def test_s07_a_new_password_needs_a_fresh_proof(somebody):
    await Session.update({Session.proved_at: datetime.now(UTC) - SIXTEEN_MINUTES}, force=True)
    answer = await somebody.get("/accounts/password")
    assert (answer.status_code, "/accounts/confirm" in answer.headers["location"]) == (303, True)


async def test_asking_for_a_new_password_voids_no_link_of_the_console(db, settings):
    now = datetime.now(UTC)
    account = await person("maryam", "citizen", mails=("m@sample.example",), now=now - timedelta(days=1))
    held = (await links.recover("maryam", settings=settings, now=now)).partition("key=")[2]
    assert await links.of_link(held, keys=settings.keys, now=now)
    await actions.ask("maryam", by=None, address="192.0.2.1", device="", key=settings.secret_key, now=now)
    assert await links.of_link(held, keys=settings.keys, now=now)
    await Account.update({Account.password_changed_at: now + timedelta(minutes=1)}).where(
        Account.id == account
    )
    assert await links.of_link(held, keys=settings.keys, now=now + timedelta(minutes=2)) is None


@pytest.mark.parametrize("before", ["99999999999", "9223372036854775808", "-1", "x", "\u0663"])
async def test_no_page_number_is_too_much(before, somebody, admin):
    assert (await somebody.get(f"/mine/opened?before={before}")).status_code == 200
    assert (await admin.get(f"/admin/resets?before={before}")).status_code == 200


@pytest.mark.parametrize("after", ["0001-01-01T00:00:00%2B14:00_1", "9999-12-31T23:59:59-14:00_1"])
async def test_no_day_is_outside_the_calendar_of_the_log(after, admin):
    assert (await admin.get(f"/admin/audit?after={after}")).status_code == 200


async def test_a_name_with_a_nul_is_looked_for(admin):
    assert (await admin.get("/admin/accounts?q=%00")).status_code == 200


async def test_a_code_that_is_nobodys_runs_out_of_tries_as_a_real_one(somebody, settings):
    filed = await a_case(key=settings.secret_key, now=datetime.now(UTC))
    for number in (filed.number, 10**18 + 1):
        said = []
        for _ in range(access.TRIES + 1):
            typed = {"code": codes.show_text(number), "passcode": "00000000"}
            answer = await somebody.submit("/en/mine", typed, to="/en/mine/claim")
            said.append("does not match" in answer.text)
        assert said == [True] * (access.TRIES + 1)


async def test_people_of_the_desk_do_not_choose_their_own_name(db, application):
    async with client_of(application) as client:
        clerk = await signed_in(client, "clerk", "staff")
        await clerk.submit("/en/mine/data", {"display_name": "Somebody Else", "locale": "en"})
    assert await Account.exists().where(Account.username == "clerk", Account.display_name == "Clerk")


def test_only_known_checks_are_kept_as_proof():
    draft, errors = read_approval(FormMultiDict([("proof_checks", "junk"), ("proof_checks", "x" * 5000)]))
    assert (draft.proof.checks, "proof_checks" in errors) == ((), True)
