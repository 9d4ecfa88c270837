"""Bad input at a reset: a clear page, nothing changed, and a row in the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.accounts import Account, ContactPoint
from db.audit import AuditEntry
from db.factors import RecoveryCode, SecondFactor
from db.outbox import OutboxMessage
from db.resets import ResetApproval, ResetRequest
from portal.resets import halves
from portal.resets.links import recover
from tests.resets.people import NEW_PHRASE, PHRASE
from tests.resets.visitors import (  # noqa: F401
    ADMIN,
    CODE,
    FORGOT,
    RESET,
    approve,
    ask,
    chief,
    code_from,
    deputy,
    has_password,
    logged,
    maryam,
    quick,
    redeem,
)

WRONG = "does not open anything"


async def nothing_opened(answer, username="maryam"):
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert NEW_PHRASE not in answer.text
    assert await has_password(username, PHRASE)
    assert await logged("reset_failed") >= 1


async def test_half_b_without_half_a_opens_nothing(browser, stranger, maryam, chief):
    code = await code_from(chief, await ask(browser))
    await ask(stranger, "somebody else")
    await nothing_opened(await redeem(stranger, code))


@pytest.mark.parametrize("cookie", ["", "x", "123456.", "a" * 5000, "1.2.3"])
async def test_a_made_up_half_a_opens_nothing(browser, maryam, chief, cookie):
    no = await ask(browser)
    code = await code_from(chief, no)
    form = await browser.get(RESET)
    browser.client.cookies.clear()
    headers = {"cookie": f"{halves.COOKIE}={cookie}".encode().decode("latin-1")}
    token = form.text.split('name="_csrf_token" value="')[1].split('"')[0]
    answer = await browser.client.post(
        RESET,
        data={"reset_code": code, "new_password": NEW_PHRASE, "_csrf_token": token},
        headers={"Sec-Fetch-Site": "same-origin", **headers},
    )
    await nothing_opened_without_cookie(answer)


async def nothing_opened_without_cookie(answer):
    assert answer.status_code == 422
    assert await has_password("maryam", PHRASE)
    assert await logged("reset_failed") == 1


async def test_half_b_before_any_approval_or_for_nobody_opens_nothing(browser, stranger, maryam):
    await ask(browser)
    await nothing_opened(await redeem(browser, "AAAAA-AAAAA"))
    await ask(stranger, "nobody")
    await nothing_opened(await redeem(stranger, "AAAAA-AAAAA"))


async def test_a_code_is_good_once(browser, maryam, chief):
    code = await code_from(chief, await ask(browser))
    half = browser.client.cookies[halves.COOKIE]
    await redeem(browser, code)
    browser.client.cookies.set(halves.COOKIE, half)
    answer = await redeem(browser, code, "another calm turquoise tile")
    assert WRONG in answer.text
    assert await has_password("maryam", NEW_PHRASE)


async def test_a_code_told_eleven_minutes_ago_opens_nothing(browser, maryam, chief):
    code = await code_from(chief, await ask(browser))
    past = datetime.now(UTC) - timedelta(seconds=1)
    await ResetRequest.update({ResetRequest.b_ends_at: past}, force=True)
    await nothing_opened(await redeem(browser, code))


async def test_five_wrong_codes_make_the_request_void(browser, maryam, chief):
    code = await code_from(chief, await ask(browser))
    for _ in range(5):
        await redeem(browser, "ZZZZZ-ZZZZZ")
    await nothing_opened(await redeem(browser, code))
    assert await logged("reset_void") == 1


async def test_a_refused_password_costs_no_try(browser, maryam, chief):
    code = await code_from(chief, await ask(browser))
    for password in ("short", "maryammaryammaryam", PHRASE, "a" * 2000, "short"):
        answer = await redeem(browser, code, password)
        assert 'href="#new_password"' in answer.text
    assert (await redeem(browser, code)).status_code == 303


async def test_a_stale_form_is_kind_and_changes_nothing(browser, maryam, chief):
    code = await code_from(chief, await ask(browser))
    for page, fields in (
        (FORGOT, {"username": "maryam"}),
        (RESET, {"reset_code": code, "new_password": NEW_PHRASE}),
    ):
        answer = await browser.post(page, {**fields, "_csrf_token": "1.old"})
        assert answer.status_code == 403
        assert "open too long" in answer.text
    assert await logged("denied") == 2
    assert (await redeem(browser, code)).status_code == 303


async def test_a_stale_approval_keeps_what_was_written(browser, maryam, chief):
    no = await ask(browser)
    answer = await approve(chief, no, _csrf_token="1.old")
    assert answer.status_code == 403
    assert "Came to the office" in answer.text
    assert await ResetApproval.count() == 0
    assert await logged("denied") == 1


@pytest.mark.parametrize(
    "name",
    [
        "maryam\r\nBcc: evil@evil.example",
        "mary\u202eam",
        "m@sample.example\nTo: evil@evil.example",
        "ｍａｒｙａｍ\u200bx",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "%",
        "m@sample.example, evil@evil.example",
    ],
)
async def test_tricks_in_the_name_reach_nobody_else(browser, maryam, name):
    await ask(browser, name)
    recipients = {row["recipient"] for row in await OutboxMessage.select(OutboxMessage.recipient)}
    assert recipients <= {"m@sample.example"}
    assert await logged("reset_asked") == 1
    assert "evil" not in str(await AuditEntry.select())


@pytest.mark.parametrize("path", ["999999", "0", "99999999999999999999", "-1"])
async def test_a_request_that_is_not_there_is_said_so(chief, path):
    assert (await chief.get(f"{ADMIN}/{path}")).status_code == 404


async def test_an_approval_of_ones_own_is_refused_by_the_verb_too(browser, chief):
    no = await ask(browser, "chief")
    other = await ask(browser, "nobody")
    form = await chief.get(f"{ADMIN}/{other}")
    assert form.status_code == 200
    answer = await chief.post(f"{ADMIN}/{no}/approve", {"proof_method": "in_person"})
    assert answer.status_code == 403
    assert await ResetApproval.count() == 0


async def test_a_changed_telephone_makes_the_admin_wait_a_day(browser, maryam, chief):
    now = datetime.now(UTC)
    await ContactPoint.update({ContactPoint.changed_at: now}).where(ContactPoint.kind == "phone")
    no = await ask(browser)
    page = await chief.get(f"{ADMIN}/{no}")
    assert "be approved yet" in page.text
    assert "/approve" not in page.text
    await ResetRequest.update({ResetRequest.asked_at: now - timedelta(hours=25)}, force=True)
    assert await code_from(chief, no)


@pytest.mark.parametrize(("method", "lost"), [("in_person", True), ("video", False)])
async def test_s47_a_lost_second_factor_is_removed_in_person_only(browser, maryam, chief, method, lost):
    now = datetime.now(UTC)
    await SecondFactor(account=maryam, kind="totp", secret=b"x", created_at=now).save()
    await RecoveryCode(account=maryam, code_hmac="x", made_at=now).save()
    no = await ask(browser)
    answer = await approve(chief, no, proof_method=method, remove_factors="yes")
    assert (answer.status_code == 200) == lost
    code = await code_from(chief, no) if not lost else CODE.search(answer.text)[0]
    assert await SecondFactor.count() == 1
    await redeem(browser, code)
    assert await SecondFactor.count() == (0 if lost else 1)
    assert await RecoveryCode.count() == (0 if lost else 1)


async def test_the_page_behind_a_link_sets_the_password(browser, maryam, settings):
    link = (await recover("maryam", settings=settings, now=datetime.now(UTC))).partition("/accounts")[2]
    page = await browser.get(f"/en/accounts{link}")
    assert "maryam" in page.text
    assert page.headers["cache-control"] == "no-store"
    weak = await browser.submit(
        f"/en/accounts{link}", {"new_password": "short"}, to="/en/accounts/set-password"
    )
    assert weak.status_code == 422
    done = await browser.submit(
        f"/en/accounts{link}", {"new_password": NEW_PHRASE}, to="/en/accounts/set-password"
    )
    assert done.status_code == 303
    assert (await browser.get(f"/en/accounts{link}")).status_code == 404


async def test_a_locked_account_is_not_opened_by_its_link(browser, maryam, settings):
    link = await recover("maryam", settings=settings, now=datetime.now(UTC))
    await Account.update({Account.state: "locked"}, force=True)
    assert (await browser.get("/en/accounts" + link.partition("/accounts")[2])).status_code == 404


async def test_an_invitation_can_not_be_approved_like_a_reset(maryam, chief, settings):
    await recover("maryam", settings=settings, now=datetime.now(UTC))
    row = await ResetRequest.select(ResetRequest.no).first()
    page = await chief.get(f"{ADMIN}/{row['no']}")
    assert "nothing to approve" in page.text


async def test_nobody_but_admins_opens_the_requests(browser, clerk, maryam):
    no = await ask(browser)
    for page in (ADMIN, f"{ADMIN}/{no}", f"{ADMIN}/report"):
        assert (await clerk.get(page)).status_code == 403
