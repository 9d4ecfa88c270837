"""The page about one's own security: ways to sign in, sessions, and confirming that it is still oneself."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from db.accounts import Account, Session
from db.factors import RecoveryCode, SecondFactor
from portal.accounts.devices import in_words
from portal.app import _litestar, create_app
from portal.i18n import using
from portal.security import sessions
from portal.security.permissions import ACCESS
from tests.accounts.holders import PHRASE, code_of, new_holder, new_person
from tests.security.test_route_table import SOMETHING, routes_of
from tests.support.browser import Browser, client_of, signed_in

SECURITY, CONFIRM = "/accounts/security", "/accounts/confirm"
LONG_AGO = timedelta(minutes=16)


async def no_longer_fresh():
    await Session.update({Session.proved_at: datetime.now(UTC) - LONG_AGO}, force=True)


async def come_in(browser, username="maryam", **fields):
    answer = await browser.submit("/accounts/sign-in", {"username": username, "password": PHRASE, **fields})
    assert answer.status_code == 303


@pytest.fixture
async def maryam(browser):
    """A clerk without a second step, signed in."""
    await new_person("maryam", "staff")
    await come_in(browser)
    return browser


@pytest.fixture
async def strict(db, settings):
    """A browser of a portal that wants second factors at once."""
    async with client_of(portal_with(settings, grace=timedelta(0))) as client:
        yield Browser(client)


@pytest.fixture
async def lenient(db, settings):
    """A browser of a portal that wants them within a week."""
    async with client_of(portal_with(settings, grace=timedelta(days=7))) as client:
        yield Browser(client)


def portal_with(settings, *, grace):
    return create_app(msgspec.structs.replace(settings, second_factor_grace=grace))


# ── setting up ──


async def begun(browser):
    """The path of the page that shows the key, and the key."""
    answer = await browser.submit(SECURITY, to=f"{SECURITY}/apps")
    page = await browser.get(answer.headers["location"])
    return answer.headers["location"], re.search(r"secret=([A-Z2-7]{32})", page.text)[1], page


async def test_an_app_is_set_up_by_its_first_code(maryam):
    path, secret, page = await begun(maryam)
    assert " ".join(re.findall("....", secret)) in page.text
    assert "data:image/svg+xml" in page.text
    wrong = await maryam.submit(path, {"otp": "000000", "name": "گوشی"})
    assert (wrong.status_code, 'value="گوشی"' in wrong.text) == (422, True)
    done = await maryam.submit(path, {"otp": code_of(secret, datetime.now(UTC)), "name": "گوشی"})
    assert done.status_code == 200
    assert len(re.findall("<li><bdi", done.text)) == 10
    assert "no-store" in done.headers["cache-control"]
    assert "گوشی" in (await maryam.get(SECURITY)).text
    assert (await maryam.get(path)).status_code == 404


async def test_looking_at_the_pages_changes_nothing(maryam):
    path, _secret, _page = await begun(maryam)
    before = await SecondFactor.select()
    for page in (SECURITY, path, f"{SECURITY}/passkeys/new", CONFIRM):
        assert (await maryam.get(page)).status_code == 200
    assert await SecondFactor.select() == before


async def test_a_way_is_renamed_and_removed(browser, settings, db):
    holder = await new_holder(settings.secret_key, role="citizen")
    await come_in(browser, otp=holder.code())
    (row,) = await SecondFactor.select(SecondFactor.id)
    path = f"{SECURITY}/factors/{row['id']}"
    await browser.submit(SECURITY, {"name": "گوشی نو"}, to=f"{path}/rename")
    assert "گوشی نو" in (await browser.get(SECURITY)).text
    assert (await browser.submit(SECURITY, to=f"{path}/remove")).status_code == 303
    assert await SecondFactor.count() == await RecoveryCode.count() == 0


async def test_a_clerk_keeps_one_way(lenient, settings):
    holder = await new_holder(settings.secret_key)
    await come_in(lenient, otp=holder.code())
    (row,) = await SecondFactor.select(SecondFactor.id)
    answer = await lenient.submit(SECURITY, to=f"{SECURITY}/factors/{row['id']}/remove")
    assert answer.status_code == 409
    assert await SecondFactor.count() == 1


async def test_new_recovery_codes_are_shown_once(browser, settings, db):
    holder = await new_holder(settings.secret_key)
    await come_in(browser, otp=holder.code())
    page = await browser.submit(SECURITY, to=f"{SECURITY}/recovery-codes")
    assert len(re.findall("<li><bdi", page.text)) == 10
    assert (await browser.get(f"{SECURITY}/recovery-codes")).status_code == 405


# ── who has to have one ──


async def test_within_the_grace_every_page_says_until_when(lenient):
    await signed_in(lenient.client, "maryam", "staff")
    for path in ("/", "/desk", SECURITY):
        page = await lenient.get(path)
        assert page.status_code == 200
        assert "فقط با گام دوم باز می‌شود" in page.text


FEEDS = ("notices.atom", "notices.calendar", "notices.status")
"""For programs, which have no session: whoever asks gets the same."""


@pytest.mark.parametrize("role", ["staff", "evaluator", "manager", "admin", "auditor"])
async def test_after_the_grace_only_setting_up_and_signing_out_are_open(strict, settings, role):
    await signed_in(strict.client, "maryam", role)
    for method, path, name in routes_of(_litestar(settings)):
        if method != "GET" or name.startswith(("static", "site.alive", "site.ready", "site.robots", *FEEDS)):
            continue
        answer = await strict.get(path.format(**SOMETHING))
        kept_out = answer.status_code == 303 and answer.headers["location"] == SECURITY
        assert kept_out == (not ACCESS[name].before_factor), name
    assert (await strict.get(SECURITY)).status_code == 200
    assert (await strict.submit(SECURITY, to="/accounts/sign-out")).status_code == 303


async def test_a_factor_opens_everything_again(strict):
    await signed_in(strict.client, "maryam", "staff")
    path, secret, _page = await begun(strict)
    await strict.submit(path, {"otp": code_of(secret, datetime.now(UTC))})
    desk = await strict.get("/desk")
    assert (desk.status_code, "گام دوم" in desk.text) == (200, False)


async def test_what_was_typed_after_the_grace_is_not_lost(strict):
    await signed_in(strict.client, "maryam", "staff")
    answer = await strict.post("/desk/cases/register", {"body": "Many words of a letter"})
    assert (answer.status_code, "Many words of a letter" in answer.text) == (403, True)


@pytest.mark.parametrize("role", ["citizen", "agency", "liaison"])
async def test_people_outside_the_desk_need_none(strict, role):
    await signed_in(strict.client, "maryam", role)
    page = await strict.get("/mine")
    assert (page.status_code, 'class="notice' in page.text) == (200, False)


async def test_the_demo_asks_nobody_and_says_so(maryam):
    page = await maryam.get(SECURITY)
    assert "در این نمونهٔ نمایشی داشتن آن برای هیچ حسابی الزامی نیست" in page.text
    assert 'class="notice' not in page.text


# ── sessions ──


async def test_s03_an_ended_session_stays_ended(maryam, stranger):
    stranger.client.cookies.set("session", maryam.client.cookies["session"])
    assert (await stranger.get("/desk")).status_code == 200
    await maryam.submit(SECURITY, to="/accounts/sign-out")
    assert (await stranger.get("/desk")).status_code == 303


async def test_s05_lock_role_and_password_hold_on_every_device_at_once(maryam, stranger):
    await come_in(stranger)
    account = Account.username == "maryam"
    await Account.update({Account.role: "citizen"}).where(account)
    assert [(await one.get("/desk")).status_code for one in (maryam, stranger)] == [403, 403]
    await Account.update({Account.role: "staff", Account.state: "locked"}).where(account)
    assert [(await one.get("/desk")).status_code for one in (maryam, stranger)] == [303, 303]
    await Account.update({Account.state: "active"}).where(account)
    row = await Account.select(Account.id).where(account).first()
    here = await sessions.account_of(maryam.client.cookies["session"], datetime.now(UTC))
    await sessions.end_all_sessions(row["id"], here.session_id)  # what a new password does
    assert [(await one.get("/desk")).status_code for one in (maryam, stranger)] == [200, 303]


async def test_s06_people_see_and_end_their_sessions(maryam, stranger):
    stranger.client.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/145.0"
    await come_in(stranger)
    page = await maryam.get(SECURITY)
    assert "فایرفاکس روی ویندوز" in page.text
    assert page.text.count("همین نشست") == 1
    (end,) = re.findall(rf'action="({SECURITY}/sessions/[0-9a-f-]+/end)"', page.text)
    assert (await maryam.submit(SECURITY, to=end)).status_code == 303
    assert (await stranger.get("/desk")).status_code == 303
    assert (await maryam.get("/desk")).status_code == 200


async def test_s06_all_other_sessions_end_at_once(maryam, stranger):
    await come_in(stranger)
    await maryam.submit(SECURITY, to=f"{SECURITY}/sessions/end-others")
    assert (await stranger.get("/desk")).status_code == 303
    assert (await maryam.get("/desk")).status_code == 200


async def test_s06_nobody_ends_the_session_of_somebody_else(maryam, stranger):
    await new_person("other", "staff")
    await come_in(stranger, "other")
    theirs = await sessions.account_of(stranger.client.cookies["session"], datetime.now(UTC))
    held = await maryam.get(SECURITY)
    assert str(theirs.session_id) not in held.text
    token = re.search(rf'action="{SECURITY}/apps"><input[^>]*value="([^"]+)"', held.text)[1]
    path = f"{SECURITY}/sessions/{theirs.session_id}/end"
    assert (await maryam.post(path, {"_csrf_token": token})).status_code == 403
    assert (await stranger.get("/desk")).status_code == 200


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("curl/8.0", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_told_in_words(agent, words):
    with using("en"):
        assert in_words(agent) == words
