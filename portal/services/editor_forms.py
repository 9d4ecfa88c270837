"""What the pages that edit a service's sheet and its statement's terms ask.

A draft may lack words; a form only refuses what can't be kept. ``typed`` fills it again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, tzinfo
from itertools import zip_longest
from typing import Any

import msgspec
from litestar.datastructures import FormMultiDict

from portal import jalali, text
from portal.forms import FormReader
from portal.i18n import _, current_language
from portal.marks import MAX_AMOUNT, Target
from portal.services.labels import AUDIENCES, CHANNELS, TARGETS
from portal.services.rules import Draft
from portal.services.staff_forms import read_slug
from portal.services.statement import (
    MOST_RECHECK_DAYS,
    MOST_REOPEN_DAYS,
    Ending,
    Monitoring,
    Office,
    Words,
)

SHORT, LONG = 300, 6000  # characters
_MOST_LINES = 60
_LARGEST_FEE = 10**12  # rials
_LONGEST_LEAD = 24 * 365  # hours
_LONGEST_NOTICE = 3650  # days
UNITS = ("working_days", "working_hours")
_MOST_DAYS = 1_000
"""The longest promise in working days: the page that says why a date is so has a line for each."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A form as sent: ``values`` are good once there are no ``errors``; ``seen`` is what it was filled from."""

    values: dict[str, Any]
    typed: dict[str, Any]
    seen: str
    errors: dict[str, str]


def read_new(form: FormMultiDict, units: Sequence[str]) -> Sent:
    """The form that adds a service."""
    reader = FormReader(form)
    values: dict[str, Any] = {"slug": read_slug(reader), "unit": reader.choice("unit", units)}
    values["title"] = Words(*(reader.text(f"title_{code}", max_length=200) for code in ("fa", "en")))
    return sent(reader, values)


def sheet_typed(draft: Draft) -> dict[str, Any]:
    """What the form of the sheet is filled with."""
    typed: dict[str, Any] = {}
    for name in ("title", "summary", "description", "cost_note", "frequency", "files_note"):
        typed |= words_typed(name, getattr(draft, name))
    typed |= lines_typed("documents", draft.documents)
    return typed | {
        "audience": list(draft.audience),
        "intake_channels": list(draft.intake_channels),
        "unit": draft.unit,
        "fee": str(draft.fee or ""),
        "sensitive": "yes" if draft.sensitive else "",
        "retention_months": str(draft.retention_months or ""),
        "recheck_days": str(draft.recheck_days or ""),
    }


def read_sheet(form: FormMultiDict, units: Sequence[str]) -> Sent:
    """The form of the sheet."""
    reader = FormReader(form)
    note = words(reader, "files_note", LONG, lines=True)
    values = {
        "title": words(reader, "title", 200),
        "summary": words(reader, "summary", SHORT),
        "description": words(reader, "description", LONG, lines=True),
        "audience": tuple(reader.choices("audience", AUDIENCES, required=False)),
        "intake_channels": tuple(reader.choices("intake_channels", CHANNELS, required=False)),
        "unit": reader.choice("unit", units, required=False),
        "documents": words_lines(reader, "documents"),
        "cost_note": words(reader, "cost_note", SHORT),
        "fee": reader.number("fee", minimum=0, maximum=_LARGEST_FEE, required=False) or 0,
        "frequency": words(reader, "frequency", SHORT),
        "files_note": note if note.fa or note.en else None,
        "sensitive": reader.checked("sensitive"),
        "retention_months": reader.number("retention_months", minimum=1, maximum=1200, required=False),
        "recheck_days": reader.number("recheck_days", minimum=1, maximum=MOST_RECHECK_DAYS, required=False),
    }
    return sent(reader, values, several=("audience", "intake_channels"))


def terms_typed(draft: Draft, zone: tzinfo) -> dict[str, Any]:
    """What the form of the statement's terms is filled with."""
    statement, ending = draft.statement, draft.statement.ending
    typed: dict[str, Any] = {
        "valid_from": shown_date(statement.valid_from, zone),
        "valid_until": shown_date(statement.valid_until, zone),
        "until_superseded": "yes" if statement.until_superseded else "",
        "notice_lead_hours": str(statement.notice_lead_hours),
        "reopen_days": str(statement.reopen_days or ""),
        "free": "yes" if statement.free else "",
        "notice_days": str(ending.notice_days) if ending else "",
        "mutual": "yes" if ending and ending.mutual else "",
        **lines_typed("offices", [office.title for office in ending.offices] if ending else ()),
    }
    for name in Monitoring.__struct_fields__:
        typed |= words_typed(name, getattr(statement.monitoring, name, None))
    for key in TARGETS:
        target = statement.target(key)
        typed[f"amount_{key}"] = str(target.amount) if target else ""
        typed[f"unit_{key}"] = target.unit if target else UNITS[0]
        typed[f"calendar_{key}"] = target.calendar if target else ""
    return typed


