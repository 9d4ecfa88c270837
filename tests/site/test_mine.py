"""My desk: own cases, claimed ones, drafts, data."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from db.accounts import Account
from db.cases import Case, CaseEvent
from db.subscriptions import Subscription
from portal import audit, codes
from portal.accounts import drafts
from portal.cases import access
from portal.i18n import Words
from tests.cases.factories import SLUG, a_case, a_service
from tests.notices.outages import EVALUATION, HOUR, PLANNED, SAYING, YEARBOOK, changed, posted
from tests.notices.subscribers import a_subscriber
from tests.support.browser import client_of, signed_in


@pytest.fixture
async def citizen(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "maryam", "citizen")


def right_now() -> datetime:
    return datetime.now(UTC)


async def filed_by_guest(settings):
    """A case and its passcode."""
    filed = await a_case(key=settings.secret_key, now=right_now())
    return filed, await access.receipt_passcode(filed.case_id, keys=settings.keys, now=right_now())


async def claim(person, code, passcode):
    """Fill the form that puts a guest's request under the account."""
    return await person.submit("/en/mine", {"code": code, "passcode": passcode}, to="/en/mine/claim")


async def test_what_i_filed_signed_in_is_listed_and_nobody_elses(citizen, settings):
    mine = await a_case(applicant=citizen.account.id, key=settings.secret_key, now=right_now())
    other = await a_case(key=settings.secret_key, now=right_now())
    page = await citizen.get("/en/mine")
    assert codes.show_text(mine.number) in page.text
    assert codes.show_text(other.number) not in page.text


async def test_an_empty_desk_says_what_will_be_there(citizen):
    assert "No request yet." in (await citizen.get("/en/mine")).text


async def test_a_guests_request_is_claimed_with_code_and_passcode(citizen, settings):
    filed, passcode = await filed_by_guest(settings)
    answer = await claim(citizen, codes.show_text(filed.number), passcode)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/en/cases/{codes.show_text(filed.number)}",
    )
    assert codes.show_text(filed.number) in (await citizen.get("/en/mine")).text
    kinds = await CaseEvent.select(CaseEvent.kind).where(CaseEvent.case == filed.case_id).output(as_list=True)
    assert "claimed" in kinds


async def test_s20_a_wrong_passcode_and_an_unknown_code_are_answered_alike(citizen, settings):
    filed, _passcode = await filed_by_guest(settings)
    wrong = await claim(citizen, codes.show_text(filed.number), "00000000")
    unknown = await claim(citizen, codes.show_text(10**18), "00000000")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    said = "This does not match the code."
    assert said in wrong.text
    assert said in unknown.text
    assert await Case.count().where(Case.applicant == citizen.account.id) == 0


async def test_what_belongs_to_somebody_else_cannot_be_claimed(citizen, settings, application):
    filed, passcode = await filed_by_guest(settings)
    async with client_of(application) as client:
        owner = await signed_in(client, "owner", "citizen")
        await claim(owner, codes.show_text(filed.number), passcode)
    refused = await claim(citizen, codes.show_text(filed.number), passcode)
    assert refused.status_code == 422
    assert "already under another account" in refused.text


async def test_a_mistyped_code_is_told_and_kept(citizen):
    refused = await claim(citizen, "XKP9-2ZKY-93WR-1W75", "1")
    assert "This code is mistyped." in refused.text
    assert 'value="XKP9-2ZKY-93WR-1W75"' in refused.text


async def test_i_see_when_the_desk_opened_my_request_and_in_which_role(citizen, settings):
    filed = await a_case(applicant=citizen.account.id, key=settings.secret_key, now=right_now())
    with audit.acting(audit.Origin(role="staff", actor=citizen.account.id)):
        await audit.append("case_viewed", object=f"case:{filed.case_id}", now=right_now())
    page = await citizen.get("/en/mine/opened")
    assert ">Clerk<" in page.text
    assert codes.show_text(filed.number) in page.text


