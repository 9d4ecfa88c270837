"""The admin's page of one request: what it offers, what it says of one that has ended, and the report's months."""

from datetime import UTC, datetime

import pytest

from db.accounts import ContactPoint
from tests.accounts.holders import new_app
from tests.resets.visitors import (  # noqa: F401
    ADMIN,
    approve,
    ask,
    chief,
    code_from,
    deputy,
    maryam,
    quick,
    redeem,
)
from tests.support.browser import client_of

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


async def test_an_empty_proof_lists_all_that_is_missing(browser, maryam, chief):
    no = await ask(browser)
    page = await chief.submit(f"{ADMIN}/{no}", {"password": ""}, to=f"{ADMIN}/{no}/approve")
    for field in ("proof_method", "proof_evidence", "proof_checks", "proof_note", "password"):
        assert f'href="#{field}"' in page.text, field


async def test_one_thing_compared_is_not_enough(browser, maryam, chief):
    no = await ask(browser)
    page = await approve(chief, no, proof_checks=["email"])
    assert "Choose at least two things" in page.text


async def test_nobody_is_called_back_without_a_number(browser, maryam, chief):
    no = await ask(browser)
    assert 'value="number_on_file"' in (await chief.get(f"{ADMIN}/{no}")).text
    await ContactPoint.delete().where(ContactPoint.account == maryam, ContactPoint.kind == "phone")
    page = (await chief.get(f"{ADMIN}/{no}")).text
    assert 'value="number_on_file"' not in page
    assert 'value="call_back"' not in page
    calling = {
        "proof_method": "call_back",
        "proof_evidence": "number_on_file",
        "proof_checks": ["name", "email"],
    }
    assert 'href="#proof_method"' in (await approve(chief, no, **calling)).text


async def test_removing_a_second_factor_is_offered_where_there_is_one(browser, maryam, chief, settings):
    no = await ask(browser)
    assert 'name="remove_factors"' not in (await chief.get(f"{ADMIN}/{no}")).text
    await new_app(maryam, key=settings.secret_key, now=datetime.now(UTC))
    assert 'name="remove_factors"' in (await chief.get(f"{ADMIN}/{no}")).text


async def test_browser_and_number_are_written_for_people(maryam, chief, application):
    async with client_of(application) as client:
        client.headers["user-agent"] = FIREFOX
        no = await ask(type(chief)(client))
    page = (await chief.get(f"{ADMIN}/{no}")).text
    assert "Firefox on Windows" in page
    assert "Gecko" not in page
    assert "09000000123" in page
    assert "+98" not in page


async def test_the_page_of_an_ended_request_says_what_became_of_it(browser, maryam, chief):
    first = await ask(browser)
    no = await ask(browser)
    page = (await chief.get(f"{ADMIN}/{first}")).text
    assert "asked again" in page
    assert f'href="{ADMIN}/{no}"' in page
    code = await code_from(chief, no)
    assert "It is approved" in (await chief.get(f"{ADMIN}/{no}")).text
    await redeem(browser, code)
    page = (await chief.get(f"{ADMIN}/{no}")).text
    assert "The new password is set" in page
    assert "not open any more" not in page
    assert "Good until" not in page


@pytest.mark.parametrize("language", ["", "/en"])
async def test_the_report_names_the_months_before_and_after(chief, language):
    page = (await chief.get(f"{language}/admin/resets/report?month=1405-01")).text
    before, after = ("Esfand 1404", "Ordibehesht 1405") if language else ("اسفند ۱۴۰۴", "اردیبهشت ۱۴۰۵")
    assert f">{before}</a>" in page
    assert f">{after}</a>" in page


async def test_a_wrong_address_of_the_administration_leads_back_to_it(chief, browser):
    for path in ("/en/admin/nothing", "/en/admin/resets/100001"):
        page = await chief.get(path)
        assert (page.status_code, 'href="/en/admin"' in page.text.partition("<main")[2]) == (
            404,
            True,
        )
    assert "/admin/accounts" not in (await browser.get("/en/nothing")).text
