"""S23: what belongs to somebody else's account answers as if it were not there, to every role, and stays as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.accounts import Account, ContactPoint, Introduction, Session
from db.factors import RecoveryCode, SecondFactor
from db.people import Draft, Proposal
from db.resets import ResetApproval, ResetRequest
from portal.accounts import drafts, proposals
from portal.security import sessions
from portal.security.csrf import form_token
from portal.security.sessions import ROLES
from portal.site import erasing
from tests.accounts.conftest import cheap_hashing, full_price  # noqa: F401
from tests.accounts.holders import new_holder
from tests.cases.visitors import right_now
from tests.support.browser import Browser, client_of, signed_in

SECURITY, DRAFTED = "/accounts/security", "/cases/new/x"
PERSONAL = [
    ("POST", "/accounts/contacts/{contact}/remove", {}),
    ("POST", f"{SECURITY}/factors/{{factor}}/rename", {"name": "mine"}),
    ("POST", f"{SECURITY}/factors/{{factor}}/remove", {}),
    ("GET", f"{SECURITY}/apps/{{waiting}}", {}),
    ("POST", f"{SECURITY}/apps/{{waiting}}", {"otp": "000000"}),
    ("POST", f"{SECURITY}/sessions/{{session}}/end", {}),
]
"""Nobody reaches these but their owner, whatever their role."""
OF_ADMINS = [
    ("GET", "/admin/accounts/{owner}", {}),
    ("POST", "/admin/accounts/{owner}/lock", {"lock_reason": "x"}),
    ("POST", "/admin/accounts/{owner}/invite", {}),
    ("POST", "/admin/accounts/{owner}/role", {"role": "staff", "unit": ""}),
    ("POST", "/admin/accounts/{owner}/end-sessions", {}),
    ("POST", "/admin/accounts/{owner}/confirm-phone", {"contact": "{contact}"}),
    ("GET", "/admin/accounts/{owner}/letters/{letter}", {}),
    ("POST", "/admin/proposals/{proposal}/take-up", {}),
    ("POST", "/admin/proposals/{proposal}/agree", {}),
    ("POST", "/admin/proposals/{proposal}/refuse", {}),
    ("GET", "/admin/resets/{no}", {}),
    ("POST", "/admin/resets/{no}/approve", {"method": "in_person"}),
    ("POST", "/admin/resets/{no}/refuse", {}),
]
"""Nobody reaches these but admins; auditors may read the first kind."""
READ_BY_AUDITORS = ("/admin/accounts/{owner}", "/admin/accounts/{owner}/letters/{letter}")
WITHOUT_AN_ADDRESS = [
    ("/mine/drafts/forget", {"form": DRAFTED}),
    ("/mine/data/keep", {}),
    (f"{SECURITY}/sessions/end-others", {}),
]
TABLES: tuple[Any, ...] = (
    Account,
    ContactPoint,
    Introduction,
    SecondFactor,
    RecoveryCode,
    Draft,
    Proposal,
    ResetRequest,
    ResetApproval,
)


def a_letter(owner: Any, now: Any) -> Introduction:
    """The letter that introduced ``owner``."""
    return Introduction(
        account=owner,
        letter_no="1",
        letter_date=now.date(),
        name="a.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        stored_as="0" * 32,
        at=now,
    )


@pytest.fixture
async def owned(db, settings) -> dict[str, Any]:
    """One of each thing that belongs to one person."""
    now = right_now()
    holder = await new_holder(settings.secret_key, "owner", "citizen")
    owner = holder.account
    contact = ContactPoint(account=owner, kind="phone", value="+989120000000", changed_at=now)
    await ContactPoint.insert(contact)
    factor = await SecondFactor.select(SecondFactor.id).where(SecondFactor.account == owner).first()
    waiting = SecondFactor(account=owner, kind="totp", name="new", secret=b"x", created_at=now)
    await SecondFactor.insert(waiting)
    letter = a_letter(owner, now)
    await Introduction.insert(letter)
    await drafts.save(owner, DRAFTED, {"body": ["half"]}, now=now)
    await erasing.ask(owner, reason="", now=now)
    wish = await proposals.waiting_since(erasing.WISH, owner)
    assert factor
    assert wish
    await ResetRequest.insert(
        ResetRequest(no=123456, account=owner, a_hmac="a", asked_at=now, ends_at=now + timedelta(hours=1))
    )
    await sessions.open_session(owner, device="", now=now)
    session = await Session.select(Session.id).where(Session.account == owner).first()
    return {
        "owner": owner,
        "contact": contact.id,
        "factor": factor["id"],
        "waiting": waiting.id,
        "letter": letter.id,
        "proposal": wish.id,
        "session": session["id"],
        "no": 123456,
    }


async def all_of(owner: Any) -> list[Any]:
    """Everything of the owner, and that their session is open."""
    rows = [await Account.select().where(Account.id == owner)]
    for table in TABLES[1:]:
        rows.append(await table.select().order_by(table._meta.primary_key))
    return [*rows, await Session.count().where(Session.account == owner)]


class Stranger:
    """Somebody of another account who knows every address and sends forms with good tokens."""

    def __init__(self, browser: Browser, key: bytes) -> None:
        self.browser, self.key = browser, key

    async def tries(self, method: str, path: str, fields: dict[str, str]) -> int:
        """The status of the answer."""
        if method == "GET":
            return (await self.browser.get(path)).status_code
        session = self.browser.client.cookies["session"]
        token = form_token(self.key, session, path, right_now())
        return (await self.browser.post(path, {**fields, "_csrf_token": token})).status_code


@pytest.fixture
async def stranger_as(owned, application, settings):
    """Makes a stranger of a role; the owner's things are there already."""
    async with client_of(application) as client:

        async def make(role: str) -> Stranger:
            return Stranger(await signed_in(client, "other", role), settings.secret_key)

        yield make


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_s23_nobody_reaches_what_belongs_to_another_account(role, owned, stranger_as):
    stranger = await stranger_as(role)
    before = await all_of(owned["owner"])
    for method, path, fields in PERSONAL:
        assert await stranger.tries(method, path.format(**owned), fields) in (403, 404), path
    assert await all_of(owned["owner"]) == before


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_s23_what_has_no_address_is_only_ever_ones_own(role, owned, stranger_as):
    stranger = await stranger_as(role)
    before = await all_of(owned["owner"])
    for path, fields in WITHOUT_AN_ADDRESS:
        assert await stranger.tries("POST", path, fields) == 303, path
    assert await all_of(owned["owner"]) == before


@pytest.mark.parametrize("role", sorted(ROLES - {"admin"}))
async def test_s23_nobody_but_admins_decides_about_another_account(role, owned, stranger_as):
    stranger = await stranger_as(role)
    before = await all_of(owned["owner"])
    for method, path, fields in OF_ADMINS:
        if not (role == "auditor" and path in READ_BY_AUDITORS):
            typed = {name: value.format(**owned) for name, value in fields.items()}
            assert await stranger.tries(method, path.format(**owned), typed) == 403, path
    assert await all_of(owned["owner"]) == before


async def test_s23_a_letter_and_a_number_are_found_at_their_own_account_only(owned, stranger_as):
    admin = await stranger_as("admin")
    before = await all_of(owned["owner"])
    mine = f"/admin/accounts/{admin.browser.account.id}"
    assert await admin.tries("GET", f"{mine}/letters/{owned['letter']}", {}) == 404
    confirm = {"contact": str(owned["contact"])}
    assert await admin.tries("POST", f"{mine}/confirm-phone", confirm) == 404
    assert await all_of(owned["owner"]) == before
