"""The secret key changes under everything that was made with it: the old one counts until it is dropped (S52)."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from portal.app import create_app
from portal.resets.links import recover
from portal.security.csrf import form_token
from tests.accounts.conftest import cheap_hashing  # noqa: F401
from tests.accounts.holders import PHRASE, Device, code_of, new_holder
from tests.accounts.test_second_step_page import options_in
from tests.accounts.test_security_page import begun
from tests.resets.people import NEW_PHRASE
from tests.resets.visitors import (  # noqa: F401
    ADMIN,
    RESET,
    admin_called,
    ask,
    code_from,
    has_password,
    maryam,
    quick,
    redeem,
)
from tests.support.browser import Browser, client_of, signed_in

SIGN_IN, SECOND, SECURITY = "/accounts/sign-in", "/accounts/second-step", "/accounts/security"


class Place:
    """The portal at one address, as it stands: ``stands`` is another application after a restart."""

    def __init__(self, settings) -> None:
        self.restart(settings)

    def restart(self, settings) -> None:
        self.stands = create_app(settings)

    async def __call__(self, scope, receive, send) -> None:
        await self.stands(scope, receive, send)


@pytest.fixture
def rotated(settings):
    """The same place after its key was changed, the one before still known."""
    return msgspec.structs.replace(
        settings, secret_key=b"q7Tz-pL2wXv9_Rk4mB8cNd1fGh6jKs3aYe5u", secret_key_old=settings.secret_key
    )


@pytest.fixture
def dropped(rotated):
    """The same place once more, the old key forgotten."""
    return msgspec.structs.replace(rotated, secret_key_old=None)


@pytest.fixture
def portal(settings):
    return Place(settings)


@pytest.fixture
async def visitor(db, portal):
    async with client_of(portal) as client:
        yield Browser(client)


async def test_s52_a_form_opened_before_the_key_changed_still_works(settings, rotated, db):
    async with client_of(create_app(rotated)) as client:
        visitor = await signed_in(client, "chief", "admin")
        session = client.cookies["session"]
        token = form_token(settings.secret_key, session, "/accounts/sign-out", datetime.now(UTC))
        assert (await visitor.post("/accounts/sign-out", {"_csrf_token": token})).status_code == 303


async def test_s52_a_form_of_a_key_that_is_gone_gets_a_kind_page_and_the_session_lives(settings, dropped, db):
    async with client_of(create_app(dropped)) as client:
        visitor = await signed_in(client, "chief", "admin")
        old = form_token(
            settings.secret_key, client.cookies["session"], "/accounts/password", datetime.now(UTC)
        )
        page = await visitor.post("/accounts/password", {"_csrf_token": old, "new_password": "x"})
        assert page.status_code == 403
        assert "فرستاده" in page.text or "بفرستید" in page.text
        assert (await visitor.get("/accounts/password")).status_code == 200
        again = await visitor.submit("/accounts/password", {"current_password": "", "new_password": "y"})
        assert again.status_code == 422


async def sign_in(visitor, code):
    """Where the password and ``code`` lead to; the status of the page where they do not."""
    visitor.client.cookies.clear()
    typed = {"username": "maryam", "password": PHRASE, "otp": code}
    answer = await visitor.submit(SIGN_IN, typed)
    return answer.headers.get("location", answer.status_code)


async def test_s52_an_app_signs_in_under_the_next_key_and_needs_the_old_one_no_more(
    portal, visitor, settings, rotated, dropped
):
    holder = await new_holder(settings.secret_key)
    portal.restart(rotated)
    assert await sign_in(visitor, holder.code()) == "/desk"
    portal.restart(dropped)
    assert await sign_in(visitor, holder.code(1)) == "/desk"


async def test_s52_an_app_that_nobody_used_goes_with_the_old_key(portal, visitor, settings, dropped):
    holder = await new_holder(settings.secret_key)
    portal.restart(dropped)
    assert await sign_in(visitor, holder.code()) == 422


async def test_s52_recovery_codes_of_both_keys_work(portal, visitor, settings, rotated, dropped):
    holder = await new_holder(settings.secret_key)
    portal.restart(rotated)
    assert await sign_in(visitor, holder.recovery[0]) == "/desk"
    assert await sign_in(visitor, holder.recovery[0]) == 422
    portal.restart(dropped)
    assert await sign_in(visitor, holder.recovery[1]) == 422


async def test_s52_an_app_is_set_up_across_the_change(portal, visitor, settings, rotated):
    await signed_in(visitor.client, "maryam", "staff")
    path, secret, _page = await begun(visitor)
    portal.restart(rotated)
    assert secret in (await visitor.get(path)).text
    assert (await visitor.submit(path, {"otp": code_of(secret, datetime.now(UTC))})).status_code == 200


async def test_s52_a_passkey_answers_what_was_asked_before_the_change(portal, visitor, settings, rotated):
    holder, device = await new_holder(settings.secret_key), Device()
    assert await sign_in(visitor, holder.code()) == "/desk"
    path = f"{SECURITY}/passkeys/new"
    made = device.register(options_in((await visitor.get(path)).text))
    portal.restart(rotated)
    assert (await visitor.submit(path, {"passkey": made})).headers.get("location") == SECURITY
    portal.restart(settings)
    assert await sign_in(visitor, "") == SECOND
    given = device.sign(options_in((await visitor.get(SECOND)).text))
    portal.restart(rotated)
    assert (await visitor.submit(SECOND, {"passkey": given})).headers.get("location") == "/desk"


async def test_s52_a_reset_is_finished_in_the_browser_that_asked_before_the_change(
    portal, visitor, maryam, rotated
):
    no = await ask(visitor)
    portal.restart(rotated)
    assert str(no) in (await visitor.get(RESET)).text
    code = await code_from(await admin_called("chief", portal), no)
    assert (await redeem(visitor, code)).status_code == 303
    assert await has_password("maryam", NEW_PHRASE)


async def test_s52_an_admin_stays_barred_from_what_was_asked_in_their_browser(portal, maryam, rotated):
    chief = await admin_called("chief", portal)
    session = chief.client.cookies["session"]
    chief.client.cookies.clear()
    no = await ask(chief)
    chief.client.cookies.set("session", session)
    portal.restart(rotated)
    page = await chief.get(f"{ADMIN}/{no}")
    assert "was made in this browser" in page.text


async def test_s52_a_link_made_before_the_change_sets_the_password(
    portal, visitor, maryam, settings, rotated
):
    link = await recover("maryam", settings=settings, now=datetime.now(UTC))
    path = link.removeprefix(settings.base_url)
    portal.restart(rotated)
    typed = {"new_password": NEW_PHRASE}
    assert (await visitor.submit(path, typed)).status_code == 303
    assert await has_password("maryam", NEW_PHRASE)


async def test_s52_nothing_new_is_made_with_the_old_key(portal, visitor, maryam, rotated, dropped):
    portal.restart(rotated)
    no = await ask(visitor)
    link = await recover("maryam", settings=rotated, now=datetime.now(UTC))
    portal.restart(dropped)
    assert str(no) in (await visitor.get(RESET)).text
    assert (await visitor.get(link.removeprefix(rotated.base_url))).status_code == 200
