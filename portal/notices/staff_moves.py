"""What is done to a notice at the desk: one form per change, sent to its own address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from portal.errors import NotFound
from portal.forms import FormReader
from portal.i18n import N_, _
from portal.notices import actions, rules, series, staff_queries
from portal.notices.rules import Notice
from portal.notices.staff_forms import LONGEST_TEXT, both

Values = dict[str, Any]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a notice: the words of its form, what the form asks, and when there is something to change.

    ``said`` is what the page states afterwards.
    """

    name: str
    label: str
    said: str
    read: Callable[[FormReader, ZoneInfo], Values]
    is_possible: Callable[[Notice, datetime], bool]


class SentMove(msgspec.Struct, frozen=True, kw_only=True):
    """A change as sent. ``seen`` is the version of the notice on the page it came from, 0 when that is missing."""

    move: Move
    seen: int
    values: Values
    typed: dict[str, str]
    errors: dict[str, str]


def read_move(move: Move, form: FormMultiDict, zone: ZoneInfo) -> SentMove:
    """The change with its values, or with every mistake in it."""
    reader = FormReader(form)
    values = move.read(reader, zone)
    seen = reader.typed("seen")
    return SentMove(
        move=move,
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0,
        values=values,
        typed={name: reader.typed(name) for name in form},
        errors=reader.errors,
    )


def _news(reader: FormReader, zone: ZoneInfo) -> Values:
    text = both(reader, "text", LONGEST_TEXT, required=True)
    return {"text": text, "state": reader.choice("state", rules.INCIDENT_STATES, required=False)}


def _new_window(reader: FormReader, zone: ZoneInfo) -> Values:
    return {
        "starts_at": reader.moment("starts_at", zone),
        "ends_at": reader.moment("ends_at", zone, required=False),
        "late_reason": both(reader, "late_reason", LONGEST_TEXT, required=False),
        **_reason(reader, zone),
    }


def _new_end(reader: FormReader, zone: ZoneInfo) -> Values:
    return {"ends_at": reader.moment("ends_at", zone, required=False), **_reason(reader, zone)}


def _reason(reader: FormReader, zone: ZoneInfo) -> Values:
    return {"reason": both(reader, "text", LONGEST_TEXT, required=True)}


def _real_times(reader: FormReader, zone: ZoneInfo) -> Values:
    return {
        "started_at": reader.moment("started_at", zone, required=False),
        "finished_at": reader.moment("finished_at", zone, required=False),
        "text": both(reader, "text", LONGEST_TEXT, required=False),
    }


def _report(reader: FormReader, zone: ZoneInfo) -> Values:
    return {"text": both(reader, "text", LONGEST_TEXT, required=True)}


def _cause(reader: FormReader, zone: ZoneInfo) -> Values:
    return {"cause": reader.choice("cause", rules.CAUSES)}


def _last_windows(reader: FormReader, zone: ZoneInfo) -> Values:
    also = reader.checked("also_ahead")
    reason = both(reader, "text", LONGEST_TEXT, required=also)
    return {"cancelling": reason if also else None}


def _nothing(reader: FormReader, zone: ZoneInfo) -> Values:
    return {}


def _goes_on(notice: Notice, now: datetime) -> bool:
    return notice.cancelled_at is None and (notice.ends is None or notice.ends > now)


def _not_begun(notice: Notice, now: datetime) -> bool:
    return notice.planned and notice.begins > now and _goes_on(notice, now)


def _is_on(notice: Notice, now: datetime) -> bool:
    return notice.begins <= now and _goes_on(notice, now)


def _planned_on(notice: Notice, now: datetime) -> bool:
    return notice.planned and _is_on(notice, now)


def _not_ended(notice: Notice, now: datetime) -> bool:
    return notice.begins <= now and notice.cancelled_at is None and notice.finished_at is None


def _unverified(notice: Notice, now: datetime) -> bool:
    return _planned_on(notice, now) and notice.verifying_at is None


def _begun(notice: Notice, now: datetime) -> bool:
    return notice.begins <= now and notice.cancelled_at is None


_ALL = (
    ("update", N_("Write an update"), N_("The update is published."), _news, _goes_on),
    ("reschedule", N_("Move to another time"), N_("The new window is announced."), _new_window, _not_begun),
    ("cancel", N_("Cancel the outage"), N_("The notice is shown as cancelled."), _reason, _not_begun),
    ("extend", N_("Extend the outage"), N_("The new end is announced."), _new_end, _planned_on),
    ("verify", N_("Work is done, checking"), N_("The page says that it is being checked."), _nothing, _unverified),
    ("end", N_("End it"), N_("It is over; the real times are on the page."), _real_times, _not_ended),
    ("cause", N_("Name the cause"), N_("The cause is named."), _cause, lambda one, now: not one.planned),
    ("report", N_("Write a report"), N_("The report is on the page."), _report, _begun),
    ("end-series", N_("End the series"), N_("No further window will be announced."), _last_windows, lambda *_: False),
)  # fmt: skip
MOVES = {
    name: Move(name=name, label=label, said=said, read=read, is_possible=is_possible)
    for name, label, said, read, is_possible in _ALL
}
"""In the order in which the page offers them; whether a series can be ended is asked of the series."""

_VERBS: dict[str, Callable[..., Awaitable[Any]]] = {
    "update": actions.update,
    "reschedule": actions.reschedule,
    "extend": actions.extend,
    "cancel": actions.cancel,
    "verify": actions.verify,
    "end": actions.end,
    "report": actions.report,
    "cause": actions.name_cause,
}


async def make(sent: SentMove, no: int, *, by: UUID, now: datetime) -> None:
    """The notice is changed as it was ``sent``. Raises what the verb raises."""
    if sent.move.name == "end-series":
        found = await staff_queries.series_of(no, now=now)
        if found is None:
            raise NotFound(_("There is nothing here."))
        await series.end(found.id, cancelling=sent.values["cancelling"], by=by, now=now)
        return
    await _VERBS[sent.move.name](no, seen=sent.seen, by=by, now=now, **sent.values)
