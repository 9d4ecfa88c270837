"""The receipt: for whoever filed, and for nobody else."""

import re
from datetime import timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest

from db.cases import Case
from portal.cases.receipt import square_code
from tests.cases.test_filing_pages import (  # noqa: F401
    FIELDS,
    PAGE,
    SLUG,
    attached,
    empty_uploads,
    file,
    filed_case,
    kept_files,
    service,
)


@pytest.fixture
async def receipt(browser, service) -> str:
    return (await file(browser)).headers["location"]


PASSCODE = re.compile(r"[۰-۹]{4} [۰-۹]{4}</bdi></p>\s*<p class=.no-print.><strong>")


async def test_the_receipt_shows_code_passcode_and_dates(browser, receipt, service):
    page = await browser.get(receipt)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert receipt.split("/")[2] in page.text
    assert PASSCODE.search(page.text)
    assert str(service.title) in page.text
    assert page.text.count("<time ") == 3
    assert 'src="data:image/svg+xml' in page.text


async def test_the_receipt_works_in_english(browser, receipt):
    page = await browser.get(f"/en{receipt}")
    assert re.search(r"\d{4} \d{4}</bdi></p>\s*<p class=.no-print.><strong>", page.text)
    assert "Your request is registered" in page.text


async def test_the_receipt_has_a_print_button_for_browsers_with_script(browser, receipt):
    page = await browser.get(f"/en{receipt}")
    assert re.search(r"<button [^>]*data-print hidden>Print</button>", page.text)
    assert re.search(r'<script type="module" src="/static/print.js', page.text)


async def test_a_stranger_is_led_to_the_case_and_learns_nothing_more(stranger, receipt):
    answer = await stranger.get(receipt)
    assert (answer.status_code, answer.headers["location"]) == (303, receipt.removesuffix("/receipt"))


async def test_printed_it_has_its_own_number_without_anything_unfolded(browser, receipt):
    page = (await browser.get(receipt)).text
    assert re.search(r"R-\w{4}-\w{4}-\w{4}-\w{4}", page[: page.index("گواه این رسید")])


async def test_a_code_that_is_nobodys_is_answered_alike(stranger, db):
    answer = await stranger.get("/cases/XKP9-2ZKY-93WR-1W57/receipt")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/XKP9-2ZKY-93WR-1W57")


async def test_a_mistyped_code_has_no_receipt(browser, db):
    assert (await browser.get("/cases/XKP9-2ZKY-93WR-1W75/receipt")).status_code == 404


async def test_after_a_quarter_of_an_hour_the_passcode_is_gone_from_the_receipt(browser, receipt):
    case = await filed_case()
    await Case.update({Case.filed_at: case["filed_at"] - timedelta(minutes=15)}, force=True)
    page = await browser.get(receipt)
    assert page.status_code == 200
    assert not PASSCODE.search(page.text)


async def test_a_signed_in_applicant_sees_the_receipt_elsewhere_but_no_passcode(clerk, stranger, service):
    location = (await file(clerk)).headers["location"]
    session = clerk.client.cookies.get("session")
    stranger.client.cookies.set("session", session)
    page = await stranger.get(location)
    assert page.status_code == 200
    assert not PASSCODE.search(page.text)


async def test_without_the_cookie_the_filing_browser_still_gets_its_receipt(browser, service):
    held = await browser.get(PAGE)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', held.text.split("<main")[1])[1]
    browser.client.cookies.clear()
    answer = await browser.post(PAGE, {**FIELDS, "_csrf_token": token, "submission_id": str(uuid4())})
    page = await browser.get(answer.headers["location"])
    assert PASSCODE.search(page.text)


def test_the_square_code_stays_coarse_enough_for_an_old_telephone():
    drawn = unquote(square_code("https://mz.qom.ir", 1234567890123456789))
    assert "viewBox='0 0 33 33'" in drawn  # version 2 with its quiet border; small letters need version 3
