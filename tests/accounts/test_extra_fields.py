"""S24: what a form does not ask for changes nothing, whoever sends it."""

import re

import pytest

from db.accounts import Account, ContactPoint, Session
from db.factors import SecondFactor
from db.services import Agency, Unit
from portal.accounts import factor_actions
from portal.accounts.actions import make_account
from portal.app import _litestar
from portal.security import sessions
from tests.cases.visitors import right_now
from tests.conftest import NOON
from tests.support.browser import Browser, client_of

PHRASE, NEW = "صبح بارانی ۱۴۰۵ کتابخانه", "copper horse battery window"
EXTRA = {
    "role": "admin",
    "state": "active",
    "n": "1",
    "id": "01a1fc9d-8ba1-74ce-b32b-39c309defd66",
    "account": "01a1fc9d-8ba1-74ce-b32b-39c309defd66",
    "account_id": "01a1fc9d-8ba1-74ce-b32b-39c309defd66",
    "password_hash": "!",
    "verified_at": "2026-01-01",
    "proved_at": "2036-01-01",
    "complete": "1",
    "created_at": "2020-01-01",
    "agency": "x",
    "locale": "xx",
}
SECURITY = "/accounts/security"
FORMS = [
    ("sign-in", "/accounts/sign-in", None, {"username": "sara", "password": PHRASE}),
    (
        "sign-up",
        "/accounts/sign-up",
        None,
        {"username": "newcomer", "display_name": "م س", "email": "n@mehregan.example", "password": NEW},
    ),
    ("sign-out", "/", "/accounts/sign-out", {}),
    ("password", "/accounts/password", None, {"current_password": PHRASE, "new_password": NEW}),
    ("contacts", "/accounts/contacts", None, {"kind": "email", "email": "two@mehregan.example"}),
    ("remove", "/accounts/contacts", "/accounts/contacts/{contact}/remove", {}),
    ("address", "/accounts/address?key=nothing", "/accounts/address", {"key": "nothing"}),
    ("second-step", "/accounts/second-step", None, {"otp": "000000"}),
    ("confirm", "/accounts/confirm", None, {"password": PHRASE, "otp": "000000"}),
    ("begin-app", SECURITY, f"{SECURITY}/apps", {}),
    ("app", f"{SECURITY}/apps/{{new_app}}", None, {"otp": "000000"}),
    ("passkey", f"{SECURITY}/passkeys/new", None, {"name": "x"}),
    ("rename", SECURITY, f"{SECURITY}/factors/{{app}}/rename", {"name": "x"}),
    ("remove-factor", SECURITY, f"{SECURITY}/factors/{{app}}/remove", {}),
    ("recovery", SECURITY, f"{SECURITY}/recovery-codes", {}),
    ("end", SECURITY, f"{SECURITY}/sessions/{{session}}/end", {}),
    ("end-others", SECURITY, f"{SECURITY}/sessions/end-others", {}),
    ("lock", "/admin/accounts/{other}", "/admin/accounts/{other}/lock", {"lock_reason": "x"}),
    ("role", "/admin/accounts/{other}", "/admin/accounts/{other}/role", {"role": "manager", "unit": "{unit}"}),
    ("invite", "/admin/accounts/{invited}", "/admin/accounts/{invited}/invite", {}),
    ("propose", "/admin/accounts/{other}", "/admin/accounts/{other}/propose-admin", {"reason": "x"}),
    (
        "new",
        "/admin/accounts/new",
        None,
        {"role": "staff", "unit": "{unit}", "username": "newcomer", "display_name": "م س",
         "email": "n@mehregan.example", "one_person": "yes"},
    ),
]  # fmt: skip
NOT_SIGNED_IN = {"sign-in", "sign-up", "address"}


@pytest.fixture
async def world(db, settings):
    """One admin who sends everything, somebody else, a unit, an address and an app that are not confirmed."""
    agency = Agency(slug="a", name_fa="ا", name_en="a")
    await Agency.insert(agency)
    unit = Unit(agency=agency.id, slug="u", name_fa="و", name_en="u")
    await Unit.insert(unit)
    me = await make_account("sara", display_name="س س", role="admin", password=PHRASE, now=NOON)
    other = await make_account("other", display_name="د د", role="staff", password=PHRASE, now=NOON)
    invited = await make_account("invited", display_name="ن ن", role="staff", password=None, now=NOON)
    await ContactPoint.insert(
        ContactPoint(account=invited, kind="email", value="i@mehregan.example", changed_at=NOON)
    )
    point = ContactPoint(account=me, kind="email", value="me@mehregan.example", changed_at=NOON)
    await ContactPoint.insert(point)
    key, now = settings.secret_key, right_now()
    app = await factor_actions.begin_app(me, key=key, now=now)
    await SecondFactor.update({SecondFactor.confirmed_at: now}).where(SecondFactor.id == app)
    new_app = await factor_actions.begin_app(me, key=key, now=now)
    await sessions.open_session(me, device="", now=now)
    session = await Session.select(Session.id).first()
    return {
        "me": me,
        "other": other,
        "invited": invited,
        "unit": unit.id,
        "contact": point.id,
        "app": app,
        "new_app": new_app,
        "session": session["id"],
    }


async def rights():
    """What decides who may do what, of everybody."""
    return {
        row["username"]: (row["role"], row["state"], row["agency"], row["created_at"] == NOON)
        for row in await Account.select()
    }


@pytest.mark.parametrize(("name", "page", "to", "typed"), FORMS, ids=[form[0] for form in FORMS])
async def test_s24_extra_fields_change_nothing(world, application, name, page, to, typed):
    page, to = page.format(**world), to.format(**world) if to else None
    asked = {field: value.format(**world) for field, value in typed.items()}
    before = await rights()
    async with client_of(application) as client:
        if name not in NOT_SIGNED_IN:
            complete = name != "second-step"
            token = await sessions.open_session(world["me"], device="", now=right_now(), complete=complete)
            client.cookies.set("session", token)
        visitor = Browser(client)
        if name == "address":
            answer = await visitor.post(to, {**EXTRA, **asked})
        else:
            answer = await visitor.submit(page, {**EXTRA, **asked}, to=to)
    assert answer.status_code < 500
    expected = dict(before)
    if name == "lock":
        expected["other"] = ("staff", "locked", None, True)
    if name == "role":
        expected["other"] = ("manager", "active", None, True)
    after = await rights()
    made = after.pop("newcomer", None)
    assert after == expected
    assert made in (None, ("citizen", "new", None, False), ("staff", "active", None, False))
    assert not await ContactPoint.exists().where(ContactPoint.verified_at.is_not_null())
    assert not await Session.exists().where(Session.proved_at > right_now())


def test_s24_every_form_of_accounts_is_in_the_table(settings):
    tried = [(to or page).partition("?")[0] for _name, page, to, _typed in FORMS]
    for route in _litestar(settings).routes:
        for handler in route.route_handlers:
            if "POST" in handler.http_methods and (handler.name or "").startswith("accounts."):
                shape = re.sub(r"\{[^}]+\}", "[^/]+", route.path)
                proposals = "proposals" in shape  # their form has no field at all
                assert proposals or any(re.fullmatch(shape, path) for path in tried), route.path
