"""Series of windows: posted ahead, extended by the worker, ended."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from db.notices import Notice, NoticeSeries
from db.services import Service
from db.subscriptions import NoticeMailing
from portal.errors import NotFound
from portal.notices import actions, series
from portal.notices.drafts import Ended, TooLate, WrongField
from portal.services.actions import load_samples
from portal.worker import ticks_of
from tests.conftest import NOON, OPENED
from tests.notices.outages import HOUR, INCIDENT, PLANNED, WHY, changed, found
from tests.services.managers import a_manager

ZONE = ZoneInfo("Asia/Tehran")
DAY = timedelta(days=1)
WEEKLY = "FREQ=WEEKLY"


async def begun(rule=WEEKLY, draft=PLANNED):
    manager = await a_manager("manager")
    no = await series.begin(draft, rule, zone=ZONE, by=manager, now=NOON)
    row = await NoticeSeries.objects().first()
    return no, row.id, manager


async def starts():
    rows = await Notice.select(Notice.starts_at).order_by(Notice.starts_at)
    return [(row["starts_at"] - NOON) / DAY for row in rows]


async def test_each_window_of_the_next_sixty_days_is_a_notice(samples):
    no, _series, _manager = await begun()
    assert await starts() == [3, 10, 17, 24, 31, 38, 45, 52, 59]
    first = await found(no)
    assert first.starts_at == PLANNED.starts_at
    assert {one["ends_at"] - one["starts_at"] for one in await Notice.select()} == {2 * HOUR}


async def test_the_first_window_is_told_at_once_and_each_by_its_reminders(samples):
    await begun()
    rounds = await NoticeMailing.select().where(NoticeMailing.dropped_at.is_null())
    kinds = [row["kind"] for row in rounds]
    assert kinds.count("published") == 1
    assert kinds.count("ahead_24") == 9


async def test_the_worker_posts_what_comes_near_once(samples, settings):
    await begun()
    later = NOON + 10 * DAY
    _hourly, tick = ticks_of(settings)["repeat"]
    for _again in range(2):
        await tick(later)
    assert await starts() == [3, 10, 17, 24, 31, 38, 45, 52, 59, 66]
    newest = await Notice.select().order_by(Notice.no, ascending=False).first()
    assert (newest["made_by"], newest["announced_at"]) == (None, later)


async def test_after_its_last_window_the_series_is_ended(samples):
    await begun("FREQ=WEEKLY;COUNT=9")
    await series.extend_series(zone=ZONE, now=NOON + DAY)
    row = await NoticeSeries.objects().first()
    assert row.ended_at == NOON + DAY


async def test_a_window_that_the_stopped_portal_announces_late_says_so(samples):
    await begun()
    late = NOON + 65 * DAY  # a day before a window, and 48 hours are promised
    await series.extend_series(zone=ZONE, now=late)
    window = await Notice.select().where(Notice.starts_at > late).order_by(Notice.starts_at).first()
    assert window["starts_at"] == NOON + 66 * DAY
    assert "stood still" in window["late_reason_en"]
    following = await Notice.select().where(Notice.starts_at > NOON + 67 * DAY).first()
    assert following["late_reason_en"] == ""


async def test_a_late_first_window_needs_a_reason_which_no_later_one_keeps(samples):
    soon = changed(PLANNED, starts_at=NOON + 20 * HOUR, ends_at=NOON + 22 * HOUR)
    manager = await a_manager("manager")
    with pytest.raises(TooLate):
        await series.begin(soon, WEEKLY, zone=ZONE, by=manager, now=NOON)
    await series.begin(changed(soon, late_reason=WHY), WEEKLY, zone=ZONE, by=manager, now=NOON)
    reasons = [one["late_reason_en"] for one in await Notice.select().order_by(Notice.starts_at)]
    assert reasons[0] == WHY.en
    assert set(reasons[1:]) == {""}


@pytest.mark.parametrize(
    ("draft", "rule", "field"),
    [
        (changed(PLANNED, ends_at=None), WEEKLY, "ends_at"),
        (INCIDENT, WEEKLY, "repeat"),
        (PLANNED, "FREQ=WEEKLY;BYDAY=FR", "repeat"),
    ],
)
async def test_what_cannot_come_again_is_refused_at_its_field(samples, draft, rule, field):
    with pytest.raises(WrongField) as refused:
        await begun(rule, draft)
    assert refused.value.field == field


async def test_an_ended_series_posts_no_more_and_keeps_what_is_announced(samples):
    _no, row, manager = await begun()
    assert await series.end(row, cancelling=None, by=manager, now=NOON + DAY) == 0
    await series.extend_series(zone=ZONE, now=NOON + 30 * DAY)
    assert len(await starts()) == 9
    with pytest.raises(Ended):
        await series.end(row, cancelling=None, by=manager, now=NOON + DAY)


async def test_ending_can_cancel_what_lies_ahead(samples):
    no, row, manager = await begun()
    other = await Notice.select(Notice.no).where(Notice.no != no).order_by(Notice.no).first()
    await actions.cancel(other["no"], WHY, seen=1, by=manager, now=NOON)
    on = PLANNED.starts_at + HOUR
    assert await series.end(row, cancelling=WHY, by=manager, now=on) == 7
    assert await Notice.count().where(Notice.cancelled_at.is_null()) == 1
    assert (await found(no)).cancelled_at is None


async def test_a_series_whose_service_is_gone_holds_up_no_other(samples):
    _no, row, _manager = await begun()
    await Service.update({Service.state: "draft"}, force=True)
    await series.extend_series(zone=ZONE, now=NOON + 10 * DAY)
    assert len(await starts()) == 9
    with pytest.raises(NotFound):
        await series.extend(row, zone=ZONE, now=NOON + 10 * DAY)


@pytest.mark.parametrize("broken", [{"rrule": "FREQ=NEVER"}, {"document": "{}"}])
async def test_a_series_that_cannot_be_read_holds_up_no_other(samples, broken):
    _no, row, manager = await begun()
    await NoticeSeries.update(broken).where(NoticeSeries.id == row)
    other = changed(PLANNED, starts_at=PLANNED.starts_at + HOUR, ends_at=PLANNED.ends_at + HOUR)
    await series.begin(other, WEEKLY, zone=ZONE, by=manager, now=NOON)
    await series.extend_series(zone=ZONE, now=NOON + 10 * DAY)
    assert await Notice.exists().where(Notice.starts_at == PLANNED.starts_at + 63 * DAY + HOUR)


async def test_a_window_moved_to_where_the_next_one_belongs_stands_for_it(samples):
    await begun()
    last = await Notice.select().order_by(Notice.starts_at, ascending=False).first()
    start = NOON + 66 * DAY
    await actions.reschedule(last["no"], start, start + HOUR, WHY, seen=1, by=None, now=NOON)
    await series.extend_series(zone=ZONE, now=NOON + 15 * DAY)
    assert await starts() == [3, 10, 17, 24, 31, 38, 45, 52, 66, 73]


async def test_two_windows_moved_to_one_time_at_once_are_not_both_there(committed):
    await load_samples(OPENED)
    await begun()
    windows = await Notice.select().order_by(Notice.starts_at).limit(2)
    start = NOON + 5 * DAY
    answers = await asyncio.gather(
        *(
            actions.reschedule(one["no"], start, start + HOUR, WHY, seen=1, by=None, now=NOON)
            for one in windows
        ),
        return_exceptions=True,
    )
    assert sorted(type(answer) for answer in answers if answer) == [WrongField]
    assert await Notice.count().where(Notice.starts_at == start) == 1
