"""Whatever happens to a case in whatever order, its history is whole; tests/faults/test_life.py goes on for longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.cases.life import Life
from tests.cases.staffs import World

RUNS, STEPS = 3, 20


def limits(n: int, steps: int) -> settings:
    return settings(
        max_examples=n,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def life() -> Iterator[type[Life]]:
    Life.world = World(None)
    Life.steps = 0
    Life.happened.clear()
    yield Life
    Life.world.close()


def test_whatever_is_done_in_whatever_order_the_history_is_whole(life):
    run_state_machine_as_test(life, settings=limits(RUNS, STEPS))
    assert life.steps
