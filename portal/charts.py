"""Bar charts as geometry; ``templates/_base/chart.html`` draws them.

The first series is filled, the second hatched: nobody has to tell colours apart. In a right-to-left language time runs
from right to left, as the table beside a chart does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

WIDTH, HEIGHT = 360, 190
"""Of the drawing, in its own units: one is about a pixel on a telephone."""
_SIDE, _TOP, _BOTTOM = 40, 12, 164  # beside the bars stand the levels, beneath them the labels
_RISE = _BOTTOM - _TOP
_GAP = 0.3  # of each place, left free between its neighbours
_FINEST = 2  # the lowest level at the top, so that half of it is a whole number


class Series(msgspec.Struct, frozen=True):
    """What is counted, by one name, and how many at each place."""

    label: str
    values: tuple[int, ...]


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar; ``series`` is 0 or 1."""

    series: int
    x: float
    y: float
    width: float
    height: float


class Level(msgspec.Struct, frozen=True):
    """A line across the chart and the value it stands for."""

    y: float
    value: int


class Tick(msgspec.Struct, frozen=True):
    """A label beneath the middle of its place."""

    x: float
    label: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Everything to draw. Lines run from ``left`` to ``right``; ``beside`` is the middle of the levels' values."""

    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    levels: tuple[Level, ...]
    ticks: tuple[Tick, ...]
    left: float
    right: float
    beside: float
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(labels: Sequence[str], series: Sequence[Series], *, rtl: bool, most_labels: int = 4) -> Chart:
    """One or two series side by side at each of the ``labels``, of which the last and up to ``most_labels`` stand."""
    top = _top(max((value for one in series for value in one.values), default=0))
    place = (WIDTH - 2 * _SIDE) / max(len(labels), 1)
    return Chart(
        series=tuple(series),
        bars=tuple(_bars(series, top, place, rtl=rtl)),
        levels=tuple(Level(_round(_BOTTOM - part * _RISE), int(top * part)) for part in (0, 0.5, 1)),
        ticks=tuple(_ticks(labels, place, rtl=rtl, most=most_labels)),
        left=_SIDE,
        right=WIDTH - _SIDE,
        beside=WIDTH - _SIDE / 2 if rtl else _SIDE / 2,
    )


def _bars(series: Sequence[Series], top: int, place: float, *, rtl: bool) -> Iterator[Bar]:
    width = place * (1 - _GAP) / max(len(series), 1)
    for n, one in enumerate(series):
        for at, value in enumerate(one.values):
            height = value / top * _RISE
            x = _SIDE + at * place + place * _GAP / 2 + n * width
            yield Bar(
                series=n,
                x=_round(WIDTH - x - width if rtl else x),
                y=_round(_BOTTOM - height),
                width=_round(width),
                height=_round(height),
            )


def _ticks(labels: Sequence[str], place: float, *, rtl: bool, most: int) -> Iterator[Tick]:
    """Labels at even distances, counted from the last."""
    step = max(1, -(-(len(labels) - 1) // max(most - 1, 1)))
    for at, label in enumerate(labels):
        if (len(labels) - 1 - at) % step == 0:
            middle = _SIDE + (at + 0.5) * place
            yield Tick(_round(WIDTH - middle if rtl else middle), label)


def _top(most: int) -> int:
    """The level at the top: 2, 4, 6, 8 or 10 times a power of ten."""
    size = _FINEST
    while size * 5 < most:
        size *= 10
    return size * max(1, -(-most // size))


def _round(value: float) -> float:
    return round(value, 1)
