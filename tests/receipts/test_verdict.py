"""Genuine or not: every changed byte is found, and time, erasure and new keys change nothing."""

from __future__ import annotations

import base64
import os
from datetime import timedelta

import asyncpg
import pytest

from db.cases import Case
from portal import codes, i18n, signing
from portal.cases import actions, attest, erasure
from portal.cases.history import history_of
from portal.codes import Mistake
from portal.receipts import actions as receipts
from portal.receipts import queries, verdict
from portal.receipts.printed import printed
from portal.receipts.queries import Secrets
from tests.cases.factories import a_case
from tests.conftest import NOON
from tests.receipts.signed import a_filed_case, alone, close_it

LATER = NOON + timedelta(days=400)


async def rewrite(statement: str, *values) -> None:
    """Somebody who owns the database changes what the portal can't."""
    connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def test_a_receipt_is_genuine_and_the_history_goes_on(db):
    filed, kept = await a_filed_case()
    await actions.reply(filed.case_id, body="باز هم", now=NOON)
    judged = await verdict.of_number(kept.number)
    assert (judged.state, judged.continues, judged.number) == ("genuine", True, kept.number)
    assert judged.attested == attest.read(kept.document)


async def test_a_number_of_nobodys_has_no_verdict(db):
    await a_filed_case()
    assert await verdict.of_number(codes.LOWEST + 5) is None


async def test_one_flipped_bit_anywhere_is_refused(db):
    _, kept = await a_filed_case()
    signature = base64.b64decode(kept.signature)
    whole = kept.document.encode() + signature
    keys = await queries.keys()
    length = len(kept.document)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        document, signed = bytes(changed[:length]), bytes(changed[length:])
        assert not any(signing.is_signed(document, signed, key.public_key) for key in keys), place
    assert (await verdict.of_signed(kept.document.encode(), signature)).state == "genuine"


async def test_what_was_changed_tells_nothing(db):
    _, kept = await a_filed_case()
    document = kept.document.replace('"registered"', '"answered"').encode()
    judged = await verdict.of_signed(document, base64.b64decode(kept.signature))
    assert judged == verdict.Verdict(state="changed")


async def test_a_key_that_nobody_published_signs_nothing(db):
    await a_filed_case()
    stranger = signing.new_signer()
    document = alone(1).document.encode()
    assert (await verdict.of_signed(document, stranger.sign(document))).state == "changed"


async def test_what_we_signed_and_lost_is_said_to_be_so(db):
    await a_filed_case()
    lost = alone(1)
    judged = await verdict.of_signed(lost.document.encode(), base64.b64decode(lost.signature))
    assert (judged.state, judged.continues) == ("unlisted", None)


async def test_a_receipt_outlives_its_key_its_people_and_its_code(db):
    filed, kept = await a_filed_case()
    await receipts.change_key(now=NOON)
    await close_it(filed.case_id)
    await erasure.erase(filed.case_id, now=LATER)
    await Case.update({Case.number: codes.LOWEST + 77}).where(Case.id == filed.case_id)
    judged = await verdict.of_number(kept.number)
    assert (judged.state, judged.continues) == ("genuine", True)
    assert judged.attested.code == codes.show_text(filed.number)
    assert await queries.filed_text_of(filed.case_id) is None


async def test_a_history_that_was_changed_no_longer_agrees(committed):
    filed, kept = await a_filed_case()
    await rewrite("UPDATE case_event SET at = at + interval '1 day' WHERE \"case\" = $1", filed.case_id)
    judged = await verdict.of_number(kept.number)
    assert (judged.state, judged.continues) == ("genuine", False)
    assert not (await history_of(filed.case_id)).unbroken


async def test_a_history_written_anew_without_a_gap_does_not_agree_with_older_receipts(committed):
    filed, kept = await a_filed_case()
    other = await a_case()
    await rewrite('DELETE FROM receipt WHERE "case" = $1', other.case_id)
    await rewrite('UPDATE receipt SET "case" = $1 WHERE number = $2', other.case_id, kept.number)
    found = await history_of(other.case_id)
    assert [line.continues for line in found.receipts] == [False]
    assert not found.unbroken


async def test_the_history_counts_its_events_and_names_its_receipts(db):
    filed, kept = await a_filed_case()
    await close_it(filed.case_id, now=LATER)
    found = await history_of(filed.case_id)
    assert (found.n_events, found.unbroken, len(found.receipts)) == (2, True, 2)
    assert found.head == found.receipts[-1].attested.head.hash


async def test_a_pdf_is_read_without_being_parsed(db, settings):
    _, kept = await a_filed_case()
    for language in ("fa", "en"):
        with i18n.using(language):
            made = await printed(kept, Secrets(), settings)
        assert (await verdict.of_file(made)).state == "genuine"
    assert await verdict.of_file(b"%PDF-1.7 nothing of ours") is None


@pytest.mark.parametrize("letters", ["A" * 100, "A" * 101, "e30" + "A" * 400])
async def test_odd_letters_in_a_file_are_no_receipt_of_ours(db, letters):
    content = f"{verdict.MARK}.{letters}.{'A' * 86}".encode()
    assert (await verdict.of_file(content)).state == "changed"


async def test_a_file_with_two_receipts_is_not_believed(db):
    marks = [verdict.marked(one.document, one.signature) for one in (alone(1), alone(2))]
    assert (await verdict.of_file(" ".join(marks).encode())).state == "changed"


@pytest.mark.parametrize(
    "written",
    [
        "{}", "r-{}", "R {}", "ق{}", "Receipt R-{}", "رسید R-{}", "https://desk.example/en/verify/R-{}?x=1",
        "HTTPS://DESK.EXAMPLE/V/{}",
    ],
)  # fmt: skip
def test_a_number_is_understood_as_people_write_it(written):
    number = codes.LOWEST + 4711
    assert attest.parse_number(written.format(codes.show_text(number))) == number
    assert attest.parse_number(written.format(codes.text(number))) == number


@pytest.mark.parametrize("written", ["", "R", "R-", "R-XKP9", "x" * 500, "R-XKP9-2ZKY-93WR-1W75"])
def test_what_is_no_number_is_none(written):
    assert isinstance(attest.parse_number(written), Mistake)
