"""Whoever's date has moved hears of it: once, in their language, with the day that was closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.cases import Case
from db.outbox import OutboxMessage
from portal import codes
from portal.cases import bulk, desk_actions, mails, recount, rules
from portal.cases.moved_mails import TEMPLATE
from portal.templating import MailTemplates
from tests.cases.factories import NOON, a_case, a_clerk
from tests.cases.test_moving import a_closure, move, the_case


async def sent() -> list[OutboxMessage]:
    return (
        await OutboxMessage.objects()
        .where(OutboxMessage.template == TEMPLATE)
        .order_by(OutboxMessage.recipient)
        .output(load_json=True)
    )


def drawn(message, settings):
    shown = mails.shown(message, settings)
    return MailTemplates(settings, rules.NAMES).render(message.template, message.locale, shown)


async def test_the_mail_names_both_dates_the_closed_day_and_where_to_read_why(db, settings):
    filed = await a_case(locale="en")
    await move(await a_closure())
    mail = drawn((await sent())[0], settings)
    assert mail.subject.startswith("A new date for your request")
    assert "Promised until now: Sunday 22 November 2026, 09:00" in mail.text
    assert "Promised from now on: Wednesday 25 November 2026, 09:00" in mail.text
    assert "- Sunday 22 November 2026: closed (Smog)" in mail.text
    assert f"/en/cases/{codes.show_text(filed.number)}/why" in mail.text
    assert "closed (Smog)" in mail.html


async def test_everybody_reads_it_in_their_own_language(db, settings):
    await a_case()
    await move(await a_closure())
    mail = drawn((await sent())[0], settings)
    assert "تعطیل (آلودگی هوا)" in mail.text


async def test_nobody_is_told_twice_of_one_revision_however_often_the_job_runs(db):
    await a_case()
    n = await a_closure()
    for _again in range(3):
        await move(n)
    assert len(await sent()) == 1
    jobs = await Case.raw("SELECT priority FROM pgqueuer WHERE entrypoint = 'deliver' ORDER BY priority")
    assert [job["priority"] for job in jobs] == [-1, 0]


async def test_a_job_that_is_cut_short_tells_the_others_when_it_is_repeated(committed, monkeypatch):
    for n in range(3):
        await a_case(contact_email=f"{n}@agency.example")
    n = await a_closure()
    monkeypatch.setattr(bulk, "BATCH", 1)
    real, seen = recount.outbox.enqueue_all, []

    async def enqueue_all(template, letters, *, now):
        if len(seen) == 2:
            raise ConnectionError
        seen.append(letters)
        await real(template, letters, now=now)

    monkeypatch.setattr(recount.outbox, "enqueue_all", enqueue_all)
    with pytest.raises(ConnectionError):
        await move(n)
    seen.clear()
    monkeypatch.setattr(recount.outbox, "enqueue_all", real)
    await move(n)
    assert [mail.recipient for mail in await sent()] == [f"{n}@agency.example" for n in range(3)]


async def test_who_gave_no_address_or_keeps_the_date_gets_no_mail(db):
    await a_case(contact_email=None)
    early = await a_case(now=NOON - timedelta(days=30))
    before = (await the_case(early.case_id)).next_due_at
    assert await move(await a_closure()) == 2
    assert (await the_case(early.case_id)).next_due_at == before
    assert await sent() == []


async def test_a_mail_names_a_few_days_and_counts_the_others(db, settings):
    await a_case(locale="en")
    await move(await a_closure())
    message = (await sent())[0]
    message.data["days"] = message.data["days"] * 2
    message.data["more"] = 7
    assert "- and 7 more days" in drawn(message, settings).text


async def test_a_service_that_says_too_much_is_not_named(db):
    filed = await a_case()
    service = (await the_case(filed.case_id)).service
    await Case.raw("UPDATE service SET sensitive = true WHERE id = {}", service)
    await move(await a_closure())
    assert (await sent())[0].data["service"] is None


async def test_a_clerk_who_works_meanwhile_comes_first_in_the_history(db):
    filed, clerk = await a_case(), await a_clerk()
    await desk_actions.take(filed.case_id, clerk=clerk, seen=1, now=NOON + timedelta(hours=2))
    await move(await a_closure())
    events = await Case.raw('SELECT at FROM case_event WHERE "case" = {} ORDER BY n', filed.case_id)
    assert [row["at"] for row in events] == sorted(row["at"] for row in events)
