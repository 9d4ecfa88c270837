"""People at the pages of a reset: who asks, who approves, who redeems."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from db.accounts import Account
from db.audit import AuditEntry
from portal.security import passwords
from portal.security.sessions import open_session
from tests.resets.people import NEW_PHRASE, PHRASE, person
from tests.support.browser import Browser, client_of

FORGOT, RESET, ADMIN = "/en/accounts/forgot", "/en/accounts/reset", "/en/admin/resets"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")
PROOF = {
    "proof_method": "in_person",
    "proof_evidence": "national_card",
    "proof_checks": ["email", "phone"],
    "proof_note": "Came to the office on Saturday.",
    "hand_over": "voice",
    "password": PHRASE,
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("portal.resets.routes.EVEN_SECONDS", 0)


@pytest.fixture
async def maryam(db):
    return await person(
        "maryam", "citizen", mails=("m@sample.example",), now=datetime.now(UTC), age=timedelta(days=90)
    )


async def admin_called(name, application):
    """A site admin with a password, signed in in a browser of their own."""
    account = await person(name, "admin", mails=(f"{name}@sample.example",), now=datetime.now(UTC))
    client = client_of(application)
    client.cookies.set("session", await open_session(account, device="t", now=datetime.now(UTC)))
    return Browser(client, await Account.objects().get(Account.id == account))


@pytest.fixture
async def chief(db, application):
    return await admin_called("chief", application)


@pytest.fixture
async def deputy(db, application):
    return await admin_called("deputy", application)


async def ask(browser, name="maryam"):
    """The number on the page that follows."""
    answer = await browser.submit(FORGOT, {"username": name})
    assert (answer.status_code, answer.headers["location"]) == (303, RESET), answer.text
    page = await browser.get(RESET)
    return int(re.search(r'class="code plain" dir="ltr">([0-9]{6})<', page.text)[1])


async def approve(admin, no, **changed):
    page = f"{ADMIN}/{no}"
    return await admin.submit(page, {**PROOF, **changed}, to=f"{page}/approve")


async def code_from(admin, no, **changed):
    answer = await approve(admin, no, **changed)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return CODE.search(answer.text)[0]


async def redeem(browser, code, password=NEW_PHRASE):
    return await browser.submit(RESET, {"reset_code": code, "new_password": password})


async def logged(action):
    return await AuditEntry.count().where(AuditEntry.action == action)


async def has_password(username, password):
    row = await Account.select(Account.password_hash).where(Account.username == username).first()
    return await passwords.verify(row["password_hash"], password)
