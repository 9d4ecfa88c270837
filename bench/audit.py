"""How fast the audit log is sealed and verified: ``python -m bench.audit [entries]`` (default 300000)."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

RUNS = 3
_FILL = """
    INSERT INTO audit_entry (actor, role, action, object, address, data, at)
    SELECT NULL, 'guest', 'case_viewed', 'case:' || gen_random_uuid(), '10.0.' || n % 250 || '.1', '{"tier": 1}',
           now() - interval '1 day' + n * interval '0.1 seconds'
    FROM generate_series(1, $1::integer) AS n
"""


def main() -> None:
    """Fill a database of its own, seal, verify, print, clean up."""
    n_entries = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    folder = Path(tempfile.mkdtemp(prefix="rahgir-bench-"))
    os.environ["PORTAL_DATA_DIR"] = str(folder)
    from portal import serve, settings

    try:
        with serve.database(settings.load()) as known:
            asyncio.run(serve.migrate(known))
            for line in asyncio.run(_measure(n_entries)):
                print(line, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(n_entries: int) -> list[str]:
    from db.engine import atomic, close_pool, connection_of_transaction, open_pool
    from portal.audit_log import actions, verify

    @atomic
    async def fill() -> None:
        await connection_of_transaction().execute(_FILL, n_entries)

    key = secrets.token_bytes(32)
    await open_pool(2)
    await fill()
    began = time.perf_counter()
    while await actions.seal(key):
        pass
    sealing = time.perf_counter() - began
    rates = []
    for _ in range(RUNS):
        began = time.perf_counter()
        verdict = await verify.check_chain([key])
        assert verdict.broken is None
        assert verdict.head.seq >= n_entries
        rates.append(verdict.head.seq / (time.perf_counter() - began))
    await close_pool()
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return [
        f"{n_entries:,} entries, {day}, {os.cpu_count()} cores",
        "",
        f"- sealed: {n_entries / sealing:,.0f} entries/s",
        f"- verified: {statistics.median(rates):,.0f}/s (median of {RUNS}; {min(rates):,.0f} to {max(rates):,.0f})",
    ]


if __name__ == "__main__":
    main()
