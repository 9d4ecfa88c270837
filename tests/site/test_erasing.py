"""Being forgotten: asked for by the person, taken up by one admin, agreed to by another one (S49)."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.accounts import Account, ContactPoint, Introduction, Session
from db.audit import AuditEntry
from db.cases import Case, CaseEvent
from db.outbox import OutboxMessage
from db.people import Proposal
from portal import codes, outbox, uploads
from portal.accounts import contacts, drafts, proposals
from portal.cases import actions
from portal.errors import Conflict, NotAllowed
from portal.resets import mails as reset_mails
from portal.site import erasing
from portal.uploads import StoredFile
from tests.accounts.holders import new_app
from tests.cases.factories import a_case
from tests.support.browser import client_of, signed_in
from tests.support.sample_files import PDF, an_upload

NAMES = ("کبری‌نامی یگانه", "kobra-unique", "kobra@unique.example", "+989123334455", "نشانی یگانهٔ کبری")
PAGE = "/en/mine/data"


def right_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def person(db, application):
    async with client_of(application) as client:
        person = await signed_in(client, NAMES[1], "citizen")
        await Account.update({Account.display_name: NAMES[0]}).where(Account.id == person.account.id)
        yield person


@pytest.fixture
async def second(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "second", "admin")


async def ended_case(person, settings, **more):
    """A case of the person, with all that names them in it, which has ended."""
    filed = await a_case(
        applicant=person.account.id,
        key=settings.secret_key,
        now=right_now(),
        contact_name=NAMES[0],
        contact_email=NAMES[2],
        contact_phone=NAMES[3],
        body=NAMES[4],
        **more,
    )
    await actions.withdraw(filed.case_id, reason=NAMES[4], now=right_now())
    return filed


async def wished(person) -> UUID:
    answer = await person.submit(PAGE, {"reason": NAMES[4], "sure": "yes"}, to=f"{PAGE}/erase")
    assert answer.status_code == 303
    row = await Proposal.select(Proposal.id).where(Proposal.state == "open").first()
    return row["id"]


async def answer(admin, proposal: UUID, word: str):
    return await admin.submit("/admin/proposals", to=f"/admin/proposals/{proposal}/{word}")


async def erased(person, admin, second) -> None:
    proposal = await wished(person)
    for who, word in ((admin, "take-up"), (second, "agree")):
        assert (await answer(who, proposal, word)).status_code == 303


async def every_row(db) -> str:
    """All rows of all tables as text."""
    tables = await Account.raw("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    rows = [await Account.raw(f'SELECT t::text AS row FROM "{one["tablename"]}" t') for one in tables]
    return "\n".join(row["row"] for table in rows for row in table)


async def test_s49_erasure_takes_two_different_admins(person, admin, second):
    proposal = await wished(person)
    page = (await admin.get("/admin/proposals")).text
    assert f"{proposal}/agree" not in page  # nobody has taken it up
    await answer(admin, proposal, "take-up")
    page = (await admin.get("/admin/proposals")).text
    assert f"{proposal}/agree" not in page  # not by the same one
    assert await Account.exists().where(Account.id == person.account.id, Account.state == "active")
    await answer(second, proposal, "agree")
    row = await Account.select().where(Account.id == person.account.id).first()
    assert (row["state"], row["display_name"], row["password_hash"]) == ("erased", "", "")
    said = await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id).output(as_list=True)
    assert [word for word in said if word.startswith(("propos", "account_er"))] == [
        "proposed",
        "proposal_taken_up",
        "account_erased",
        "proposal_agreed",
    ]


async def test_s49_who_took_it_up_can_not_agree_and_nobody_agrees_before(person, admin, second):
    proposal, now = await wished(person), right_now()
    with pytest.raises(Conflict):
        await proposals.agree(proposal, by=second.account.id, now=now)
    await proposals.take_up(proposal, by=admin.account.id, now=now)
    with pytest.raises(NotAllowed):
        await proposals.agree(proposal, by=admin.account.id, now=now)
    with pytest.raises(Conflict):
        await proposals.take_up(proposal, by=second.account.id, now=now)
    assert await Account.exists().where(Account.id == person.account.id, Account.state == "active")
    assert await AuditEntry.exists().where(AuditEntry.action == "denied")


async def test_s49_an_admin_has_no_part_in_their_own_erasure(admin, second):
    await erasing.ask(admin.account.id, reason="", now=right_now())
    proposal = (await Proposal.select(Proposal.id).first())["id"]
    for verb in (proposals.take_up, proposals.agree):
        with pytest.raises(NotAllowed):
            await verb(proposal, by=admin.account.id, now=right_now())


async def test_s49_a_wish_whose_first_admin_is_gone_is_taken_up_anew(person, admin, second):
    proposal, now = await wished(person), right_now()
    await proposals.take_up(proposal, by=admin.account.id, now=now)
    await Account.update({Account.state: "locked"}).where(Account.id == admin.account.id)
    with pytest.raises(Conflict):
        await proposals.agree(proposal, by=second.account.id, now=now)
    await proposals.take_up(proposal, by=second.account.id, now=now)


async def test_the_last_active_admin_is_not_erased(admin):
    with pytest.raises(Conflict):
        await erasing.erase_person(admin.account.id, now=right_now())
    assert await Account.exists().where(Account.id == admin.account.id, Account.state == "active")


async def test_erasure_is_not_offered_while_a_case_is_open_and_says_which(person, settings):
    filed = await a_case(applicant=person.account.id, key=settings.secret_key, now=right_now())
    page = (await person.get(PAGE)).text
    assert codes.show_text(filed.number) in page
    assert "/mine/data/erase" not in page
    with pytest.raises(Conflict):
        await erasing.ask(person.account.id, reason="", now=right_now())
    with pytest.raises(Conflict):
        await erasing.erase_person(person.account.id, now=right_now())
    assert await Account.exists().where(Account.id == person.account.id, Account.username == NAMES[1])


async def test_a_case_filed_after_the_wish_holds_it_up(person, admin, second, settings):
    proposal = await wished(person)
    await answer(admin, proposal, "take-up")
    await a_case(applicant=person.account.id, key=settings.secret_key, now=right_now())
    assert (await answer(second, proposal, "agree")).status_code == 409
    assert await Proposal.exists().where(Proposal.id == proposal, Proposal.state == "open")


async def test_the_wish_is_confirmed_by_a_tick_shown_and_withdrawn(person):
    refused = await person.submit(PAGE, {"reason": "x"}, to=f"{PAGE}/erase")
    assert refused.status_code == 422
    assert not await Proposal.exists()
    proposal = await wished(person)
    assert "Two site admins have to agree" in (await person.get(PAGE)).text
    await person.submit(PAGE, to=f"{PAGE}/keep")
    row = await Proposal.select(Proposal.state, Proposal.decided_by).where(Proposal.id == proposal).first()
    assert row == {"state": "refused", "decided_by": None}
    assert "/mine/data/erase" in (await person.get(PAGE)).text


async def test_asking_needs_a_fresh_proof(person):
    old = datetime(2026, 1, 1, tzinfo=UTC)
    await Session.update({Session.proved_at: old}).where(Session.account == person.account.id)
    answer = await person.submit(PAGE, {"sure": "yes"}, to=f"{PAGE}/erase")
    assert "/accounts/confirm" in answer.text
    assert not await Proposal.exists()


async def test_s55_nothing_that_names_the_person_is_left_in_any_table(person, admin, second, settings, db):
    account, now = person.account.id, right_now()
    filed = await ended_case(person, settings)
    for kind, value in (("email", NAMES[2]), ("phone", NAMES[3])):
        await contacts.add(account, kind, value, now=now)
    await reset_mails.tell_all(account, "asked", no=123456, cause="123456:asked", now=now)
    await drafts.save(account, "/cases/new/x", {"body": [NAMES[4]]}, now=now)
    await new_app(account, settings.secret_key, now=now)
    await outbox.enqueue("x", recipient=NAMES[2], locale="fa", data={}, cause="old", case=None, now=now)
    await OutboxMessage.update({OutboxMessage.state: "sent"}).where(OutboxMessage.cause == "old")
    before = await every_row(db)
    assert all(name in before for name in NAMES)
    kept = await Case.select(Case.number, Case.filed_at, Case.state).where(Case.id == filed.case_id).first()
    hashes = await CaseEvent.select(CaseEvent.hash).order_by(CaseEvent.n).output(as_list=True)
    await erased(person, admin, second)
    after = await every_row(db)
    assert [name for name in NAMES if name in after] == []
    assert not await ContactPoint.exists().where(ContactPoint.account == account)
    row = await Case.select(Case.number, Case.filed_at, Case.state).where(Case.id == filed.case_id).first()
    assert row == kept
    left = await CaseEvent.select(CaseEvent.hash).order_by(CaseEvent.n).output(as_list=True)
    assert left[: len(hashes)] == hashes


async def test_files_and_scans_are_removed_from_the_disk(person, admin, second, settings):
    one = await uploads.receive(an_upload("a.pdf", PDF), settings.uploads_dir)
    two = await uploads.receive(an_upload("b.pdf", PDF), settings.uploads_dir)
    await ended_case(person, settings, files=(one,))
    await Introduction.insert(letter_of(person.account.id, two))
    await erased(person, admin, second)
    assert [uploads.path_of(settings.uploads_dir, file.stored_as).exists() for file in (one, two)] == [
        False
    ] * 2
    row = await Introduction.select().where(Introduction.account == person.account.id).first()
    assert (row["name"], row["letter_no"], row["sha256"]) == ("", "", two.sha256)


def letter_of(account: UUID, scan: StoredFile) -> Introduction:
    return Introduction(
        account=account,
        letter_no="12/5",
        letter_date=right_now().date(),
        name=NAMES[0],
        media_type=scan.media_type,
        size=scan.size,
        sha256=scan.sha256,
        stored_as=scan.stored_as,
        at=right_now(),
    )


async def test_the_pages_that_remain_say_that_the_data_was_erased(person, admin, second, settings, browser):
    file = StoredFile("نامه.pdf", "application/pdf", 9, "f" * 64, "0" * 32)
    filed = await ended_case(person, settings, files=(file,))
    await erased(person, admin, second)
    path = f"/cases/{codes.show_text(filed.number)}"
    seen = (await browser.get(f"/en{path}")).text
    assert "everything that named people in this request was erased" in seen
    assert "passcode" not in seen
    for page in (
        "/desk?state=all",
        "/admin/mail",
        f"/admin/accounts/{person.account.id}",
        "/admin/accounts",
        "/admin/proposals",
        "/admin/audit",
    ):
        assert (await admin.get(f"/en{page}")).status_code == 200
    for message in await OutboxMessage.select(OutboxMessage.id):
        assert (await admin.get(f"/en/admin/mail/{message['id']}")).status_code == 200
    assert (await person.get("/mine")).status_code == 303
    desk = (await admin.get(f"/en/desk{path}")).text
    assert "everything that names people in this case was erased" in desk


async def test_nothing_is_added_to_an_erased_case(person, admin, second, settings):
    filed = await ended_case(person, settings)
    await erased(person, admin, second)
    with pytest.raises(Conflict):
        await actions.withdraw(filed.case_id, reason="x", now=right_now())


async def test_a_letters_scan_outlives_the_nightly_sweep(person, settings, tmp_path):
    scan = await uploads.receive(an_upload("b.pdf", PDF), tmp_path)
    await Introduction.insert(letter_of(person.account.id, scan))
    path = uploads.path_of(tmp_path, scan.stored_as)
    os.utime(path, (0, 0))
    await uploads.sweep(tmp_path, now=right_now() + timedelta(days=2))
    assert path.exists()
