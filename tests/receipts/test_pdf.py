"""A receipt on paper: tagged, both renderings of the code, square codes that an independent decoder reads."""

from __future__ import annotations

import asyncio

import pypdfium2
import pytest
import zxingcpp

from portal import codes, i18n, pdf
from portal.cases import attest
from portal.receipts.printed import printed
from portal.receipts.queries import Salted, Secrets
from portal.text import persian_digits
from tests.receipts.signed import a_filed_case, the_receipt
from tests.services.test_pdf import plain, text_of, words_in

SALT = "c2FsdHNhbHRzYWx0c2E"
SECRETS = Secrets(Salted(SALT, "{}"))


async def on_paper(case_id, settings, language: str) -> bytes:
    with i18n.using(language):
        return await printed(await the_receipt(case_id), SECRETS, settings)


def square_codes(made: bytes) -> set[str]:
    """What a scanner reads off the first page."""
    page = pypdfium2.PdfDocument(made)[0].render(scale=3, grayscale=True)
    seen = memoryview(bytes(page.buffer)).cast("B", (page.height, page.stride))
    return {found.text for found in zxingcpp.read_barcodes(seen)}


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_it_is_tagged_and_has_a_title_and_its_language(db, settings, language):
    filed, kept = await a_filed_case()
    made = await on_paper(filed.case_id, settings, language)
    document = pypdfium2.PdfDocument(made)
    assert document.is_tagged()
    assert attest.show_number(kept.number) in document.get_metadata_dict()["Title"]
    assert f"/Lang({language})".encode() in made.replace(b"/Lang (", b"/Lang(")


async def test_it_says_what_was_signed(db, settings):
    filed, kept = await a_filed_case()
    said, text = attest.read(kept.document), text_of(await on_paper(filed.case_id, settings, "en"))
    for words in (said.code, codes.show_numeric(filed.number), said.receipt, said.key, SALT):
        assert words in text
    together = text.replace(" ", "")
    for digest in (said.answers, said.files[0], said.head.hash, said.statement.sha256, kept.signature):
        assert digest in together
    assert kept.document.replace(" ", "") in together


async def test_persian_stands_joined_with_persian_digits(db, settings):
    filed, kept = await a_filed_case()
    text = text_of(await on_paper(filed.case_id, settings, "fa"))
    for words in (kept.service.fa, "کد پیگیری", "صفحهٔ ۱ از ۲"):
        assert words_in(plain(words)) <= words_in(text)
    assert set(persian_digits(codes.show_numeric(filed.number)).split()) <= words_in(text) | set(text.split())


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_a_scanner_reads_both_square_codes(db, settings, language):
    filed, kept = await a_filed_case()
    base = settings.base_url.upper()
    assert square_codes(await on_paper(filed.case_id, settings, language)) == {
        f"{base}/T/{codes.text(filed.number)}",
        f"{base}/V/{codes.text(kept.number)}",
    }


async def test_it_carries_the_files_for_openssl(db, settings):
    filed, kept = await a_filed_case()
    document = pypdfium2.PdfDocument(await on_paper(filed.case_id, settings, "en"))
    attached = {
        one.get_name(): bytes(one.get_data())
        for one in (document.get_attachment(n) for n in range(document.count_attachments()))
    }
    assert attached["receipt.json"].decode() == kept.document
    assert len(attached["receipt.sig"]) == 64
    assert attached["receipt_key.pem"].startswith(b"-----BEGIN PUBLIC KEY-----")


async def test_the_same_receipt_gives_the_same_bytes(db, settings):
    filed, _ = await a_filed_case()
    first = await on_paper(filed.case_id, settings, "fa")
    pdf._print.cache_clear()
    assert await on_paper(filed.case_id, settings, "fa") == first


async def test_other_work_goes_on_while_receipts_are_printed(db, settings):
    filed, kept = await a_filed_case()
    with i18n.using("en"):
        secrets = [Secrets(Salted(f"{SALT}{n}", "{}")) for n in range(20)]
        making = [asyncio.create_task(printed(kept, one, settings)) for one in secrets]
    turns = 0
    while not all(task.done() for task in making):
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100, "made in the loop, they would leave it a handful of turns"
