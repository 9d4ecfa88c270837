"""How a change of a notice is written down: its row, its line of history, what is told; in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from db.notices import Notice as NoticeTable
from db.notices import NoticeChange
from portal import audit
from portal.errors import NotFound
from portal.i18n import Words, _
from portal.notices import mailings, queries
from portal.notices.drafts import NOBODY, ChangedMeanwhile, Ended, TooLate, WrongField
from portal.notices.rules import Notice

_HOLD = """
    SELECT FROM notice_series WHERE id = (SELECT series FROM notice WHERE no = {}) FOR NO KEY UPDATE
"""


async def locked(no: int, seen: int, now: datetime, *, also_over: bool = False) -> tuple[NoticeTable, Notice]:
    """The notice as it was ``seen``; nobody else changes it until the transaction ends.

    Raises NotFound, ChangedMeanwhile, and Ended unless ``also_over``.
    """
    row = (
        await NoticeTable.objects().get(NoticeTable.no == no).lock_rows("NO KEY UPDATE")
        if 0 < no < 2**31
        else None
    )
    if row is None:
        raise NotFound(_("There is no notice at this address."))
    if row.version != seen:
        raise ChangedMeanwhile
    notice = queries.read(row, await queries.touched(row.id))
    if not also_over and (
        notice.cancelled_at is not None or (notice.ends is not None and notice.ends <= now)
    ):
        raise Ended
    return row, notice


async def change(
    row: NoticeTable,
    notice: Notice,
    kind: str,
    columns: Mapping[str, Any],
    *,
    text: Words = NOBODY,
    data: Mapping[str, Any] | None = None,
    telling: str,
    by: UUID | None,
    now: datetime,
) -> None:
    """Write ``columns`` and the line of history; ``telling`` names what subscribers hear, empty: nothing."""
    version = notice.version + 1
    changes = {**columns, "version": version, "changed_at": now}
    await NoticeTable.update(cast(Any, changes)).where(NoticeTable.id == row.id)
    await write(row.id, version, kind, text=text, data=data, by=by, now=now)
    if telling:
        known = {name: value for name, value in changes.items() if name in Notice.__struct_fields__}
        told = {"change": kind, "text": {"fa": text.fa, "en": text.en}, **(data or {})}
        after = msgspec.structs.replace(notice, **known)
        await mailings.plan(row.id, after, telling, data=told, now=now)
    await audit.append("notice_changed", object=f"notice:{notice.no}", data={"what": kind}, now=now)
    queries.forget()


async def write(
    notice: UUID,
    n: int,
    kind: str,
    *,
    text: Words = NOBODY,
    data: Mapping[str, Any] | None = None,
    by: UUID | None,
    now: datetime,
) -> None:
    """Add line ``n`` to the notice's history."""
    stored = msgspec.json.encode(data or {}).decode()
    await NoticeChange.insert(
        NoticeChange(notice=notice, n=n, kind=kind, at=now, by=by, data=stored, **both("text", text))
    )


async def hold_series(no: int) -> None:
    """Nobody else moves or adds a window of the notice's series until the transaction ends.

    To be held before the notice itself, as whoever ends a series does.
    """
    if 0 < no < 2**31:
        await NoticeTable.raw(_HOLD, no)


async def check_free(row: NoticeTable, starts_at: datetime) -> None:
    """Raises WrongField where another window of the series of ``row``, which is held, begins at ``starts_at``."""
    same = (NoticeTable.series == row.series) & (NoticeTable.starts_at == starts_at)
    if row.series is not None and await NoticeTable.exists().where(same & (NoticeTable.id != row.id)):
        raise WrongField("starts_at", _("Another window of the same series begins then."))


def check_lead(notice: Notice, late_reason: Words) -> None:
    """Raises TooLate where the promised lead is not kept and nobody says why in both languages."""
    promised = notice.promised_lead
    if notice.in_time is False and promised is not None and not (late_reason.fa and late_reason.en):
        raise TooLate(notice.lead, promised)


def both(name: str, words: Words) -> dict[str, Any]:
    """The columns ``<name>_fa`` and ``<name>_en``."""
    return {f"{name}_fa": words.fa, f"{name}_en": words.en}
