"""Rules about the tree itself, so that nobody has to remember them."""

import ast
import pkgutil
import re
from pathlib import Path

import pytest

import db
from db.piccolo_app import APP_CONFIG

ROOT = Path(__file__).parent.parent
INFRASTRUCTURE = {
    "embedded",
    "engine",
    "independence",
    "keys",
    "piccolo_app",
    "places",
    "postmaster",
    "schema",
    "migrations",
}
SOURCES = [
    path
    for folder in ("portal", "db", "tests", "bench", "locale")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = [path for path in TEMPLATES if "mail" not in path.parts and path.name != "mail.html"]
MOST_LINES = 300
LONGEST_FUNCTION = 40


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_table_module_is_registered_for_migrations():
    modules = {module.name for module in pkgutil.iter_modules(db.__path__)} - INFRASTRUCTURE
    registered = {table.__module__.removeprefix("db.") for table in APP_CONFIG.table_classes}
    assert modules == registered


def test_locale_folder_does_not_shadow_the_standard_library():
    assert not (ROOT / "locale" / "__init__.py").exists()


def test_every_feature_keeps_one_name_on_every_shelf():
    for name in {path.parent.name for path in (ROOT / "portal").glob("*/*routes.py")}:
        for shelf in (ROOT / "templates" / name, ROOT / "tests" / name):
            assert shelf.is_dir(), f"{name} has routes but no {shelf.relative_to(ROOT)}"


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_files_and_functions_stay_small(path):
    source = path.read_text()
    assert source.count("\n") <= MOST_LINES
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_modules_begin_with_what_they_are_for(path):
    tree = ast.parse(path.read_text())
    assert not tree.body or ast.get_docstring(tree)


@pytest.mark.parametrize("path", TEMPLATES, ids=short)
def test_nothing_is_marked_safe(path):
    assert not re.search(r"\|\s*safe\b|autoescape false", path.read_text())


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_pages_carry_no_inline_style_or_script(path):
    html = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_no_file_names_a_package_registry_or_a_machine():
    listed = re.compile(r"https?://[^\s\"]*(pypi|pythonhosted|npmjs|debian)\.|/root/|/home/")
    files = [*ROOT.glob("*.lock"), *ROOT.glob("*.toml"), ROOT / "Makefile", *(ROOT / ".ci").glob("*")]
    assert [short(path) for path in files if listed.search(path.read_text())] == []
