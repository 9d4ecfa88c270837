"""Whether the history of a case only grew: its chain of events counted again, and every receipt held against it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import CaseEvent
from db.receipts import Receipt
from portal.cases import attest
from portal.cases.attest import Attested
from portal.cases.events import Event, broken_link, linked

_CHAIN = """
    SELECT "case", n, kind, actor_role, actor, data, text_hash, at, prev_hash, hash
    FROM case_event WHERE "case" = {} ORDER BY n
"""


class ReceiptLine(msgspec.Struct, frozen=True):
    """One receipt of a case. ``continues``: the history still holds the event that it names as its last."""

    number: int
    at: datetime
    attested: Attested
    continues: bool


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The chain as it stands: how many events, the hash of the last one, and the receipts about it, oldest first.

    ``unbroken``: every event follows from the one before, and every receipt's last event is still in its place.
    """

    n_events: int
    head: str
    unbroken: bool
    receipts: tuple[ReceiptLine, ...]


async def history_of(case_id: UUID) -> History:
    """The history of the case, counted again from its first event."""
    chain = await _chain(case_id)
    hashes = {event.n: stored for event, stored in chain}
    rows = (
        await Receipt.select(Receipt.number, Receipt.at, Receipt.document)
        .where(Receipt.case == case_id)
        .order_by(Receipt.at)
        .order_by(Receipt.number)
    )
    lines = tuple(_line(row, hashes) for row in rows)
    return History(
        n_events=len(chain),
        head=chain[-1][1],
        unbroken=broken_link(chain) is None and all(line.continues for line in lines),
        receipts=lines,
    )


async def filing_receipt(case_id: UUID) -> Attested | None:
    """What the receipt of the filing says; None for a case from before receipts were signed."""
    row = await Receipt.select(Receipt.document).where(Receipt.case == case_id).order_by(Receipt.at).first()
    return attest.read(row["document"]) if row else None


async def continues_from(case_id: UUID, head: attest.Head) -> bool:
    """Whether the chain of the case is whole and still holds ``head``."""
    chain = await _chain(case_id)
    return (
        broken_link(chain) is None
        and head.n <= len(chain)
        and head.n > 0
        and chain[head.n - 1][1] == head.hash
    )


async def _chain(case_id: UUID) -> list[tuple[Event, str]]:
    rows: list[dict[str, Any]] = await CaseEvent.raw(_CHAIN, case_id)
    return [linked(row) for row in rows]


def _line(row: dict[str, Any], hashes: dict[int, str]) -> ReceiptLine:
    attested = attest.read(row["document"])
    continues = hashes.get(attested.head.n) == attested.head.hash
    return ReceiptLine(row["number"], row["at"], attested, continues)
