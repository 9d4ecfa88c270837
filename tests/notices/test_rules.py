"""The stage of a notice follows from the clock alone."""

from datetime import timedelta

import pytest

from portal.notices import rules
from portal.notices.rules import Affected
from tests.conftest import NOON
from tests.notices.outages import HOUR, SAYING, START, YEARBOOK, a_notice

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "stage"),
    [
        (NOON - MOMENT, "unpublished"),
        (NOON, "ahead"),
        (START - 24 * HOUR - MOMENT, "ahead"),
        (START - 24 * HOUR, "soon"),
        (START - MOMENT, "soon"),
        (START, "now"),
        (START + 2 * HOUR - MOMENT, "now"),
        (START + 2 * HOUR, "over"),
    ],
)
def test_a_window_begins_and_ends_by_itself(at, stage):
    assert rules.stage(a_notice(), at) == stage


def test_an_open_window_stays_on():
    assert rules.stage(a_notice(ends_at=None), START + 1000 * HOUR) == "now"


def test_work_that_ended_early_is_over_early():
    notice = a_notice(started_at=START, finished_at=START + HOUR)
    assert rules.stage(notice, START + HOUR) == "over"


def test_a_cancelled_window_never_begins():
    notice = a_notice(cancelled_at=START - HOUR)
    assert rules.stage(notice, START) == "cancelled"
    assert not rules.is_on(notice, START)


def test_the_worst_of_overlapping_impacts_wins():
    slow = a_notice(no=2, services=(Affected(YEARBOOK, SAYING.title, "slow"),), ends_at=START + 9 * HOUR)
    found = rules.worst([slow, a_notice()], YEARBOOK, START)
    assert found
    assert found[0] == "unavailable"
    later = rules.worst([slow, a_notice()], YEARBOOK, START + 3 * HOUR)
    assert later
    assert later[0] == "slow"


def test_another_service_feels_nothing():
    assert rules.worst([a_notice()], "performance-evaluation", START) is None


def test_a_service_is_back_after_the_last_of_touching_windows():
    next_one = a_notice(no=2, starts_at=START + HOUR, ends_at=START + 5 * HOUR)
    assert rules.back_at([a_notice(), next_one], YEARBOOK, START) == START + 5 * HOUR


def test_nobody_can_say_when_an_open_window_is_over():
    assert rules.back_at([a_notice(ends_at=None)], YEARBOOK, START) is None


def test_lead_is_kept_to_the_second():
    on_time = a_notice(announced_at=START - 48 * HOUR)
    late = a_notice(announced_at=START - 48 * HOUR + timedelta(seconds=1))
    assert (on_time.in_time, late.in_time) == (True, False)


def test_the_longest_promised_lead_counts():
    services = tuple(Affected(str(hours), SAYING.title, "slow", hours) for hours in (24, 72, 48))
    assert a_notice(services=services).promised_lead == 72 * HOUR


def test_without_a_promise_there_is_nothing_to_miss():
    notice = a_notice(services=(Affected(YEARBOOK, SAYING.title, "slow", None),))
    assert notice.in_time is None


@pytest.mark.parametrize(
    ("start", "counts_from"),
    [
        (START, NOON),
        (START + HOUR, NOON),
        (START + 2 * HOUR, NOON + HOUR),
        (START - MOMENT, NOON + HOUR),
        (START + 100 * HOUR, NOON + HOUR),
    ],
)
def test_only_a_start_inside_the_announced_window_was_announced_with_it(start, counts_from):
    assert rules.announced_after(a_notice(), start, NOON + HOUR) == counts_from


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (NOON - MOMENT, False),
        (NOON, True),
        (START + 4 * HOUR - MOMENT, True),
        (START + 4 * HOUR, False),
    ],
)
def test_every_page_speaks_of_it_until_shortly_after_its_end(at, shown):
    assert rules.on_strip(a_notice(), at) is shown
