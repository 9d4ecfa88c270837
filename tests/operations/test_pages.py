"""The pages of those who run the place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from db.cases import AccessGrant
from portal import codes, place
from portal.cases import desk_actions
from portal.operations import actions, health
from tests.cases.factories import a_case
from tests.conftest import NOON
from tests.services.test_pages import words_of
from tests.support.browser import client_of, signed_in

DAYS = "/en/admin/reconciliation"
DAY = f"{DAYS}/2026-11-20"
YESTERDAY = date(2026, 11, 20)


@pytest.fixture
async def filed(db, settings):
    """A case of the day before, whose passcode is gone."""
    case = await a_case(now=NOON - timedelta(days=1))
    await AccessGrant.delete().where(AccessGrant.case == case.case_id)
    await actions.reckon(YESTERDAY, zone=settings.zone, uploads_dir=settings.uploads_dir, now=NOON)
    return case


async def test_before_the_first_night_the_list_says_so(admin):
    page = await admin.get(DAYS)
    assert "No day was reckoned yet" in page.text


async def test_the_list_shows_what_does_not_add_up(filed, admin):
    page = words_of((await admin.get(DAYS)).text)
    assert "2026-11-20 1 oddity" in page


async def test_a_day_names_each_oddity_with_a_way_to_it(filed, admin):
    page = await admin.get(DAY)
    assert "it has no passcode" in page.text
    assert codes.show_text(filed.number) not in page.text
    way = await admin.get(f"{DAYS}/cases/{filed.case_id}")
    assert way.headers["location"] == f"/en/desk/cases/{codes.show_text(filed.number)}"


async def test_a_day_that_was_mended_adds_up_once_it_is_reckoned_again(filed, admin, settings):
    await AccessGrant(
        case=filed.case_id, kind="passcode", secret_hash="x", created_at=NOON, expires_at=None
    ).save()
    answer = await admin.submit(DAY)
    page = words_of((await admin.get(answer.headers["location"])).text)
    assert "The day was reckoned again." in page


async def test_a_day_without_a_report_offers_to_make_one(admin):
    page = await admin.get(DAY)
    assert "This day was not reckoned yet" in page.text
    assert (await admin.submit(DAY)).status_code == 303
    assert "All of it adds up." in (await admin.get(DAY)).text


@pytest.mark.parametrize("day", ["2999-01-01", "1999-12-31", "yesterday", "2026-02-30"])
async def test_what_is_no_day_is_not_found(admin, day):
    assert (await admin.get(f"{DAYS}/{day}")).status_code == 404


@pytest.mark.parametrize(
    ("role", "days", "reckons", "health"),
    [
        ("admin", 200, True, 200),
        ("manager", 200, True, 403),
        ("auditor", 200, False, 200),
        ("staff", 403, False, 403),
        ("citizen", 403, False, 403),
    ],
)
async def test_each_role_sees_what_is_its_own(filed, application, role, days, reckons, health):
    async with client_of(application) as client:
        somebody = await signed_in(client, "somebody", role)
        assert (await somebody.get(DAY)).status_code == days
        assert (await somebody.get("/en/admin/health")).status_code == health
        assert ("Reckon this day now" in (await somebody.get(DAY)).text) == reckons


async def test_who_does_not_read_the_case_is_not_told_its_code(filed, application):
    async with client_of(application) as client:
        manager = await signed_in(client, "manager", "manager")
        await AccessGrant.raw("DELETE FROM membership")
        answer = await manager.get(f"{DAYS}/cases/{filed.case_id}")
        assert answer.status_code == 403
        assert codes.show_text(filed.number) not in answer.text


async def test_whoever_a_complaint_is_about_is_not_led_to_it(filed, admin):
    await desk_actions.take(filed.case_id, clerk=admin.account.id, seen=1, now=NOON)
    complaint = await a_case(kind="complaint", topic="case", about_case=filed.case_id)
    answer = await admin.get(f"{DAYS}/cases/{complaint.case_id}")
    assert answer.status_code == 403
    assert codes.show_text(complaint.number) not in answer.text


async def test_health_says_what_was_seen_and_that_nobody_looked(admin, settings):
    await place.change("digest_on", False, by=None, now=NOON)
    assert "The worker has not looked yet" in (await admin.get("/en/admin/health")).text
    now = datetime.now(UTC)
    await health.look(settings, clocks=[], now=now - timedelta(minutes=30))
    page = words_of((await admin.get("/en/admin/health")).text)
    assert "All is well" in page
    assert "Does it run?" not in page
    await health.look(settings, clocks=[], now=now - timedelta(hours=2))
    assert "Does it run?" in words_of((await admin.get("/en/admin/health")).text)
