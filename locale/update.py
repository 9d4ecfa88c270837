"""Bring both catalogues in step with the code: ``python locale/update.py [--check] [fragment.json …]``.

Extracts every message from ``portal/`` and ``templates/``, drops what nobody says any more, fills English
with the message itself and takes Persian from the fragments, which win over what the catalogue holds:
``{"english": "فارسی", "one case": {"plural": "%(n)s cases", "fa": "…"}}``; the key of a message with a
context is ``context``, U+0004, message, as in gettext. Prints what lacks Persian or loses a placeholder.
``--check`` writes nothing and exits 1 when anything is missing, broken or out of step.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS: dict[str, Any] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# The same reading of {% trans %} as portal.i18n.install gives the pages.
TEMPLATE_OPTIONS = {"encoding": "utf-8", "trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
PLURALS = {"fa": "nplurals=1; plural=0;", "en": "nplurals=2; plural=(n != 1);"}
HEADER = """msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"

"""
PLACEHOLDER = re.compile(r"%\(\w+\)\w|\{\w*\}")

Fragments = dict[str, Any]
Strings = str | tuple[str, ...]


def main() -> int:
    """Update or check both catalogues; returns the exit code."""
    parser = argparse.ArgumentParser(description="Bring the catalogues in step with the code.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when something is missing"
    )
    parser.add_argument("fragments", nargs="*", type=Path, help="JSON files with Persian translations")
    chosen = parser.parse_args()
    wanted = list(spoken(ROOT))
    given = read_fragments(chosen.fragments)
    catalogues = {"fa": persian(wanted, given), "en": english(wanted)}
    stale = [language for language, catalog in catalogues.items() if out_of_step(language, catalog)]
    if not chosen.check:
        for language in stale:
            path_of(language).parent.mkdir(parents=True, exist_ok=True)
            path_of(language).write_bytes(written(language, catalogues[language]))
    faults = [*lacking(catalogues["fa"]), *losing(catalogues["fa"])]
    keys = {key_of(message) for message in wanted}
    say([*faults, *(f"nobody says: {key!r}" for key in sorted(given.keys() - keys))])
    if chosen.check:
        say(f"{language} is out of step: run python locale/update.py" for language in stale)
    say([f"{len(wanted)} messages, {len(faults)} to mend"])
    return 1 if chosen.check and (faults or stale) else 0


def spoken(root: Path) -> Iterator[Message]:
    """Every message of the code and the templates under ``root``, once each."""
    catalog = Catalog()
    for method, path in sources(root):
        with path.open("rb") as file:
            options = {} if method == "python" else TEMPLATE_OPTIONS
            how: Any = method if method == "python" else babel_extract
            for _line, message, _comments, context in extract(how, file, KEYWORDS, (), options):
                catalog.add(message, context=context)
    return (message for message in catalog if message.id)


def sources(root: Path) -> Iterator[tuple[str, Path]]:
    """Each file that may speak, with how to read it."""
    for path in sorted((root / "portal").rglob("*.py")):
        yield "python", path
    for path in sorted((root / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            yield "jinja2", path


def read_fragments(paths: Iterable[Path]) -> Fragments:
    """All translations of the files by key; a later file wins, and saying otherwise is told."""
    merged: Fragments = {}
    for path in paths:
        fragment = json.loads(path.read_text("utf-8"))
        differing = [key for key in fragment.keys() & merged.keys() if fragment[key] != merged[key]]
        say(f"{path.name} says it differently: {key!r}" for key in sorted(differing))
        merged.update(fragment)
    return merged


def persian(wanted: list[Message], given: Fragments) -> Catalog:
    """The wanted messages with the given Persian, else what the present catalogue holds (nothing fuzzy)."""
    held = {key_of(message): message.string for message in present("fa") if message.id and not message.fuzzy}
    catalog = Catalog(locale="fa")
    for message in wanted:
        key = key_of(message)
        entry = given.get(key, held.get(key, ""))
        catalog.add(message.id, fitted(message, entry), context=message.context)
    return catalog


def english(wanted: list[Message]) -> Catalog:
    """The wanted messages, each translated by itself."""
    catalog = Catalog(locale="en")
    for message in wanted:
        catalog.add(message.id, message.id, context=message.context)
    return catalog


def fitted(message: Message, entry: Any) -> Strings:
    """``entry`` (a fragment's value or a catalogue's string) in the shape ``message`` needs."""
    if isinstance(entry, dict):
        entry = entry["fa"]
    text = entry if isinstance(entry, str) else entry[0]
    return (text,) if message.pluralizable else text


def lacking(catalog: Catalog) -> Iterator[str]:
    for message in catalog:
        if message.id and not any(strings_of(message)):
            yield f"no Persian: {key_of(message)!r}"


def losing(catalog: Catalog) -> Iterator[str]:
    """A translation carries the placeholders of its message: one too many breaks the page that shows it."""
    for message in catalog:
        # Persian has one form for every number, so it must name the number as the English plural does.
        english_text = message.id if isinstance(message.id, str) else message.id[-1]
        expected = set(PLACEHOLDER.findall(english_text))
        for string in filter(None, strings_of(message)):
            if message.id and set(PLACEHOLDER.findall(string)) != expected:
                yield f"placeholders differ: {key_of(message)!r}"


def out_of_step(language: str, catalog: Catalog) -> bool:
    path = path_of(language)
    return not path.exists() or path.read_bytes() != written(language, catalog)


def written(language: str, catalog: Catalog) -> bytes:
    """The file for ``catalog``: sorted, without dates and line numbers, so that a merge shows only words."""
    body = BytesIO()
    write_po(body, catalog, width=0, no_location=True, omit_header=True, sort_output=True)
    head = HEADER.format(language=language, plurals=PLURALS[language])
    return f"{head}{body.getvalue().decode()}".rstrip("\n").encode() + b"\n"


def present(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def path_of(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "messages.po"


def key_of(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}\x04{text}" if message.context else text


def strings_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
