"""What an attacker once found about complaints, tips and new codes stays mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from db.audit import AuditEntry
from db.cases import Case
from db.feedback import Tip
from db.outbox import OutboxMessage
from db.throttle import Throttle
from portal import audit, codes, outbox
from portal.app import create_app
from portal.audit_log import queries as log
from portal.audit_log.queries import Filters
from portal.cases import access, complaint_figures, figures, ratings, renumbering, watch
from portal.cases.actions import Filed
from portal.feedback import actions as feedback
from portal.site import queries as mail
from tests.cases.closings import a_closed_case
from tests.cases.complaining import a_complaint, hearing_units, somebody
from tests.cases.factories import KEY, a_service
from tests.conftest import NOON
from tests.feedback.factories import NEW, a_unit, number_in, send
from tests.support.browser import Browser, client_of, signed_in

FROM = "192.0.2.77"


async def warning_of(filed: Filed) -> None:
    """The desk is warned that a promise to this case was missed."""
    await outbox.enqueue(
        watch.MAIL,
        recipient="head@desk.example",
        locale="en",
        data={
            "number": str(filed.number),
            "service": {"fa": "خدمت", "en": "Service"},
            "target": "first_answer",
            "level": "missed",
            "due_at": NOON.isoformat(),
        },
        cause=f"watch:{filed.case_id}:first_answer:1:missed:head@desk.example",
        case=None,
        now=NOON,
    )


@pytest.fixture
async def accused(db):
    """A complaint that ``maryam`` filed about the auditor ``accused``."""
    units = await hearing_units()
    citizen = await somebody("maryam", role="citizen")
    with audit.acting(audit.Origin(actor=citizen.account_id, role="citizen", address=FROM)):
        filed = await a_complaint(units["inspection"], topic="person")
    people = {
        name: await somebody(name, units["inspection"], role="auditor") for name in ("accused", "other")
    }
    await Case.update({Case.about_person: people["accused"].account_id}).where(Case.id == filed.case_id)
    return filed, people


async def test_the_log_does_not_tell_the_accused_who_complained_or_from_where(accused):
    filed, people = accused
    (row,) = (
        await log.entries(Filters(object=f"case:{filed.case_id}"), reader=people["accused"].account_id)
    ).rows
    assert (row.actor, row.username, row.role, row.address) == (None, None, "", "")
    (row,) = (
        await log.entries(Filters(object=f"case:{filed.case_id}"), reader=people["other"].account_id)
    ).rows
    assert (row.username, row.role, row.address) == ("maryam", "citizen", FROM)


@pytest.mark.parametrize("by", [{"who": "maryam"}, {"address": FROM}])
async def test_nor_does_a_filter_by_name_or_address_find_it(accused, by):
    filed, people = accused
    found = Filters(object=f"case:{filed.case_id}", **by)
    assert (await log.entries(found, reader=people["accused"].account_id)).rows == []
    assert len((await log.entries(found, reader=people["other"].account_id)).rows) == 1


async def test_who_keeps_the_name_is_not_named_by_the_log_either(db, application):
    await a_service()
    async with client_of(application) as client:
        citizen = await signed_in(client, "maryam", "citizen")
        answer = await send(citizen, "service", service="spatial-observatory", identity="contact")
        assert (await citizen.get(answer.headers["location"])).status_code == 200
    case = await Case.select(Case.id, Case.applicant).where(Case.number == number_in(answer)).first()
    entries = await AuditEntry.select(AuditEntry.action, AuditEntry.actor, AuditEntry.role).where(
        AuditEntry.object == f"case:{case['id']}"
    )
    assert case["applicant"] is None
    assert {entry["action"] for entry in entries} == {"case_filed", "case_viewed"}
    assert {(entry["actor"], entry["role"]) for entry in entries} == {(None, "guest")}


async def test_the_reconciliation_leads_no_accused_to_the_complaint(db, application):
    units = await hearing_units()
    filed = await a_complaint(units["inspection"], topic="person")
    async with client_of(application) as client:
        auditor = await signed_in(client, "auditor", "auditor")
        way = f"/admin/reconciliation/cases/{filed.case_id}"
        assert (await auditor.get(way)).status_code == 303
        await Case.update({Case.about_person: auditor.account.id}).where(Case.id == filed.case_id)
        refused = await auditor.get(way)
    assert refused.status_code == 403
    assert codes.show_text(filed.number) not in refused.text


async def test_the_figures_count_no_complaint_for_the_accused(accused, settings):
    _filed, people = accused
    seen = {}
    for name, reader in people.items():
        shown = await figures.figures(reader=reader, zone=settings.zone, now=NOON)
        told = await complaint_figures.by_unit(reader=reader, now=NOON)
        seen[name] = (shown.total.n_open, shown.total.n_came, len(shown.services), len(told))
    assert seen == {"accused": (0, 0, 0, 0), "other": (1, 1, 1, 1)}


async def test_a_warning_about_the_complaint_is_not_among_the_mails_of_the_accused(accused):
    filed, people = accused
    await OutboxMessage.delete(force=True)
    await warning_of(filed)
    assert len((await mail.newest_letters(people["other"].account_id)).rows) == 1
    assert (await mail.newest_letters(people["accused"].account_id)).rows == []


async def test_a_warning_to_the_desk_tells_no_admin_the_code_where_mail_leaves(admin, settings, application):
    filed = await a_complaint((await hearing_units())["inspection"], topic="service")
    await warning_of(filed)
    assert codes.show_text(filed.number) in (await admin.get("/en/admin/mail")).text
    sends = create_app(msgspec.structs.replace(settings, smtp_url="smtp://127.0.0.1:9"))
    async with client_of(sends) as client:
        client.cookies = admin.client.cookies
        page = (await Browser(client).get("/en/admin/mail")).text
    assert "A promise was missed" in page
    assert codes.show_text(filed.number) not in page


async def test_a_rating_link_of_before_does_not_lead_to_the_new_code(db):
    filed = await a_closed_case()
    token = await ratings.new_link(KEY, filed.case_id, round=2, moment="closing")
    assert await ratings.by_token(token, keys=[KEY])
    later, browser = NOON + timedelta(days=1), access.new_token()
    await renumbering.rotate(filed.case_id, number=filed.number, browser=browser, key=KEY, now=later)
    assert await ratings.by_token(token, keys=[KEY]) is None


async def test_what_counts_tips_names_no_network_and_no_moment(browser):
    await a_unit("inspection", "inspection")
    await a_service()
    before = datetime.now(UTC)
    await browser.submit(
        f"{NEW}?kind=tip", {"body": "سند می‌سوزانند.", "service": "spatial-observatory"}, to=NEW
    )
    assert await Tip.count() == 1
    (counter,) = await Throttle.select().where(Throttle.key.like("tip:%"))
    assert "127.0.0" not in counter["key"]
    assert counter["id"].version == 4
    await feedback.forget_tip_counts(before)
    assert await Throttle.count() == 1
    await feedback.forget_tip_counts(before + 2 * feedback.TIPS_WINDOW)
    assert await Throttle.exists().where(Throttle.key.like("tip:%")) is False


async def test_mistakes_use_up_no_tips_of_the_neighbourhood(db, timed_application):
    await a_unit("inspection", "inspection")
    tip = {"body": "سند می‌سوزانند.", "service": "spatial-observatory"}
    async with client_of(timed_application.by(lambda: NOON)) as client:
        browser = Browser(client)
        for _ in range(feedback.TIPS):
            assert (await browser.submit(f"{NEW}?kind=tip", {**tip, "body": ""}, to=NEW)).status_code == 422
        answers = [await browser.submit(f"{NEW}?kind=tip", tip, to=NEW) for _ in range(feedback.TIPS + 1)]
    assert [answer.status_code for answer in answers] == [303] * feedback.TIPS + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= feedback.TIPS_WINDOW.total_seconds()
