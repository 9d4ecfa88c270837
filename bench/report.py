"""What was measured, as Markdown with its charts as SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path

import msgspec

from bench.machine import Facts
from bench.measure import TIMES, Burst, Row
from bench.suite import BARE_INSERT, BARE_READ, Report, Stage
from bench.workloads import FILING, LIFE, QUEUE, RARE, SEARCH, TRACKING
from portal.charts import Chart, Series, bar_chart

GROWING = (TRACKING, FILING, QUEUE, SEARCH, RARE)
MOST_GROWTH, MOST_MEMORY, ACCEPTED_WITHIN, TOLD_WITHIN = 1.3, 200, 2_000, 50


class Aim(msgspec.Struct, frozen=True):
    """One figure to reach: what it is, what is asked for, what was measured."""

    what: str
    asked: str
    measured: str
    reached: bool


def write(report: Report, folder: Path) -> None:
    """``bench.md`` in ``folder`` says it all, with ``bench-limit.svg`` and ``bench-growth.svg`` beside it."""
    (folder / "bench.md").write_text("\n".join(_lines(report)) + "\n")
    (folder / "bench-limit.svg").write_text(
        _svg(_limit(report.stages[-1]), "Answers a second: bare and portal")
    )
    (folder / "bench-growth.svg").write_text(
        _svg(_growth(report.stages), "Median answer, µs, by number of cases")
    )


def _lines(report: Report) -> Iterator[str]:
    yield "# Measured by `make bench`\n"
    yield from _about(report)
    yield "\n## Figures to reach\n"
    yield "| figure | asked for | measured | reached |\n|---|---|---|---|"
    for aim in aims(report):
        yield f"| {aim.what} | {aim.asked} | {aim.measured} | {'yes' if aim.reached else '**no**'} |"
    yield "\n![Answers a second: the bare limit and the portal](bench-limit.svg)\n"
    for stage in report.stages:
        yield from _stage(stage)
    if len(report.stages) > 1:
        yield from _growth_table(report.stages)
    if report.burst:
        yield from _burst(report.burst)


def _about(report: Report) -> Iterator[str]:
    facts, length = report.facts, report.length
    yield (
        f"{facts.at:%Y-%m-%d}, {facts.model}, {facts.cores} cores, {facts.memory_gb:.0f} GB; {facts.system}, "
        f"Python {facts.python}, PostgreSQL {facts.postgres} with fsync on, one web process. "
        f"Medians of {length.runs} runs of {length.seconds:.0f} s; web process, database, worker and the load share "
        f"the cores. Load of the minute before: {facts.load:.1f}."
    )
    yield from _warning(facts)


def _warning(facts: Facts) -> Iterator[str]:
    if not facts.is_quiet:
        yield "\n**The machine was not quiet: other work had its processors, and these figures are worse for it.**"


def _stage(stage: Stage) -> Iterator[str]:
    yield f"\n## {stage.n_cases:,} cases\n"
    if stage.filled:
        yield f"{stage.filled:,} of them made in {stage.filling:.0f} s. Database: {stage.gigabytes:.2f} GB.\n"
    yield "| what | connections | answers/s | p50 ms | p95 ms | p99 ms | web CPU ms | database CPU ms | odd answers |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in stage.rows:
        odd = ", ".join(f"{n} x {status}" for status, n in row.failed.items())
        yield (
            f"| {row.name} | {row.connections} | {row.rate:,.0f} | {row.p50:.1f} | {row.p95:.1f} | {row.p99:.1f} "
            f"| {row.web:.2f} | {row.database:.2f} | {odd} |"
        )
    yield f"\nMemory after it: web process {stage.memory.web:.0f} MB, worker {stage.memory.worker:.0f} MB."


def _growth_table(stages: Sequence[Stage]) -> Iterator[str]:
    yield "\n## Growth\n\nMedian answer in ms, by the number of cases stored. A shared machine may be slower or"
    yield "faster an hour later: the last column divides by what became of the bare page meanwhile."
    yield "The figures to reach are not divided.\n"
    yield f"| what | {' | '.join(f'{stage.n_cases:,}' for stage in stages)} | grows by | beside the bare page |"
    yield f"|---|{'---|' * (len(stages) + 2)}"
    slower = _grows(stages, BARE_READ)
    for row in stages[-1].rows:
        times = [found.p50 for stage in stages if (found := _row(stage, row.name))]
        if len(times) == len(stages):
            grown, shown = _grows(stages, row.name), " | ".join(f"{time:.1f}" for time in times)
            yield f"| {row.name} | {shown} | {grown:.2f}x | {f'{grown / slower:.2f}x' if slower else ''} |"
    yield "\n![Median answers by the number of cases](bench-growth.svg)"


def _burst(burst: Burst) -> Iterator[str]:
    yield f"\n## A burst of {TIMES} times as many filings as can be taken\n"
    yield f"{burst.rate:,.0f} a second for {burst.seconds:.0f} s, timed from when each was to be sent.\n"
    yield "| what | measured |\n|---|---|"
    yield f"| sent | {burst.sent:,} |"
    yield f"| accepted | {burst.accepted:,}, p95 {burst.accepted_p95:,.0f} ms |"
    told = burst.told / max(1, burst.sent)
    yield (
        f"| told to come back (503, Retry-After) | {burst.told:,} ({told:.0%}), p50 {burst.told_p50:,.0f} ms, "
        f"p95 {burst.told_p95:,.0f} ms |"
    )
    yield f"| answered otherwise, or not at all (0) | {burst.refused or 'none'} |"
    yield f"| acknowledged and lost | {burst.lost} |"


def aims(report: Report) -> list[Aim]:
    """Every figure that can be told from what was measured."""
    last = report.stages[-1]
    found = [
        _share(last, TRACKING, BARE_READ, 0.50),
        _cpu(last),
        _share(last, FILING, BARE_INSERT, 0.45),
        _aim(
            f"whole lives at {last.n_cases:,} cases",
            ">= 60/s",
            _rate(last, LIFE),
            "{:.0f}/s",
            lambda n: n >= 60,
        ),
        _aim(
            "web process under load",
            f"< {MOST_MEMORY} MB",
            max(stage.memory.web for stage in report.stages),
            "{:.0f} MB",
            lambda n: n < MOST_MEMORY,
        ),
    ]
    if len(report.stages) > 1:
        found += [_grown(report.stages, name) for name in GROWING]
    if report.burst:
        found += _borne(report.burst)
    return found


def _aim(what: str, asked: str, measured: float, shown: str, test: Callable[[float], bool]) -> Aim:
    return Aim(what, asked, shown.format(measured), test(measured))


def _share(stage: Stage, name: str, limit: str, least: float) -> Aim:
    share = _rate(stage, name) / max(1, _rate(stage, limit))
    return _aim(f"{name}, of {limit}", f">= {least:.0%}", share, "{:.0%}", lambda n: n >= least)


def _cpu(stage: Stage) -> Aim:
    row = _row(stage, TRACKING)
    return _aim(f"{TRACKING}: web CPU", "<= 0.6 ms", row.web if row else 0, "{:.2f} ms", lambda n: n <= 0.6)


def _grown(stages: Sequence[Stage], name: str) -> Aim:
    what = f"{name}: p50 from {stages[0].n_cases:,} to {stages[-1].n_cases:,} cases"
    return _aim(
        what, f"<= {MOST_GROWTH}x", _grows(stages, name), "{:.2f}x", lambda grown: 0 < grown <= MOST_GROWTH
    )


def _grows(stages: Sequence[Stage], name: str) -> float:
    """How many times as long the median of a workload takes with the most cases; 0 where it was not measured."""
    first, last = _row(stages[0], name), _row(stages[-1], name)
    return last.p50 / first.p50 if first and last and first.p50 else 0.0


def _borne(burst: Burst) -> list[Aim]:
    others = sum(burst.refused.values())
    return [
        _aim("burst: acknowledged and lost", "0", burst.lost, "{}", lambda n: n == 0),
        _aim("burst: p95 of accepted", f"< {ACCEPTED_WITHIN} ms", burst.accepted_p95, "{:.0f} ms",
             lambda n: n < ACCEPTED_WITHIN),
        _aim("burst: p95 of 503", f"< {TOLD_WITHIN} ms", burst.told_p95, "{:.0f} ms", lambda n: n < TOLD_WITHIN),
        _aim("burst: neither accepted nor told when to come back", "0", others, "{}", lambda n: n == 0),
    ]  # fmt: skip


def _row(stage: Stage, name: str) -> Row | None:
    return next((row for row in stage.rows if row.name == name), None)


def _rate(stage: Stage, name: str) -> float:
    row = _row(stage, name)
    return row.rate if row else 0.0


def _limit(stage: Stage) -> Chart:
    pairs = ((BARE_READ, TRACKING), (BARE_INSERT, FILING))
    bars = [
        Series(name, tuple(round(_rate(stage, pair[n])) for pair in pairs)) for n, name in enumerate(_SIDES)
    ]
    return bar_chart(["reading", "writing"], bars, rtl=False)


def _growth(stages: Sequence[Stage]) -> Chart:
    def times(name: str) -> tuple[int, ...]:
        return tuple(round(1000 * row.p50) if (row := _row(stage, name)) else 0 for stage in stages)

    sides = [Series("tracking page", times(TRACKING)), Series("filing", times(FILING))]
    return bar_chart([f"{stage.n_cases:,}" for stage in stages], sides, rtl=False)


_SIDES = ("bare limit", "portal")
_FILLS = ("#1f5a8c", "#d98e32")


def _svg(chart: Chart, title: str) -> str:
    """The chart as a file of its own."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {chart.width} {chart.height + 20}" role="img"'
        f' font-family="sans-serif" font-size="9"><title>{escape(title)}</title>'
        '<rect width="100%" height="100%" fill="#fff"/>'
    ]
    for level in chart.levels:
        parts.append(f'<path d="M{chart.left} {level.y}H{chart.right}" stroke="#ccc"/>')
        parts.append(
            f'<text x="{chart.beside}" y="{level.y + 3}" text-anchor="middle">{level.value:,}</text>'
        )
    parts += [
        f'<rect x="{bar.x}" y="{bar.y}" width="{bar.width}" height="{bar.height}" fill="{_FILLS[bar.series]}"/>'
        for bar in chart.bars
    ]
    parts += [
        f'<text x="{tick.x}" y="{chart.height - 12}" text-anchor="middle">{escape(tick.label)}</text>'
        for tick in chart.ticks
    ]
    for n, one in enumerate(chart.series):
        x, y = chart.left + 110 * n, chart.height + 6
        parts.append(f'<rect x="{x}" y="{y - 7}" width="8" height="8" fill="{_FILLS[n]}"/>')
        parts.append(f'<text x="{x + 12}" y="{y}">{escape(one.label)}</text>')
    return "\n".join([*parts, "</svg>\n"])
