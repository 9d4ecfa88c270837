"""What admins are shown of many requests: lists, alarms, the report of a month."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from db.audit import AuditEntry
from db.resets import ResetApproval, ResetRequest
from tests.resets.visitors import (  # noqa: F401
    ADMIN,
    CODE,
    FORGOT,
    PROOF,
    RESET,
    admin_called,
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


async def test_an_approval_from_the_same_network_is_an_alarm(browser, maryam, chief):
    no = await ask(browser)
    assert "the network you are in" in (await chief.get(f"{ADMIN}/{no}")).text
    await code_from(chief, no)
    assert await logged("reset_same_address") == 1
    assert "from the network the request came from" in (await chief.get(f"{ADMIN}/report")).text


async def many_requests(n, account):
    """Ids of ``n`` open requests; their numbers begin with 300000."""
    now = datetime.now(UTC)
    rows = [
        ResetRequest(
            no=300_000 + one, a_hmac="", account=account, asked_at=now, ends_at=now + timedelta(days=1)
        )
        for one in range(n)
    ]
    return [row["id"] for row in await ResetRequest.insert(*rows)]


async def test_more_than_twenty_approvals_in_a_day_are_an_alarm(browser, maryam, chief):
    for row in await many_requests(20, maryam):
        at = datetime.now(UTC)
        await ResetApproval(
            request=row,
            admin=chief.account.id,
            method="video",
            evidence="passport",
            checks=[],
            note="x",
            at=at,
        ).save()
    assert await code_from(chief, await ask(browser))
    assert await logged("reset_many") == 1
    assert "approved 21 new passwords within a day" in (await chief.get(ADMIN)).text


async def test_the_lists_have_fifty_rows_a_page(maryam, chief):
    await many_requests(51, maryam)
    page = (await chief.get(ADMIN)).text
    assert page.count("<tr>") == 51
    older = re.search(r"before=([0-9]+)", page)[1]
    assert (await chief.get(f"{ADMIN}?before={older}")).text.count("<tr>") == 2
    for tab in ("unmatched", "ended", "nonsense"):
        assert (await chief.get(f"{ADMIN}?tab={tab}")).status_code == 200


@pytest.mark.parametrize("month", ["", "1405-07", "۱۴۰۵-۰۸", "1405-13", "x", "99999-01", "1499-12", "٣٢"])
async def test_the_report_shows_a_month_whatever_is_asked(chief, month):
    assert (await chief.get(f"{ADMIN}/report", params={"month": month})).status_code == 200
    assert await logged("reset_report") == 1


async def test_s51_opening_a_request_is_in_the_log(browser, maryam, chief):
    no = await ask(browser)
    await chief.get(f"{ADMIN}/{no}")
    row = await AuditEntry.select().where(AuditEntry.action == "reset_viewed").first()
    assert (row["actor"], row["object"]) == (chief.account.id, f"reset:{no}")