def read_terms(form: FormMultiDict, calendars: Collection[str], draft: Draft) -> Sent:
    """The form of the statement's terms; offices that stay in ``draft`` keep their keys."""
    reader = FormReader(form)
    first, last = reader.date("valid_from", required=False), reader.date("valid_until", required=False)
    if first and last and last < first:
        reader.fail("valid_until", _("The last day comes before the first one."))
    values = {
        "valid_from": first,
        "valid_until": last,
        "until_superseded": reader.checked("until_superseded"),
        "notice_lead_hours": reader.number("notice_lead_hours", minimum=0, maximum=_LONGEST_LEAD) or 0,
        "reopen_days": _or_unset(
            reader.number("reopen_days", minimum=1, maximum=MOST_REOPEN_DAYS, required=False)
        ),
        "free": reader.checked("free"),
        "targets": tuple(target for key in TARGETS if (target := _target(reader, key, calendars))),
        "monitoring": _monitoring(reader),
        "ending": Ending(
            offices=_offices(words_lines(reader, "offices"), draft),
            notice_days=reader.number("notice_days", minimum=0, maximum=_LONGEST_NOTICE) or 0,
            mutual=reader.checked("mutual"),
        ),
    }
    return sent(reader, values)


def sent(reader: FormReader, values: dict[str, Any], *, several: Sequence[str] = ()) -> Sent:
    """What was read, with every field of the form as it was typed."""
    typed: dict[str, Any] = {name: reader.typed(name) for name in reader.form}
    for name in several:
        typed[name] = [value for value in reader.form.getall(name, []) if isinstance(value, str)]
    return Sent(values=values, typed=typed, seen=reader.typed("seen"), errors=reader.errors)


def words(reader: FormReader, name: str, longest: int, *, lines: bool = False) -> Words:
    """Two fields, one for each language; either may be empty in a draft."""
    read = reader.long_text if lines else reader.text
    return Words(*(read(f"{name}_{code}", max_length=longest, required=False) for code in ("fa", "en")))


def words_lines(reader: FormReader, name: str) -> tuple[Words, ...]:
    """Two fields of several lines: the n-th line of one says what the n-th of the other does."""
    both = [
        [text.store(line) for line in reader.typed(f"{name}_{code}")[:LONG].splitlines()]
        for code in ("fa", "en")
    ]
    for code, lines in zip(("fa", "en"), both, strict=True):
        if len(lines) > _MOST_LINES or any(len(line) > SHORT for line in lines):
            reader.fail(f"{name}_{code}", _("These are too many lines, or one of them is too long."))
    pairs = [Words(fa, en) for fa, en in zip_longest(*both, fillvalue="")]
    return tuple(pair for pair in pairs if pair.fa or pair.en)


def words_typed(name: str, held: Words | None) -> dict[str, str]:
    return {f"{name}_fa": held.fa if held else "", f"{name}_en": held.en if held else ""}


def lines_typed(name: str, held: Sequence[Words]) -> dict[str, str]:
    return {f"{name}_{code}": "\n".join(getattr(line, code) for line in held) for code in ("fa", "en")}


def shown_date(day: date | None, zone: tzinfo) -> str:
    """A day as people may type it back."""
    return jalali.show_numeric_date(day, current_language(), zone) if day else ""


def _target(reader: FormReader, key: str, calendars: Collection[str]) -> Target | None:
    most = MAX_AMOUNT if reader.typed(f"unit_{key}") == "working_hours" else _MOST_DAYS
    amount = reader.number(f"amount_{key}", minimum=0, maximum=most, required=False)
    if amount is None:
        return None
    unit = reader.choice(f"unit_{key}", UNITS)
    calendar = reader.choice(f"calendar_{key}", calendars)
    if not unit or not calendar:
        return None
    return msgspec.convert({"key": key, "amount": amount, "unit": unit, "calendar": calendar}, Target)


def _or_unset(number: int | None) -> int | msgspec.UnsetType:
    return msgspec.UNSET if number is None else number


def _monitoring(reader: FormReader) -> Monitoring | msgspec.UnsetType:
    """What was said of it; nothing where no word was."""
    said = [words(reader, name, SHORT) for name in Monitoring.__struct_fields__]
    return Monitoring(*said) if any(one.fa or one.en for one in said) else msgspec.UNSET


def _offices(titles: Sequence[Words], draft: Draft) -> tuple[Office, ...]:
    """Each office with its key: the one it had, or the first that is free."""
    ending = draft.statement.ending
    known = {(office.title.fa, office.title.en): office.key for office in ending.offices} if ending else {}
    keys: list[str] = []
    for title in titles:
        key = known.get((title.fa, title.en)) or free_key("office", {*known.values(), *keys})
        keys.append(key if key not in keys else free_key("office", {*known.values(), *keys}))
    return tuple(Office(key, title) for key, title in zip(keys, titles, strict=True))


def free_key(stem: str, taken: set[str]) -> str:
    """The first of stem1, stem2, … that nobody has."""
    return next(f"{stem}{n}" for n in range(1, len(taken) + 2) if f"{stem}{n}" not in taken)
