"""The ways people go through the portal, in both languages, on a telephone and on a desk."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from portal import codes
from tests.browser.cases import (
    NAME,
    SAMPLES,
    WORDS,
    file_request,
    find_in_queue,
    is_free_in_print,
    move,
    number_of,
    read_receipt,
    register_letter,
    search,
    track,
    unlock,
    write,
)
from tests.browser.visitor import PERSIAN_DIGITS, PERSIAN_LAYOUT

LANGUAGES = ("fa", "en")
WIDTHS = (360, 1200)
on_every_screen = pytest.mark.parametrize(
    ("language", "width"), [(language, width) for language in LANGUAGES for width in WIDTHS]
)
PASSCODE = re.compile(r"[0-9]{4} [0-9]{4}")


def new_address() -> str:
    return f"{uuid4().hex[:12]}@mehregan.example"


@on_every_screen
@pytest.mark.parametrize("slug", sorted(SAMPLES))
async def test_a_request_for_any_service_ends_with_a_receipt(arrive, slug, language, width):
    applicant = await arrive(language, width=width)
    filed = await file_request(applicant, slug)
    assert number_of(filed)
    assert PASSCODE.fullmatch(filed.passcode)
    square = applicant.page.locator("img.qr")
    assert await square.evaluate("image => image.complete && image.naturalWidth") > 0
    assert applicant.complaints == []


@on_every_screen
async def test_a_code_is_found_however_it_was_typed(arrive, language, width):
    filed = await file_request(await arrive(language), "yearbook-qom")
    stranger = await arrive(language, width=width)
    for typed in (
        filed.digits.translate(PERSIAN_DIGITS),
        filed.text.translate(PERSIAN_LAYOUT),
        filed.text.replace("-", "").lower(),
    ):
        assert (await track(stranger, typed)).status == 200
        assert stranger.page.url == stranger.address(filed.path)


@on_every_screen
async def test_a_mistyped_code_is_explained_and_kept(arrive, language, width):
    visitor = await arrive(language, width=width)
    assert (await track(visitor, "XKP9-2ZKY-93WR-1W58")).status == 404
    assert await visitor.page.locator("#code").input_value() == "XKP9-2ZKY-93WR-1W58"
    assert await visitor.page.locator("#code").get_attribute("aria-invalid") == "true"


@on_every_screen
async def test_a_stranger_reads_nothing_personal_until_the_passcode(arrive, language, width):
    filed = await file_request(await arrive(language), "yearbook-qom")
    stranger = await arrive(language, width=width)
    await track(stranger, filed.text)
    page = await stranger.page.content()
    assert NAME not in page
    assert WORDS not in page
    assert await stranger.page.locator("#write").count() == 0
    await unlock(stranger, "1234 5678" if filed.passcode != "1234 5678" else "8765 4321")
    assert WORDS not in await stranger.page.content()
    await unlock(stranger, filed.passcode)
    assert await stranger.says(WORDS)


@on_every_screen
async def test_a_request_goes_from_question_to_outcome(arrive, language, width):
    applicant, clerk = await arrive(language, width=width), await arrive(language, width=width)
    filed = await file_request(applicant, "yearbook-qom")
    await clerk.sign_in("staff")
    await find_in_queue(clerk, filed)
    assert await search(clerk, filed.text[:9].lower()) == [filed.text]
    await search(clerk, filed.digits.translate(PERSIAN_DIGITS))
    assert clerk.page.url.endswith(f"/desk/cases/{filed.text}")
    await move(clerk, "take")
    await move(clerk, "ask", body="Which county do you mean?")

    await applicant.open(filed.path)
    assert await applicant.says("Which county do you mean?")
    await write(applicant, "Kahak, please.")

    await clerk.open(f"/desk{filed.path}")
    assert await clerk.says("Kahak, please.")
    await move(clerk, "answer", body="Here are the tables of Kahak.")
    await move(clerk, "close", outcome="done", reason="Everything was sent.")

    await applicant.open(filed.path)
    assert await applicant.says("Here are the tables of Kahak.")
    assert await applicant.says("Everything was sent.")
    assert applicant.complaints == clerk.complaints == []


@on_every_screen
async def test_a_letter_becomes_a_case_whose_slip_opens_it(arrive, language, width):
    clerk, sender = await arrive(language, width=width), await arrive(language, width=width)
    await clerk.sign_in("staff")
    slip = await register_letter(clerk)
    assert number_of(slip)
    assert await is_free_in_print(clerk, "img.qr")
    await track(sender, slip.digits)
    await unlock(sender, slip.passcode)
    assert await sender.says(WORDS)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_mail_comes_in_the_applicants_language(arrive, demo, language):
    address = new_address()
    filed = await file_request(await arrive(language), "yearbook-qom", email=address)
    mail = await demo.mail(address)
    assert mail["Content-Language"] == language
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"]
    assert mail["Date"].datetime.tzinfo
    assert f"\u2066{filed.text}\u2069" in mail["Subject"]
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert filed.text in plain
    assert f'<bdi dir="ltr">{filed.text}</bdi>' in html
    assert f'<html lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}">' in html
    assert WORDS not in plain + html
    assert NAME not in plain + html


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_link_in_a_mail_opens_everything(arrive, demo, language):
    address = new_address()
    await file_request(await arrive(language), "yearbook-qom", email=address)
    plain = (await demo.mail(address)).get_body(("plain",)).get_content()
    (link,) = re.findall(r"http\S+\?key=\S+", plain)
    reader = await arrive(language)
    await reader.page.goto(link)
    assert "key=" not in reader.page.url
    assert await reader.says(WORDS)
    assert await reader.page.locator('[name="passcode"]').count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_step_of_the_desk_is_mailed(arrive, demo, language):
    address = new_address()
    clerk = await arrive("fa")
    filed = await file_request(await arrive(language), "yearbook-qom", email=address)
    await clerk.sign_in("staff")
    await clerk.open(f"/desk{filed.path}")
    await move(clerk, "take")
    await move(clerk, "answer", body="Here are the tables.")
    assert (await demo.mail(address, after=1))["Content-Language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everything_works_without_script(arrive, language):
    applicant, clerk = await arrive(language, script=False), await arrive(language, script=False)
    filed = await file_request(applicant, "yearbook-tehran")
    stranger = await arrive(language, script=False)
    await track(stranger, filed.text.translate(PERSIAN_LAYOUT))
    await unlock(stranger, filed.passcode)
    assert await stranger.says(WORDS)
    await write(stranger, "The year is 1402.")
    await clerk.sign_in("staff")
    await find_in_queue(clerk, filed)
    await move(clerk, "take")
    await move(clerk, "answer", body="Here are the tables.")
    await applicant.open(filed.path)
    assert await applicant.says("Here are the tables.")
    slip = await register_letter(clerk)
    assert isinstance(codes.parse(slip.text), int)


async def test_copying_the_code_works_and_is_said(arrive):
    applicant = await arrive("en")
    await applicant.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    filed = await file_request(applicant, "yearbook-qom")
    await applicant.page.locator("[data-copy]").click()
    await applicant.page.locator(".copy [role=status]", has_text="Copied").wait_for()
    assert await applicant.page.evaluate("navigator.clipboard.readText()") == filed.text


async def test_the_receipt_is_shown_again_after_a_reload(arrive):
    applicant = await arrive("fa", width=360)
    filed = await file_request(applicant, "yearbook-qom")
    await applicant.page.reload()
    assert await read_receipt(applicant) == filed
