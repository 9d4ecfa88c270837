"""A change to a calendar is drafted, and holds once it is published."""

from __future__ import annotations

import asyncio
from datetime import date

import msgspec
import pytest

from db.audit import AuditEntry
from db.calendars import Calendar as CalendarTable
from db.calendars import CalendarDraft, CalendarRevision
from portal.calendars import actions, queries
from portal.calendars.actions import ChangedMeanwhile, NameTaken, NeverOpen
from portal.calendars.rules import Entry
from portal.errors import NotFound
from portal.i18n import Words
from portal.office_hours import IRAN_OFFICE, Day
from tests.calendars.people import somebody
from tests.conftest import NOON

SUNDAY = date(2026, 11, 22)
TITLE = Words("ساعت کار", "Office hours")
CLOSURE = Entry(day=SUNDAY, kind="closure", name=Words("آلودگی هوا", "Air pollution"), source="1/405")


@pytest.fixture
async def author(db):
    await actions.offer("office", TITLE, IRAN_OFFICE, now=NOON)
    return await somebody()


async def published(name: str, author, **options) -> int:
    seen = (await queries.calendar_at_hand(name)).draft.seen
    given = {"note": "", "enqueue": None, **options}
    return await actions.publish(name, seen=seen, by=author, now=NOON, **given)


async def test_a_calendar_begins_with_revision_1(author):
    held = (await queries.newest())["office"]
    assert (held.n, held.calendar.name, held.calendar.week) == (1, "office", IRAN_OFFICE.week)


async def test_a_draft_changes_nothing_that_holds(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    assert (await queries.newest())["office"].calendar.days == {}
    at_hand = await queries.calendar_at_hand("office")
    assert at_hand.draft.plan.calendar.days == {SUNDAY: Day((), "آلودگی هوا", "Air pollution")}
    assert (at_hand.draft.changed_by, at_hand.plan.entries[SUNDAY].by) == ("Planner", author)


async def test_what_is_published_holds_at_once_and_what_held_before_stays_readable(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    assert await published("office", author, note="decree") == 2
    held = (await queries.newest())["office"]
    assert (held.n, SUNDAY in held.calendar.days) == (2, True)
    assert (await queries.revision("office", 1)).days == {}
    past = (await queries.calendar_at_hand("office")).history[0]
    assert (past.n, past.note, past.made_by) == (2, "decree", "Planner")
    assert await CalendarDraft.count() == 0


async def test_publishing_queues_the_move_in_the_same_transaction_where_it_was_chosen(author):
    queued = []

    async def enqueue(name, n):
        assert await CalendarRevision.exists().where(CalendarRevision.n == n)
        queued.append((name, n))

    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    await published("office", author, enqueue=enqueue)
    assert queued == [("office", 2)]


async def test_one_closure_is_drafted_for_several_calendars_at_once(author):
    name = await actions.copy("office", Words("قم", "Province of Qom"), by=author, now=NOON)
    await actions.decide_days(["office", name], [CLOSURE], by=author, now=NOON)
    assert [listed.drafted for listed in await queries.calendars()] == [True, True]


async def test_a_copy_says_what_the_other_one_says(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    await published("office", author)
    name = await actions.copy("office", Words("قم", "Province of Qom"), by=author, now=NOON)
    copied = (await queries.newest())[name]
    assert (name, copied.n, copied.calendar.name) == ("province-of-qom", 1, "province-of-qom")
    assert copied.calendar.days == (await queries.newest())["office"].calendar.days


async def test_a_name_is_given_once(author):
    await actions.copy("office", Words("قم", "Qom"), by=author, now=NOON)
    with pytest.raises(NameTaken):
        await actions.copy("office", Words("شهر قم", "Qom!"), by=author, now=NOON)


async def test_a_calendar_without_working_time_is_refused_by_name(author):
    with pytest.raises(NeverOpen, match="ساعت کار"):
        await actions.set_week("office", None, {}, by=author, now=NOON)
    with pytest.raises(NeverOpen):
        await actions.set_week("office", date(2030, 1, 1), {}, by=author, now=NOON)


async def test_taking_a_change_back_leaves_no_draft(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    await actions.undecide_day(["office"], SUNDAY, by=author, now=NOON)
    assert (await queries.calendar_at_hand("office")).draft is None


async def test_a_draft_that_changed_after_the_preview_is_not_published(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    seen = (await queries.calendar_at_hand("office")).draft.seen
    await actions.set_week("office", date(2027, 3, 21), {5: ((480, 900),)}, by=author, now=NOON)
    with pytest.raises(ChangedMeanwhile):
        await actions.publish("office", seen=seen, note="", enqueue=None, by=author, now=NOON)


async def test_nothing_drafted_is_nothing_to_publish(author):
    with pytest.raises(ChangedMeanwhile):
        await actions.publish("office", seen="", note="", enqueue=None, by=author, now=NOON)


async def test_who_decided_first_keeps_the_signature(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    other = await somebody("other")
    await actions.decide_days(["office"], [CLOSURE], by=other, now=NOON)
    assert (await queries.calendar_at_hand("office")).plan.entries[SUNDAY].by == author


async def test_a_dropped_draft_is_gone(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    await actions.drop_draft("office", now=NOON)
    assert (await queries.calendar_at_hand("office")).draft is None


async def test_every_step_is_in_the_audit_log(author):
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    await actions.drop_draft("office", now=NOON)
    await actions.decide_days(["office"], [CLOSURE], by=author, now=NOON)
    await published("office", author)
    rows = await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id)
    words = ["calendar_drafted", "calendar_draft_dropped", "calendar_drafted", "calendar_published"]
    assert [row["action"] for row in rows] == words


async def test_nobodys_calendar_is_not_found(author):
    with pytest.raises(NotFound):
        await actions.decide_days(["nobody"], [CLOSURE], by=author, now=NOON)
    with pytest.raises(NotFound):
        await queries.revision("office", 9)
    assert await queries.calendar_at_hand("nobody") is None


async def test_another_revision_of_one_number_is_refused_by_the_schema(author):
    row = await CalendarTable.select(CalendarTable.id).first()
    same = CalendarRevision(calendar=row["id"], n=1, document="{}", entries="[]", made_at=NOON)
    with pytest.raises(Exception, match="calendar_revision_n"):
        await CalendarRevision.insert(same)


async def test_what_two_write_at_once_stands_in_one_draft_and_one_of_them_publishes(committed):
    await actions.offer("office", TITLE, IRAN_OFFICE, now=NOON)
    author, other = await somebody(), await somebody("other")
    monday = msgspec.structs.replace(CLOSURE, day=date(2026, 11, 23))
    await asyncio.gather(
        actions.decide_days(["office"], [CLOSURE], by=author, now=NOON),
        actions.decide_days(["office"], [monday], by=other, now=NOON),
    )
    draft = (await queries.calendar_at_hand("office")).draft
    assert set(draft.plan.entries) == {CLOSURE.day, monday.day}
    sent = {"seen": draft.seen, "note": "", "enqueue": None, "now": NOON}
    both = (actions.publish("office", by=one, **sent) for one in (author, other))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert {type(one) for one in done} == {int, ChangedMeanwhile}
