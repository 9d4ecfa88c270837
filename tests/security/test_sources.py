"""Rules about how the sources are written: SQL, templates, what is installed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "portal").rglob("*.py"), *(ROOT / "db").glob("*.py")])
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ASKING = {"raw", "execute", "executemany", "fetch", "fetchrow", "fetchval"}
PUT_TOGETHER = {
    "db/schema.py": "grants to a role whose name the owner's address has; quoted",
    "portal/audit_log/queries.py": "conditions of ours, chosen by which filters were given",
    "portal/backup/snapshot.py": "names of tables and columns that the database itself lists; quoted",
    "portal/cases/desk_queries.py": "conditions of ours, chosen by which filters were given",
    "portal/cases/watch.py": "one of two constants",
    "portal/feedback/lost_codes.py": "one of two constants",
    "portal/notices/availability_routes.py": "no SQL: a record of another kind is fetched",
    "portal/resets/lists.py": "one of our constants, by the tab",
    "portal/services/queries.py": "one of two constants",
}
"""Where a statement is no constant; each was read, and every value in it is bound all the same."""


def is_ours(node: ast.expr) -> bool:
    """A constant, by itself or put together of constants."""
    if isinstance(node, ast.Name):
        return node.id.strip("_").isupper()
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_").isupper()
    if isinstance(node, ast.JoinedStr):
        return all(is_ours(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return is_ours(node.value)
    return isinstance(node, ast.Constant)


def test_s25_statements_are_constants_and_the_exceptions_are_known():
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            asks = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ASKING
            )
            if asks and node.args and not is_ours(node.args[0]):
                found.add(str(path.relative_to(ROOT)))
    assert found == set(PUT_TOGETHER)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_s26_every_attribute_is_quoted_and_nothing_escapes_the_escaping(path):
    html = path.read_text()
    assert not re.search(r"\s[\w-]+=\{\{", html)
    assert not re.search(r"\|\s*(safe|xmlattr|urlize|forceescape)\b|\bMarkup\(|autoescape\s+false", html)


def test_s26_no_code_calls_a_text_safe():
    assert not [path for path in SOURCES if re.search(r"\bMarkup\b", path.read_text())]


def test_s27_templates_are_files_of_ours():
    for path in SOURCES:
        assert not re.search(r"\.from_string\(|Template\(\s*f?\"[^\"]*\{[{%]", path.read_text()), path


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_s56_whatever_is_installed_is_pinned_and_hashed(name):
    lock = (ROOT / name).read_text()
    pinned = re.findall(r"^[a-z0-9][\w.\[\]-]*==\S+", lock, re.M)
    blocks = re.findall(r"^[a-z0-9][\w.\[\]-]*==.*?(?=^[a-z0-9]|\Z)", lock, re.M | re.S)
    assert len(pinned) == len(blocks) > 50
    assert all("--hash=sha256:" in block for block in blocks)
    assert "python-multipart==" not in lock


def test_s56_nothing_is_installed_past_the_hashes():
    makefile = (ROOT / "Makefile").read_text()
    for line in makefile.splitlines():
        if "pip install" in line and not line.endswith((" uv", " pip-audit")):  # tools of the developer's
            assert "--require-hashes" in line or "--no-deps --no-build-isolation" in line, line


def test_s56_the_audit_fails_where_it_cannot_look_something_up():
    audit = re.search(r"pip-audit (--.*)", (ROOT / "Makefile").read_text())
    assert audit
    assert "--strict" in audit[1]
    assert "-r requirements.lock" in audit[1]
    assert "|| true" not in audit[1]
    assert "make audit" not in (ROOT / ".ci" / "run").read_text()


def test_s56_the_bill_of_materials_names_everything_that_is_locked():
    made = subprocess.run([sys.executable, ROOT / ".ci" / "sbom.py"], capture_output=True, check=True)
    bill = json.loads(made.stdout)
    locked = re.findall(
        r"^([a-z0-9][\w.-]*)(?:\[.*?\])?==(\S+)", (ROOT / "requirements.lock").read_text(), re.M
    )
    assert [(one["name"], one["version"]) for one in bill["components"]] == locked
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert all(one["hashes"] and one["purl"] for one in bill["components"])
    assert all(
        one.get("licenses") for one in bill["components"] if one["name"] in ("litestar", "piccolo", "jinja2")
    )
