"""Cases that the measuring's generator copies: nothing tells them from cases that verbs made."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import msgspec
import pytest_asyncio

from bench import stories
from bench.generate import Place, fill, without_indexes
from db.audit import AuditEntry
from db.cases import AccessGrant, Attachment, Case, CaseEvent, Message
from db.outbox import OutboxMessage
from db.receipts import Receipt
from portal import codes, demo_feedback, signing
from portal.audit_log import verify
from portal.cases import access, clock, clock_terms, desk_actions, desk_search, events, history, record
from portal.services.actions import load_samples
from tests.cases.factories import KEY
from tests.conftest import NOON

N = 80


@pytest_asyncio.fixture
async def cases(committed, tmp_path) -> list[Case]:
    await load_samples(NOON - stories.SPAN - timedelta(days=90))
    await demo_feedback.offices(NOON - stories.SPAN - timedelta(days=90))
    signing.keep_in(tmp_path)
    await fill(Place(os.environ["PORTAL_DATABASE_OWNER_URL"], tmp_path, KEY), N, processes=1, now=NOON)
    return await Case.objects().output(load_json=True)


async def test_generated_cases_are_as_the_verbs_would_have_left_them(cases):
    assert len(cases) == N
    assert len({case.kind for case in cases}) > 1
    for case in cases:
        rows = (
            await CaseEvent.select()
            .where(CaseEvent.case == case.id)
            .order_by(CaseEvent.n)
            .output(load_json=True)
        )
        chain = [
            (events.Event(**{f: row[f] for f in events.Event.__struct_fields__}), row["hash"]) for row in rows
        ]
        assert events.broken_link(chain) is None
        assert events.fold(event for event, _ in chain) == record.standing_of(case)
        assert (await history.history_of(case.id)).unbroken
        past, _hash = await clock_terms.past_of(case.id)
        terms = await clock_terms.terms_of(case.service, case.sla_version, past, now=NOON)
        dues = clock.dues(terms, past, now=NOON)
        assert (dues.next_due_at, dues.next_check_at) == (case.next_due_at, case.next_check_at)
        assert rows[0]["text_hash"] == events.text_hash(case.salt, events.filed_text(case.answers, case.body))
    await words_files_and_mails_belong_to_their_own_case(cases)
    await receipts_are_signed_and_name_their_own_case(cases)


async def words_files_and_mails_belong_to_their_own_case(cases: list[Case]) -> None:
    hashes = {row["id"]: (row["case"], row["text_hash"]) for row in await CaseEvent.select()}
    for message in await Message.select():
        assert hashes[message["event"]] == (
            message["case"],
            events.text_hash(message["salt"], message["body"]),
        )
    for file in await Attachment.select():
        assert hashes[file["event"]][0] == file["case"]
    numbers = {case.id: (str(case.number), case.contact_email) for case in cases}
    mails = await OutboxMessage.select().where(OutboxMessage.case.is_not_null()).output(load_json=True)
    assert len(mails) > N
    for mail in mails:
        assert (mail["data"]["number"], mail["recipient"]) == numbers[mail["case"]]
        assert str(mail["case"]) in mail["cause"]


async def receipts_are_signed_and_name_their_own_case(cases: list[Case]) -> None:
    signer = signing.current()
    numbers = {case.id: codes.show_text(case.number) for case in cases}
    receipts = await Receipt.select()
    assert len(receipts) >= N
    for receipt in receipts:
        assert msgspec.json.decode(receipt["document"])["code"] == numbers[receipt["case"]]
        signature = msgspec.json.decode(f'"{receipt["signature"]}"', type=bytes)
        assert signing.is_signed(receipt["document"].encode(), signature, signer.public)


async def test_life_goes_on_with_a_generated_case(cases):
    case = next(case for case in cases if case.kind == "request" and case.version > 3)
    grant = (
        await AccessGrant.select().where(AccessGrant.case == case.id, AccessGrant.kind == "passcode").first()
    )
    await access.check_passcode(case.id, access.passcode(KEY, grant["id"]), keys=[KEY], now=NOON)
    assert await desk_search.case_with_code(codes.show_text(case.number)) == case.number
    clerk = (await stories.cast(KEY, files=0)).clerks[0]
    await desk_actions.note(case.id, clerk=clerk, seen=case.version, body="یادداشت", now=NOON)
    after = await history.history_of(case.id)
    assert (after.n_events, after.unbroken) == (case.version + 1, True)
    objects = await AuditEntry.select(AuditEntry.object).output(as_list=True)
    assert {f"case:{one.id}" for one in cases} <= set(objects)
    verdict = await verify.check_chain([KEY])
    assert (verdict.broken, verdict.n_unsealed) == (None, 1)  # what was noted just now


async def test_indexes_and_references_are_back_after_filling(committed):
    async def there() -> list[str]:
        rows = await Case.raw(
            "SELECT indexdef AS d FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
        )
        # What a server writes of a condition it reads again has its casts elsewhere.
        return sorted(re.sub(r"::(character varying|text)(\[\])?|[()]", "", row["d"]) for row in rows)

    before = await there()
    async with without_indexes(os.environ["PORTAL_DATABASE_OWNER_URL"]):
        assert len(await there()) < len(before) - 20
    assert await there() == before
