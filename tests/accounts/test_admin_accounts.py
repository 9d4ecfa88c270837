"""/admin/accounts and /admin/proposals: what one admin may do, what takes two, and what nobody may."""

import asyncio
from uuid import uuid4

import pytest

from db.accounts import Account, ContactPoint, Introduction, Session
from db.audit import AuditEntry
from db.outbox import OutboxMessage
from db.people import Proposal
from db.services import Agency, Unit
from portal.accounts import proposals, staff_actions, staff_queries
from portal.accounts.staff_queries import Filters
from portal.errors import Conflict, NotAllowed
from portal.security.csrf import form_token
from tests.cases.visitors import right_now
from tests.conftest import NOON
from tests.support.browser import client_of, signed_in
from tests.support.sample_files import PDF


async def new(username, role="staff", state="active"):
    account = Account(
        username=username,
        display_name=f"{username} x",
        role=role,
        state=state,
        password_hash="!",
        created_at=NOON,
    )
    await Account.insert(account)
    return account.id


async def state_of(account):
    return (await Account.select(Account.role, Account.state).where(Account.id == account).first()) or {}


async def actions():
    return await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id).output(as_list=True)


@pytest.fixture
async def place(db):
    agency = Agency(slug="a", name_fa="سازمان نمونه", name_en="Sample agency")
    await Agency.insert(agency)
    unit = Unit(agency=agency.id, slug="u", name_fa="واحد آمار", name_en="Statistics")
    await Unit.insert(unit)
    return agency.id, unit.id


@pytest.fixture
async def second(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "second", "admin")


TYPED = {
    "display_name": "سارا احمدی",
    "username": "sara",
    "email": "sara@agency.example",
    "one_person": "yes",
}


async def test_s05_a_lock_ends_every_session_at_once(admin, clerk):
    account = clerk.account.id
    path = f"/admin/accounts/{account}"
    assert (await clerk.get("/desk")).status_code == 200
    await ContactPoint.insert(
        ContactPoint(account=account, kind="email", value="c@mehregan.example", changed_at=NOON)
    )
    assert (await admin.submit(path, {"lock_reason": "x"}, to=f"{path}/lock")).status_code == 303
    assert (await clerk.get("/desk")).status_code == 303
    assert not await Session.exists().where(Session.account == account)
    assert "account_locked" in await actions()
    assert await OutboxMessage.exists().where(OutboxMessage.recipient == "c@mehregan.example")
    await admin.submit(path, to=f"{path}/unlock")
    assert (await state_of(account))["state"] == "active"


async def test_s05_a_new_role_ends_every_session_at_once(admin, clerk, place):
    path = f"/admin/accounts/{clerk.account.id}"
    page = await admin.submit(path, {"role": "manager", "unit": ""}, to=f"{path}/role")
    assert page.status_code == 422
    await admin.submit(path, {"role": "manager", "unit": str(place[1])}, to=f"{path}/role")
    assert (await clerk.get("/desk")).status_code == 303
    assert (await state_of(clerk.account.id))["role"] == "manager"


async def test_an_admin_sees_and_ends_all_sessions_of_somebody(admin, clerk):
    assert (await staff_queries.facts_of(clerk.account.id, now=right_now())).n_sessions == 1
    path = f"/admin/accounts/{clerk.account.id}"
    await admin.submit(path, to=f"{path}/end-sessions")
    assert (await clerk.get("/desk")).status_code == 303


async def test_nobody_locks_or_changes_their_own_account(admin, second):
    own = f"/admin/accounts/{admin.account.id}"
    assert "/lock" not in (await admin.get(own)).text
    for verb in (
        staff_actions.lock(admin.account.id, "x", by=admin.account.id, now=NOON),
        staff_actions.change_role(admin.account.id, "auditor", None, by=admin.account.id, now=NOON),
    ):
        with pytest.raises(NotAllowed):
            await verb
    assert await state_of(admin.account.id) == {"role": "admin", "state": "active"}


async def test_two_admins_who_lock_each_other_at_once_leave_one(committed):
    for _ in range(10):
        one, two = await new(f"a{uuid4().hex[:8]}", "admin"), await new(f"b{uuid4().hex[:8]}", "admin")
        await asyncio.gather(
            staff_actions.lock(one, "x", by=two, now=NOON),
            staff_actions.change_role(two, "auditor", None, by=one, now=NOON),
            return_exceptions=True,
        )
        assert await Account.count().where(Account.role == "admin", Account.state == "active") == 1
        await Account.update({Account.role: "auditor"}, force=True)


