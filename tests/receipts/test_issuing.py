"""Who gets a receipt, when, and what it says."""

from __future__ import annotations

import base64
import hashlib
import stat
from datetime import timedelta

import asyncpg
import pytest

from db.cases import CaseEvent
from db.engine import atomic
from db.receipts import Receipt, ReceiptKey
from portal import codes, signing
from portal.cases import actions, attest, desk_actions
from portal.receipts import actions as receipts
from portal.receipts import queries
from portal.settings import SettingError
from tests.cases.factories import a_case, a_clerk
from tests.cases.visitors import FILE
from tests.conftest import NOON
from tests.receipts.signed import a_filed_case, close_it, receipts_of

LATER = NOON + timedelta(hours=1)


async def test_every_filing_is_attested_with_its_event(db):
    filed, kept = await a_filed_case()
    said = attest.read(kept.document)
    event = await CaseEvent.select().where(CaseEvent.case == filed.case_id).first()
    assert (said.kind, said.code, said.service) == (
        "filing",
        codes.show_text(filed.number),
        "spatial-observatory",
    )
    assert (said.head.n, said.head.hash) == (1, event["hash"])
    assert (said.at, said.filed) == ("2026-11-21T08:30:00.000000+00:00",) * 2
    assert said.files == (FILE.sha256,)
    assert said.statement
    assert said.statement.edition == 1
    assert (said.state, said.outcome, said.key) == ("registered", None, signing.current().id)


async def test_the_answers_can_be_proved_with_their_salt(db):
    filed, kept = await a_filed_case(answers={"b": ["۱", "x"], "a": 7}, body="متن\nدوم")
    text = await queries.filed_text_of(filed.case_id)
    assert text.text == '{"answers":{"a":7,"b":["۱","x"]},"body":"متن\\nدوم"}'
    assert hashlib.sha256((text.salt + text.text).encode()).hexdigest() == attest.read(kept.document).answers


async def test_the_words_of_a_decision_can_be_proved_too(db):
    filed = await a_case()
    await close_it(filed.case_id, now=LATER)
    decision = (await receipts_of(filed.case_id))[-1]
    words = await queries.words_of(filed.case_id, decision.head.n)
    assert words.text == "انجام شد"
    assert hashlib.sha256((words.salt + words.text).encode()).hexdigest() == decision.words


async def test_what_people_wrote_and_the_salt_stand_in_no_receipt(db):
    filed, kept = await a_filed_case()
    await close_it(filed.case_id)
    text = await queries.filed_text_of(filed.case_id)
    for row in await Receipt.select():
        assert row["document"].isascii()
        assert text.salt not in row["document"]


@pytest.mark.parametrize("verb", ["answer", "close", "reject"])
async def test_a_decision_is_attested_with_its_words_and_outcome(db, verb):
    filed = await a_case(files=(FILE,))
    clerk, more = await a_clerk(), {"answer": {"body": "پاسخ"}, "reject": {"reason": "چون"}}
    given = more.get(verb, {"outcome": "done", "reason": "شد"})
    await getattr(desk_actions, verb)(filed.case_id, clerk=clerk, seen=1, now=LATER, **given)
    filing, decision = await receipts_of(filed.case_id)
    event = await CaseEvent.select().where(CaseEvent.case == filed.case_id, CaseEvent.n == 2).first()
    assert (decision.kind, decision.head) == ("decision", attest.Head(event["hash"], 2))
    assert decision.words == event["text_hash"]
    assert (decision.answers, decision.files) == (filing.answers, filing.files)
    assert decision.outcome == ("done" if verb == "close" else None)
    assert decision.state == {"answer": "answered", "close": "closed", "reject": "rejected"}[verb]


async def test_nothing_else_makes_a_receipt(db):
    filed = await a_case()
    await actions.reply(filed.case_id, body="دیگر", now=LATER)
    await desk_actions.take(filed.case_id, clerk=await a_clerk(), seen=2, now=LATER)
    assert await Receipt.count() == 1


async def test_the_present_state_is_attested_on_demand(db):
    filed = await a_case(files=(FILE,))
    await actions.withdraw(filed.case_id, reason="", now=LATER)
    number = await receipts.issue(filed.case_id, now=LATER)
    kept = await queries.receipt_of_case(filed.case_id, number)
    said = attest.read(kept.document)
    assert (said.kind, said.state, said.head.n, said.files) == ("on_demand", "withdrawn", 2, (FILE.sha256,))


async def test_a_filing_that_fails_leaves_no_receipt(committed):
    @atomic
    async def file_and_fail():
        await a_case()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await file_and_fail()
    assert await Receipt.count() == 0


async def test_the_key_is_published_with_the_first_receipt_it_signs(db):
    await a_case()
    await a_case()
    assert [key.id for key in await queries.keys()] == [signing.current().id]


async def test_a_changed_key_is_published_and_signs_at_once(db, settings):
    before = signing.current()
    _, kept = await a_filed_case()
    name = await receipts.change_key(now=LATER)
    assert signing.current().id == name != before.id
    assert [key.id for key in await queries.keys()] == [name, before.id]
    assert signing.is_signed(kept.document.encode(), base64.b64decode(kept.signature), before.public)


def test_the_private_key_is_for_the_portal_alone(settings, tmp_path):
    signing.keep_in(tmp_path)
    path = tmp_path / signing.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600"):
        signing.keep_in(tmp_path)


def test_a_key_of_another_kind_is_refused(tmp_path):
    (tmp_path / signing.FILE).write_text("no key")
    (tmp_path / signing.FILE).chmod(0o600)
    with pytest.raises(SettingError, match="no private key"):
        signing.keep_in(tmp_path)


@pytest.mark.parametrize("table", [Receipt, ReceiptKey])
async def test_the_portal_itself_can_change_no_receipt_and_no_key(committed, table):
    await a_case()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await table.delete(force=True)
