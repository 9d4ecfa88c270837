"""One bar for each day, stacked by what was seen in it, as numbers for an SVG. Pure.

In a right-to-left language time runs from right to left, as the table beside it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from portal.availability.uptime import Day, Uptime

WIDTH, HEIGHT = 360, 84
"""About a telephone's width in pixels, so that letters there are as large as they say."""
_GROUND = 64
_LEAST = {"up": 0.0, "planned": 7.0, "down": 7.0, "unknown": 2.0}
"""What a state has of a bar at least, once it was there at all: a minute of an outage is seen as well."""
_GAP = 0.8


class Part(msgspec.Struct, frozen=True):
    """A piece of one day's bar; ``state`` is a key of ``labels.STATES``."""

    state: str
    x: float
    y: float
    width: float
    height: float


class Tick(msgspec.Struct, frozen=True):
    """A day named beneath its bar; ``anchor`` as in SVG, in a left-to-right text."""

    x: float
    anchor: str
    day: date


class Bars(msgspec.Struct, frozen=True):
    """Everything to draw."""

    parts: tuple[Part, ...]
    ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT


def bars(days: Sequence[Day], *, rtl: bool) -> Bars:
    """A bar for each of ``days``, the oldest first."""
    place = WIDTH / max(len(days), 1)
    parts = []
    for n, day in enumerate(days):
        x = n * place + _GAP / 2
        left = WIDTH - x - place + _GAP if rtl else x
        parts += list(_stack(day.uptime, left, place - _GAP))
    return Bars(tuple(parts), tuple(_ticks(days, rtl=rtl)))


def _stack(day: Uptime, x: float, width: float) -> Iterator[Part]:
    lengths = {
        "up": day.up,
        "planned": day.planned_down,
        "down": day.outside_down,
        "unknown": day.unknown,
    }
    heights = {
        state: max(_LEAST[state], _GROUND * length / day.whole)
        for state, length in lengths.items()
        if length > 0
    }
    if not heights:
        return
    tallest = max(heights, key=lambda state: heights[state])
    heights[tallest] -= sum(heights.values()) - _GROUND
    y = float(_GROUND)
    for state, height in heights.items():
        y -= height
        yield Part(state, round(x, 2), round(y, 2), round(width, 2), round(height, 2))


def _ticks(days: Sequence[Day], *, rtl: bool) -> Iterator[Tick]:
    """The first day, the middle one and the last."""
    if not days:
        return
    for part, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        at = 1 - part if rtl else part
        turned = {"start": "end", "end": "start"}.get(anchor, anchor) if rtl else anchor
        yield Tick(WIDTH * at, turned, days[round(part * (len(days) - 1))].day)
