"""What holds for the clock of a statement, whatever happened to a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.marks import Mark, Target
from portal.office_hours import IRAN_OFFICE, Calendar, Day, Span, Window
from portal.sla import History, Reading, alarms, breaks_of, read, steps
from portal.workdays import ONE, used
from tests.clock.worlds import ALWAYS_BERLIN, LUNCH, NIGHT_BERLIN, days, hours, seen

SECOND = timedelta(seconds=1)
BEGIN = datetime(2026, 10, 17, tzinfo=UTC)  # a week before the clock changes in Berlin
OFFICES = st.sampled_from([IRAN_OFFICE, LUNCH, ALWAYS_BERLIN, NIGHT_BERLIN])
INSTANTS = st.integers(0, 20 * 86_400).map(lambda seconds: BEGIN + seconds * SECOND)
LENGTHS = st.integers(0, 3 * 86_400).map(lambda seconds: seconds * SECOND)
SPANS = st.builds(lambda since, length: (since, since + length), INSTANTS, LENGTHS)
WORDS = st.sampled_from(
    ["touched", "told", "resulted", "reopened", "referred", "resumed", "paused", "paused"]
)
KEYS = ("first_answer", "result", "keep_in_touch", "complaint_answer", "referral")
proven = settings(deadline=None, max_examples=150)


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    at, what = draw(INSTANTS), draw(WORDS)
    return Mark(what, at, at + draw(LENGTHS) if what == "paused" else None)


@st.composite
def cases(draw: st.DrawFn) -> History:
    """A case filed at ``BEGIN`` or up to three days later, with up to eight marks and two credits."""
    filed = BEGIN + draw(LENGTHS)
    happened = sorted(draw(st.lists(marks(), max_size=8)), key=lambda mark: mark.at)
    later = tuple(mark for mark in happened if mark.at >= filed)
    return History((Mark("started", filed), *later), tuple(draw(st.lists(SPANS, max_size=2))))


def ask(targets: list[Target], calendar: Calendar, case: History, now: datetime) -> list[Reading]:
    return read(targets, {calendar.name: calendar}, seen(case, now), now=now)


@st.composite
def promises(draw: st.DrawFn, calendar: Calendar) -> list[Target]:
    unit = st.sampled_from([hours, days])
    return [draw(unit)(draw(st.integers(0, 12)), key, calendar.name) for key in KEYS]


@st.composite
def situations(draw: st.DrawFn) -> tuple[Calendar, list[Target], History, datetime]:
    calendar = draw(OFFICES)
    return calendar, draw(promises(calendar)), draw(cases()), draw(INSTANTS)


def known_by(case: History, now: datetime) -> tuple[Mark, ...]:
    """The marks up to ``now``, the filing at least."""
    return seen(case, max(now, case.marks[0].at)).marks


def slack(reading: Reading) -> int:
    """The marks of one microsecond; a due date is a whole one."""
    return 0 if reading.target.measure == "minutes" else ONE["days"] // 3_600_000_000


@given(situations())
@proven
def test_time_used_and_time_left_are_the_promise_while_it_runs(situation):
    calendar, targets, case, now = situation
    for reading in ask(targets, calendar, case, now):
        if reading.state in ("running", "paused"):
            assert 0 <= reading.used + reading.left - reading.whole <= slack(reading)


@given(situations())
@proven
def test_the_working_time_up_to_the_due_date_is_what_is_left(situation):
    calendar, targets, case, now = situation
    breaks = breaks_of(seen(case, now), now=now)
    for reading in ask(targets, calendar, case, now):
        if reading.state in ("running", "paused"):
            still = used(calendar, now, reading.due_at, reading.target.measure, breaks)
            assert 0 <= still - reading.left <= slack(reading)


@given(situations(), SPANS)
@proven
def test_a_pause_never_makes_a_due_date_earlier(situation, pause):
    calendar, targets, case, _ = situation
    since, until = max(pause[0], case.marks[0].at), max(pause[1], case.marks[0].at)
    # Pauses of a history that has some already may be cut by this one, so it is added to one that has none.
    plain = tuple(mark for mark in case.marks if mark.what not in ("paused", "resumed"))
    both = sorted([*plain, Mark("paused", since, until)], key=lambda mark: mark.at)
    now = BEGIN + timedelta(days=30)
    without = ask(targets, calendar, History(plain, case.credits), now)
    with_it = ask(targets, calendar, History(tuple(both), case.credits), now)
    assert all(a.due_at <= b.due_at for a, b in zip(without, with_it, strict=True))


@given(situations(), SPANS)
@proven
def test_a_credit_never_makes_a_due_date_earlier(situation, credit):
    calendar, targets, case, now = situation
    more = msgspec.structs.replace(case, credits=(*case.credits, credit))
    pairs = zip(ask(targets, calendar, case, now), ask(targets, calendar, more, now), strict=True)
    assert all(a.due_at <= b.due_at for a, b in pairs)


def part(windows: tuple[Window, ...], opens: int, closes: int) -> tuple[Window, ...]:
    """What of the windows lies in the given part of the day."""
    cut = ((max(a, opens), min(b, closes)) for a, b in windows)
    return tuple((a, b) for a, b in cut if a < b)


@given(situations(), st.integers(0, 30), st.integers(0, 1500), st.integers(0, 1500))
@proven
def test_neither_a_holiday_nor_an_early_closing_makes_a_due_date_earlier(situation, n, opens, closes):
    calendar, targets, case, now = situation
    day = (BEGIN + timedelta(days=n)).date()
    windows = calendar.week.get(day.weekday(), ())
    before = {day: Day(windows)}
    after = {day: Day(part(windows, opens, closes))}
    first = ask(targets, msgspec.structs.replace(calendar, days=before), case, now)
    then = ask(targets, msgspec.structs.replace(calendar, days=after), case, now)
    assert all(a.due_at <= b.due_at for a, b in zip(first, then, strict=True))


def cut(span: Span, at: float) -> list[Span]:
    middle = span[0] + (span[1] - span[0]) * at
    return [(span[0], middle), (middle, span[1])]


@given(situations(), SPANS, st.floats(0, 1))
@proven
def test_a_credit_cut_in_two_counts_the_same(situation, credit, at):
    calendar, targets, case, now = situation
    whole = msgspec.structs.replace(case, credits=(*case.credits, credit))
    halves = msgspec.structs.replace(case, credits=(*cut(credit, at), *case.credits))
    assert ask(targets, calendar, whole, now) == ask(targets, calendar, halves, now)


@given(situations(), SPANS, st.floats(0, 1))
@proven
def test_a_pause_cut_in_two_counts_the_same(situation, pause, at):
    calendar, targets, case, _ = situation
    filed = case.marks[0]
    pause = (max(pause[0], filed.at), max(pause[1], filed.at))

    def told(spans: list[Span]) -> list[Reading]:
        parts = [
            mark for since, until in spans for mark in (Mark("paused", since, until), Mark("resumed", until))
        ]
        return ask(targets, calendar, History((filed, *parts), case.credits), BEGIN + timedelta(days=30))

    assert told([pause]) == told(cut(pause, at))


@given(situations())
@proven
def test_marks_of_one_instant_count_in_the_order_given_and_by_nothing_else(situation):
    calendar, targets, case, now = situation
    zone = ZoneInfo("Asia/Kathmandu")

    def elsewhere(n: int, mark: Mark) -> Mark:
        until = mark.until and mark.until.astimezone(zone)
        return msgspec.structs.replace(mark, at=mark.at.astimezone(zone), until=until, n=1000 - n)

    told = tuple(elsewhere(n, mark) for n, mark in enumerate(case.marks))
    same = History(told, tuple(reversed(case.credits)))
    assert ask(targets, calendar, case, now) == ask(targets, calendar, same, now)


def test_the_order_of_two_marks_of_one_instant_decides():
    filed, at = Mark("started", BEGIN), BEGIN + timedelta(days=2)
    one, other = Mark("resulted", at), Mark("reopened", at)
    rounds = [
        len(ask([days(5)], IRAN_OFFICE, History((filed, *two)), at)) for two in ((one, other), (other, one))
    ]
    assert rounds == [2, 1]


@given(situations(), st.lists(SPANS, max_size=3), st.sampled_from(KEYS))
@proven
def test_what_was_recorded_as_missed_stays_missed_whatever_is_added(situation, credits, key):
    calendar, targets, case, now = situation
    missed = Mark("missed", case.marks[0].at, key=key, round=1)
    more = History((case.marks[0], missed, *case.marks[1:]), (*case.credits, *credits))
    states = [r.state for r in ask(targets, calendar, more, now) if (r.target.key, r.round) == (key, 1)]
    assert set(states) <= {"missed"}


@given(situations(), st.lists(INSTANTS, min_size=2, max_size=12).map(sorted))
@proven
def test_a_missed_promise_never_runs_again(situation, looks):
    calendar, targets, case, _ = situation
    missed: set[tuple[str, int]] = set()
    for now in looks:
        states = {(r.target.key, r.round): r.state for r in ask(targets, calendar, case, now)}
        assert all(states[promise] == "missed" for promise in missed)
        missed = {promise for promise, state in states.items() if state == "missed"}


@given(situations(), st.floats(0, 1), st.floats(0, 1))
@proven
def test_while_a_pause_lasts_the_due_date_stands_still(situation, a, b):
    calendar, targets, case, now = situation
    known = known_by(case, now)
    last = known[-1].at
    paused = History((*known, Mark("paused", last, last + timedelta(days=4))), case.credits)
    looks = [ask(targets, calendar, paused, last + timedelta(days=4) * share) for share in (a, b)]
    assert [r.due_at for r in looks[0]] == [r.due_at for r in looks[1]]


@given(situations(), LENGTHS, LENGTHS)
@proven
def test_a_pause_that_ends_earlier_never_makes_a_due_date_later(situation, a, b):
    calendar, targets, case, now = situation
    known = known_by(case, now)
    last, horizon = known[-1].at, BEGIN + timedelta(days=40)
    paused = Mark("paused", last, last + timedelta(days=3))
    ends = [Mark("resumed", last + length) for length in sorted((a, b))]
    sooner, later = (
        ask(targets, calendar, History((*known, paused, end), case.credits), horizon) for end in ends
    )
    assert all(x.due_at <= y.due_at for x, y in zip(sooner, later, strict=True))


@given(situations())
@proven
def test_the_steps_that_explain_a_date_add_up_to_the_promise(situation):
    calendar, targets, case, now = situation
    for reading in ask(targets, calendar, case, now):
        whole = sum(step.marks for step in steps(reading, calendar, seen(case, now), now=now))
        assert 0 <= whole - reading.whole <= slack(reading)


@given(situations(), st.lists(st.integers(0, 100), max_size=3).map(sorted), st.integers(0, 5))
@proven
def test_somebody_is_warned_before_the_due_date_and_called_after_it(situation, warnings, amount):
    calendar, targets, case, now = situation
    offsets = [hours(amount, calendar=calendar.name), days(amount + 1, calendar=calendar.name)]
    for reading in ask(targets, calendar, case, now):
        told = alarms(reading, calendar, seen(case, now), warnings=warnings, offsets=offsets, now=now)
        early, due, calls = told[: len(warnings)], told[len(warnings)], told[len(warnings) + 1 :]
        assert early == sorted(early)
        assert due == reading.due_at
        assert all(x <= due for x in early)
        assert all(due <= x for x in calls)
