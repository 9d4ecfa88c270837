"""Measure the portal: ``python -m bench [cases …]`` (default 1000 200000). Prints what it finds, and writes it down.

Serves in a folder and on ports of its own, fills it, loads it from this process, and leaves nothing but the report.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvloop

from bench import stage, suite
from bench.measure import BURST_SECONDS, Length

DOCS = stage.ROOT / "docs"


def main() -> int:
    """Serve, fill, measure, write, clean up; 2 where a portal lives already."""
    given = _given()
    if inhabited():
        print(
            "bench: a portal lives here (PORTAL_DATA_DIR, PORTAL_DATABASE_URL). Measure it elsewhere.",
            file=sys.stderr,
        )
        return 2
    length = Length(given.runs, given.seconds, given.burst)
    with stage.folder() as folder, stage.database(folder) as cluster:
        uvloop.run(suite.run(folder, cluster, given.cases, length, lambda found: _keep(found, given.to)))
    print((given.to / "bench.md").read_text())
    return 0


def inhabited() -> bool:
    """The environment names a database, or a data folder that holds something: nothing is measured beside that."""
    folder = os.environ.get("PORTAL_DATA_DIR")
    return bool(
        os.environ.get("PORTAL_DATABASE_URL") or folder and Path(folder).is_dir() and os.listdir(folder)
    )


def _keep(found: suite.Report, folder: Path) -> None:
    from bench import report

    folder.mkdir(parents=True, exist_ok=True)
    report.write(found, folder)


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the portal in a place of its own.")
    parser.add_argument("cases", nargs="*", type=int, default=[1_000, 200_000], help="how many are stored")
    parser.add_argument("--runs", type=int, default=3, help="of each workload")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--burst", type=float, default=BURST_SECONDS, help="seconds of the burst")
    parser.add_argument("--to", type=Path, default=DOCS, help="folder of the report")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
