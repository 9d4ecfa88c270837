"""One run of everything: fill, serve, measure, fill more, and in the end the burst."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bench import bare, generate, machine, stage
from bench.generate import Place
from bench.load import request, sending
from bench.measure import Burst, Length, Row, Served, burst, measured
from bench.workloads import FILING, Workload, getting, sample, workloads
from db import embedded

BARE_PORT = stage.PORT + 1
BARE_READ, BARE_INSERT = "bare: one row and a template", "bare: one durable insert"
_SIZE = "SELECT pg_database_size(current_database())"


class Memory(msgspec.Struct, frozen=True):
    """Megabytes that are resident after the load."""

    web: float
    worker: float


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured with so many cases stored; ``filling`` in seconds, for ``filled`` of them."""

    n_cases: int
    filled: int
    filling: float
    gigabytes: float
    rows: list[Row]
    memory: Memory


class Report(msgspec.Struct, kw_only=True):
    """Everything measured so far."""

    facts: machine.Facts
    length: Length
    stages: list[Stage] = []
    burst: Burst | None = None


async def run(
    folder: Path,
    cluster: embedded.Cluster,
    sizes: Sequence[int],
    length: Length,
    keep: Callable[[Report], None],
) -> Report:
    """Measures at each of ``sizes``, the smallest first; ``keep`` is given what there is after each step."""
    from db.engine import close_pool, open_pool
    from portal import settings

    key = settings.load().secret_key
    place = Place(cluster.owner_url, folder, key)
    report = Report(facts=machine.facts(str(await _ask(cluster, "SHOW server_version"))), length=length)
    await open_pool(4)
    try:
        for n_cases in sorted(sizes):
            report.stages.append(await _measure_at(n_cases, place, cluster, report))
            keep(report)
        with stage.serving() as supervisor:
            machine.rest(supervisor)
            filing = next(row for row in report.stages[-1].rows if row.name == FILING)
            report.burst = await burst(await sample(key), filing.rate, length)
        keep(report)
    finally:
        await close_pool()
    return report


async def _measure_at(n_cases: int, place: Place, cluster: embedded.Cluster, report: Report) -> Stage:
    from db.cases import Case

    there = await Case.count()
    began = time.monotonic()
    if n_cases > there:
        await generate.fill(place, n_cases - there, seed=len(report.stages), now=datetime.now(UTC))
    filling = time.monotonic() - began
    gigabytes = await _ask(cluster, _SIZE) / 1e9
    await _make_bare_table(place.owner_url)
    postmaster = cluster.postmaster.pid()
    assert postmaster, "the database runs"
    with stage.serving() as supervisor, stage.serving("-m", "bench.bare", port=BARE_PORT) as bare_one:
        machine.rest(supervisor)
        portal = Served(stage.PORT, supervisor, postmaster)
        rows = await _rows(place.key, portal, Served(BARE_PORT, bare_one, postmaster), report)
        memory = Memory(
            web=machine.megabytes_of(portal.web),
            worker=machine.megabytes_of(machine.children(supervisor, "worker")),
        )
    return Stage(
        n_cases=n_cases,
        filled=max(0, n_cases - there),
        filling=filling,
        gigabytes=gigabytes,
        rows=rows,
        memory=memory,
    )


async def _rows(key: bytes, portal: Served, bare_one: Served, report: Report) -> list[Row]:
    """The bare limit beside the portal, in one go; what does not grow is measured with the fewest cases only."""
    from portal import codes

    known = await sample(key)
    numbers = [codes.parse(code) for code in known.codes]
    limits = [
        Workload(BARE_READ, 16, getting([f"/rows/{number}" for number in numbers])),
        Workload(BARE_INSERT, 16, sending(lambda: request("POST", "/rows", f"localhost:{BARE_PORT}"))),
    ]
    rows = [await measured(limit, bare_one, report.length) for limit in limits]
    for workload in workloads(known):
        if workload.grows or not report.stages:
            rows.append(await measured(workload, portal, report.length))
            print(f"  {workload.name}: {rows[-1].rate:,.0f}/s, p50 {rows[-1].p50:.1f} ms", flush=True)
    return rows


async def _make_bare_table(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(bare.TABLE)
        await connection.execute(bare.GRANT)
    finally:
        await connection.close()


async def _ask(cluster: embedded.Cluster, question: str) -> Any:
    connection = await asyncpg.connect(cluster.owner_url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()
