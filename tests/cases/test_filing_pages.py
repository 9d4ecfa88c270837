"""Filing a request and its receipt, as a browser goes through them."""

import io
import re
from uuid import uuid4

import httpx
import pytest

from db.cases import Attachment, Case
from db.services import Service
from db.throttle import Throttle
from portal.cases import filing_routes, floods
from portal.security import upload_quota
from portal.services import queries as service_queries
from tests.cases.factories import a_service
from tests.support.sample_files import PDF, png

SLUG = "spatial-observatory"
PAGE = f"/cases/new/{SLUG}"
FIELDS = {
    "f_task": "receive",
    "f_data_kinds": "geographic",
    "f_policy_level": "national",
    "f_area": "همهٔ استان",
    "body": "لایهٔ راه‌ها",
    "audience": "agency",
    "agency_name": "شهرداری نمونه",
    "contact_name": "مریم رضایی",
    "contact_email": "maryam@agency.example",
    "declaration": "yes",
}


@pytest.fixture
async def service(db):
    return await a_service(SLUG)


def attached(name: str = "a.pdf", data: bytes = PDF, field: str = "attachments") -> list:
    return [(field, (name, io.BytesIO(data), "application/octet-stream"))]


async def file(browser, files=None, **changed) -> httpx.Response:
    return await browser.submit(PAGE, {**FIELDS, **changed}, files=files)


async def filed_case() -> dict:
    return await Case.select().first()


