"""The script that keeps the catalogues in step with the code, run as people run it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


class Project:
    """A small project with the update script in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("portal", "templates", "locale"):
            (root / folder).mkdir()
        shutil.copy(Path(__file__).parent.parent / "locale" / "update.py", root / "locale")
        self.say(
            '_("Services")\nN_("Roles")\npgettext("verb", "Close")\nngettext("%(n)s case", "%(n)s cases", 2)'
        )
        (root / "templates" / "a.html").write_text("{% trans who=name %}Dear\n  {{ who }}{% endtrans %}")
        (root / "templates" / "a.txt").write_text("{{ _('Services') }}")

    def say(self, code: str) -> None:
        (self.root / "portal" / "a.py").write_text(code)

    def update(self, *arguments: str, fragment: dict | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "locale/update.py", *arguments]
        if fragment is not None:
            path = self.root / "fragment.json"
            path.write_text(json.dumps(fragment), "utf-8")
            command.append(str(path))
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def catalogue(self, language: str) -> str:
        return (self.root / "locale" / language / "LC_MESSAGES" / "messages.po").read_text("utf-8")


WHOLE = {
    "Services": "خدمات",
    "Roles": "نقش‌ها",
    "verb\x04Close": "بستن",
    "%(n)s case": {"plural": "%(n)s cases", "fa": "%(n)s پرونده"},
    "Dear %(who)s": "%(who)s گرامی",
}


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_an_update_fills_both_catalogues(project):
    assert project.update(fragment=WHOLE).returncode == 0
    persian, english = project.catalogue("fa"), project.catalogue("en")
    for sentence in ("خدمات", "نقش‌ها", "بستن", "%(n)s پرونده", "%(who)s گرامی"):
        assert sentence in persian
    assert 'msgid "Services"\nmsgstr "Services"' in english
    assert 'msgstr[1] "%(n)s cases"' in english


def test_a_whole_catalogue_passes_the_check_and_stays_as_it_is(project):
    project.update(fragment=WHOLE)
    before = project.catalogue("fa")
    assert project.update("--check").returncode == 0
    project.update()
    assert project.catalogue("fa") == before


def test_a_message_without_persian_fails_the_check_and_is_named(project):
    project.update(fragment={**WHOLE, "Roles": ""})
    answer = project.update("--check")
    assert answer.returncode == 1
    assert "no Persian: 'Roles'" in answer.stdout


def test_a_catalogue_behind_the_code_fails_the_check_and_is_not_touched(project):
    project.update(fragment=WHOLE)
    before = project.catalogue("fa")
    project.say('_("Services")')
    assert "out of step" in project.update("--check").stdout
    assert project.update("--check").returncode == 1
    assert project.catalogue("fa") == before


def test_what_nobody_says_any_more_is_dropped(project):
    project.update(fragment=WHOLE)
    project.say('_("Services")')
    project.update()
    assert "Roles" not in project.catalogue("fa")


def test_a_translation_that_loses_a_placeholder_fails_the_check(project):
    project.update(fragment={**WHOLE, "Dear %(who)s": "%(name)s گرامی"})
    assert "placeholders differ: 'Dear %(who)s'" in project.update("--check").stdout
    assert project.update("--check").returncode == 1


def test_a_template_that_cannot_be_read_is_told(project):
    (project.root / "templates" / "a.html").write_text("{% trans %}")
    assert project.update().returncode != 0


def test_a_fragment_for_a_message_nobody_says_is_told(project):
    assert "nobody says: 'Rolls'" in project.update(fragment={**WHOLE, "Rolls": "نان"}).stdout
