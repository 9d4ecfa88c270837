"""The pages about receipts, as applicants and strangers go through them."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from db.receipts import Receipt
from portal import codes
from portal.cases import attest
from portal.receipts import actions as receipts
from portal.receipts import routes
from portal.security import misses
from portal.services.queries import forget
from tests.cases.visitors import FILE, as_filer, by_desk, filed_now, path_of, right_now
from tests.receipts.signed import the_receipt


@pytest.fixture(autouse=True)
def no_guesses_yet(monkeypatch):
    monkeypatch.setattr(misses, "_memory", misses._Memory())


@pytest.fixture
async def filed(db, settings):
    return await filed_now(settings, files=(FILE,))


@pytest.fixture
async def number(filed) -> str:
    return attest.show_number((await the_receipt(filed.case_id)).number)


async def hand_in(browser, content: bytes, name: str = "receipt.pdf"):
    return await browser.submit("/en/verify", files={"pdf": (name, io.BytesIO(content), "application/pdf")})


async def test_anybody_checks_a_receipt_by_its_number(stranger, filed, number):
    found = await stranger.submit("/en/verify", {"receipt": number.lower()})
    assert (found.status_code, found.headers["location"]) == (303, f"/en/verify/{number}")
    page = await stranger.get(found.headers["location"])
    assert page.status_code == 200
    assert "This receipt is genuine" in page.text
    assert "unbroken" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_page_names_nobody_and_not_the_whole_code(stranger, filed, number):
    page = (await stranger.get(f"/verify/{number}")).text
    for secret in ("مریم", "لایه", "maryam", "0000001234", codes.show_text(filed.number), FILE.name):
        assert secret not in page
    assert codes.text(filed.number)[-4:] in page


async def test_a_sensitive_service_is_not_named(stranger, filed, number):
    from db.services import Service

    await Service.update({Service.sensitive: True}, force=True)
    forget()
    page = (await stranger.get(f"/en/verify/{number}")).text
    assert "not named here" in page
    assert "spatial-observatory" not in page


async def test_the_square_code_leads_there(stranger, filed, number):
    symbols = number.removeprefix("R-").replace("-", "")
    assert (await stranger.get(f"/V/{symbols}")).headers["location"] == f"/verify/{number}"
    scanned = await stranger.submit("/verify", {"receipt": f"HTTP://LOCALHOST:8000/V/{symbols}"})
    assert scanned.headers["location"] == f"/verify/{number}"


@pytest.mark.parametrize(
    ("typed", "says"),
    [("R-XKP9", "sixteen symbols"), ("R-XKP9-2ZKY-93WR-1W75", "One symbol"), ("", "Please type")],
)
async def test_a_mistyped_number_is_explained(stranger, db, typed, says):
    page = await stranger.submit("/en/verify", {"receipt": typed})
    assert page.status_code == 422
    assert says in page.text


async def test_a_mistyped_address_is_explained_too(stranger, db):
    for path in ("/en/verify/R-XKP9-2ZKY-93WR-1W75", "/en/V/XKP92ZKY93WR1W75"):
        page = await stranger.get(path)
        assert page.status_code == 404
        assert "One symbol is wrong" in page.text


async def test_whoever_invents_numbers_has_to_wait(stranger, filed, number):
    invented = [attest.show_number(codes.LOWEST + n) for n in range(12)]
    answers = [(await stranger.get(f"/verify/{one}")).status_code for one in invented]
    assert answers[:10] == [404] * 10
    assert answers[11] == 429
    assert (await stranger.get(f"/verify/{number}")).status_code == 429


async def test_the_pdf_itself_is_checked(browser, stranger, filed):
    made = await as_filer(browser).get(f"{path_of(filed)}/receipt.pdf")
    assert (made.status_code, made.headers["content-type"]) == (200, "application/pdf")
    assert made.headers["cache-control"] == "no-store"
    page = await hand_in(stranger, made.content)
    assert page.status_code == 200
    assert "This receipt is genuine" in page.text
    assert "Compare it with the file" in page.text


async def test_a_changed_pdf_is_not_genuine(browser, stranger, filed):
    made = (await as_filer(browser).get(f"{path_of(filed)}/receipt.pdf")).content
    place = made.index(b"rahgir-receipt-1.") + 200
    letter = b"A" if made[place : place + 1] != b"A" else b"B"
    page = await hand_in(
        stranger, made.replace(made[place - 20 : place + 1], made[place - 20 : place] + letter)
    )
    assert "This receipt is not genuine" in page.text
    assert codes.text(filed.number)[-4:] not in page.text


async def test_other_files_are_refused_kindly(stranger, db):
    assert "carries no receipt" in (await hand_in(stranger, b"%PDF-1.4 hello")).text
    large = await hand_in(stranger, b"x" * (routes.LARGEST_PDF + 1))
    assert large.status_code == 422
    assert "larger than any receipt" in large.text
    assert (await hand_in(stranger, b"x" * (routes.LARGEST_BODY + 2**20))).status_code == 413


async def test_only_the_applicant_gets_the_files(stranger, filed, number):
    for end in ("receipt.pdf", "receipt.zip", f"receipt.pdf?no={number}"):
        answer = await stranger.get(f"{path_of(filed)}/{end}")
        assert (answer.status_code, answer.headers["location"]) == (303, path_of(filed))


async def test_a_receipt_of_another_case_is_not_handed_out(browser, settings, filed):
    other = await filed_now(settings)
    foreign = attest.show_number((await the_receipt(other.case_id)).number)
    as_filer(browser)
    for no in (foreign, "R-XKP9", attest.show_number(codes.LOWEST)):
        assert (await browser.get(f"{path_of(filed)}/receipt.pdf?no={no}")).status_code == 404


async def test_the_archive_holds_all_that_a_check_needs(browser, filed):
    answer = await as_filer(browser).get(f"{path_of(filed)}/receipt.zip")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names == [
        "receipt.json", "receipt.sig", "receipt_key.pem", "answers.salt", "answers.txt", "check.sh",
    ]  # fmt: skip


async def test_the_receipt_of_the_filing_can_be_proved_from_its_page(browser, filed, number):
    page = (await as_filer(browser).get(f"{path_of(filed)}/receipt")).text
    assert number in page
    assert f"/en/verify/{number}" in page
    assert f"{path_of(filed)}/receipt.pdf" in page
    assert FILE.sha256[:8] in page


async def test_the_applicant_sees_that_the_history_only_grew(browser, stranger, clerk, filed, number):
    await by_desk("answer", filed, clerk, body="بفرمایید")
    page = (await as_filer(browser).get(path_of(filed))).text
    assert "Events so far: 2," in page
    assert len(re.findall(r"receipt\.pdf\?no=R-", page)) == 2
    assert "continues unbroken" in page
    assert number not in (await stranger.get(path_of(filed))).text


async def test_a_receipt_is_made_on_demand(browser, filed):
    page = path_of(filed)
    sent = await as_filer(browser).submit(page, to=f"{page}/receipts")
    assert sent.headers["location"] == page
    opened = (await browser.get(page)).text
    assert "Your receipt is ready" in opened
    assert "How the request stood" in opened
    assert await Receipt.count() == 2
    assert (await browser.get(f"{page}/receipts")).headers["location"] == page


async def test_receipts_are_not_made_without_end(browser, filed):
    page, visitor = path_of(filed), as_filer(browser)
    answers = [(await visitor.submit(page, to=f"{page}/receipts")).status_code for _ in range(21)]
    assert answers == [303] * 20 + [429]
    assert await Receipt.count() == 21


async def test_a_stranger_has_no_receipt_made(browser, stranger, filed):
    held = await as_filer(browser).get(path_of(filed))
    token = re.search(r'name="_csrf_token" value="([^"]+)">\s*<button[^>]*>Make a receipt', held.text)
    sent = await stranger.post(f"{path_of(filed)}/receipts", {"_csrf_token": token[1]})
    assert sent.status_code == 403
    assert await Receipt.count() == 1


async def test_the_keys_are_public(stranger, filed):
    page = await stranger.get("/en/verify/keys")
    listed = (await stranger.get("/verify/keys.json")).json()
    assert page.status_code == 200
    assert listed[0]["id"] in page.text
    pem = await stranger.get(f"/verify/keys/{listed[0]['id']}.pem")
    assert pem.text == listed[0]["pem"]
    assert pem.text.startswith("-----BEGIN PUBLIC KEY-----")
    for name in ("0" * 16 + ".pem", "receipt_key.pem", "x"):
        assert (await stranger.get(f"/verify/keys/{name}")).status_code == 404


async def test_older_keys_stay_on_the_page(stranger, filed):
    await receipts.change_key(now=right_now())
    assert len((await stranger.get("/verify/keys.json")).json()) == 2


async def test_before_the_first_receipt_there_is_no_key(stranger, db):
    assert "No receipt has been signed yet" in (await stranger.get("/en/verify/keys")).text
