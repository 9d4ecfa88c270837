"""S48: whatever people do in whatever order, the reset keeps its promises.

``RESET_RUNS=1000`` makes the long run; as usual it is short.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.resets.lab import Lab
from tests.resets.ways import ResetMachine

RUNS, STEPS = int(os.environ.get("RESET_RUNS", "25")), 40


def runs(n: int, *, shrink: bool = True) -> settings:
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    return settings(
        max_examples=n,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def machine(request, settings, cheap_hashing) -> Iterator[type[ResetMachine]]:
    lab = ResetMachine.lab = Lab()
    ResetMachine.settings = settings
    ResetMachine.runs = 0
    yield ResetMachine
    lab.close()


def test_s48_the_reset_keeps_its_promises_whatever_people_do(machine):
    run_state_machine_as_test(machine, settings=runs(RUNS))
    assert machine.runs >= min(RUNS, 20)