async def test_name_and_language_are_corrected(citizen):
    await citizen.submit("/en/mine/data", {"display_name": "مريم رضايي", "locale": "en"})
    row = (
        await Account.select(Account.display_name, Account.locale)
        .where(Account.id == citizen.account.id)
        .first()
    )
    assert row == {"display_name": "مریم رضایی", "locale": "en"}


async def test_a_missing_name_is_asked_for_and_nothing_changes(citizen):
    refused = await citizen.submit("/en/mine/data", {"display_name": " ", "locale": "en"})
    assert refused.status_code == 422
    assert await Account.exists().where(Account.id == citizen.account.id, Account.display_name == "Maryam")


async def test_the_export_holds_my_words_and_no_secret(citizen, settings):
    await a_case(applicant=citizen.account.id, key=settings.secret_key, now=right_now())
    await drafts.save(citizen.account.id, "/cases/new/x", {"body": ["half"]}, now=right_now())
    data = (await citizen.get("/en/mine/data.json")).json()
    assert data["account"]["username"] == "maryam"
    assert data["cases"][0]["contact_name"] == "مریم رضایی"
    assert data["drafts"][0]["data"] == {"body": ["half"]}
    assert "password_hash" not in str(data)


async def test_whoever_reloads_the_answer_to_a_claim_is_back_at_the_list(citizen):
    assert (await citizen.get("/en/mine/claim")).headers["location"] == "/en/mine"


async def test_guests_are_sent_to_sign_in(browser):
    assert "/accounts/sign-in?next=%2Fmine" in (await browser.get("/mine")).headers["location"]


async def test_my_notices_are_those_of_my_open_requests_and_subscriptions(citizen, settings):
    titles = {slug: Words(slug, f"Work at {slug}") for slug in (SLUG, YEARBOOK, EVALUATION)}
    for slug in titles:
        await a_service(slug)
    await a_case(applicant=citizen.account.id, key=settings.secret_key, now=right_now())
    await a_subscriber("maryam@example.org", slug=YEARBOOK, account=citizen.account.id)
    start = right_now() + 90 * HOUR
    for slug, title in titles.items():
        saying = changed(SAYING, title=title, services={slug: "slow"})
        await posted(changed(PLANNED, saying=saying, starts_at=start, ends_at=start + HOUR), now=right_now())
    page = (await citizen.get("/en/mine/notices")).text
    assert [str(title.en) in page for title in titles.values()] == [True, True, False]
    assert 'class="tag wait">Ahead<' in page
    assert "because of the open request" in page
    assert "maryam@example.org" in page


async def test_a_subscription_is_ended_from_my_notices_and_nobody_elses_is(citizen):
    await a_service(YEARBOOK)
    mine = await a_subscriber("maryam@example.org", account=citizen.account.id)
    other = await a_subscriber("other@example.org")
    here, end = "/en/mine/notices", "/en/mine/notices/end"
    assert (await citizen.submit(here, {"subscription": str(other)}, to=end)).status_code == 404
    assert (await citizen.submit(here, {"subscription": str(mine)}, to=end)).status_code == 303
    assert "The subscription has ended." in (await citizen.get(here)).text
    assert [row.id for row in await Subscription.objects()] == [other]


async def test_the_export_holds_my_subscriptions_and_nobody_elses(citizen, settings):
    await a_case(applicant=citizen.account.id, key=settings.secret_key, now=right_now())
    await a_service(YEARBOOK)
    await a_subscriber("maryam@example.org", account=citizen.account.id, kinds='["incident"]')
    await a_subscriber("other@example.org")
    held = (await citizen.get("/en/mine/data.json")).json()["subscriptions"]
    assert {(one["address"], one["slug"], tuple(one["kinds"])) for one in held} == {
        ("maryam@agency.example", SLUG, ("planned", "incident")),
        ("maryam@example.org", YEARBOOK, ("incident",)),
    }
