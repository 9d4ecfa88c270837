"""How fast promises are counted and shown: ``python -m bench.promises [cases]`` (default 1000000). Prints Markdown.

Fills a database of its own with ended cases and what became of their promises, serves it, counts and loads the pages.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from bench import load, stage
from bench.stage import HOST, PORT

YEARS = 2
BATCH = 100_000
RUNS, SECONDS = 3, 4.0
PAGES = (
    "/promises",
    "/promises/yearbook-qom",
    "/promises/yearbook-qom/figures.csv",
    "/services/yearbook-qom",
)
_CASES = """
    INSERT INTO "case" (id, number, service, sla_version, audience, agency_name, contact_name, locale, answers, body,
        salt, search_key, state, unit, channel, submission_id, submission_sha256, version, filed_at, changed_at,
        erased_at)
    SELECT gen_random_uuid(), 1000000000000000000 + $1::bigint + g, s.id, v.id, 'citizen', '', 'n', 'fa', '{}', '', '',
        '', 'closed', s.unit, 'portal', gen_random_uuid(), '', 4, filed.at, filed.at, filed.at
    FROM generate_series(1, $2::int) g
    CROSS JOIN LATERAL (SELECT now() - random() * interval '1 day' * $3::int + interval '0 s' * g AS at) filed
    JOIN (SELECT s.*, row_number() OVER () AS place, count(*) OVER () AS n FROM service s) s ON s.place = 1 + g % s.n
    JOIN sla_version v ON v.service = s.id AND v.superseded_at IS NULL
"""
# Exponential, so that about one in twelve is late; a fifth waited for the applicant, one in thirty was withdrawn.
_FACTS = """
    WITH spent AS (
        SELECT c.id, c.service, c.sla_version, c.unit, c.filed_at, t.value->>'key' AS target,
               CASE t.value->>'unit' WHEN 'working_days' THEN 'days' ELSE 'minutes' END AS measure,
               (t.value->>'amount')::bigint
                   * CASE t.value->>'unit' WHEN 'working_days' THEN $1::bigint ELSE $2::bigint END AS promised,
               -0.4 * ln(1 - random()) AS share, random() AS chance
        FROM "case" c JOIN sla_version v ON v.id = c.sla_version, jsonb_array_elements(v.document->'targets') t
        WHERE c.search_key = '' AND c.submission_sha256 = '' AND t.value->>'key' IN ('first_answer', 'result')
    )
    INSERT INTO clock_fact (id, "case", service, sla_version, unit, target, round, state, kept, measure, promised, used,
        paused_s, started_at, due_at, stopped_at)
    SELECT gen_random_uuid(), id, service, sla_version, unit, target, 1,
        CASE WHEN share > 1 THEN 'missed' WHEN chance < 0.03 THEN 'dropped' ELSE 'met' END, chance >= 0.03, measure,
        promised, (promised * share)::bigint, CASE WHEN chance > 0.8 THEN 86400 ELSE 0 END, filed_at,
        filed_at + interval '10 days', least(now(), filed_at + share * interval '10 days' + interval '1 day')
    FROM spent
"""


def main() -> None:
    """Serve, fill, count, load, print, clean up."""
    n_cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with stage.demo() as (folder, _supervisor):
        asyncio.run(_report(folder, n_cases))


async def _report(folder: Path, n_cases: int) -> None:
    from db import embedded
    from db.engine import close_pool, open_pool

    with embedded.start(folder) as cluster:
        os.environ["PORTAL_DATABASE_URL"] = cluster.app_url
        n_facts = await fill(cluster.owner_url, n_cases)
        await open_pool(2)
        lines = await _counting()
        await close_pool()
        print(f"{n_cases:,} ended cases, {n_facts:,} facts, {os.cpu_count()} cores\n\n{lines}\n")
        print("| page | connections | answers/s | p50 ms | p95 ms | statuses |\n|---|---|---|---|---|---|")
        for path in PAGES:
            for connections in (1, 4):
                print(await _row(path, connections), flush=True)


async def fill(url: str, n_cases: int) -> int:
    """``n_cases`` more ended cases with two promises each; how many facts there are then."""
    from portal.workdays import ONE

    connection = await asyncpg.connect(url)
    try:
        for first in range(0, n_cases, BATCH):
            await connection.execute(_CASES, first, min(BATCH, n_cases - first), 365 * YEARS)
        await connection.execute(_FACTS, ONE["days"], 60 * ONE["minutes"])
        await connection.execute("VACUUM ANALYZE")
        return int(await connection.fetchval("SELECT count(*) FROM clock_fact"))
    finally:
        await connection.close()


async def _counting() -> str:
    from db.promises import PublishedPromises
    from portal.promises import actions

    times, longest = [], 0.0

    async def feel_the_loop() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - before)

    watch = asyncio.create_task(feel_the_loop())
    for changed in (False, True):
        before = time.perf_counter()
        if not changed:
            await PublishedPromises.update({PublishedPromises.seen: ""}).where(PublishedPromises.seen != "")
        await actions.publish(zone=ZoneInfo("Asia/Tehran"), now=datetime.now(UTC))
        times.append(time.perf_counter() - before)
    watch.cancel()
    sizes = await PublishedPromises.raw("SELECT sum(octet_length(facts)) AS facts FROM published_promises")
    return (
        f"- counting everything: {times[0]:.1f} s; looking and finding little new: {times[1]:.2f} s\n"
        f"- longest time the worker's loop stood still: {1000 * longest:.0f} ms\n"
        f"- facts of all services, packed: {sizes[0]['facts'] / 1e6:.1f} MB"
    )


async def _row(path: str, connections: int) -> str:
    request = load.request("GET", path, HOST)
    runs = [
        await load.run("127.0.0.1", PORT, lambda: request, connections=connections, seconds=SECONDS)
        for _ in range(RUNS)
    ]
    result = load.median_run(runs)
    p50, p95 = (result.percentile(share) for share in (0.5, 0.95))
    statuses = ", ".join(f"{status}: {n}" for status, n in sorted(result.statuses.items()))
    return f"| {path} | {connections} | {result.rate:,.0f} | {p50:.1f} | {p95:.1f} | {statuses} |"


if __name__ == "__main__":
    main()