async def test_the_last_active_admin_stays_even_for_an_admin_locked_meanwhile(db):
    last, locked = await new("last", "admin"), await new("locked", "admin", "locked")
    with pytest.raises(NotAllowed):
        await staff_actions.lock(last, "x", by=locked, now=NOON)
    assert (await state_of(last))["state"] == "active"


@pytest.mark.parametrize("role", ["admin", "citizen", "liaison", "agency", "king"])
async def test_one_admin_alone_can_not_give_a_role_that_takes_more(admin, db, role):
    somebody = await new("somebody")
    with pytest.raises(NotAllowed):
        await staff_actions.change_role(somebody, role, None, by=admin.account.id, now=NOON)


async def test_s49_the_admin_role_takes_two(admin, second):
    somebody = await new("somebody")
    page = f"/admin/accounts/{somebody}"
    await admin.submit(page, {"reason": "جانشین"}, to=f"{page}/propose-admin")
    proposal = (await Proposal.select(Proposal.id).first())["id"]
    path = f"/admin/proposals/{proposal}/agree"
    assert path not in (await admin.get("/admin/proposals")).text
    taken = (await second.submit("/admin/proposals", to=path)).status_code
    assert (taken, (await state_of(somebody))["role"]) == (303, "admin")
    assert [word for word in await actions() if word.startswith("propos")] == ["proposed", "proposal_agreed"]


async def test_s49_agreeing_to_ones_own_proposal_is_refused_and_noted(admin, application, settings):
    somebody = await new("somebody")
    by = admin.account.id
    proposal = await proposals.propose("grant_admin", by=by, subject=somebody, data={}, reason="x", now=NOON)
    path = f"/admin/proposals/{proposal}/agree"
    token = form_token(settings.secret_key, admin.client.cookies["session"], path, right_now())
    answer = await admin.post(path, {"_csrf_token": token})
    assert answer.status_code == 403
    assert (await state_of(somebody))["role"] == "staff"
    assert (await Proposal.select(Proposal.state).first())["state"] == "open"
    assert "denied" in await actions()


async def test_s49_who_was_locked_meanwhile_has_proposed_nothing(admin, second):
    somebody = await new("somebody")
    by = admin.account.id
    proposal = await proposals.propose("grant_admin", by=by, subject=somebody, data={}, reason="x", now=NOON)
    await staff_actions.lock(by, "x", by=second.account.id, now=NOON)
    with pytest.raises(Conflict):
        await proposals.agree(proposal, by=second.account.id, now=NOON)
    assert (await state_of(somebody))["role"] == "staff"


async def test_a_proposal_is_decided_once_and_made_once(committed):
    one, two, three = [await new(f"adm{n}", "admin") for n in range(3)]
    somebody = await new("somebody")
    ask = {"by": one, "subject": somebody, "data": {}, "reason": "x", "now": NOON}
    made = await asyncio.gather(
        *(proposals.propose("grant_admin", **ask) for _ in range(4)), return_exceptions=True
    )
    ids = [one for one in made if not isinstance(one, Exception)]
    assert len(ids) == 1
    done = await asyncio.gather(
        *(proposals.agree(ids[0], by=by, now=NOON) for by in (two, three)), return_exceptions=True
    )
    assert sorted(isinstance(one, Conflict) for one in done) == [False, True]


async def test_who_proposed_may_take_it_back(admin):
    somebody = await new("somebody")
    by = admin.account.id
    proposal = await proposals.propose("grant_admin", by=by, subject=somebody, data={}, reason="x", now=NOON)
    await admin.submit("/admin/proposals", to=f"/admin/proposals/{proposal}/refuse")
    row = await Proposal.select(Proposal.state, Proposal.decided_by).first()
    assert row == {"state": "refused", "decided_by": None}


async def test_a_liaison_needs_a_letter_with_its_scan(admin, place):
    bare = {**TYPED, "role": "liaison"}
    page = await admin.submit("/admin/accounts/new", bare)
    assert page.status_code == 422
    for field in ("agency", "letter_no", "letter_date", "scan"):
        assert f'href="#{field}"' in page.text, field
    letter = {"agency": str(place[0]), "letter_no": "۱۲/۳۴۵", "letter_date": "1404/06/01"}
    files = {"scan": ("letter.pdf", PDF, "application/pdf")}
    done = await admin.submit("/admin/accounts/new", {**bare, **letter}, files=files)
    assert done.status_code == 303, done.text
    row = (
        await Account.select(Account.role, Account.agency, Account.password_hash)
        .where(Account.username == "sara")
        .first()
    )
    assert row == {"role": "liaison", "agency": place[0], "password_hash": ""}
    assert (await Introduction.select(Introduction.letter_no).first())["letter_no"] == "۱۲/۳۴۵"
    shown = await admin.get(done.headers["location"])
    scan = shown.text.partition("/letters/")[2].partition('"')[0]
    sent = await admin.get(f"{done.headers['location'].partition('?')[0]}/letters/{scan}")
    assert (sent.status_code, sent.content, sent.headers["content-disposition"][:10]) == (
        200,
        PDF,
        "attachment",
    )


