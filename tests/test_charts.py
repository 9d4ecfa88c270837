"""Bar charts: where the bars stand, and which numbers stand beside them."""

import pytest

from portal.charts import HEIGHT, WIDTH, Series, bar_chart

WEEKS = [str(n) for n in range(13)]
IN, OUT = Series("in", tuple(range(13))), Series("out", tuple(range(12, -1, -1)))


def drawn(**options):
    return bar_chart(WEEKS, [IN, OUT], **{"rtl": False, **options})


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (9, 10), (10, 10), (11, 20), (61, 80), (1001, 2000)]
)
def test_the_levels_are_whole_numbers_that_hold_the_highest_bar(most, top):
    chart = bar_chart(["a"], [Series("in", (most,))], rtl=False)
    assert [level.value for level in chart.levels] == [0, top // 2, top]


def test_every_bar_stands_inside_the_chart_and_none_on_another():
    chart = drawn()
    spans = sorted((bar.x, bar.x + bar.width) for bar in chart.bars)
    assert len(chart.bars) == 26
    assert chart.left <= spans[0][0]
    assert spans[-1][1] <= chart.right
    assert all(end <= begin + 0.2 for (_, end), (begin, _) in zip(spans, spans[1:], strict=False))
    assert all(0 < bar.y <= bar.y + bar.height < HEIGHT for bar in chart.bars)


def test_a_bar_is_as_high_as_its_value():
    by_height = {bar.series: [] for bar in drawn().bars}
    for bar in drawn().bars:
        by_height[bar.series].append(bar.height)
    assert by_height[0] == sorted(by_height[0])
    assert by_height[0] == by_height[1][::-1]
    assert by_height[0][0] == 0


def test_right_to_left_is_the_mirror_image():
    left, right = drawn(), drawn(rtl=True)
    for one, other in zip(left.bars, right.bars, strict=True):
        assert one.x + one.width + other.x == pytest.approx(WIDTH, abs=0.2)
    assert (left.beside, right.beside) == (WIDTH - right.beside, WIDTH - left.beside)
    assert left.ticks[0].x < left.ticks[-1].x
    assert right.ticks[0].x > right.ticks[-1].x


@pytest.mark.parametrize(
    ("n", "stand"), [(0, []), (1, ["0"]), (3, ["0", "1", "2"]), (13, ["0", "4", "8", "12"])]
)
def test_the_last_label_always_stands_and_few_others(n, stand):
    chart = bar_chart(WEEKS[:n], [Series("in", IN.values[:n])], rtl=False)
    assert [tick.label for tick in chart.ticks] == stand
