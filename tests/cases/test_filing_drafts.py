"""What a signed-in person typed into the form of a service waits for them."""

from __future__ import annotations

import pytest

from db.accounts import ContactPoint
from db.cases import Case
from tests.cases.factories import SLUG, a_service
from tests.cases.test_filing_pages import FIELDS
from tests.conftest import NOON
from tests.support.browser import client_of, held_by_form, signed_in

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


async def test_a_form_that_comes_back_says_that_it_is_a_draft(citizen):
    assert "This is your draft" not in (await citizen.get(FORM)).text
    await citizen.submit(FORM, {"body": "نیمه", "save": "yes"})
    assert "This is your draft, saved on <time" in (await citizen.get(FORM)).text


async def test_a_draft_is_thrown_away_after_a_second_look_and_that_is_said(citizen):
    await citizen.submit(FORM, {"body": "بی‌فایده", "save": "yes"})
    page = (await citizen.get("/en/mine")).text
    assert page.index("brought back") < page.index("Throw the draft away</button>")
    await citizen.submit("/en/mine", to="/en/mine/drafts/forget")
    after = (await citizen.get("/en/mine")).text
    assert "Not sent yet" not in after
    assert 'tabindex="-1" autofocus><strong>The draft is thrown away.' in after


async def test_who_is_signed_in_finds_their_own_contacts_and_is_not_told_to_need_no_account(citizen):
    for kind, value, verified_at in (
        ("email", "typo@mehregan.example", None),
        ("email", "maryam@mehregan.example", NOON),
        ("phone", "+989123334455", None),
    ):
        row = ContactPoint(account=citizen.account.id, kind=kind, value=value, changed_at=NOON)
        row.verified_at = verified_at
        await ContactPoint.insert(row)
    page = (await citizen.get(FORM)).text
    held = held_by_form(page, FORM)
    assert (held["contact_name"], held["contact_email"], held["contact_phone"]) == (
        "Maryam",
        "maryam@mehregan.example",
        "09123334455",
    )
    assert "You need no account" not in page
    await citizen.submit(FORM, {"contact_email": "", "save": "yes"})
    assert held_by_form((await citizen.get(FORM)).text, FORM)["contact_email"] == ""


async def test_the_receipt_says_that_the_request_is_in_my_desk_to_who_filed_it_signed_in(citizen, browser):
    said = "you find it in your desk"
    sent = await citizen.submit(FORM, FIELDS)
    assert said in (await citizen.get(sent.headers["location"])).text
    sent = await browser.submit(FORM, FIELDS)
    assert said not in (await browser.get(sent.headers["location"])).text


async def test_guests_are_offered_no_draft(browser):
    await a_service()
    assert "Save and send later" not in (await browser.get(FORM)).text
