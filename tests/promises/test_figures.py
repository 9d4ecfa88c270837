"""Counting, apart from any database."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from portal.promises.figures import (
    MINIMUM,
    Fact,
    Facts,
    Promised,
    Week,
    Window,
    as_csv,
    figures,
    nearest_rank,
)
from portal.promises.routes import chart

DAY = date(2026, 11, 21)
AS_OF = datetime(2026, 11, 21, 9, tzinfo=UTC)

FACTS = st.builds(
    Fact,
    edition=st.integers(1, 2),
    target=st.sampled_from(["first_answer", "result"]),
    round=st.just(1),
    unit=st.just("working_days"),
    promised=st.just(100),
    counted_on=st.integers(0, 400).map(lambda ago: DAY - timedelta(days=ago)),
    state=st.sampled_from(["kept", "late", "never", "dropped"]),
    used=st.integers(0, 300),
    paused=st.integers(0, 100),
    n=st.integers(1, 9),
)


def a_file(*facts):
    promised = tuple(Promised(target, "working_days", 100, None) for target in ("first_answer", "result"))
    return Facts(
        service="s", as_of=AS_OF, day=DAY, edition=2, overdue=0, promised=promised, facts=tuple(facts)
    )


def a_fact(state, n=1, **changed):
    given = {
        "edition": 2, "target": "result", "round": 1, "unit": "working_days", "promised": 100, "counted_on": DAY,
        "used": 10, "paused": 0, **changed,
    }  # fmt: skip
    return Fact(state=state, n=n, **given)


def year(*facts):
    return figures(a_file(*facts)).promises[1].window("365")


@given(st.lists(FACTS, max_size=40))
def test_the_file_written_and_read_gives_the_same_table(facts):
    given = a_file(*facts)
    read = msgspec.json.decode(msgspec.json.encode(given), type=Facts)
    assert as_csv([figures(read)]) == as_csv([figures(given)])


@given(st.lists(FACTS, max_size=20), st.randoms())
def test_order_and_writing_alike_lines_together_change_nothing(facts, random):
    apart = [msgspec.structs.replace(fact, n=1) for fact in facts for _ in range(fact.n)]
    random.shuffle(apart)
    assert figures(a_file(*apart)) == figures(a_file(*facts))


@given(st.lists(FACTS, max_size=40))
def test_every_figure_equals_a_plain_count(facts):
    for days in (30, 90, 365):
        within = [f for f in facts if f.target == "result" and (DAY - f.counted_on).days < days]
        states = Counter()
        for fact in within:
            states[fact.state] += fact.n
        missed = states["late"] + states["never"]
        found = figures(a_file(*facts)).promises[1].window(str(days))
        if states["kept"] + missed < MINIMUM:
            assert found == Window(str(days))
            continue
        assert (found.kept, found.missed, found.dropped) == (states["kept"], missed, states["dropped"])
        spent = sorted(f.used for f in within if f.state in ("kept", "late") for _ in range(f.n))
        if len(spent) >= MINIMUM:
            assert found.median == spent[(len(spent) + 1) // 2 - 1]
            assert sum(value <= found.p90 for value in spent) * 10 >= len(spent) * 9


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5)), min_size=1), st.integers(1, 100))
def test_a_rank_is_the_smallest_value_that_so_many_do_not_exceed(values, percent):
    found, everyone = nearest_rank(values, percent), sum(n for _, n in values)
    assert sum(n for value, n in values if value <= found) * 100 >= percent * everyone
    assert sum(n for value, n in values if value < found) * 100 < percent * everyone


def test_late_and_never_answered_are_both_missed_but_only_answers_took_time():
    found = year(a_fact("kept", 5), a_fact("late", 2, used=200), a_fact("never", 3, used=900))
    assert (found.kept, found.missed, found.p90) == (5, 5, 200)


def test_a_share_is_rounded_down_so_that_nothing_is_perfect_that_is_not():
    assert year(a_fact("kept", 999), a_fact("late")).percent == 99


def test_time_in_another_unit_is_not_mixed_in():
    found = year(a_fact("kept", 5), a_fact("kept", 5, unit="working_hours", used=1))
    assert (found.kept, found.median) == (10, 10)


def test_waiting_is_the_mean_of_all_that_were_judged():
    assert year(a_fact("kept", 5, paused=50), a_fact("late", 5, paused=25), a_fact("dropped", 9)).paused == 38


def test_only_the_newest_edition_counts_where_it_says_so():
    found = figures(a_file(a_fact("kept", 5), a_fact("late", 7, edition=1))).promises[1]
    assert (found.window("edition").missed, found.window("365").missed) == (0, 7)


def test_without_anything_to_show_there_is_no_chart():
    assert chart((Week(DAY, None, None),), ZoneInfo("UTC")) is None


def test_each_week_has_a_bar_of_kept_and_one_of_missed():
    drawn = chart((Week(DAY, 3, 1), Week(DAY, None, None)), ZoneInfo("UTC"))
    assert drawn is not None
    assert [one.values for one in drawn.series] == [(3, 0), (1, 0)]
