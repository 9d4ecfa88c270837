"""How fast a due date is found: ``python -m bench.clock [runs]`` (default 2000). Prints Markdown.

The calendar is the sample office's with its public holidays and twenty days of its own; the case has twenty events,
seven of them pauses, and two credited outages.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

from portal.marks import Mark, Target
from portal.office_hours import IRAN_OFFICE, Calendar, Day
from portal.sla import History, alarms, breaks_of, due_at, read, steps
from portal.workdays import _year

FILED = datetime(2026, 4, 11, 6, 30, tzinfo=UTC)
NOW = FILED + timedelta(days=60)
HOUR = timedelta(hours=1)
NAME = "iran_office"
TARGETS = [
    Target("first_answer", 8, "working_hours", NAME),
    Target("result", 100, "working_days", NAME),
    Target("keep_in_touch", 10, "working_days", NAME),
    Target("complaint_answer", 30, "working_days", NAME),
]
HISTORY = ("touched", "paused", "resumed", "told", "paused", "resumed") * 3


def main() -> None:
    """Measure each question many times, print median and 95th percentile of processor time in microseconds."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    calendar, case = _calendar(), _case()
    known = {NAME: calendar}
    breaks = breaks_of(case, now=NOW)
    target = TARGETS[1]
    open_one = next(r for r in read(TARGETS, known, case, now=NOW) if r.target == target)
    questions: list[tuple[str, Callable[[], object]]] = [
        (
            f"deadline from {len(case.marks)} events",
            lambda: due_at(target, calendar, FILED, breaks_of(case, now=NOW)),
        ),
        (f"deadline, the {len(breaks)} breaks known", lambda: due_at(target, calendar, FILED, breaks)),
        ("deadline at filing", lambda: due_at(target, calendar, FILED)),
        (f"`read` of {len(TARGETS)} targets", lambda: read(TARGETS, known, case, now=NOW)),
        ("`alarms` of one promise", lambda: _alarms(calendar, case)),
        ("`steps`: why this date", lambda: steps(open_one, calendar, case, now=NOW)),
    ]
    print(f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores, {runs:,} runs each\n")  # noqa: DTZ011
    print("| what | median µs | 95 % µs |\n|---|---|---|")
    for name, ask in questions:
        _print(name, _times(ask, runs))
    _print("first lay-out of a year", _times(lambda: _year.__wrapped__(calendar, 2026), 20))


def _calendar() -> Calendar:
    own = {date(2026, 4, 12) + timedelta(days=13 * n): Day(((450, 660),) if n % 2 else ()) for n in range(20)}
    return msgspec.structs.replace(IRAN_OFFICE, days=own)


def _case() -> History:
    marks = [Mark("started", FILED)]
    for n, what in enumerate(HISTORY, start=1):
        at = FILED + n * 60 * HOUR
        marks.append(Mark(what, at, at + 240 * HOUR if what == "paused" else None, n=n))
    marks.append(Mark("paused", NOW - HOUR, NOW + 240 * HOUR, n=len(marks)))
    outages = tuple((FILED + n * 400 * HOUR, FILED + (n * 400 + 3) * HOUR) for n in (1, 2))
    return History(tuple(marks), outages)


def _alarms(calendar: Calendar, case: History) -> list[datetime]:
    offsets = [Target("result", days, "working_days", NAME) for days in (0, 1, 3)]
    reading = read(TARGETS[1:2], {NAME: calendar}, case, now=NOW)[0]
    return alarms(reading, calendar, case, warnings=(50, 80), offsets=offsets, now=NOW)


def _times(ask: Callable[[], object], runs: int) -> list[float]:
    ask()
    gc.disable()
    found = []
    for _ in range(runs):
        began = time.process_time_ns()
        ask()
        found.append((time.process_time_ns() - began) / 1000)
    gc.enable()
    return found


def _print(name: str, times: list[float]) -> None:
    print(f"| {name} | {statistics.median(times):,.0f} | {statistics.quantiles(times, n=20)[-1]:,.0f} |")


if __name__ == "__main__":
    main()
