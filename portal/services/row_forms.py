"""What the pages ask that edit one row of a service: a question, a legal basis, a section, a clause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, get_args

from litestar.datastructures import FormMultiDict

from portal.forms import FormReader
from portal.i18n import _
from portal.services.editor_forms import (
    LONG,
    SHORT,
    Sent,
    free_key,
    lines_typed,
    sent,
    shown_date,
    words,
    words_lines,
    words_typed,
)
from portal.services.labels import PARTIES
from portal.services.rules import SECTIONS, Draft, Row, rows_of
from portal.services.statement import Clause, Field, FieldKind, LegalBasis, Option, Section

PARTS = ("form", "legal", "sections", "clauses")
KINDS: tuple[str, ...] = get_args(FieldKind)
_LONGEST_ANSWER = 20_000  # characters
_FAR = 10**12


def typed_of(part: str, row: Row | None, zone: tzinfo) -> dict[str, Any]:
    """What the form of a row is filled with; None: of a new one."""
    if row is None:
        return dict.fromkeys(_EMPTY[part], "")
    fillers: dict[str, Callable[[Any], dict[str, Any]]] = {
        "form": _field_typed,
        "legal": lambda basis: _basis_typed(basis, zone),
        "sections": lambda section: words_typed("title", section.title) | words_typed("text", section.text),
        "clauses": lambda clause: (
            {"section": clause.section, "party": clause.party} | words_typed("text", clause.text)
        ),
    }
    return fillers[part](row)


def read_row(part: str, form: FormMultiDict, draft: Draft) -> tuple[Sent, Callable[[Draft, Row | None], Row]]:
    """The form of a row, and what makes the row of it: a new one gets a key of its own."""
    reader = FormReader(form)
    values = _READERS[part](reader, draft)

    def make(present: Draft, row: Row | None) -> Row:
        if part == "form":
            old = row.options if isinstance(row, Field) else ()
            shaped = {**values, "options": _options(values["options"], old)}
            return _field(shaped, row.key if isinstance(row, Field) else _key(present, part, "q"))
        if part == "legal":
            return LegalBasis(**values)
        if part == "sections":
            return Section(row.key if isinstance(row, Section) else _key(present, part, "extra"), **values)
        return Clause(row.id if isinstance(row, Clause) else _key(present, part, "c"), **values)

    return sent(reader, values), make


def removable(part: str, row: Row) -> bool:
    """The customary sections stay."""
    return not (isinstance(row, Section) and row.key in SECTIONS)


def _key(draft: Draft, part: str, stem: str) -> str:
    rows = rows_of(draft, part)
    return free_key(stem, {row.id if isinstance(row, Clause) else getattr(row, "key", "") for row in rows})


def _read_field(reader: FormReader, draft: Draft) -> dict[str, Any]:
    longest = reader.number("max_length", minimum=1, maximum=_LONGEST_ANSWER, required=False)
    low = reader.number("minimum", minimum=-_FAR, maximum=_FAR, required=False)
    high = reader.number("maximum", minimum=-_FAR, maximum=_FAR, required=False)
    if low is not None and high is not None and high < low:
        reader.fail("maximum", _("The largest number is below the smallest."))
    note = words(reader, "help", SHORT)
    return {
        "kind": reader.choice("kind", KINDS),
        "label": words(reader, "label", SHORT),
        "help": note if note.fa or note.en else None,
        "required": reader.checked("required"),
        "max_length": longest or 200,
        "minimum": low,
        "maximum": high,
        "options": words_lines(reader, "options"),
    }


def _read_basis(reader: FormReader, draft: Draft) -> dict[str, Any]:
    return {
        "title": words(reader, "title", 600),
        "number": reader.text("number", max_length=100, required=False),
        "date_raw": reader.text("date_raw", max_length=60, required=False),
        "date": reader.date("date", required=False),
        "date_uncertain": reader.checked("date_uncertain"),
    }


def _read_section(reader: FormReader, draft: Draft) -> dict[str, Any]:
    return {"title": words(reader, "title", SHORT), "text": words(reader, "text", LONG, lines=True)}


def _read_clause(reader: FormReader, draft: Draft) -> dict[str, Any]:
    return {
        "section": reader.choice("section", [section.key for section in draft.statement.sections]),
        "party": reader.choice("party", PARTIES),
        "text": words(reader, "text", LONG),
    }


_READERS: dict[str, Callable[[FormReader, Draft], dict[str, Any]]] = {
    "form": _read_field,
    "legal": _read_basis,
    "sections": _read_section,
    "clauses": _read_clause,
}
_EMPTY = {
    "form": (
        *(
            "kind",
            "label_fa",
            "label_en",
            "help_fa",
            "help_en",
            "required",
            "max_length",
            "minimum",
            "maximum",
        ),
        *("options_fa", "options_en"),
    ),
    "legal": ("title_fa", "title_en", "number", "date_raw", "date", "date_uncertain"),
    "sections": ("title_fa", "title_en", "text_fa", "text_en"),
    "clauses": ("section", "party", "text_fa", "text_en"),
}


def _field_typed(field: Field) -> dict[str, Any]:
    return {
        "kind": field.kind,
        **words_typed("label", field.label),
        **words_typed("help", field.help),
        "required": "yes" if field.required else "",
        "max_length": str(field.max_length),
        "minimum": "" if field.minimum is None else str(field.minimum),
        "maximum": "" if field.maximum is None else str(field.maximum),
        **lines_typed("options", [option.label for option in field.options]),
    }


def _basis_typed(basis: LegalBasis, zone: tzinfo) -> dict[str, Any]:
    return {
        **words_typed("title", basis.title),
        "number": basis.number,
        "date_raw": basis.date_raw,
        "date": shown_date(basis.date, zone),
        "date_uncertain": "yes" if basis.date_uncertain else "",
    }


def _field(values: dict[str, Any], key: str) -> Field:
    return Field(key=key, **values)


def _options(labels: Any, old: tuple[Option, ...]) -> tuple[Option, ...]:
    """Each answer with what is stored for it: an answer that keeps its words in a language keeps that."""
    options: list[Option] = []
    for label in labels:
        taken = {option.value for option in options}
        kept = next(
            (
                option.value
                for option in old
                if option.value not in taken
                and ((label.fa and option.label.fa == label.fa) or (label.en and option.label.en == label.en))
            ),
            None,
        )
        value = kept or free_key("o", taken | {option.value for option in old})
        options.append(Option(value, label))
    return tuple(options)
