"""What the applicant reads of what came in and what went out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from db.cases import Case
from db.outbox import OutboxMessage
from portal import codes
from portal.cases import actions, erasure, mails, page, queries, record, renumbering, rules
from portal.cases.ledger import ledger_of
from tests.cases.factories import BROWSER, a_case
from tests.cases.visitors import FILE, as_filer, filed_now, path_of, prove, right_now
from tests.conftest import NOON

SOON = NOON + timedelta(minutes=1)
MASKED = "m•••@agency.example"


async def ended(state: str, *, error: str = "") -> None:
    """Every message so far has come to this end."""
    await OutboxMessage.update({"state": state, "ended_at": SOON, "error": error}).where(
        OutboxMessage.state == "queued"
    )


async def test_it_says_when_a_request_came_with_which_files_and_that_its_mail_left(db):
    filed = await a_case(files=(FILE,))
    await ended("sent")
    (entry,) = await ledger_of(filed.case_id, tier=2)
    assert (entry.kind, entry.at, entry.received) == ("filed", NOON, True)
    assert [(file.name, file.size) for file in entry.files] == [(FILE.name, FILE.size)]
    (mail,) = entry.deliveries
    assert (mail.channel, mail.state, mail.recipient, mail.at) == ("mail", "sent", MASKED, SOON)


@pytest.mark.parametrize(
    ("error", "state"),
    [("550 no such user", "bounced"), ("mail.example: no answer in time", "failed"), ("", "failed")],
)
async def test_a_mail_that_was_sent_back_is_told_from_one_that_never_left(db, error, state):
    filed = await a_case()
    await ended("failed", error=error)
    (entry,) = await ledger_of(filed.case_id, tier=2)
    assert entry.deliveries[0].state == state


async def test_news_of_an_outage_that_nobody_waited_for_any_more_is_not_held_against_the_desk(db):
    filed = await a_case()
    notice = {OutboxMessage.cause: "notice:x:y", OutboxMessage.state: "dropped"}
    await OutboxMessage.update(notice, force=True)
    (entry,) = await ledger_of(filed.case_id, tier=2)
    assert entry.deliveries == ()


async def test_a_request_without_an_address_says_so(db):
    filed = await a_case(contact_email=None)
    (entry,) = await ledger_of(filed.case_id, tier=2)
    assert (entry.deliveries, entry.lacking) == ((), "address")


async def test_a_mail_that_is_not_on_record_is_not_hidden(db):
    filed = await a_case()
    await OutboxMessage.delete(force=True)
    (entry,) = await ledger_of(filed.case_id, tier=2)
    assert entry.lacking == "record"


async def test_tier_one_reads_no_address_and_no_name_of_a_file(db):
    filed = await a_case(files=(FILE,))
    (entry,) = await ledger_of(filed.case_id, tier=1)
    assert [file.name for file in entry.files] == [""]
    assert [mail.recipient for mail in entry.deliveries] == [""]


async def test_replies_and_the_withdrawal_stand_newest_first(db):
    filed = await a_case()
    await actions.reply(filed.case_id, body="پیوست", files=(), now=SOON)
    await actions.withdraw(filed.case_id, reason="", now=SOON + timedelta(hours=1))
    entries = await ledger_of(filed.case_id, tier=2)
    assert [(entry.kind, len(entry.deliveries)) for entry in entries] == [
        ("withdrawn", 1),
        ("replied", 0),
        ("filed", 1),
    ]


async def test_a_message_about_the_service_stands_for_itself(db):
    filed = await a_case()
    await OutboxMessage(
        channel="sms",
        recipient="+989000001234",
        template="notices/sms/started",
        locale="fa",
        data="{}",
        cause="notice:1",
        case=filed.case_id,
        created_at=SOON,
    ).save()
    entry = (await ledger_of(filed.case_id, tier=2))[0]
    assert (entry.kind, entry.received) == ("notice", False)
    assert [(one.channel, one.recipient) for one in entry.deliveries] == [("sms", "0900•••")]


async def test_after_erasure_it_names_nobody(db):
    filed = await a_case(files=(FILE,))
    await ended("sent")
    await actions.withdraw(filed.case_id, reason="", now=SOON)
    await erasure.erase(filed.case_id, now=SOON)
    entries = await ledger_of(filed.case_id, tier=2)
    assert {file.name for entry in entries for file in entry.files} == {""}
    assert {mail.recipient for entry in entries for mail in entry.deliveries} == {""}


async def test_the_page_of_the_case_shows_it_masked(browser, settings):
    filed = await filed_now(settings, files=(FILE,))
    page = await as_filer(browser).get(path_of(filed))
    assert "What came in and what went out" in page.text
    assert MASKED in page.text
    assert "maryam@agency.example" not in page.text.split("What came in")[1]


async def test_it_speaks_to_the_applicant_not_about_them(browser, settings):
    filed = await filed_now(settings)
    await actions.reply(filed.case_id, body="پیوست", files=(), now=right_now())
    ledger = (await as_filer(browser).get(path_of(filed))).text.split("What came in and what went out")[1]
    assert "You wrote to us" in ledger
    assert "The applicant" not in ledger


def test_whatever_is_told_to_an_applicant_has_words_for_them():
    assert not (mails.TOLD | {kind for kind, _state in rules.MOVES}) - queries.UNSEEN_KINDS - set(page.STEPS)


async def test_proof_of_contact_shows_it_without_the_address(browser, settings):
    filed = await filed_now(settings)
    await prove(browser, filed, proof="1234")
    page = await browser.get(path_of(filed))
    ledger = page.text.split("What came in and what went out")[1]
    assert "waits to be handed over" in ledger
    assert MASKED not in ledger
    assert "/dossier" not in ledger


async def test_an_event_that_tells_several_addresses_stands_once(db):
    filed = await a_case()
    await ended("sent")
    case = await Case.objects().get(Case.id == filed.case_id)
    await record.append(case, "passcode", record.APPLICANT, now=SOON)
    for place, (channel, recipient) in enumerate((("mail", "a@b.example"), ("sms", "+989000001234"))):
        await OutboxMessage(
            channel=channel,
            recipient=recipient,
            template="x",
            locale="fa",
            data="{}",
            cause=f"case:{filed.case_id}:2:{place}",
            case=filed.case_id,
            created_at=SOON,
        ).save()
    entry = (await ledger_of(filed.case_id, tier=2))[0]
    assert entry.kind == "passcode"
    assert sorted(one.channel for one in entry.deliveries) == ["mail", "sms"]


async def test_it_is_folded_under_one_line(browser, settings):
    filed = await filed_now(settings, files=(FILE,))
    page = (await as_filer(browser).get(path_of(filed))).text
    folded = page.split("What came in and what went out</h2>")[1].split("</summary>")[0]
    line = " ".join(re.sub("<[^>]+>", " ", folded).split())
    assert line.startswith("Received:")
    assert line.endswith("; 1 file; E-mail: waits to be handed over to the mail server")
    inside = page.split("What came in and what went out</h2>")[1].split("</ul>")[0]
    assert f"1 file: {FILE.name}" in " ".join(re.sub("<[^>]+>", "", inside).split())


async def test_the_line_of_a_request_without_an_address_says_that_nothing_was_sent(browser, settings):
    filed = await filed_now(settings, contact_email=None)
    page = await as_filer(browser).get(path_of(filed))
    assert page.status_code == 200
    summary = page.text[page.text.index("<summary>Received:") :]
    assert "no e-mail was sent" in summary[: summary.index("</summary>")]


async def test_a_new_code_was_changed_not_received(browser, settings):
    filed = await filed_now(settings, contact_email=None)
    await renumbering.rotate(
        filed.case_id, number=filed.number, browser=BROWSER, key=settings.secret_key, now=right_now()
    )
    (changed, _filed) = await ledger_of(filed.case_id, tier=2)
    assert (changed.kind, changed.received) == ("renumbered", False)
    case = await Case.objects().get(Case.id == filed.case_id)
    page = await as_filer(browser).get(f"/en/cases/{codes.show_text(case.number)}")
    assert "Code changed:" in page.text
