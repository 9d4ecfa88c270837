"""Measuring one workload: several runs, the one with the median rate, and what it cost web process and database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bench import load, machine, stage
from bench.load import Act, Answer, Line, Result
from bench.workloads import Sample, Workload, filer

WARM_UP = 1.0  # seconds
BURST_SECONDS, TIMES = 30.0, 10
"""How long a burst lasts, and how many times more come than can be taken."""


class Served(msgspec.Struct, frozen=True):
    """Something that answers on ``port``: its supervisor, and the database's first process."""

    port: int
    supervisor: int
    postmaster: int

    @property
    def web(self) -> list[machine.Process]:
        return machine.children(self.supervisor, "web")


class Length(msgspec.Struct, frozen=True):
    """How often and how long (in seconds) each workload is measured."""

    runs: int = 3
    seconds: float = 4.0
    burst: float = BURST_SECONDS


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What one workload came to: answers a second, milliseconds, and processor milliseconds of each answer."""

    name: str
    connections: int
    rate: float
    p50: float
    p95: float
    p99: float
    statuses: dict[int, int]
    web: float
    database: float

    @property
    def failed(self) -> dict[int, int]:
        """Answers that should not have been."""
        return {status: n for status, n in self.statuses.items() if status not in (200, 303)}


class Burst(msgspec.Struct, frozen=True, kw_only=True):
    """A burst of filings at ``rate``: what became of them. Times are milliseconds from when each was to be sent.

    ``told``: told to come back, with Retry-After; ``refused``: turned away otherwise; ``lost``: acknowledged codes
    that the database does not have.
    """

    rate: float
    seconds: float
    sent: int
    accepted: int
    accepted_p95: float
    told: int
    told_p50: float
    told_p95: float
    refused: dict[int, int]
    lost: int


async def measured(workload: Workload, served: Served, length: Length) -> Row:
    """The workload's figures, after a second of warming up."""
    rows = []
    for seconds in (WARM_UP, *[length.seconds] * length.runs):
        with _cost(served) as cost:
            result = await load.closed(
                "127.0.0.1", served.port, workload.act, connections=workload.connections, seconds=seconds
            )
        rows.append(_row(workload, result, cost))
    rows = sorted(rows[1:], key=lambda row: row.rate)
    return rows[(len(rows) - 1) // 2]


@contextmanager
def _cost(served: Served) -> Iterator[list[float]]:
    """Processor seconds of web process and database between entering and leaving."""

    def now() -> tuple[float, float]:
        return machine.cpu_of(served.web), machine.cpu_of(machine.family(served.postmaster))

    cost: list[float] = []
    before = now()
    yield cost
    cost += [after - before for after, before in zip(now(), before, strict=True)]


def _row(workload: Workload, result: Result, cost: list[float]) -> Row:
    answers = max(1, len(result.latencies))
    return Row(
        name=workload.name,
        connections=workload.connections,
        rate=result.rate,
        p50=result.percentile(0.5),
        p95=result.percentile(0.95),
        p99=result.percentile(0.99),
        statuses=result.statuses,
        web=1000 * cost[0] / answers,
        database=1000 * cost[1] / answers,
    )


async def burst(known: Sample, sustainable: float, length: Length) -> Burst:
    """Ten times as many people file as the portal can take, whether or not they are answered."""
    codes: list[str] = []
    told: list[str] = []
    result = await load.opened(
        "127.0.0.1", stage.PORT, _noting(filer(known.key), codes, told),
        rate=TIMES * sustainable, seconds=length.burst,
    )  # fmt: skip
    turned_away = result.statuses.get(503, 0)
    others = {status: n for status, n in result.statuses.items() if status not in (303, 503)}
    return Burst(
        rate=TIMES * sustainable,
        seconds=length.burst,
        sent=len(result.latencies),
        accepted=result.statuses.get(303, 0),
        accepted_p95=result.percentile(0.95, 303),
        told=len(told),
        told_p50=result.percentile(0.5, 503),
        told_p95=result.percentile(0.95, 503),
        refused={**others, **({503: turned_away - len(told)} if turned_away > len(told) else {})},
        lost=await _missing(codes),
    )


def _noting(make: load.Make, codes: list[str], told: list[str]) -> Act:
    async def act(line: Line) -> int:
        answer: Answer = await line.ask(make())
        if answer.status == 303:
            codes.append(answer.header("location").removeprefix("/cases/").removesuffix("/receipt"))
        elif answer.header("retry-after"):
            told.append(answer.header("retry-after"))
        return answer.status

    return act


async def _missing(acknowledged: list[str]) -> int:
    """How many of the codes that were given out lead to no case."""
    from db.cases import Case
    from portal import codes

    await asyncio.sleep(1)
    numbers = [codes.parse(code) for code in acknowledged]
    rows = await Case.raw('SELECT count(*) AS n FROM "case" WHERE number = ANY({})', numbers)
    return len(set(numbers)) - int(rows[0]["n"])
