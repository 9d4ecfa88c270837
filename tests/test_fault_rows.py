"""The list of faults is whole, and names tests and scripts that exist."""

from __future__ import annotations

import pytest

from tests.faults.rows import ROWS
from tests.support.named_tests import ROOT, check_test

BY_HAND = {"F7": "bench/disk_full.py", "F16": "bench/crush.py"}
"""Faults that only a script shows: it needs another disk or minutes of load."""


def test_every_fault_stands_in_the_list_once_and_in_order():
    assert [row.number for row in ROWS] == [f"F{n}" for n in range(1, 22)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_fault_says_what_must_hold_and_names_what_shows_it(row):
    assert row.fault
    assert row.holds
    assert row.tests
    for one in row.tests:
        if one == BY_HAND.get(row.number):
            assert (ROOT / one).is_file(), one
        else:
            check_test(one)
