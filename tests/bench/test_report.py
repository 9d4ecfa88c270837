"""The report of a measurement, and when nothing is measured at all."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

from bench import __main__ as bench
from bench import report, suite, workloads
from bench.machine import Facts
from bench.measure import Burst, Length, Row

FACTS = Facts(
    model="Some CPU", cores=2, memory_gb=8.0, system="Linux", python="3.11", postgres="18", load=1.9,
    at=datetime(2026, 11, 21, tzinfo=UTC),
)  # fmt: skip
BURST = Burst(
    rate=2000, seconds=30, sent=60_000, accepted=9_000, accepted_p95=900, told=50_990, told_p50=3, told_p95=60,
    refused={0: 10}, lost=0,
)  # fmt: skip


def row(name: str, rate: float, p50: float) -> Row:
    return Row(
        name=name, connections=16, rate=rate, p50=p50, p95=2 * p50, p99=3 * p50, statuses={200: 100, 503: 2},
        web=0.5, database=0.2,
    )  # fmt: skip


def stage(n: int, slower: float) -> suite.Stage:
    names = (suite.BARE_READ, suite.BARE_INSERT, *report.GROWING, workloads.LIFE)
    rows = [row(name, 1000 / slower, 10 * slower) for name in names]
    return suite.Stage(
        n_cases=n, filled=n, filling=60, gigabytes=1.5, rows=rows, memory=suite.Memory(web=150, worker=110)
    )


def test_the_report_says_what_was_reached_and_warns_of_a_busy_machine(tmp_path):
    found = suite.Report(
        facts=FACTS, length=Length(), stages=[stage(1_000, 1.0), stage(200_000, 1.5)], burst=BURST
    )
    report.write(found, tmp_path)
    text = (tmp_path / "bench.md").read_text()
    assert "The machine was not quiet" in text
    assert "| filing a request: p50 from 1,000 to 200,000 cases | <= 1.3x | 1.50x | **no** |" in text
    assert "| burst: p95 of accepted | < 2000 ms | 900 ms | yes |" in text
    assert "| burst: neither accepted nor told when to come back | 0 | 10 | **no** |" in text
    assert "| desk queue | 10.0 | 15.0 | 1.50x | 1.00x |" in text
    assert "2 x 503" in text
    for name in ("bench-limit.svg", "bench-growth.svg"):
        assert ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg")


def test_nothing_is_measured_beside_a_portal_with_data(tmp_path, monkeypatch):
    monkeypatch.delenv("PORTAL_DATABASE_URL", raising=False)
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))
    assert not bench.inhabited()
    (tmp_path / "secret_key").write_text("x")
    assert bench.inhabited()
    monkeypatch.delenv("PORTAL_DATA_DIR")
    monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql://somebody@elsewhere/portal")
    assert bench.inhabited()
