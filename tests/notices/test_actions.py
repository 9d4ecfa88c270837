"""Posting and changing notices, through their verbs."""

from datetime import timedelta

import pytest

from db.notices import NoticeChange
from db.subscriptions import NoticeMailing
from portal.errors import NotFound
from portal.notices import actions, queries
from portal.notices.drafts import ChangedMeanwhile, Ended, NotBegun, TooLate, WrongField
from portal.notices.rules import stage
from tests.conftest import NOON
from tests.notices.outages import (
    EVALUATION,
    HOUR,
    INCIDENT,
    PLANNED,
    SAYING,
    START,
    WHY,
    YEARBOOK,
    changed,
    found,
    posted,
)


async def mailings():
    """The rounds that are still to be told: kind and hours from NOON."""
    rows = (
        await NoticeMailing.objects().where(NoticeMailing.dropped_at.is_null()).order_by(NoticeMailing.due_at)
    )
    return [(row.kind, (row.due_at - NOON) / HOUR) for row in rows]


async def test_a_planned_outage_is_announced_with_its_lead(samples):
    notice = await posted()
    assert (notice.lead, notice.promised_lead, notice.in_time) == (72 * HOUR, 48 * HOUR, True)
    assert notice.services[0].slug == YEARBOOK


async def test_it_is_told_now_before_its_start_and_at_both_ends(samples):
    await posted()
    assert await mailings() == [
        ("published", 0),
        ("ahead_24", 48),
        ("ahead_1", 71),
        ("started", 72),
        ("ended", 74),
    ]


async def test_what_was_announced_later_than_promised_needs_a_reason(samples):
    late = changed(PLANNED, starts_at=NOON + 47 * HOUR, ends_at=NOON + 50 * HOUR)
    with pytest.raises(TooLate) as refused:
        await posted(late)
    assert (refused.value.lead, refused.value.promised) == (47 * HOUR, 48 * HOUR)
    notice = await posted(changed(late, late_reason=WHY))
    assert notice.in_time is False
    assert notice.late_reason == WHY


async def test_the_longest_lead_of_all_its_services_is_asked(samples):
    both = {YEARBOOK: "unavailable", EVALUATION: "slow"}
    notice = await posted(changed(PLANNED, saying=changed(SAYING, services=both)))
    assert {of.slug: of.impact for of in notice.services} == both


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (changed(PLANNED, ends_at=START), "ends_at"),
        (changed(PLANNED, starts_at=NOON), "starts_at"),
        (changed(PLANNED, publish_at=START), "publish_at"),
        (changed(PLANNED, publish_at=NOON - HOUR), "publish_at"),
        (changed(INCIDENT, starts_at=NOON + HOUR), "starts_at"),
    ],
)
async def test_an_impossible_window_is_refused_at_its_field(samples, draft, field):
    with pytest.raises(WrongField) as refused:
        await posted(draft)
    assert refused.value.field == field


@pytest.mark.parametrize("services", [{}, {"nothing": "slow"}])
async def test_it_touches_services_that_exist(samples, services):
    with pytest.raises(NotFound):
        await posted(changed(PLANNED, saying=changed(SAYING, services=services)))


async def test_an_outage_may_be_published_later(samples):
    notice = await posted(changed(PLANNED, publish_at=NOON + 10 * HOUR))
    assert stage(notice, NOON + 9 * HOUR) == "unpublished"
    assert stage(notice, NOON + 10 * HOUR) == "ahead"
    assert notice.lead == 62 * HOUR


async def test_what_is_cancelled_before_its_publication_is_never_published(samples):
    no = (await posted(changed(PLANNED, publish_at=NOON + 10 * HOUR))).no
    await actions.cancel(no, WHY, seen=1, by=None, now=NOON + HOUR)
    later = NOON + 11 * HOUR
    assert stage(await found(no), later) == "unpublished"
    assert await queries.published(now=later) == []


async def test_moving_it_earlier_measures_the_lead_again(samples):
    notice = await posted()
    move = (notice.no, NOON + 40 * HOUR, NOON + 42 * HOUR, WHY)
    with pytest.raises(TooLate):
        await actions.reschedule(*move, seen=1, by=None, now=NOON + HOUR)
    await actions.reschedule(*move, late_reason=WHY, seen=1, by=None, now=NOON + HOUR)
    moved = await found(notice.no)
    assert (moved.lead, moved.in_time, moved.version) == (39 * HOUR, False, 2)


