"""What the forms ask that say who hears of promises in danger."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict

from portal import text
from portal.forms import FormReader
from portal.i18n import N_, _, current_language
from portal.services.statement import Watch

PERCENT, HOURS = (1, 100), (0, 400)
"""The least and the most that fits."""
LABELS = {
    "warning_1": N_("First warning, at percent of the promised time"),
    "warning_2": N_("Second warning, at percent of the promised time"),
    "offset_1": N_("Late: the clerk is told after working hours"),
    "offset_2": N_("Late: the head of the unit is told after working hours"),
    "offset_3": N_("Late: the managers are told after working hours"),
    "head": N_("Head of the unit"),
}
WARNINGS, OFFSETS = ("warning_1", "warning_2"), ("offset_1", "offset_2", "offset_3")


class SentWatch(msgspec.Struct, frozen=True, kw_only=True):
    """The form as sent; ``watch`` is None when there are ``errors``."""

    watch: Watch | None
    seen: str
    typed: dict[str, str]
    errors: dict[str, str]


def read_watch(form: FormMultiDict) -> SentWatch:
    """Two percentages and three offsets, each later than the one before."""
    reader = FormReader(form)
    warnings, offsets = _rising(reader, WARNINGS, PERCENT), _rising(reader, OFFSETS, HOURS)
    typed = {name: reader.typed(name) for name in (*WARNINGS, *OFFSETS)}
    watch = (
        None
        if reader.errors
        else msgspec.convert((warnings, offsets), tuple[tuple[int, int], tuple[int, int, int]])
    )
    return SentWatch(
        watch=Watch(*watch) if watch else None, seen=reader.typed("seen"), typed=typed, errors=reader.errors
    )


def typed_of(watch: Watch) -> dict[str, str]:
    """What fills the form, in the reader's digits."""
    values = (*watch.warnings, *watch.offsets)
    return {
        name: text.show_number(value, current_language())
        for name, value in zip((*WARNINGS, *OFFSETS), values, strict=True)
    }


def read_head(form: FormMultiDict) -> tuple[UUID | None, dict[str, str]]:
    """The account chosen as head, None for nobody, and the mistake where something else was sent."""
    reader = FormReader(form)
    head = reader.uuid("head")
    if head is None and reader.typed("head"):
        reader.fail("head", _("Choose one of the offered answers."))
    return head, reader.errors


def _rising(reader: FormReader, names: tuple[str, ...], span: tuple[int, int]) -> list[int]:
    found: list[int] = []
    for name in names:
        value = reader.number(name, minimum=span[0], maximum=span[1])
        if value is not None and found and value <= found[-1]:
            reader.fail(name, _("Each must be larger than the one before it."))
        if value is not None:
            found.append(value)
    return found
