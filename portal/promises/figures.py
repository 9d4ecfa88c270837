"""How a service kept its promises, counted from its published facts alone. Pure: worker and ``portal recompute``
arrive at the same figures because both come here.

Durations are whole tenths of a working day or hour, rounded up where the facts were written, so that every sum,
median and percentage is exact. What rests on fewer than ``MINIMUM`` requests is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from portal import csv_lines
from portal.promises import endings
from portal.promises.endings import Ended, Ends, Rated, Said

MINIMUM = 5
"""Requests below which nothing is said."""
WINDOWS: dict[str, int | None] = {"30": 30, "90": 90, "365": 365, "edition": None}
"""Days back from the day of counting, that day included; None: all under the edition in force."""
WEEKS = 13
FEW = "<5"
"""How a file says that a figure is held back."""
Unit = Literal["working_days", "working_hours"]
State = Literal["kept", "late", "never", "dropped"]


class Fact(msgspec.Struct, frozen=True, array_like=True):
    """``n`` alike rounds of a promise that stopped. ``counted_on`` is the day on which five of the same edition,
    promise and round had come together.

    ``state``: kept in time, fulfilled late, never fulfilled though late, dropped because nobody waited any more.
    ``promised`` and ``used`` are tenths of ``unit``; ``paused`` is the percentage of the round in which it waited
    for the applicant.
    """

    edition: int
    target: str
    round: int
    unit: Unit
    promised: int
    counted_on: date
    state: State
    used: int
    paused: int
    n: int


class Promised(msgspec.Struct, frozen=True):
    """What the edition in force promises, in tenths of ``unit``. ``open``: rounds that run, None for one to four."""

    target: str
    unit: Unit
    promised: int
    open: int | None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The published file of a service. ``columns`` names what stands in each of ``facts``; ``day`` is that of ``as_of``
    at the desk, ``edition`` the one in force, or the last. ``overdue``: open requests past a promised date, None for
    one to four. ``ended`` and ``rated`` are how requests ended and what applicants said, with the names of their parts.
    """

    service: str
    as_of: datetime
    day: date
    edition: int
    overdue: int | None
    promised: tuple[Promised, ...]
    columns: tuple[str, ...] = Fact.__struct_fields__
    facts: tuple[Fact, ...]
    ended_columns: tuple[str, ...] = Ended.__struct_fields__
    ended: tuple[Ended, ...] = ()
    rated_columns: tuple[str, ...] = Rated.__struct_fields__
    rated: tuple[Rated, ...] = ()


class Window(msgspec.Struct, frozen=True):
    """One stretch of time. All None below ``MINIMUM`` rounds that were kept or missed.

    ``dropped`` rounds count neither way. ``median`` and ``p90`` are tenths, of the fulfilled rounds, by nearest rank;
    ``paused`` is the mean percentage.
    """

    key: str
    kept: int | None = None
    missed: int | None = None
    dropped: int | None = None
    median: int | None = None
    p90: int | None = None
    paused: int | None = None

    @property
    def percent(self) -> int | None:
        """Kept of those that were kept or missed, rounded down: nothing is called 100 % that is not."""
        if self.kept is None or self.missed is None:
            return None
        return 100 * self.kept // (self.kept + self.missed)


class Week(msgspec.Struct, frozen=True):
    """Seven days up to and including ``until``; None as in ``Window``."""

    until: date
    kept: int | None
    missed: int | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One promise of a service; ``weeks`` from the oldest on."""

    target: str
    unit: Unit
    promised: int
    open: int | None
    windows: tuple[Window, ...]
    weeks: tuple[Week, ...]

    def window(self, key: str) -> Window:
        """The stretch with this key of ``WINDOWS``."""
        return next(window for window in self.windows if window.key == key)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What is published about one service."""

    service: str
    as_of: datetime
    day: date
    edition: int
    overdue: int | None
    promises: tuple[Kept, ...]
    ends: tuple[Ends, ...] = ()
    said: tuple[Said, ...] = ()


def figures(given: Facts) -> Figures:
    """Everything that is published, from the file that is published."""
    return Figures(
        service=given.service,
        as_of=given.as_of,
        day=given.day,
        edition=given.edition,
        overdue=given.overdue,
        promises=tuple(_kept(promised, given) for promised in given.promised),
        ends=endings.ends(given.ended, given.day),
        said=endings.said(given.rated, given.day, minimum=MINIMUM),
    )