async def test_an_account_without_a_password_can_not_sign_in(admin, place, stranger):
    await admin.submit("/admin/accounts/new", {**TYPED, "role": "staff", "unit": str(place[1])})
    for typed in ("", "!", PDF.decode("latin-1")[:30]):
        page = await stranger.submit("/accounts/sign-in", {"username": "sara", "password": typed})
        assert page.status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"unit": ""}, {"one_person": None}, {"display_name": "سارا"}, {"role": "citizen"}]
)
async def test_an_account_is_for_one_named_person_of_a_unit(admin, place, wrong):
    typed = {**TYPED, "role": "staff", "unit": str(place[1]), **wrong}
    assert (await admin.submit("/admin/accounts/new", typed)).status_code == 422
    assert not await Account.exists().where(Account.username == "sara")


async def test_a_new_admin_starts_as_a_clerk_and_waits_for_another_admin(admin, place):
    typed = {**TYPED, "role": "admin", "unit": str(place[1]), "reason": "جانشین"}
    await admin.submit("/admin/accounts/new", typed)
    assert (await Account.select(Account.role).where(Account.username == "sara").first())["role"] == "staff"
    assert (await Proposal.select(Proposal.kind).first())["kind"] == "grant_admin"


async def test_a_taken_name_keeps_no_scan(admin, place, settings):
    await new("sara")
    letter = {"role": "liaison", "agency": str(place[0]), "letter_no": "1", "letter_date": "1404/06/01"}
    before = len(list(settings.uploads_dir.rglob("*")))
    files = {"scan": ("letter.pdf", PDF, "application/pdf")}
    page = await admin.submit("/admin/accounts/new", {**TYPED, **letter}, files=files)
    assert page.status_code == 409
    assert len([one for one in settings.uploads_dir.rglob("*") if one.is_file()]) <= before


async def test_accounts_are_found_by_name_user_name_and_address(db):
    sara = await new("sara")
    await new("maryam", "citizen")
    await ContactPoint.insert(
        ContactPoint(account=sara, kind="email", value="find@me.example", changed_at=NOON)
    )
    for q in ("SARA", "sara x", "find@me", "ara"):
        assert [row.username for row in (await staff_queries.accounts(Filters(q=q))).rows] == ["sara"]
    assert (await staff_queries.accounts(Filters(q="%"))).rows == []
    assert [row.username for row in (await staff_queries.accounts(Filters(role="citizen"))).rows] == [
        "maryam"
    ]


async def test_fifty_a_page(db):
    for n in range(51):
        await new(f"somebody{n}")
    first = await staff_queries.accounts(Filters())
    rest = await staff_queries.accounts(Filters(before=first.older))
    assert (len(first.rows), len(rest.rows), rest.older) == (50, 1, None)


async def test_s51_whoever_looks_at_an_account_is_noted(admin, clerk):
    await admin.get(f"/admin/accounts/{clerk.account.id}")
    row = await AuditEntry.select().where(AuditEntry.action == "account_read").first()
    assert (row["actor"], row["object"]) == (admin.account.id, f"account:{clerk.account.id}")


async def test_an_admin_confirms_a_number_after_calling_it(admin, clerk):
    point = ContactPoint(account=clerk.account.id, kind="phone", value="+989120000000", changed_at=NOON)
    await ContactPoint.insert(point)
    path = f"/admin/accounts/{clerk.account.id}"
    await admin.submit(path, to=f"{path}/confirm-phone")
    assert (await ContactPoint.select(ContactPoint.verified_at).first())["verified_at"]


async def test_an_auditor_reads_accounts_and_changes_nothing(application, admin, clerk):
    async with client_of(application) as client:
        auditor = await signed_in(client, "auditor", "auditor")
        page = await auditor.get(f"/admin/accounts/{clerk.account.id}")
        assert (page.status_code, "/lock" in page.text) == (200, False)
        assert (await auditor.post(f"/admin/accounts/{clerk.account.id}/lock", {})).status_code == 403
