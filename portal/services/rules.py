"""What a draft of a service is made of, what it still lacks, and what publishing it would change. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from portal.i18n import N_, _
from portal.marks import Target
from portal.services.labels import LABELS
from portal.services.statement import Clause, Field, LegalBasis, Offer, Section, Statement, Words

Row = Field | LegalBasis | Section | Clause
NOTHING = Words("", "")
SECTIONS = {
    "introduction": Words("مقدمه", "Introduction"),
    "aim": Words("هدف", "Aim"),
    "responsibility": Words("مسئولیت", "Responsibility"),
    "commitments": Words("تعهدهای دو طرف", "Commitments of both sides"),
    "cost": Words("هزینه و پرداخت", "Cost and payment"),
    "validity": Words("مدت اعتبار", "Validity"),
    "termination": Words("پایان توافق‌نامه", "Ending the statement"),
}
"""The customary sections, which every statement has."""
COVER = ("title", "legal_basis", "cost_note", "fee")
"""What of the sheet stands on the statement, too: who changes it publishes an edition."""
NEEDS_OPTIONS = ("choice", "choices")
_NOTICE_LEAD = 48  # hours; a statement that is new begins with it


class Draft(Offer, frozen=True, kw_only=True):
    """A service as it is going to be; ``unit`` is the slug of the responsible unit, empty while none is chosen.

    Anything may still be missing: texts are empty then. The statement's ``version`` counts when it is published.
    """

    unit: str


class Gap(msgspec.Struct, frozen=True):
    """What is missing; ``where`` is the page of the editor with the field's id behind ``#``."""

    where: str
    what: str


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing changes: names of what is new on the sheet, in the terms; questions; promised times.

    ``targets`` are pairs of before and after, each of them None where there is no such promise.
    """

    sheet: tuple[str, ...]
    terms: tuple[str, ...]
    questions: tuple[tuple[str, Words], ...]
    clauses: tuple[tuple[str, Words], ...]
    targets: tuple[tuple[str, Target | None, Target | None], ...]
    statement: bool

    @property
    def any(self) -> bool:
        return bool(self.sheet or self.questions or self.statement)


def blank_draft() -> Draft:
    """A service about which nothing is said yet."""
    statement = Statement(
        version=1,
        notice_lead_hours=_NOTICE_LEAD,
        free=True,
        targets=(),
        sections=tuple(Section(key, title, NOTHING) for key, title in SECTIONS.items()),
        clauses=(),
    )
    return Draft(
        title=NOTHING,
        summary=NOTHING,
        description=NOTHING,
        cost_note=NOTHING,
        frequency=NOTHING,
        audience=(),
        intake_channels=(),
        form=(),
        statement=statement,
        unit="",
    )


def rows_of(draft: Draft, part: str) -> Sequence[Row]:
    """The rows of one of the lists: form, legal, sections, clauses."""
    lists: dict[str, Sequence[Row]] = {
        "form": draft.form,
        "legal": draft.legal_basis,
        "sections": draft.statement.sections,
        "clauses": draft.statement.clauses,
    }
    return lists[part]


def with_rows(draft: Draft, part: str, rows: Sequence[Row]) -> Draft:
    """The draft with ``rows`` for the list ``part``."""
    if part in ("sections", "clauses"):
        statement = msgspec.structs.replace(draft.statement, **{part: tuple(rows)})
        return msgspec.structs.replace(draft, statement=statement)
    return msgspec.structs.replace(draft, **{{"form": "form", "legal": "legal_basis"}[part]: tuple(rows)})


def missing(draft: Draft) -> list[Gap]:
    """What keeps the draft from being published: a duty of either party, a unit, a text in one language."""
    return [
        *_sheet_gaps(draft),
        *_form_gaps(draft),
        *_terms_gaps(draft),
        *_monitoring_gaps(draft),
        *_duty_gaps(draft),
        *_row_gaps(draft),
    ]


def _sheet_gaps(draft: Draft) -> Iterator[Gap]:
    if not draft.unit:
        yield Gap("sheet#unit", _("A responsible unit is missing."))
    if not draft.audience:
        yield Gap("sheet#audience", _("Say whom the service is for."))
    if not draft.intake_channels:
        yield Gap("sheet#intake_channels", _("Say how documents may come."))
    for name in ("title", "summary", "description", "cost_note", "frequency"):
        yield from _words_gaps("sheet", name, getattr(draft, name))
    if draft.files_note:
        yield from _words_gaps("sheet", "files_note", draft.files_note)
    for document in draft.documents:
        yield from _words_gaps("sheet", "documents", document)


def _form_gaps(draft: Draft) -> Iterator[Gap]:
    for place, field in enumerate(draft.form, start=1):
        page = f"form/{place}"
        yield from _words_gaps(page, "label", field.label)
        if field.help:
            yield from _words_gaps(page, "help", field.help)
        if field.kind in NEEDS_OPTIONS and not field.options:
            what = _("%(question)s: the answers to choose from are missing.") % {"question": field.label}
            yield Gap(f"{page}#options_fa", what)
        for option in field.options:
            yield from _words_gaps(page, "options", option.label)


def _terms_gaps(draft: Draft) -> Iterator[Gap]:
    ending = draft.statement.ending
    if not ending or not ending.offices:
        yield Gap("terms#offices_fa", _("Say which offices must agree to end the statement."))
    for office in ending.offices if ending else ():
        yield from _words_gaps("terms", "offices", office.title)


def _monitoring_gaps(draft: Draft) -> Iterator[Gap]:
    monitoring = draft.statement.monitoring
    if not monitoring:
        what = _("Say how the promises are measured, how often that is reported and by whom.")
        yield Gap("terms#measured_fa", what)
        return
    for name in monitoring.__struct_fields__:
        yield from _words_gaps("terms", name, getattr(monitoring, name))


def _duty_gaps(draft: Draft) -> Iterator[Gap]:
    parties = {clause.party for clause in draft.statement.clauses}
    if not parties & {"provider", "both"}:
        yield Gap("clauses/new#party", _("A duty of the agency is missing."))
    if not parties & {"recipient", "both"}:
        yield Gap("clauses/new#party", _("A duty of the applicant is missing."))


def _row_gaps(draft: Draft) -> Iterator[Gap]:
    for place, basis in enumerate(draft.legal_basis, start=1):
        yield from _words_gaps(f"legal/{place}", "title", basis.title)
    for place, section in enumerate(draft.statement.sections, start=1):
        yield from _words_gaps(f"sections/{place}", "title", section.title)
        yield from _words_gaps(f"sections/{place}", "text", section.text)
    sections = {section.key for section in draft.statement.sections}
    for place, clause in enumerate(draft.statement.clauses, start=1):
        if clause.section not in sections:
            what = _("%(clause)s: its section was removed.") % {"clause": str(clause.text)[:80]}
            yield Gap(f"clauses/{place}#section", what)
        yield from _words_gaps(f"clauses/{place}", "text", clause.text)


_MISSING_IN = {
    "fa": N_("%(name)s: the Persian text is missing."),
    "en": N_("%(name)s: the English text is missing."),
}


def _words_gaps(page: str, name: str, words: Words) -> Iterator[Gap]:
    for language, sentence in _MISSING_IN.items():
        if not getattr(words, language):
            called = _(LABELS[name])
            if words.fa or words.en:
                called = f"{called} ({words.fa or words.en})"[:120]
            yield Gap(f"{page}#{name}_{language}", _(sentence) % {"name": called})


def differences(before: Draft | None, after: Draft) -> Differences:
    """What publishing ``after`` changes for who knows ``before``; None: the service is new."""
    before = before or blank_draft()
    old, new = before.statement, after.statement
    same_version = msgspec.structs.replace(new, version=old.version)
    cover = tuple(name for name in COVER if getattr(before, name) != getattr(after, name))
    keys = dict.fromkeys(target.key for target in (*old.targets, *new.targets))
    return Differences(
        sheet=_changed(before, after, leave=("form", "statement")),
        terms=(*cover, *_changed(old, same_version, leave=("targets", "clauses", "version"))),
        questions=_changes({row.key: (row, row.label) for row in before.form}, after.form, "key", "label"),
        clauses=_changes({row.id: (row, row.text) for row in old.clauses}, new.clauses, "id", "text"),
        targets=tuple(
            (key, old.target(key), new.target(key)) for key in keys if old.target(key) != new.target(key)
        ),
        statement=bool(cover) or old != same_version,
    )


def _changed(before: Any, after: Any, *, leave: Sequence[str]) -> tuple[str, ...]:
    names = [name for name in before.__struct_fields__ if name not in leave]
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _changes(
    before: dict[str, tuple[Any, Words]], after: Sequence[Any], key: str, words: str
) -> tuple[tuple[str, Words], ...]:
    """Each added, changed and removed row with its words."""
    found = []
    for row in after:
        known = before.pop(getattr(row, key), None)
        if known is None or known[0] != row:
            found.append(("added" if known is None else "changed", getattr(row, words)))
    return (*found, *(("removed", words) for _row, words in before.values()))