async def test_a_slip_inside_the_window_was_announced_with_it(samples):
    notice = await posted()
    await actions.reschedule(
        notice.no, START + HOUR, START + 3 * HOUR, WHY, seen=1, by=None, now=START - HOUR
    )
    assert (await found(notice.no)).lead == 73 * HOUR


async def test_moving_tells_of_both_windows_and_plans_anew(samples):
    notice = await posted()
    start = START + 24 * HOUR
    await actions.reschedule(notice.no, start, None, WHY, seen=1, by=None, now=NOON + HOUR)
    assert ("changed", 1) in await mailings()
    assert ("ahead_1", 95) in await mailings()
    assert "ended" not in [kind for kind, _ in await mailings()]
    line = await NoticeChange.objects().get(NoticeChange.n == 2).output(load_json=True)
    assert line.data["before"][0].startswith(f"{START:%Y-%m-%dT%H}")
    assert line.data["after"][1] is None


async def test_two_people_at_once_do_not_overwrite_each_other(samples):
    notice = await posted()
    await actions.update(notice.no, WHY, seen=1, by=None, now=NOON)
    with pytest.raises(ChangedMeanwhile):
        await actions.reschedule(notice.no, START + HOUR, None, WHY, seen=1, by=None, now=NOON)


async def test_it_runs_over_and_ends_late(samples):
    notice = await posted()
    on = START + HOUR
    await actions.extend(notice.no, START + 4 * HOUR, WHY, seen=1, by=None, now=on)
    await actions.verify(notice.no, seen=2, by=None, now=on + HOUR)
    assert stage(await found(notice.no), START + 3 * HOUR) == "now"
    await actions.end(notice.no, finished_at=START + 3 * HOUR, seen=3, by=None, now=START + 3 * HOUR)
    ended = await found(notice.no)
    assert (ended.begins, ended.ends, stage(ended, START + 3 * HOUR)) == (START, START + 3 * HOUR, "over")


async def test_what_ended_by_itself_can_still_be_put_right(samples):
    notice = await posted()
    later = START + 5 * HOUR
    await actions.end(
        notice.no, started_at=START + HOUR, finished_at=START + 4 * HOUR, seen=1, by=None, now=later
    )
    ended = await found(notice.no)
    assert (ended.begins, ended.ends) == (START + HOUR, START + 4 * HOUR)
    with pytest.raises(Ended):
        await actions.end(notice.no, seen=2, by=None, now=later)


async def test_a_cancelled_outage_stays_visible_as_cancelled(samples):
    notice = await posted()
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    assert stage(await found(notice.no), NOON + HOUR) == "cancelled"
    assert ("cancelled", 1) in await mailings()
    assert len(await mailings()) == 1
    with pytest.raises(Ended):
        await actions.cancel(notice.no, WHY, seen=2, by=None, now=NOON + HOUR)


async def test_what_nobody_was_told_of_is_cancelled_silently(samples):
    notice = await posted(changed(PLANNED, publish_at=NOON + 10 * HOUR))
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    assert await mailings() == []


async def test_what_has_not_begun_cannot_end(samples):
    notice = await posted()
    with pytest.raises(NotBegun):
        await actions.end(notice.no, seen=1, by=None, now=NOON)


async def test_an_incident_goes_its_way_and_is_fixed(samples):
    notice = await posted(INCIDENT)
    assert (notice.state, notice.delay, stage(notice, NOON)) == ("investigating", HOUR / 2, "now")
    await actions.update(notice.no, WHY, state="identified", seen=1, by=None, now=NOON + HOUR)
    await actions.update(notice.no, WHY, state="fixed", seen=2, by=None, now=NOON + 2 * HOUR)
    fixed = await found(notice.no)
    assert (fixed.state, fixed.ends, stage(fixed, NOON + 2 * HOUR)) == ("fixed", NOON + 2 * HOUR, "over")


async def test_nothing_is_moved_or_extended_further_than_two_years_ahead(samples):
    notice = await posted()
    far = NOON + timedelta(days=800)
    with pytest.raises(WrongField):
        await actions.reschedule(notice.no, far, None, WHY, seen=1, by=None, now=NOON)
    with pytest.raises(WrongField):
        await actions.extend(notice.no, far, WHY, seen=1, by=None, now=START)
