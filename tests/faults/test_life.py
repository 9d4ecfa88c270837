"""Many lives of cases, at random: no order of steps breaks a history. ``LIFE_RUNS=2000`` makes the long run."""

from __future__ import annotations

import os

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.cases.test_life import life, limits  # noqa: F401

pytestmark = pytest.mark.fault
RUNS, STEPS = int(os.environ.get("LIFE_RUNS", "60")), 50


def test_f21_thousands_of_steps_break_nothing(life, measured):
    run_state_machine_as_test(life, settings=limits(RUNS, STEPS))
    events = sum(life.happened.values())
    assert len(life.happened) > 15
    measured(
        "F21",
        f"{RUNS} lives of {STEPS} steps: {life.steps} looks at a case after a step, "
        f"{events} events of {len(life.happened)} kinds",
    )
