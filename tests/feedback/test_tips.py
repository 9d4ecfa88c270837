"""Anonymous tips: stored without a sender, read by the unit that hears complaints, deleted after a year."""

from __future__ import annotations

from datetime import UTC, timedelta
from uuid import uuid4

import pytest

from db.accounts import Membership
from db.audit import AuditEntry
from db.cases import Case
from db.feedback import Tip
from db.outbox import OutboxMessage
from db.services import Service
from portal.feedback import actions
from tests.cases.factories import a_service
from tests.conftest import NOON
from tests.feedback.factories import NEW, a_unit
from tests.support.browser import Browser, client_of, held_by_form, signed_in

SLUG = "spatial-observatory"
WORDS = "در انبار بایگانی سند می‌سوزانند."


async def leave(browser: Browser, **fields):
    return await browser.submit(f"{NEW}?kind=tip", {"service": SLUG, "body": WORDS, **fields}, to=NEW)


async def only_works_in(browser: Browser, *units) -> None:
    await Membership.delete().where(Membership.account == browser.account.id)
    for unit in units:
        await Membership(account=browser.account.id, unit=unit).save()


async def test_before_sending_it_is_said_that_nobody_can_answer(browser):
    await a_service()
    page = (await browser.get(f"/en{NEW}?kind=tip")).text
    assert "Nobody can answer an anonymous tip" in page
    assert "no account, no address, no code" in page
    for field in ("contact_email", "contact_phone", "contact_name", "attachments", "audience"):
        assert f'name="{field}"' not in page


async def test_a_tip_is_stored_without_a_sender_a_code_or_a_minute(clerk, settings):
    inspection = await a_unit("inspection", "inspection")
    entries = await AuditEntry.count()
    answer = await leave(clerk, contact_email="me@example.org")
    assert answer.headers["location"] == "/feedback/sent"
    assert "Set-Cookie" not in answer.headers
    tip = (await Tip.select())[0]
    assert (tip["body"], tip["unit"], tip["state"]) == (WORDS, inspection, "new")
    local = tip["at"].astimezone(settings.zone)
    assert (local.minute, local.second, local.microsecond) == (0, 0, 0)
    assert tip["id"].version == 4  # tells no time
    assert (await Case.count(), await OutboxMessage.count(), await AuditEntry.count()) == (0, 0, entries)


async def test_afterwards_it_is_said_again(browser):
    page = (await browser.get("/en/feedback/sent")).text
    assert "can't be followed" in page


async def test_the_same_page_sent_twice_leaves_one_tip(browser):
    await a_service()
    same = {"submission_id": "5d2b4a62-6d8c-4cf0-9d8c-0d0b4e2f9f10"}
    await leave(browser, **same)
    await leave(browser, **same)
    assert await Tip.count() == 1


async def test_a_tip_about_no_service_lies_with_the_desk_as_a_whole(browser):
    service = await a_service()
    refused = await leave(browser, service="")
    assert refused.status_code == 422
    await Service.update({Service.state: "desk"}).where(Service.id == service.id)
    await leave(browser, service="")
    tip = (await Tip.select())[0]
    assert (tip["service"], tip["unit"]) == (None, service.unit_id)


async def test_an_empty_tip_is_not_stored(browser):
    await a_service()
    assert (await leave(browser, body=" ")).status_code == 422
    assert await Tip.count() == 0


async def test_only_the_unit_that_hears_complaints_and_auditors_read_tips(clerk, colleague, application, db):
    inspection = await a_unit("inspection", "inspection")
    service = await a_service()
    await leave(clerk)
    await only_works_in(clerk, inspection)
    await only_works_in(colleague, service.unit_id)
    assert WORDS in (await clerk.get("/desk/tips")).text
    assert WORDS not in (await colleague.get("/desk/tips")).text
    async with client_of(application) as client:
        page = (await (await signed_in(client, "watcher", "auditor")).get("/desk/tips")).text
    assert WORDS in page
    assert 'name="state"' not in page


@pytest.mark.parametrize("state", ["read", "archived"])
async def test_a_tip_is_marked_by_its_readers_only(clerk, colleague, state):
    inspection = await a_unit("inspection", "inspection")
    await leave(clerk)
    await only_works_in(clerk, inspection)
    await only_works_in(colleague)
    tip = (await Tip.select(Tip.id))[0]["id"]
    page, path = "/desk/tips", f"/desk/tips/{tip}"
    refused = await colleague.post(path, {**held_by_form((await clerk.get(page)).text, path), "state": state})
    assert refused.status_code in (403, 404)
    assert (await clerk.submit(page, {"state": state}, to=path)).status_code == 303
    kept = (await Tip.select())[0]
    assert (kept["state"], kept["read_by"]) == (state, clerk.account.id)
    assert (WORDS in (await clerk.get("/desk/tips?archived=1")).text) == (state == "archived")


async def test_a_tip_is_deleted_after_a_year(db):
    service = await a_service()
    for days, words in ((367, "old"), (365, "new")):
        await actions.leave_tip(
            uuid4(), service=service.id, about=None, body=words, zone=UTC, now=NOON - timedelta(days=days)
        )
    await actions.forget_tips(NOON)
    assert [row["body"] for row in await Tip.select(Tip.body)] == ["new"]
