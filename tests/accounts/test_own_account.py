"""One's own password, addresses and numbers."""

import asyncio
from datetime import timedelta

import pytest
from argon2 import extract_parameters

from db.accounts import Account, ContactPoint, Session
from db.audit import AuditEntry
from db.factors import SecondFactor
from db.outbox import OutboxMessage
from portal.accounts import contacts
from portal.accounts.actions import WrongPassword, make_account
from portal.accounts.new_password import WeakPassword
from portal.accounts.own_password import change_password
from portal.errors import Conflict, NotFound
from portal.security import sessions
from tests.cases.visitors import right_now
from tests.conftest import NOON
from tests.support.browser import Browser, client_of

PHRASE, NEW = "صبح بارانی ۱۴۰۵ کتابخانه", "copper horse battery window"


@pytest.fixture
async def maryam(db):
    account = await make_account(
        "maryam", display_name="مریم سپهری", role="citizen", password=PHRASE, now=NOON
    )
    await on_file(account, "email", "maryam@mehregan.example", verified=True)
    return account


@pytest.fixture
async def signed(maryam, application):
    async with client_of(application) as client:
        client.cookies.set("session", await sessions.open_session(maryam, device="test", now=right_now()))
        yield Browser(client)


async def on_file(account, kind, value, *, verified):
    point = ContactPoint(
        account=account, kind=kind, value=value, changed_at=NOON, verified_at=NOON if verified else None
    )
    await ContactPoint.insert(point)
    return point.id


async def change(account, new=NEW, current=PHRASE):
    return await change_password(
        account, current, new, base_url="http://localhost:8000", device="", address="192.0.2.7", now=NOON
    )


async def told():
    rows = await OutboxMessage.objects().output(load_json=True)
    return sorted((row.recipient, row.data.get("what", row.template)) for row in rows)


async def test_s05_a_new_password_ends_every_other_session(maryam):
    others = [await sessions.open_session(maryam, device="", now=NOON) for _ in range(3)]
    mine = await change(maryam)
    assert [await sessions.account_of(token, NOON) for token in others] == [None] * 3
    assert (await sessions.account_of(mine, NOON)).account_id == maryam
    assert await told() == [("maryam@mehregan.example", "password_changed")]
    assert await AuditEntry.exists().where(AuditEntry.action == "password_changed")


async def test_every_address_is_told_also_one_that_is_not_confirmed(maryam):
    await on_file(maryam, "email", "second@mehregan.example", verified=False)
    await change(maryam)
    assert {address for address, _what in await told()} == {
        "maryam@mehregan.example",
        "second@mehregan.example",
    }


async def test_the_wrong_current_password_changes_nothing(maryam):
    with pytest.raises(WrongPassword):
        await change(maryam, current="not the right one")
    assert await told() == []


@pytest.mark.parametrize("weak", ["short", "maryam mehregan maryam", "localhost localhost", PHRASE])
async def test_s46_a_weak_or_unchanged_password_is_refused(maryam, weak):
    with pytest.raises(WeakPassword):
        await change(maryam, new=weak)


async def test_eight_characters_will_do_with_a_confirmed_second_factor(maryam):
    with pytest.raises(WeakPassword):
        await change(maryam, new="k7#mq2xz")
    factor = SecondFactor(account=maryam, kind="totp", secret=b"x", created_at=NOON)
    await SecondFactor.insert(factor)
    with pytest.raises(WeakPassword):
        await change(maryam, new="k7#mq2xz")
    await SecondFactor.update({SecondFactor.confirmed_at: NOON}, force=True)
    assert await change(maryam, new="k7#mq2xz")


async def test_s46_every_hash_in_the_database_has_todays_price(full_price, maryam):
    await change(maryam)
    for row in await Account.select(Account.password_hash):
        found = extract_parameters(row["password_hash"])
        assert row["password_hash"].startswith("$argon2id$")
        assert (found.memory_cost, found.time_cost) >= (19456, 2)


async def test_the_page_changes_the_password_and_stays_signed_in(signed, maryam):
    done = await signed.submit("/accounts/password", {"current_password": PHRASE, "new_password": NEW})
    assert (done.status_code, done.headers["location"]) == (303, "/accounts/password")
    assert "Your password is changed." in (await signed.get("/en/accounts/password")).text
    assert await Session.count() == 1


