"""What a signed-in person typed into the form of a service waits for them."""

from __future__ import annotations

import pytest

from db.cases import Case
from tests.cases.factories import SLUG, a_service
from tests.cases.test_filing_pages import FIELDS
from tests.support.browser import client_of, signed_in

FORM = f"/en/cases/new/{SLUG}"


@pytest.fixture
async def citizen(db, application):
    await a_service()
    async with client_of(application) as client:
        yield await signed_in(client, "maryam", "citizen")


async def test_a_half_filled_form_is_kept_and_comes_back(citizen):
    answer = await citizen.submit(FORM, {"body": "نیمی از آنچه می‌خواستم", "save": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/mine")
    assert "Not sent yet" in (await citizen.get("/en/mine")).text
    assert "نیمی از آنچه می‌خواستم" in (await citizen.get(FORM)).text
    assert await Case.count() == 0


async def test_a_draft_is_nobody_elses(citizen, application):
    await citizen.submit(FORM, {"body": "محرمانه", "save": "yes"})
    async with client_of(application) as client:
        other = await signed_in(client, "other", "citizen")
        assert "محرمانه" not in (await other.get(FORM)).text


async def test_a_sent_form_leaves_no_draft(citizen):
    await citizen.submit(FORM, {**FIELDS, "save": "yes"})
    sent = await citizen.submit(FORM, FIELDS)
    assert "/receipt" in sent.headers["location"], sent.text
    assert "Not sent yet" not in (await citizen.get("/en/mine")).text


async def test_a_draft_is_thrown_away_on_wish(citizen):
    await citizen.submit(FORM, {"body": "بی‌فایده", "save": "yes"})
    await citizen.submit("/en/mine", to="/en/mine/drafts/forget")
    assert "Not sent yet" not in (await citizen.get("/en/mine")).text


async def test_guests_are_offered_no_draft(browser):
    await a_service()
    assert "Save and send later" not in (await browser.get(FORM)).text
