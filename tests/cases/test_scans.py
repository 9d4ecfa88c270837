"""The virus scanner: what it has not seen is kept back, what it found never leaves, and nobody waits for it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import msgspec
import pytest

from db.accounts import Introduction
from db.cases import Attachment, Case, CaseEvent
from db.outbox import OutboxMessage
from portal import clamd, codes, quarantine
from portal.cases import actions, desk_actions, scans
from portal.i18n import using
from portal.operations import health, labels
from portal.quarantine import CLEAN, INFECTED, QUARANTINED
from portal.ticks import ticks_of
from tests.cases.factories import a_case, a_clerk
from tests.cases.test_dossier import stored, taken, words_of
from tests.cases.visitors import as_filer
from tests.clamd_server import EICAR, scanner
from tests.conftest import NOON
from tests.support.sample_files import PDF

SOON = NOON + timedelta(minutes=1)
NOWHERE = "127.0.0.1:9"
WAITS, VIRUS = "Not yet checked for viruses", "A virus was found: nobody can open it"


@pytest.fixture(autouse=True)
def a_scanner_is_set_up():
    quarantine.expect_scanner(NOWHERE)
    yield
    quarantine.expect_scanner("")


async def a_case_with(settings, content: bytes = PDF, **changed):
    """A case that was filed with one file."""
    return await a_case(files=(stored(settings, content, "نقشه.pdf"),), **changed)


async def state_of(case_id) -> str:
    return (await Attachment.select().where(Attachment.case == case_id).first())["scan_state"]


async def address_of_file(case_id) -> str:
    return str((await Attachment.select().where(Attachment.case == case_id).first())["id"])


async def test_a_form_with_a_file_is_taken_while_the_scanner_is_away_and_the_file_waits(db, settings):
    filed = await a_case_with(settings)
    assert await scans.scan(NOWHERE, settings.uploads_dir, now=SOON) == 0
    assert await state_of(filed.case_id) == QUARANTINED
    async with scanner() as one:
        assert await scans.scan(one.address, settings.uploads_dir, now=SOON) == 1
        assert await scans.scan(one.address, settings.uploads_dir, now=SOON) == 0
    assert await state_of(filed.case_id) == CLEAN
    assert one.seen == [PDF]


@pytest.mark.parametrize("answer", ["hang", "die", "stream: can't tell ERROR"])
async def test_without_a_verdict_the_file_goes_on_waiting(db, settings, monkeypatch, answer):
    monkeypatch.setattr(clamd, "VERDICT_WITHIN", 0.2)
    filed = await a_case_with(settings)
    async with scanner() as one:
        one.answer = answer
        assert await scans.scan(one.address, settings.uploads_dir, now=SOON) == 0
        assert await state_of(filed.case_id) == QUARANTINED
        one.answer = None
        assert await scans.scan(one.address, settings.uploads_dir, now=SOON) == 1


async def test_a_file_that_cannot_be_read_holds_up_no_other(db, settings):
    lost = msgspec.structs.replace(stored(settings, PDF, "a.pdf"), stored_as=uuid4().hex)
    await a_case(files=(lost, stored(settings, PDF, "b.pdf", n=1)))
    async with scanner() as one:
        assert await scans.scan(one.address, settings.uploads_dir, now=SOON) == 1


async def test_a_virus_is_told_once_to_both_sides_and_the_case_goes_on(db, settings):
    filed = await a_case_with(settings, EICAR)
    async with scanner() as one:
        assert await scans.scan(one.address, settings.uploads_dir, now=SOON) == 1
        assert await scans.scan(one.address, settings.uploads_dir, now=SOON) == 0
    assert await state_of(filed.case_id) == INFECTED
    events = await CaseEvent.select(CaseEvent.kind, CaseEvent.actor_role).where(
        CaseEvent.case == filed.case_id
    )
    assert [event["kind"] for event in events] == ["filed", "infected"]
    mails = await OutboxMessage.count().where(OutboxMessage.template == "cases/mail/infected")
    assert mails == 1
    clerk = await a_clerk()
    await desk_actions.take(filed.case_id, clerk=clerk, seen=2, now=SOON)
    assert (await Case.select(Case.state).where(Case.id == filed.case_id).first())["state"] == "in_review"


@pytest.mark.parametrize(("content", "said"), [(None, WAITS), (EICAR, VIRUS)])
async def test_what_is_kept_back_is_given_to_nobody_by_any_way(db, settings, browser, clerk, content, said):
    filed = await a_case_with(settings, content or PDF, key=settings.secret_key)
    if content:
        async with scanner() as one:
            await scans.scan(one.address, settings.uploads_dir, now=SOON)
    as_filer(browser)
    mine, desk = (
        f"/en/cases/{codes.show_text(filed.number)}",
        f"/en/desk/cases/{codes.show_text(filed.number)}",
    )
    file = await address_of_file(filed.case_id)
    for somebody, page in ((browser, mine), (clerk, desk)):
        shown = await somebody.get(page)
        assert said in shown.text
        assert f"/files/{file}" not in shown.text
        refused = await somebody.get(f"{page}/files/{file}")
        assert refused.status_code == 409
        assert (content or PDF) not in refused.content
    archive = await taken(filed.case_id, settings)
    assert not [name for name in archive.namelist() if "/files/" in name]
    assert said.split(":")[0] in words_of(archive)


async def test_a_checked_file_is_handed_out_as_ever(db, settings, browser):
    filed = await a_case_with(settings, key=settings.secret_key)
    async with scanner() as one:
        await scans.scan(one.address, settings.uploads_dir, now=SOON)
    as_filer(browser)
    file = await address_of_file(filed.case_id)
    answer = await browser.get(f"/en/cases/{codes.show_text(filed.number)}/files/{file}")
    assert (answer.status_code, answer.content) == (200, PDF)
    assert [name for name in (await taken(filed.case_id, settings)).namelist() if "/files/" in name]


async def test_without_a_scanner_nothing_is_held_back_or_offered(db, settings, browser):
    quarantine.expect_scanner("")
    filed = await a_case_with(settings, key=settings.secret_key)
    assert await state_of(filed.case_id) == ""
    assert "scan" not in ticks_of(settings)
    assert "scan" in ticks_of(msgspec.structs.replace(settings, clamd=NOWHERE))
    as_filer(browser)
    file = await address_of_file(filed.case_id)
    assert (await browser.get(f"/en/cases/{codes.show_text(filed.number)}/files/{file}")).content == PDF


async def test_a_file_kept_back_stays_so_when_the_scanner_is_taken_away(db, settings):
    filed = await a_case_with(settings)
    quarantine.expect_scanner("")
    assert quarantine.kept_back(await state_of(filed.case_id))


async def test_a_reply_brings_files_that_wait_too(db, settings):
    filed = await a_case()
    await actions.reply(
        filed.case_id, body="x", files=[stored(settings, PDF, "b.pdf")], account=None, now=SOON
    )
    assert await state_of(filed.case_id) == QUARANTINED


async def test_a_letter_of_introduction_waits_and_is_judged_too(db, settings, admin):
    scan = stored(settings, EICAR, "letter.pdf")
    plain = {
        name: getattr(scan, name)
        for name in ("name", "media_type", "size", "sha256", "stored_as", "scan_state")
    }
    letter = Introduction(
        account=admin.account.id, letter_no="1", letter_date=date(2026, 11, 1), made_by=None, at=NOON, **plain
    )
    await letter.save()
    page = f"/en/admin/accounts/{admin.account.id}"
    assert WAITS in (await admin.get(page)).text
    async with scanner() as one:
        await scans.scan(one.address, settings.uploads_dir, now=SOON)
    assert VIRUS in (await admin.get(page)).text
    assert (await admin.get(f"{page}/letters/{letter.id}")).status_code == 409


async def test_those_who_run_the_place_see_what_waits_long_and_what_was_found(db, settings):
    await a_case_with(settings, EICAR)
    async with scanner() as one:
        await scans.scan(one.address, settings.uploads_dir, now=SOON)
    await a_case_with(settings)
    seen = await health.look(settings, clocks=[], now=NOON + timedelta(hours=2))
    assert (seen.scans.waiting, seen.scans.infected) == (1, 1)
    with using("en"):
        told = [line.text for line in labels.concerns(seen, settings.zone)]
    assert "Files of the last week in which a virus was found: 1" in told
    assert "Files that have waited for the virus scanner for over an hour: 1" in told


@pytest.mark.parametrize("state", quarantine.STATES)
def test_only_the_unasked_and_the_clean_leave_the_house(state):
    assert quarantine.kept_back(state) is (state in (QUARANTINED, INFECTED))
    assert quarantine.kept_back("some state of a later version")
