"""A complaint names the request it is about to its applicant, so that two complaints can be told apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal import codes
from portal.cases import queries, renumbering
from portal.cases.actions import Filed
from tests.cases.complaining import a_complaint, hearing_units
from tests.cases.factories import BROWSER, KEY
from tests.cases.test_dossier import taken, words_of
from tests.cases.visitors import as_filer, filed_now, path_of, right_now
from tests.conftest import NOON


@pytest.fixture
async def request_at_hand(db, settings) -> Filed:
    return await filed_now(settings)


@pytest.fixture
async def complaint(request_at_hand, settings) -> Filed:
    units = await hearing_units()
    return await a_complaint(
        units["inspection"], key=settings.secret_key, now=right_now(), about_case=request_at_hand.case_id
    )


async def test_its_page_receipt_and_dossier_name_code_and_service(
    browser, stranger, complaint, request_at_hand, settings
):
    code = codes.show_text(request_at_hand.number)
    about = f"Development evaluation and spatial planning monitoring (SATRA) — \u2068{code}\u2069"
    filer = as_filer(browser)
    for page in (path_of(complaint), f"{path_of(complaint)}/receipt"):
        assert f">{about}</bdi>" in (await filer.get(page)).text
    assert code in words_of(await taken(complaint.case_id, settings))
    assert code not in (await stranger.get(path_of(complaint))).text


async def test_of_a_request_with_another_code_since_only_service_and_day_are_named(
    browser, complaint, request_at_hand, settings
):
    new = await renumbering.rotate(
        request_at_hand.case_id,
        number=request_at_hand.number,
        browser=BROWSER,
        key=settings.secret_key,
        now=right_now(),
    )
    for page in (path_of(complaint), f"{path_of(complaint)}/receipt"):
        shown = (await as_filer(browser).get(page)).text
        assert "Development evaluation and spatial planning monitoring (SATRA), filed on" in shown
        assert codes.show_text(new) not in shown
        assert codes.show_text(request_at_hand.number) not in shown


async def test_a_code_that_was_new_before_the_complaint_is_named(db, settings):
    before = await filed_now(settings)
    new = await renumbering.rotate(
        before.case_id, number=before.number, browser=BROWSER, key=KEY, now=NOON - timedelta(hours=1)
    )
    units = await hearing_units()
    complaint = await a_complaint(units["inspection"], about_case=before.case_id)
    filed = await queries.filed_form(complaint.case_id)
    assert filed.about is not None
    assert filed.about.number == new


async def test_a_complaint_s_receipt_names_its_sender_not_an_applicant(browser, complaint):
    page = (await as_filer(browser).get(f"{path_of(complaint)}/receipt")).text
    assert "<dt>Sender</dt>" in page
    assert "<dt>Applicant</dt>" not in page