def held_back(n: int) -> int | None:
    """``n``, or None where it would point at single requests."""
    return n if n == 0 or n >= MINIMUM else None


def nearest_rank(values: Sequence[tuple[int, int]], percent: int) -> int:
    """The smallest of ``values`` (each with how often it occurs) that ``percent`` of all are not above."""
    left = -(-percent * sum(n for _, n in values) // 100)
    for value, n in sorted(values):
        left -= n
        if left <= 0:
            return value
    raise ValueError("no values")


def _kept(promised: Promised, given: Facts) -> Kept:
    of_it = [fact for fact in given.facts if fact.target == promised.target]

    def since(days: int | None) -> list[Fact]:
        if days is None:
            return [fact for fact in of_it if fact.edition == given.edition]
        first = given.day - timedelta(days=days - 1)
        return [fact for fact in of_it if first <= fact.counted_on <= given.day]

    return Kept(
        target=promised.target,
        unit=promised.unit,
        promised=promised.promised,
        open=promised.open,
        windows=tuple(_window(key, since(days), promised.unit) for key, days in WINDOWS.items()),
        weeks=tuple(_weeks(since(7 * WEEKS), given.day)),
    )


def _window(key: str, facts: Sequence[Fact], unit: Unit) -> Window:
    judged = [fact for fact in facts if fact.state != "dropped"]
    total = _count(judged)
    if total < MINIMUM:
        return Window(key)
    kept = _count(fact for fact in judged if fact.state == "kept")
    spent = [(fact.used, fact.n) for fact in judged if fact.state in ("kept", "late") and fact.unit == unit]
    enough = sum(n for _, n in spent) >= MINIMUM
    return Window(
        key,
        kept=kept,
        missed=total - kept,
        dropped=_count(facts) - total,
        median=nearest_rank(spent, 50) if enough else None,
        p90=nearest_rank(spent, 90) if enough else None,
        paused=(2 * sum(fact.paused * fact.n for fact in judged) + total) // (2 * total),
    )


def _weeks(facts: Iterable[Fact], day: date) -> Iterator[Week]:
    totals = [[0, 0] for _ in range(WEEKS)]
    for fact in facts:
        if fact.state != "dropped":
            totals[(day - fact.counted_on).days // 7][fact.state != "kept"] += fact.n
    for ago in reversed(range(WEEKS)):
        kept, missed = totals[ago]
        shown = held_back(kept + missed) is not None
        yield Week(day - timedelta(days=7 * ago), kept if shown else None, missed if shown else None)


def _count(facts: Iterable[Fact]) -> int:
    return sum(fact.n for fact in facts)


# A name of each column of the figures' file, and what stands there.
_COLUMNS: dict[str, Callable[[Figures, Kept, Window], object]] = {
    "service": lambda of, _kept, _window: of.service,
    "as_of": lambda of, _kept, _window: of.as_of.isoformat(),
    "edition": lambda of, _kept, _window: of.edition,
    "promise": lambda _of, kept, _window: kept.target,
    "unit": lambda _of, kept, _window: kept.unit,
    "promised": lambda _of, kept, _window: decimal(kept.promised),
    "window": lambda _of, _kept, window: window.key,
    "kept": lambda _of, _kept, window: _or_few(window.kept),
    "missed": lambda _of, _kept, window: _or_few(window.missed),
    "dropped": lambda _of, _kept, window: _or_few(window.dropped),
    "kept_percent": lambda _of, _kept, window: _or_few(window.percent),
    "median": lambda _of, _kept, window: decimal(window.median),
    "p90": lambda _of, _kept, window: decimal(window.p90),
    "paused_percent": lambda _of, _kept, window: _or_few(window.paused),
    "open": lambda _of, kept, _window: _or_few(kept.open),
    "overdue": lambda of, _kept, _window: _or_few(of.overdue),
}


def as_csv(published: Iterable[Figures]) -> str:
    """One line for each service, promise and stretch of time, after a line of names."""
    lines = [csv_lines.line(_COLUMNS)]
    for of in published:
        for kept in of.promises:
            lines += [
                csv_lines.line(cell(of, kept, window) for cell in _COLUMNS.values())
                for window in kept.windows
            ]
    return csv_lines.START + "".join(lines)


def decimal(tenths: int | None) -> str:
    """Tenths as a number with a point; ``FEW`` for None."""
    return FEW if tenths is None else f"{tenths // 10}.{tenths % 10}"


def _or_few(value: int | None) -> object:
    return FEW if value is None else value
