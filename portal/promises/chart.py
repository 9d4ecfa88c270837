"""Bars of kept and missed promises, week by week, as numbers for an SVG: time runs as the language is read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from portal.promises.figures import Week

WIDTH, HEIGHT = 340, 176
"""About a telephone's width in pixels, so that letters there are as large as they say."""
_MARGIN, _TOP, _GROUND = 36, 14, 150
_GAP = 4


class Bar(msgspec.Struct, frozen=True):
    """One week: ``kept`` stands on the ground, ``missed`` on top of it; each is (y, height)."""

    x: int
    width: int
    kept: tuple[int, int]
    missed: tuple[int, int]


class Label(msgspec.Struct, frozen=True):
    """The last day of a week under its bar; ``x`` is the middle."""

    x: int
    day: date


class Chart(msgspec.Struct, frozen=True):
    """``top`` is the number at the upper line, whose y is ``top_y``; the scale stands at ``scale_x``."""

    width: int
    height: int
    left: int
    right: int
    top: int
    top_y: int
    ground: int
    scale_x: int
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]


def chart(weeks: Sequence[Week], *, rtl: bool) -> Chart | None:
    """The bars of ``weeks``, the oldest first; None where nothing is shown of any."""
    most = max(((week.kept or 0) + (week.missed or 0) for week in weeks), default=0)
    if not most:
        return None
    top, slot = _round(most), (WIDTH - 2 * _MARGIN) // len(weeks)

    def begin(n: int, width: int) -> int:
        x = _MARGIN + n * slot + (slot - width) // 2
        return WIDTH - x - width if rtl else x

    bars = []
    for n, week in enumerate(weeks):
        kept = _height(week.kept or 0, top)
        both = _height((week.kept or 0) + (week.missed or 0), top)
        bars.append(
            Bar(begin(n, slot - _GAP), slot - _GAP, (_GROUND - kept, kept), (_GROUND - both, both - kept))
        )
    shown = (0, len(weeks) // 2, len(weeks) - 1)
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=_MARGIN,
        right=WIDTH - _MARGIN,
        top=top,
        top_y=_TOP,
        ground=_GROUND,
        scale_x=WIDTH - _MARGIN + 6 if rtl else _MARGIN - 6,
        bars=tuple(bars),
        labels=tuple(Label(begin(n, 0), weeks[n].until) for n in shown),
    )


def _round(most: int) -> int:
    """The next number from ``most`` on that begins with 1, 2 or 5 and goes on with zeros."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if step * size >= most:
                return step * size
        size *= 10


def _height(n: int, top: int) -> int:
    """At least a line where there is anything at all."""
    return max(2, n * (_GROUND - _TOP) // top) if n else 0
