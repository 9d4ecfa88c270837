"""docs/security.md says of 58 points which test shows each: here it is held to that."""

from __future__ import annotations

import re

import pytest

from tests.support.named_tests import ROOT, check_test, names_in

DOCUMENT = ROOT / "docs" / "security.md"
POINTS = [f"S{n:02}" for n in range(1, 59)]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOCUMENT.read_text().splitlines()
    if re.match(r"\|\s*S\d", line)
]
EXCUSES = ("partly: ", "not so: ", "later: ")


def test_every_point_stands_in_the_list_once_and_in_order():
    assert [row[0] for row in ROWS] == POINTS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_point_names_tests_that_exist_and_says_what_is_missing(row):
    _point, holds, missing, shown = row
    assert holds
    assert not missing or (missing.startswith(EXCUSES) and len(missing) > 30), missing
    named = re.findall(r"`([^`]+)`", shown)
    assert named or missing, "neither a test nor a reason"
    assert re.sub(r"`[^`]+`|[\s,]", "", shown) == "", "only tests stand here"
    for one in named:
        check_test(one)


def test_tests_that_carry_a_number_are_named_in_its_row():
    shown = {row[0]: row[3] for row in ROWS}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        relative = str(path.relative_to(ROOT))
        for test in names_in(relative):
            for number in re.findall(r"(?<=_)s(\d\d)(?=_)", test):
                assert relative in shown.get(f"S{number}", ""), (
                    f"{relative}::{test} is not in the row of S{number}"
                )


def test_every_test_named_below_the_list_exists():
    for path in re.findall(r"`(tests/[\w/]+\.py)`", DOCUMENT.read_text()):
        assert (ROOT / path).is_file(), path
