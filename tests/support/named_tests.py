"""Lists that say which test shows what: the tests they name are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def names_in(path: str) -> frozenset[str]:
    """What pytest would collect there, by the names alone."""
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def check_test(named: str) -> None:
    """``named``, a file or ``file::test``, is one that pytest collects."""
    path, _, test = named.partition("::")
    assert re.fullmatch(r"tests/(\w+/)*test_\w+\.py", path), path
    assert (ROOT / path).is_file(), path
    assert names_in(path), f"{path} holds no test"
    assert not test or test in names_in(path), named
