"""What came on paper becomes a case; its sender gets a slip."""

import re

import pytest

from db.cases import Attachment, Case, CaseEvent
from db.services import Service
from portal import codes
from portal.cases import access
from portal.services.queries import forget
from tests.cases.factories import a_service

SLUG = "yearbook-qom"
PAGE = "/en/desk/cases/register"
LETTER = {
    "service": SLUG,
    "channel": "office_automation",
    "letter_no": "140/5/7731",
    "letter_date": "1405/08/20",
    "audience": "agency",
    "agency_name": "Water company",
    "contact_name": "Sara Ahmadi",
    "contact_email": "",
    "contact_phone": "۰۹۱۲۳۴۵۶۷۸۹",
    "body": "Please send the layer of rivers.",
}


async def test_a_letter_becomes_a_case_with_a_slip(clerk):
    await a_service(SLUG)
    answer = await clerk.submit(PAGE, LETTER)
    case = await Case.objects().first()
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/en/desk/cases/{codes.show_text(case.number)}/slip",
    )
    assert (case.channel, case.letter_no, str(case.letter_date)) == (
        "office_automation",
        "140/5/7731",
        "2026-11-11",
    )
    assert case.contact_phone == "+989123456789"
    assert (await CaseEvent.select(CaseEvent.actor_role).first())["actor_role"] == "staff"


async def test_the_slip_shows_both_renderings_and_the_passcode(clerk, settings):
    await a_service(SLUG)
    slip = await clerk.get((await clerk.submit(PAGE, LETTER)).headers["location"])
    case = await Case.objects().first()
    assert codes.show_text(case.number).split("-")[0] in slip.text
    assert codes.show_numeric(case.number) in slip.text
    shown = re.search(r'<bdi class="code plain" dir="ltr">(\d{4} \d{4})</bdi>', slip.text)[1].replace(" ", "")
    await access.unlock_with_passcode(case.id, shown, browser="b" * 22, keys=settings.keys, now=case.filed_at)


async def test_a_colleague_sees_the_slip_without_the_passcode(clerk, colleague):
    await a_service(SLUG)
    slip = await colleague.get((await clerk.submit(PAGE, LETTER)).headers["location"])
    assert slip.status_code == 200
    assert not re.search(r"\d{4} \d{4}</bdi></p>\s*<p class=\"no-print\"", slip.text)


async def test_a_channel_outside_the_statement_is_refused_with_the_reason(clerk):
    await a_service(SLUG)
    page = await clerk.submit(PAGE, {**LETTER, "channel": "letter"})
    assert page.status_code == 422
    ways = "By its statement, this service takes requests outside the portal only by: Office automation, Fax"
    assert ways in page.text
    assert "Please send the layer of rivers." in page.text
    assert await Case.count() == 0


async def test_a_service_for_the_portal_only_takes_no_letter(clerk):
    await a_service(SLUG)
    await Service.update({Service.intake_channels: '["portal"]'}, force=True)
    forget()
    page = await clerk.submit(PAGE, LETTER)
    assert page.status_code == 422
    assert "through the portal only" in page.text
    assert f"http://localhost:8000/cases/new/{SLUG}\u2069" in page.text
    assert f'<option value="{SLUG}" selected>' in page.text
    assert "(portal only)</option>" in page.text


async def test_the_summary_of_mistakes_names_the_fields(clerk):
    await a_service(SLUG)
    page = await clerk.submit(PAGE, {**LETTER, "channel": "", "body": ""})
    assert ">Channel — Choose one.</a>" in page.text
    assert ">Text of the request — " in page.text


async def test_a_service_that_takes_letters_is_not_marked(clerk):
    await a_service(SLUG)
    assert "(portal only)" not in (await clerk.get(PAGE)).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service", ""),
        ("service", "no-such"),
        ("channel", ""),
        ("channel", "portal"),
        ("channel", "pigeon"),
        ("letter_no", ""),
        ("letter_no", "9" * 61),
        ("letter_date", "1405/13/01"),
        ("letter_date", "1405/08/31"),
        ("letter_date", "1406/01/01"),
        ("audience", ""),
        ("agency_name", ""),
        ("contact_name", ""),
        ("contact_email", "sara@"),
        ("contact_phone", "0912"),
        ("body", ""),
    ],
)
async def test_each_mistake_is_named_and_nothing_is_lost(clerk, field, value):
    await a_service(SLUG)
    page = await clerk.submit(PAGE, {**LETTER, field: value})
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert field == "contact_name" or "Sara Ahmadi" in page.text
    assert await Case.count() == 0


async def test_sending_the_page_twice_makes_one_case(clerk):
    await a_service(SLUG)
    fields = {**LETTER, "submission_id": "0199aaaa-0000-7000-8000-000000000001"}
    first, second = await clerk.submit(PAGE, fields), await clerk.submit(PAGE, fields)
    assert first.headers["location"] == second.headers["location"]
    assert await Case.count() == 1


async def test_other_content_under_the_same_id_is_told_apart(clerk):
    await a_service(SLUG)
    fields = {**LETTER, "submission_id": "0199aaaa-0000-7000-8000-000000000001"}
    await clerk.submit(PAGE, fields)
    page = await clerk.submit(PAGE, {**fields, "body": "Something else"})
    assert page.status_code == 409
    assert "Something else" in page.text
    assert await Case.count() == 1


async def test_the_scan_is_kept_with_the_case(clerk):
    await a_service(SLUG)
    await clerk.submit(PAGE, LETTER, files={"attachments": ("scan.txt", b"as on paper")})
    assert (await Attachment.select(Attachment.name, Attachment.size).first()) == {
        "name": "scan.txt",
        "size": 11,
    }


async def test_a_closed_service_is_not_offered(clerk):
    await a_service(SLUG)
    await Service.update({Service.state: "closed"}, force=True)
    forget()
    assert f'value="{SLUG}"' not in (await clerk.get(PAGE)).text


async def test_the_page_of_the_case_tells_how_it_came(clerk):
    await a_service(SLUG)
    slip = (await clerk.submit(PAGE, LETTER)).headers["location"]
    page = await clerk.get(slip.removesuffix("/slip"))
    assert "Office automation" in page.text
    assert "140/5/7731" in page.text
