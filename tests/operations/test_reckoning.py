"""A day is reckoned: what it adds up to, and each thing that does not."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from db.cases import AccessGrant, Attachment, Case, CaseEvent
from db.operations import DayReport
from db.outbox import OutboxMessage
from portal import uploads
from portal.cases import actions, desk_actions, erasure
from portal.operations import queries
from portal.operations.actions import AGAIN, reckon, reckon_due
from tests.cases.factories import a_case, a_clerk
from tests.cases.test_dossier import stored
from tests.conftest import NOON

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
TOMORROW = NOON + DAY


async def reckoned(settings, *, day: date = TODAY, now=TOMORROW) -> queries.Day:
    await reckon(day, zone=settings.zone, uploads_dir=settings.uploads_dir, now=now)
    report = await queries.one_day(day)
    assert report is not None
    return report


async def odd(settings) -> list[str]:
    report = await reckoned(settings)
    assert report.n_odd == len(report.oddities)
    return [one.kind for one in report.oddities]


async def delivered() -> None:
    """Every message has left, and its job with it."""
    await OutboxMessage.update({"state": "sent", "attempts": 1, "ended_at": NOON}).where(
        OutboxMessage.state == "queued"
    )
    await OutboxMessage.raw("DELETE FROM pgqueuer")


@pytest.fixture
async def filed(db, settings):
    """A case with a file, its mail delivered: all of it adds up."""
    case = await a_case(files=(stored(settings, b"content", "نامه.pdf", n=9),))
    await delivered()
    return case


async def test_a_good_day_adds_up(filed, settings):
    clerk = await a_clerk()
    await desk_actions.answer(filed.case_id, clerk=clerk, seen=1, body="Yes.", now=NOON)
    await delivered()
    report = await reckoned(settings)
    assert report.oddities == ()
    figures = report.figures
    assert (figures.filed, figures.coded, figures.answered) == (1, 1, 1)
    assert (figures.queued, figures.handed_over) == (2, 2)


async def test_what_became_of_every_message_is_counted_once(filed, settings):
    ends = [("sent", ""), ("failed", "550 nobody"), ("failed", "no answer"), ("kept", ""), ("queued", "")]
    ends.append(("dropped", ""))  # a lost code was asked for with a contact that nobody has
    for n, (state, error) in enumerate(ends):
        await OutboxMessage(
            recipient="a@example.org",
            template="x",
            locale="fa",
            data="{}",
            cause=f"test:{n}",
            case=None,
            state=state,
            error=error,
            attempts=1,
            created_at=NOON,
            ended_at=NOON,
        ).save()
    figures = (await reckoned(settings)).figures
    assert figures.queued == 6
    assert (figures.handed_over, figures.bounced, figures.failed) == (2, 1, 1)
    assert (figures.kept, figures.waiting) == (1, 1)


async def test_a_case_without_its_first_event_is_found(filed, settings):
    row = await Case.select().where(Case.id == filed.case_id).first()
    await Case.insert(Case(**{**row, "id": uuid4(), "number": row["number"] - 1, "submission_id": uuid4()}))
    assert await odd(settings) == ["no_filing", "no_passcode"]
    assert (await reckoned(settings)).figures.coded == 1


async def test_a_case_that_nobody_can_open_is_found(filed, settings):
    await AccessGrant.delete().where(AccessGrant.kind == "passcode")
    assert await odd(settings) == ["no_passcode"]


async def test_an_event_without_its_mail_is_found(filed, settings):
    await OutboxMessage.delete(force=True)
    assert await odd(settings) == ["no_mail"]


async def test_without_an_address_no_mail_is_missed(db, settings):
    await a_case(contact_email=None)
    assert await odd(settings) == []


async def test_a_message_sent_by_nobody_is_found(filed, settings):
    await OutboxMessage.update({"attempts": 0}, force=True)
    assert await odd(settings) == ["untried"]


async def test_a_message_that_waits_is_found_after_a_day_and_without_a_job_after_minutes(db, settings):
    await a_case()
    await OutboxMessage.raw("DELETE FROM pgqueuer")
    early = await reckoned(settings, now=NOON + timedelta(minutes=4))
    soon = await reckoned(settings, now=NOON + timedelta(minutes=6))
    late = await reckoned(settings, now=TOMORROW + timedelta(minutes=1))
    kinds = [[one.kind for one in report.oddities] for report in (early, soon, late)]
    assert kinds == [[], ["no_job"], ["waits", "no_job"]]


async def test_a_job_without_a_message_is_found(filed, settings):
    await OutboxMessage.raw(
        "INSERT INTO pgqueuer (priority, entrypoint, payload, status, created)"
        " VALUES (0, 'deliver', {}, 'queued', {})",
        uuid4().bytes,
        NOON,
    )
    assert await odd(settings) == ["no_message"]


async def test_a_file_that_is_gone_and_one_that_was_cut_are_found(filed, settings):
    row = await Attachment.select().first()
    path = uploads.path_of(settings.uploads_dir, row["stored_as"])
    path.write_bytes(b"cut")
    assert await odd(settings) == ["file_size"]
    path.unlink()
    assert await odd(settings) == ["file_lost"]


async def test_a_broken_chain_is_found_with_its_place(filed, settings):
    forged = {"case": filed.case_id, "n": 2, "kind": "closed", "actor_role": "staff", "data": "{}"}
    await CaseEvent(**forged, at=NOON, prev_hash="0" * 64, hash="0" * 64).save()
    report = await reckoned(settings)
    # The forged event has no mail either.
    assert [(one.kind, one.case, one.n) for one in report.oddities] == [
        ("no_mail", filed.case_id, 2),
        ("chain", filed.case_id, 2),
    ]


async def test_a_case_that_does_not_stand_as_its_history_says_is_found(filed, settings):
    await Case.update({Case.state: "closed"}).where(Case.id == filed.case_id)
    assert await odd(settings) == ["standing"]


async def test_an_erased_case_adds_up(filed, settings):
    await actions.withdraw(filed.case_id, reason="", now=NOON)
    await delivered()
    for name in await erasure.erase(filed.case_id, now=NOON):
        uploads.discard(settings.uploads_dir, name)
    assert await odd(settings) == []


async def test_a_day_is_the_one_of_the_agency(filed, settings):
    before = await a_case(now=NOON.replace(hour=20, minute=31))  # half past midnight in Tehran
    assert before.number
    assert (await reckoned(settings)).figures.filed == 1
    assert (await reckoned(settings, day=TODAY + DAY)).figures.filed == 1


async def test_each_night_reckons_what_is_new_and_the_oldest_again(filed, settings):
    async def night(now) -> list[date]:
        return await reckon_due(zone=settings.zone, uploads_dir=settings.uploads_dir, now=now)

    later = NOON + 40 * DAY
    assert await night(NOON) == [TODAY - DAY]
    first = await night(later)
    assert len(first) == 41
    assert first[-1] == (later - DAY).date()
    assert await night(later + timedelta(hours=1)) == []
    again = await night(later + DAY)
    assert len(again) == AGAIN + 1
    assert await DayReport.count() == 42


async def test_only_the_first_of_many_are_listed_and_all_are_counted(filed, settings):
    await OutboxMessage.insert(
        *[
            OutboxMessage(
                recipient="",
                template="x",
                locale="fa",
                data="{}",
                cause=f"many:{n}",
                case=None,
                state="sent",
                created_at=NOON,
            )
            for n in range(205)
        ]
    )
    report = await reckoned(settings)
    assert (len(report.oddities), report.n_odd) == (200, 205)
