"""Each fault test says what it measured; where PORTAL_FAULTS_REPORT names a file, that is kept there as a page."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import machine
from tests.faults.rows import ROWS

INTRODUCTION = """# Faults, survived

Written by `make faults REPORT=docs/faults.md` (a quarter of an hour on two cores): what is done to the portal, what
must hold, and what was measured. A test fails where something is lost, doubled or wrong, and where a time is exceeded
by more than four times, since machines of CI are slow now and then; whether the times themselves held, the figures
say. Rows without a figure run with every `make test`, scripts of `bench/` by hand
([performance.md](performance.md#by-hand)).

{machine}

| no. | what is done | what must hold | measured | shown by |
|---|---|---|---|---|
"""
_measured: dict[str, list[str]] = {}


@pytest.fixture
def measured() -> Callable[[str, str], None]:
    """``measured("F3", "500 filed …")``: a figure of the report."""

    def say(number: str, figure: str) -> None:
        print(f"\n{number}: {figure}")
        _measured.setdefault(number, []).append(figure)

    return say


def pytest_sessionfinish() -> None:
    """The report of a run that measured something."""
    path = os.environ.get("PORTAL_FAULTS_REPORT")
    if path and _measured:
        Path(path).write_text(INTRODUCTION.format(machine=_machine()) + "".join(map(_line, ROWS)))


def _machine() -> str:
    here = machine.facts("")
    today = datetime.now(UTC).date()
    load = f"load {here.load:.1f} at the end"
    return f"{today}, {here.cores} cores, {here.memory_gb:.0f} GB, {here.system}, PostgreSQL 18; {load}."


def _line(row) -> str:
    figures = "; ".join(_measured.get(row.number, []))
    tests = ", ".join(f"`{one}`" for one in row.tests)
    return f"| {row.number} | {row.fault} | {row.holds} | {figures} | {tests} |\n"