async def test_the_page_says_what_is_wrong_and_keeps_no_password(signed):
    page = await signed.submit(
        "/accounts/password", {"current_password": "wrong wrong wrong", "new_password": NEW}
    )
    assert page.status_code == 422
    assert NEW not in page.text
    page = await signed.submit("/accounts/password", {"current_password": PHRASE, "new_password": "short"})
    assert (page.status_code, 'href="#new_password"' in page.text) == (422, True)


async def test_a_new_address_is_told_to_the_old_one_and_asks_to_be_confirmed(maryam):
    later = NOON + timedelta(days=40)
    await contacts.add(maryam, "email", "new@mehregan.example", now=later)
    assert sorted(await told()) == [
        ("maryam@mehregan.example", "email_added"),
        ("new@mehregan.example", "accounts/mail/confirm"),
    ]
    row = await ContactPoint.select().where(ContactPoint.value == "new@mehregan.example").first()
    assert (row["changed_at"], row["verified_at"]) == (later, None)


async def test_the_last_confirmed_one_can_not_be_taken_off(maryam):
    only = (await contacts.held_by(maryam))[0]
    assert only.is_last
    await on_file(maryam, "email", "second@mehregan.example", verified=False)
    await on_file(maryam, "phone", "+989120000000", verified=True)
    with pytest.raises(Conflict):
        await contacts.remove(maryam, only.id, now=NOON)
    await on_file(maryam, "email", "third@mehregan.example", verified=True)
    await contacts.remove(maryam, only.id, now=NOON)
    assert ("maryam@mehregan.example", "email_removed") in await told()


async def test_two_removals_at_once_leave_one(committed):
    account = await make_account("maryam", display_name="م س", role="citizen", password=PHRASE, now=NOON)
    points = [await on_file(account, "email", f"p{n}@mehregan.example", verified=True) for n in range(2)]
    results = await asyncio.gather(
        *(contacts.remove(account, point, now=NOON) for point in points), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert await ContactPoint.count() == 1


async def test_nobody_takes_off_what_belongs_to_somebody_else(maryam):
    other = await make_account("sara", display_name="س", role="citizen", password=PHRASE, now=NOON)
    with pytest.raises(NotFound):
        await contacts.remove(other, (await contacts.held_by(maryam))[0].id, now=NOON)


async def test_five_of_a_kind_are_enough(maryam):
    for n in range(4):
        await contacts.add(maryam, "email", f"p{n}@mehregan.example", now=NOON)
    with pytest.raises(Conflict):
        await contacts.add(maryam, "email", "sixth@mehregan.example", now=NOON)


async def test_s07_contacts_need_a_proof_that_is_fresh(signed, maryam):
    assert (await signed.get("/accounts/contacts")).status_code == 200
    await Session.update({Session.proved_at: NOON - timedelta(days=1)}, force=True)
    assert (await signed.get("/accounts/contacts")).status_code in (303, 403)
    answer = await signed.post("/accounts/contacts", {"kind": "email", "email": "x@mehregan.example"})
    assert answer.status_code in (303, 403)
    assert await ContactPoint.count() == 1


async def test_the_page_adds_and_removes(signed, maryam):
    added = await signed.submit(
        "/accounts/contacts", {"kind": "phone", "phone": "۰۹۱۲ ۰۰۰ ۰۰۰۰", "email": None}
    )
    assert added.headers["location"] == "/accounts/contacts"
    assert "The number is on file." in (await signed.get("/en/accounts/contacts")).text
    point = await ContactPoint.select().where(ContactPoint.kind == "phone").first()
    assert point["value"] == "+989120000000"
    path = f"/accounts/contacts/{point['id']}/remove"
    assert (await signed.submit("/accounts/contacts", to=path)).status_code == 303
    assert await ContactPoint.count() == 1


async def test_an_unconfirmed_number_says_who_confirms_it(signed, maryam):
    await on_file(maryam, "phone", "+989123334455", verified=False)
    page = (await signed.get("/en/accounts/contacts")).text
    assert "a site admin confirms it by a call" in page
    assert "09123334455" in page
    assert "<h1>E-mail and phone</h1>" in page


async def test_what_was_done_about_security_is_said_once(signed, maryam):
    await sessions.open_session(maryam, device="other", now=right_now())
    page = "/en/accounts/security"
    await signed.submit(page, to=f"{page}/sessions/end-others")
    assert "All other sessions are ended." in (await signed.get(page)).text
    assert "All other sessions are ended." not in (await signed.get(page)).text