def kept_files(settings) -> int:
    return sum(1 for path in settings.uploads_dir.rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def empty_uploads(settings):
    yield
    for path in settings.uploads_dir.rglob("*"):
        if path.is_file():
            path.unlink()


# ---- The form ----


async def test_the_form_asks_every_question_of_the_service(browser, service):
    page = await browser.get(PAGE)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    for field in service.fields:
        assert f'name="{field.name}"' in page.text
        assert str(field.label) in page.text


async def test_the_form_speaks_english_too(browser, service):
    page = await browser.get(f"/en{PAGE}")
    assert "Send the request" in page.text
    assert f'action="/en{PAGE}"' in page.text


async def test_the_browser_gets_its_token_once(browser, service):
    first = await browser.get(PAGE)
    assert "keys=" in first.headers["set-cookie"]
    assert "httponly" in first.headers["set-cookie"].lower()
    assert "set-cookie" not in (await browser.get(PAGE)).headers


async def test_looking_at_the_form_writes_nothing(browser, service):
    await browser.get(PAGE)
    assert await Throttle.count() == await Case.count() == 0


async def test_an_unknown_service_has_no_form(browser, db):
    assert (await browser.get("/cases/new/nothing-here")).status_code == 404


async def test_a_draft_has_no_form(browser, service):
    await set_state("draft")
    assert (await browser.get(PAGE)).status_code == 404


async def test_a_closed_service_says_so_kindly_and_takes_nothing(browser, service):
    held = await browser.get(PAGE)
    await set_state("closed")
    page = await browser.get(PAGE)
    assert (page.status_code, "<form" in page.text.split("<main")[1]) == (200, False)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', held.text.split("<main")[1])[1]
    answer = await browser.post(PAGE, {**FIELDS, "_csrf_token": token, "submission_id": str(uuid4())})
    assert (answer.status_code, await Case.count()) == (409, 0)


async def set_state(state: str) -> None:
    await Service.update({Service.state: state}, force=True)
    service_queries.forget()


async def test_where_documents_come_another_way_the_page_says_how_and_takes_no_file(browser, db):
    service = await a_service("yearbook-qom")
    page = await browser.get("/cases/new/yearbook-qom")
    assert str(service.sheet.files_note) in page.text
    assert 'type="file"' not in page.text


# ---- Sending it ----


async def test_a_filled_form_becomes_a_case_with_a_receipt(browser, service):
    answer = await file(browser)
    assert answer.status_code == 303
    assert re.fullmatch(r"/cases/[0-9A-Z-]{19}/receipt", answer.headers["location"])
    case = await filed_case()
    assert (case["contact_name"], case["audience"], case["locale"]) == ("مریم رضایی", "agency", "fa")


async def test_mistakes_come_back_all_at_once_with_what_was_typed(browser, service):
    page = await file(browser, f_area="", contact_email="nobody", f_needed_by="فردا", body="<b>راه")
    assert page.status_code == 422
    for name in ("f_area", "contact_email", "f_needed_by"):
        assert f'href="#{name}"' in page.text
    assert 'value="nobody"' in page.text
    assert 'value="فردا"' in page.text
    assert "&lt;b&gt;راه" in page.text
    assert re.search(r'value="geographic"\s+checked', page.text)
    assert await Case.count() == 0


async def test_the_form_keeps_its_id_over_a_mistake(browser, service):
    mine = str(uuid4())
    page = await file(browser, submission_id=mine, f_area="")
    assert f'name="submission_id" value="{mine}"' in page.text


async def test_a_page_left_open_too_long_loses_nothing_that_was_typed(browser, service):
    page = await file(browser, _csrf_token="0.stale")
    assert page.status_code == 403
    assert "لایهٔ راه‌ها" in page.text
    assert await Case.count() == 0


async def test_another_site_cannot_send_the_form(browser, service):
    answer = await browser.client.post(PAGE, data=FIELDS, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, await Case.count()) == (403, 0)


async def test_files_are_kept_with_the_case(browser, service, settings):
    await file(browser, files=[*attached(), *attached("نقشه.png", png(), "f_data_file")])
    rows = await Attachment.select(Attachment.field, Attachment.name).order_by(Attachment.field)
    assert rows == [{"field": "", "name": "a.pdf"}, {"field": "data_file", "name": "نقشه.png"}]
    assert kept_files(settings) == 2


async def test_a_refused_file_names_its_field_and_leaves_nothing(browser, service, settings):
    files = [*attached(field="f_data_file"), *attached("a.svg", b"<svg/>")]
    page = await file(browser, files=files)
    assert page.status_code == 422
    assert 'href="#attachments"' in page.text
    assert 'href="#f_data_file"' in page.text  # the good one is gone too, and the page says so
    assert (await Case.count(), kept_files(settings)) == (0, 0)


async def test_a_refused_file_shows_beside_the_other_mistakes_in_the_order_of_the_page(browser, service):
    page = await file(browser, f_area="", contact_email="nobody", files=attached("a.svg", b"<svg/>"))
    assert page.status_code == 422
    named = re.findall(r'<a href="#([a-z_]+)">', page.text)
    assert named == ["f_area", "attachments", "contact_email"]
    assert "a.svg" in page.text


async def test_files_with_mistakes_are_not_judged_without_end(browser, service, monkeypatch):
    monkeypatch.setattr(floods, "FILINGS", 1)
    statuses = [(await file(browser, f_area="", files=attached())).status_code for _ in range(2)]
    assert statuses == [422, 429]
    assert (await file(browser)).status_code == 303


async def test_files_chosen_before_a_mistake_are_asked_for_again(browser, service, settings):
    page = await file(browser, f_area="", files=attached())
    assert 'id="attachments-error"' in page.text
    assert kept_files(settings) == 0


async def test_more_than_the_page_takes_is_told_kindly(browser, service):
    files = attached("a.txt", bytes(filing_routes.LARGEST_BODY))
    assert (await file(browser, files=files)).status_code == 413


async def test_a_flood_from_one_place_is_slowed_down(browser, service, monkeypatch):
    monkeypatch.setattr(floods, "FILINGS", 1)
    assert (await file(browser)).status_code == 303
    refused = await file(browser, contact_name="Nobody Else")
    assert refused.status_code == 429
    assert "Nobody Else" in refused.text
    assert await Case.count() == 1


async def test_beyond_the_days_quota_files_are_refused_kindly_and_words_kept(browser, service, monkeypatch):
    monkeypatch.setattr(upload_quota, "MOST_A_DAY", 0)
    page = await file(browser, files=attached())
    assert (page.status_code, await Case.count()) == (422, 0)
    assert 'href="#attachments"' in page.text
    assert "لایهٔ راه‌ها" in page.text
    assert (await file(browser)).status_code == 303


async def test_mistakes_do_not_count_as_filings(browser, service, monkeypatch):
    monkeypatch.setattr(floods, "FILINGS", 1)
    await file(browser, f_area="")
    assert (await file(browser)).status_code == 303


async def test_a_signed_in_applicant_owns_the_case(clerk, service):
    await file(clerk)
    assert (await filed_case())["applicant"] == clerk.account.id


# ---- Sending it twice ----


async def test_the_same_form_sent_twice_is_one_case_and_one_receipt(browser, service, settings):
    mine = str(uuid4())
    first = await file(browser, submission_id=mine, files=attached())
    again = await file(browser, submission_id=mine, files=attached())
    assert again.headers["location"] == first.headers["location"]
    assert (await Case.count(), kept_files(settings)) == (1, 1)


async def test_another_browser_that_sends_it_again_sees_no_receipt(browser, stranger, service):
    mine = str(uuid4())
    first = await file(browser, submission_id=mine)
    again = await file(stranger, submission_id=mine)
    assert again.headers["location"] == first.headers["location"].removesuffix("/receipt")


async def test_the_same_form_with_other_words_offers_both_ways_and_keeps_the_words(browser, service):
    mine = str(uuid4())
    first = await file(browser, submission_id=mine)
    page = await file(browser, submission_id=mine, body="چیز دیگری")
    assert (page.status_code, await Case.count()) == (409, 1)
    assert f'href="{first.headers["location"].removesuffix("/receipt")}"' in page.text
    assert "چیز دیگری" in page.text
    assert f'name="submission_id" value="{mine}"' not in page.text
    assert 'name="submission_id"' in page.text


async def test_a_different_submission_leaves_no_file(browser, service, settings):
    mine = str(uuid4())
    await file(browser, submission_id=mine)
    await file(browser, submission_id=mine, files=attached())
    assert kept_files(settings) == 0


async def test_going_back_and_sending_again_makes_no_second_case(browser, service):
    first = await file(browser)
    assert first.status_code == 303

    again = await file(browser)

    assert again.status_code == 409
    assert first.headers["location"].split("/")[-2] in again.text
    assert await Case.count() == 1


async def test_sending_the_same_again_on_purpose_makes_a_case_of_its_own(browser, service):
    await file(browser)
    assert (await file(browser, again="yes")).status_code == 303
    assert await Case.count() == 2
