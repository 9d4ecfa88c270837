"""What a statement may promise: times that its calendar can count."""

import pytest

from portal.calendars import actions as calendars
from portal.i18n import Words
from portal.office_hours import Calendar
from portal.services.queries import service_by_slug
from tests.conftest import NOON
from tests.services.test_pages import words_of
from tests.support.browser import client_of, signed_in

EDIT = "/en/admin/services/yearbook-qom"
MONDAYS = Calendar("mondays", "Asia/Tehran", {0: ((480, 540),)})
TOO_LONG = {"unit_result": "working_hours", "amount_result": "۱۰۰۰۰", "calendar_result": "mondays"}


@pytest.fixture
async def manager(samples, application):
    async with client_of(application) as client:
        yield await signed_in(client, "zahra", "manager")


async def test_no_promise_is_longer_than_a_thousand_working_days(manager):
    refused = await manager.submit(f"{EDIT}/terms", {"amount_result": "1001", "unit_result": "working_days"})
    assert refused.status_code == 422
    assert "Write a number from 0 to 1000." in words_of(refused.text)


async def test_a_calendar_is_chosen_by_its_title(manager):
    page = (await manager.get(f"{EDIT}/terms")).text
    assert ">Office hours of Iran</option>" in page
    assert ">iran-office</option>" not in page


async def test_a_promise_that_never_falls_due_is_not_published(manager):
    await calendars.offer("mondays", Words("دوشنبه‌ها", "Mondays"), MONDAYS, now=NOON)
    assert (await manager.submit(f"{EDIT}/terms", TOO_LONG)).status_code == 303
    refused = await manager.submit(f"{EDIT}/publish")
    assert refused.status_code == 409
    assert "“Result” would never fall due: its calendar has too little working time." in words_of(
        refused.text
    )
    assert (await service_by_slug("yearbook-qom", now=NOON)).statement.version == 1
