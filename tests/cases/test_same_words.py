"""The same words from the same place are asked about before they make a second case; nothing is refused or lost."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from db.cases import Attachment, Case, SentWords
from db.people import Draft
from portal.cases import floods, kept_files, same_words
from tests.cases.factories import KEY, a_case, a_draft, a_service
from tests.cases.test_filing_pages import (  # noqa: F401
    FIELDS,
    PAGE,
    SLUG,
    attached,
    empty_uploads,
    file,
    service,
)
from tests.cases.test_filing_pages import (
    kept_files as files_on_disk,
)
from tests.conftest import NOON
from tests.support.browser import client_of, held_by_form, signed_in

TYPED = "لایهٔ راه‌ها"


def marks(draft, service, *, browser="a" * 22, address="192.0.2.7"):
    return same_words.marks_of(draft, service.id, browser=browser, address=address, key=KEY)


async def again(browser, page, **changed):
    """The page that asks, sent with "Send it anyway"."""
    return await browser.post(PAGE, {**held_by_form(page.text, PAGE), **changed})


async def test_the_same_words_are_asked_about_and_lead_to_what_they_made(browser, service):
    first = await file(browser)
    page = await file(browser)
    assert (page.status_code, await Case.count()) == (409, 1)
    assert f'href="{first.headers["location"].removesuffix("/receipt")}"' in page.text
    assert '<button class="button quiet" form="again">' in page.text
    assert (await again(browser, page)).status_code == 303
    assert await Case.count() == 2


async def test_other_spelling_marks_name_and_contact_are_the_same_words(browser, service):
    await file(browser)
    other = {"body": "  لايه   راه ها ", "contact_name": "م. رضایی", "contact_email": "m@agency.example"}
    assert (await file(browser, **other)).status_code == 409


async def test_other_words_another_answer_or_another_service_are_not(service):
    draft, other = a_draft(), await a_service("yearbook-qom")
    same = marks(draft, service)
    assert marks(a_draft(body="چیز دیگری که لازم داریم و می‌خواهیم"), service) != same
    assert marks(a_draft(answers={"area": "قم"}), service) != same
    assert marks(draft, other) != same
    assert marks(draft, service) == same


async def test_another_browser_of_the_network_is_asked_but_not_told_the_code(browser, stranger, service):
    words = {"body": "لایهٔ راه‌های روستایی استان را لازم داریم"}
    first = (await file(browser, **words)).headers["location"]
    page = await file(stranger, **words)
    assert page.status_code == 409
    assert first.split("/")[2] not in page.text
    assert (await again(stranger, page)).status_code == 303


async def test_short_words_are_common_and_asked_about_in_one_browser_only(browser, stranger, service):
    short = {"body": "سلام", "f_area": "قم"}
    await file(browser, **short)
    assert (await file(stranger, **short)).status_code == 303
    assert (await file(browser, **short)).status_code == 409


@pytest.mark.parametrize(
    ("who", "minutes", "asked"),
    [("browser", 59, True), ("browser", 61, False), ("network", 9, True), ("network", 11, False)],
)
async def test_a_browser_is_asked_for_an_hour_and_a_network_for_ten_minutes(db, who, minutes, asked):
    filed, service = await a_case(), await a_service()
    first = marks(a_draft(), service)
    await same_words.remember(first, filed.case_id, now=NOON)
    here = {"browser": "a" * 22 if who == "browser" else "b" * 22}
    address = "192.0.2.9" if who == "network" else "198.51.100.1"
    mine = marks(a_draft(), service, address=address, **here)
    found = await same_words.sent_before(mine, submission=uuid4(), now=NOON + timedelta(minutes=minutes))
    assert (found is not None) == asked
    assert found is None or found.own == (who == "browser")


async def test_neither_words_nor_addresses_are_stored(db):
    filed, service = await a_case(), await a_service()
    await same_words.remember(marks(a_draft(), service), filed.case_id, now=NOON)
    rows = await SentWords.select(SentWords.digest)
    assert [bool(re.fullmatch("[0-9a-f]{64}", row["digest"])) for row in rows] == [True, True]


async def test_after_an_hour_nothing_is_kept(db):
    filed, service = await a_case(), await a_service()
    await same_words.remember(marks(a_draft(), service), filed.case_id, now=NOON)
    await same_words.forget_old(now=NOON + timedelta(minutes=61))
    assert not await SentWords.exists()


# ---- Files ----


async def test_files_are_kept_and_go_with_it(browser, service):
    await file(browser)
    page = await file(browser, files=[*attached(), *attached("b.pdf", field="f_data_file")])
    assert page.status_code == 409
    assert "a.pdf" in page.text
    assert (await again(browser, page)).status_code == 303
    rows = await Attachment.select(Attachment.field, Attachment.name).order_by(Attachment.name)
    assert rows == [{"field": "", "name": "a.pdf"}, {"field": "data_file", "name": "b.pdf"}]


async def test_sent_twice_the_kept_files_stay_with_the_one_case(browser, service, settings):
    await file(browser)
    page = await file(browser, files=attached())
    answers = [await again(browser, page) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    (stored,) = await Attachment.select(Attachment.stored_as)
    assert (settings.uploads_dir / stored["stored_as"][:2] / stored["stored_as"]).exists()


async def test_a_mistake_on_the_way_keeps_the_kept_files(browser, service):
    await file(browser)
    page = await file(browser, files=attached())
    wrong = await again(browser, page, contact_name="")
    assert wrong.status_code == 422
    assert "a.pdf" in wrong.text
    assert (await again(browser, wrong, contact_name="مریم")).status_code == 303
    assert await Attachment.count() == 1


async def test_a_list_that_we_did_not_seal_brings_no_file(browser, stranger, service, settings):
    await file(browser)
    sealed = held_by_form((await file(browser, files=attached())).text, PAGE)["kept"]
    for visitor, kept in (
        (stranger, sealed),
        (browser, sealed[:-4] + "AAAA"),
        (browser, "é"),
        (browser, "x"),
    ):
        assert (await file(visitor, kept=kept, again="yes", contact_name="کس دیگر")).status_code == 303
    assert await Attachment.count() == 0
    assert files_on_disk(settings) == 1


async def test_the_list_is_good_for_half_a_day_and_while_its_files_are_there(browser, service, settings):
    await file(browser)
    sealed = held_by_form((await file(browser, files=attached())).text, PAGE)["kept"]
    token = browser.client.cookies["keys"].split(".")[0]
    where = {"browser": token, "keys": settings.keys, "folder": settings.uploads_dir}
    now = datetime.now(UTC)
    assert kept_files.opened(sealed, now=now, **where).files
    assert not kept_files.opened(sealed, now=now + kept_files.LASTS, **where).files
    next(path for path in settings.uploads_dir.rglob("*") if path.is_file()).unlink()
    assert not kept_files.opened(sealed, now=now, **where).files


async def test_more_than_ten_files_with_the_kept_ones_are_refused(browser, service):
    await file(browser)
    page = await file(browser, files=[one for n in range(10) for one in attached(f"{n}.pdf")])
    held = held_by_form(page.text, PAGE)
    assert (await browser.post(PAGE, held, files=attached("more.pdf"))).status_code == 422


# ---- Floods ----


async def test_a_flood_is_told_when_to_send_again_and_loses_nothing(browser, service, monkeypatch):
    monkeypatch.setattr(floods, "FILINGS", 1)
    await file(browser)
    refused = await file(browser, body="چیز دیگری")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 600
    assert "چیز دیگری" in refused.text


async def test_whoever_is_signed_in_finds_a_draft_of_it(service, application, monkeypatch):
    monkeypatch.setattr(floods, "FILINGS", 0)
    async with client_of(application) as client:
        citizen = await signed_in(client, "maryam", "citizen")
        refused = await file(citizen)
        assert refused.status_code == 429
        assert "پیش‌نویس" in refused.text
        assert await Draft.count() == 1
        assert TYPED in (await citizen.get(PAGE)).text
