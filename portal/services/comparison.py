"""What changed from one edition of a statement to another, in the reader's language. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

import msgspec

from portal.i18n import N_, _, current_language
from portal.jalali import show_date
from portal.services.labels import TARGETS, party_words, promises
from portal.services.statement import Clause, Section, Statement, Words
from portal.services.wording import basis_words, cost_rows, ending_rows, monitoring_rows

Fate = Literal["added", "removed", "changed"]
FATES: dict[Fate, str] = {"added": N_("Added"), "removed": N_("Removed"), "changed": N_("Changed")}
UNNAMED: Mapping[str, Words] = {}
_WORD = re.compile(r"\S+\s*")


def fate_words(fate: Fate) -> str:
    """What became of a section or a clause."""
    return _(FATES[fate])


class Piece(msgspec.Struct, frozen=True):
    """Words that stayed (``same``), came (``added``) or went (``removed``)."""

    fate: Literal["same", "added", "removed"]
    words: str


class Row(msgspec.Struct, frozen=True):
    """One thing that both name and that differs; None where an edition says nothing of it."""

    name: str
    before: str | None
    after: str | None


class ClauseChange(msgspec.Struct, frozen=True, kw_only=True):
    """One clause; ``party_before`` is whose promise it was where that changed, else empty."""

    fate: Fate
    party: str
    party_before: str
    text: tuple[Piece, ...]


class SectionChange(msgspec.Struct, frozen=True, kw_only=True):
    """One section with something that differs; ``text`` and ``clauses`` are empty where nothing of them does."""

    fate: Fate
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    clauses: tuple[ClauseChange, ...]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs between two editions."""

    cover: tuple[Row, ...]
    times: tuple[Row, ...]
    monitoring: tuple[Row, ...]
    cost: tuple[Row, ...]
    validity: tuple[Row, ...]
    ending: tuple[Row, ...]
    sections: tuple[SectionChange, ...]

    @property
    def is_empty(self) -> bool:
        """They say the same."""
        return not any(getattr(self, name) for name in self.__struct_fields__)


def compare(old: Statement, new: Statement, calendars: Mapping[str, Words] = UNNAMED) -> Comparison:
    """What ``new`` says otherwise than ``old``; sections and clauses are told apart by their keys and ids.

    ``calendars`` are titles by name; one without stands there by its name.
    """
    return Comparison(
        cover=(*_rows(_names(old), _names(new)), *_laws(old, new)),
        times=_rows(_times(old, calendars), _times(new, calendars)),
        monitoring=_rows(dict(monitoring_rows(old)), dict(monitoring_rows(new))),
        cost=_rows(dict(cost_rows(old)), dict(cost_rows(new))),
        validity=_rows(_validity(old), _validity(new)),
        ending=_rows(dict(ending_rows(old)), dict(ending_rows(new))),
        sections=tuple(_sections(old, new)),
    )


@lru_cache(maxsize=512)
def word_changes(old: str, new: str) -> tuple[Piece, ...]:
    """``new`` word by word beside ``old``: what went stands before what came in its place."""
    # With a space behind the last word, too: what went and what came in its place must not touch.
    before, after = _WORD.findall(f"{old} "), _WORD.findall(f"{new} ")
    bare = [[word.strip() for word in words] for words in (before, after)]
    pieces: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, bare[0], bare[1], autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(after[k:m])))
            continue
        if j > i:
            pieces.append(Piece("removed", "".join(before[i:j])))
        if m > k:
            pieces.append(Piece("added", "".join(after[k:m])))
    return tuple(pieces)


def _rows(before: dict[str, str], after: dict[str, str]) -> tuple[Row, ...]:
    names = dict.fromkeys([*before, *after])
    rows = (Row(name, before.get(name), after.get(name)) for name in names)
    return tuple(row for row in rows if row.before != row.after)


def _names(statement: Statement) -> dict[str, str]:
    cover = statement.cover
    return {_("Title"): str(cover.title), _("Agency"): str(cover.agency)} if cover else {}


def _laws(old: Statement, new: Statement) -> list[Row]:
    """The laws that went and those that came; one whose date or number was corrected did both."""
    before, after = (
        [basis_words(basis) for basis in statement.cover.legal_basis] if statement.cover else []
        for statement in (old, new)
    )
    name = _("Legal basis")
    went = [Row(name, words, None) for words in before if words not in after]
    return went + [Row(name, None, words) for words in after if words not in before]


def _times(statement: Statement, calendars: Mapping[str, Words]) -> dict[str, str]:
    """Promised times, then the calendar of each, which decides them as much."""
    counted_by = {
        _("%(promise)s: calendar") % {"promise": _(TARGETS[target.key])}: str(
            calendars.get(target.calendar, target.calendar)
        )
        for target in statement.targets
    }
    return {**dict(promises(statement)), **counted_by}


def _validity(statement: Statement) -> dict[str, str]:
    def shown(day: date | None) -> str:
        return show_date(day, current_language(), UTC) if day else _("Not set")

    kept = _("stays in force until it is replaced") if statement.until_superseded else _("ends with its date")
    return {
        _("Valid from"): shown(statement.valid_from),
        _("Valid until"): shown(statement.valid_until),
        _("Once its date has passed"): kept,
    }


def _sections(old: Statement, new: Statement) -> list[SectionChange]:
    before = {section.key: section for section in old.sections}
    after = {section.key: section for section in new.sections}
    changes = []
    for key in dict.fromkeys([*after, *before]):
        clauses = tuple(_clauses(old.clauses_in(key), new.clauses_in(key)))
        change = _section(before.get(key), after.get(key), clauses)
        if change:
            changes.append(change)
    return changes


def _section(
    old: Section | None, new: Section | None, clauses: tuple[ClauseChange, ...]
) -> SectionChange | None:
    title = word_changes(str(old.title) if old else "", str(new.title) if new else "")
    text = word_changes(str(old.text) if old else "", str(new.text) if new else "")
    if old and new and not clauses and _stayed(title) and _stayed(text):
        return None
    return SectionChange(
        fate=_fate(old, new), title=title, text=() if _stayed(text) else text, clauses=clauses
    )


def _clauses(old: list[Clause], new: list[Clause]) -> list[ClauseChange]:
    before, after = {clause.id: clause for clause in old}, {clause.id: clause for clause in new}
    changes = []
    for key in dict.fromkeys([*after, *before]):
        was, now = before.get(key), after.get(key)
        text = word_changes(str(was.text) if was else "", str(now.text) if now else "")
        other_party = bool(was and now and was.party != now.party)
        if was and now and not other_party and _stayed(text):
            continue
        kept = now or was
        assert kept
        changes.append(
            ClauseChange(
                fate=_fate(was, now),
                party=party_words(kept.party),
                party_before=party_words(was.party) if was and other_party else "",
                text=text,
            )
        )
    return changes


def _fate(old: object, new: object) -> Fate:
    if old is None:
        return "added"
    return "changed" if new is not None else "removed"


def _stayed(pieces: tuple[Piece, ...]) -> bool:
    return all(piece.fate == "same" for piece in pieces)
